#ifndef BRAIN_CLIBPQ_SHIM_H
#define BRAIN_CLIBPQ_SHIM_H

#include <libpq-fe.h>

// libpq spells its diagnostic fields as character constants in macros that Swift cannot import.
static const int BRAIN_PG_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int BRAIN_PG_DIAG_CONSTRAINT_NAME = PG_DIAG_CONSTRAINT_NAME;
static const int BRAIN_PG_DIAG_MESSAGE_PRIMARY = PG_DIAG_MESSAGE_PRIMARY;
static const int BRAIN_PG_DIAG_SOURCE_FUNCTION = PG_DIAG_SOURCE_FUNCTION;
static const int BRAIN_PG_DIAG_MESSAGE_DETAIL = PG_DIAG_MESSAGE_DETAIL;
// The severity that lc_messages does not translate.
static const int BRAIN_PG_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;

#endif
