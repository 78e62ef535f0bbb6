#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int brain_exchange_files(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0 ? 0 : errno;
}

ssize_t brain_copy_range(int input, int output, size_t count) {
    ssize_t copied = copy_file_range(input, NULL, output, NULL, count, 0);
    return copied < 0 ? -errno : copied;
}
