#ifndef BRAIN_CSYSTEMD_SHIM_H
#define BRAIN_CSYSTEMD_SHIM_H

// Else sd_journal_sendv would name this header as the place that the entry came from.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#endif
