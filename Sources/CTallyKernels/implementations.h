// The tables of kernels that dispatch.c lists, each defined in the file of its name. Not part of the public header.
#ifndef TALLY_IMPLEMENTATIONS_H
#define TALLY_IMPLEMENTATIONS_H

#include "CTallyKernels.h"

extern const tk_kernels tk_kernels_scalar;
#if defined(__x86_64__)
extern const tk_kernels tk_kernels_avx2;
extern const tk_kernels tk_kernels_avx512;
#elif defined(__aarch64__)
extern const tk_kernels tk_kernels_neon;
#endif

#endif
