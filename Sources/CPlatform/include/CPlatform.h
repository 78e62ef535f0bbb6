#ifndef BRAIN_CPLATFORM_H
#define BRAIN_CPLATFORM_H

#include <sys/types.h>

/// The kernel's word on who is at the other end of a connected Unix socket (SO_PEERCRED).
struct brain_peer_credentials {
    uid_t uid;
    gid_t gid;
    pid_t pid;
};

/// Reads the peer's credentials of `fd`. Returns 0, or the errno of the failed call.
int brain_peer_credentials_of(int fd, struct brain_peer_credentials *credentials);

/// Reads the peer's supplementary groups of `fd` (SO_PEERGROUPS) into `groups`, which has room for `capacity`.
/// Returns how many there are (which may exceed `capacity`; nothing is written then), or minus the errno.
int brain_peer_groups_of(int fd, gid_t *groups, int capacity);

/// Opens a handle on the process `pid` (pidfd_open, Linux 5.3), closed on exec. The handle keeps naming that process
/// even when its pid is used again. Returns the descriptor, or minus the errno (ESRCH: there is no such process).
int brain_pidfd_open(pid_t pid);

/// Sends `signal` to the process behind `pidfd`. Returns 0, or the errno (ESRCH: it has ended).
int brain_pidfd_send_signal(int pidfd, int signal);

/// Starts the program `arguments[0]` in the folder `folder`, in a session of its own, with every signal as a new program
/// expects it. It reads nothing, writes to the descriptor `output`, and has no other. Blocks until the program runs.
/// Returns 0 and its pid, or the errno.
int brain_spawn(
    char *const arguments[], char *const environment[], const char *folder, int output, pid_t *pid);

/// Makes a pipe, closed on exec: first the end to read, then the one to write. Returns 0, or the errno.
int brain_pipe(int ends[2]);

/// Accepts a connection from the listening socket `fd`, non-blocking and closed on exec. Returns its descriptor, or minus
/// the errno.
int brain_accept(int fd);

/// Makes a descriptor that a thread can poll and another can wake (eventfd). Returns it, or minus the errno.
int brain_wakeup_open(void);

/// Makes `fd`, of `brain_wakeup_open`, readable until it is read. Never blocks.
void brain_wakeup_signal(int fd);

/// Names the calling thread, for debuggers and /proc; at most 15 bytes are kept.
void brain_name_this_thread(const char *name);

/// Gives each of two paths the other's file or folder, in one step (renameat2). Returns 0, or the errno.
int brain_exchange_files(const char *one, const char *other);

/// Copies up to `count` bytes between two files from where they are, within the kernel (copy_file_range): where the
/// filesystem can, the two share them. Returns how many were copied, 0 at the end, or minus the errno.
ssize_t brain_copy_range(int input, int output, size_t count);

#endif
