#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc 2.36 wraps these calls, but older ones do not: ask the kernel by number, which is the same on every
// architecture for system calls added after Linux 5.0.
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int brain_pidfd_open(pid_t pid) {
    long descriptor = syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : (int)descriptor;
}

int brain_pidfd_send_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}
