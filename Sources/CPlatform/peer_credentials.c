#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <sys/socket.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int brain_peer_credentials_of(int fd, struct brain_peer_credentials *credentials) {
    struct ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return errno;
    }
    credentials->uid = peer.uid;
    credentials->gid = peer.gid;
    credentials->pid = peer.pid;
    return 0;
}

int brain_peer_groups_of(int fd, gid_t *groups, int capacity) {
    socklen_t length = (socklen_t)((size_t)capacity * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0 && errno != ERANGE) {
        return -errno;
    }
    return (int)(length / sizeof(gid_t));
}
