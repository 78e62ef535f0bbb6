#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int set_up(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const char *folder, int output) {
    sigset_t all, none;
    int code;
    sigfillset(&all);
    sigemptyset(&none);
    if ((code = posix_spawn_file_actions_addchdir_np(actions, folder)) ||
        (code = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0)) ||
        (code = posix_spawn_file_actions_adddup2(actions, output, 1)) ||
        (code = posix_spawn_file_actions_adddup2(actions, output, 2)) ||
        (code = posix_spawn_file_actions_addclosefrom_np(actions, 3)) ||
        (code = posix_spawnattr_setsigdefault(attributes, &all)) ||
        (code = posix_spawnattr_setsigmask(attributes, &none)))
        return code;
    return posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

int brain_spawn(
    char *const arguments[], char *const environment[], const char *folder, int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (!code) {
        code = set_up(&actions, &attributes, folder, output);
        if (!code) code = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int brain_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }
