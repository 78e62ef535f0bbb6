#include "CPlatform.h"

#include <sys/prctl.h>

void brain_name_this_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0L, 0L, 0L);
}
