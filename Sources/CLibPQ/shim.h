#ifndef BRAIN_CLIBPQ_SHIM_H
#define BRAIN_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// libpq spells its diagnostic fields as character constants in macros that Swift cannot import.
static const int BRAIN_PG_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int BRAIN_PG_DIAG_CONSTRAINT_NAME = PG_DIAG_CONSTRAINT_NAME;
static const int BRAIN_PG_DIAG_MESSAGE_PRIMARY = PG_DIAG_MESSAGE_PRIMARY;
static const int BRAIN_PG_DIAG_MESSAGE_DETAIL = PG_DIAG_MESSAGE_DETAIL;
// The severity that lc_messages does not translate.
static const int BRAIN_PG_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;

// A descriptor by which one thread wakes another that waits in poll(2). Swift's Glibc module lacks eventfd.
static inline int brain_wakeup_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Names the calling thread (at most 15 bytes), for debuggers and /proc. prctl(2) is variadic: not for Swift.
static inline void brain_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0L, 0L, 0L); }

#endif
