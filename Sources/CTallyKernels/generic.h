// Kernels in portable C, included once by each implementation's file inside its target region, so that the
// compiler vectorises it there. No intrinsics in here; an ISA file replaces what it can do better by hand.
// Signals, windows of pixels and nearest filters have files of their own: signals.h, patches.h, nearest.h.
#ifndef TALLY_GENERIC_H
#define TALLY_GENERIC_H

#include "base.h"
#include "generic_bits.h"
#include "generic_counts.h"
#include "generic_distances.h"
#include "generic_products.h"

#endif
