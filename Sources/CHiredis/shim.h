#ifndef BRAIN_CHIREDIS_SHIM_H
#define BRAIN_CHIREDIS_SHIM_H

// By its folder: the flags of hiredis' pkg-config would let <read.h> and <net.h> stand for its own headers.
#include <hiredis/hiredis.h>

#endif
