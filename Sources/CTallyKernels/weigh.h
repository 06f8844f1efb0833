// Counts weighed by a head, as products of 16-bit numbers wherever counts are small enough: a walk in pieces around one tile, which the
// including ISA file supplies.
//
// The including file defines TK_CLASSES, at least 4, the classes whose sums stay in registers;
// narrow_counts, which makes counts 16-bit and gives the largest size there is; and weigh_tile, which adds the products of
// `classes`, a constant, to out[0 ..< classes]. `run` is how many vectors of products 32 bits hold.
#ifndef TALLY_WEIGH_H
#define TALLY_WEIGH_H

#include "base.h"

// Counts that are made 16-bit together.
#define TK_NARROW 2048

TK_INLINE uint32_t narrow_counts(const int32_t *counts, size_t n, int16_t *narrow);
TK_INLINE void weigh_tile(const int16_t *weights, size_t F, const int16_t *counts, size_t n, size_t run, int classes,
                          int64_t *out);

static void weigh_counts_narrow(const int16_t *weights, size_t C, const int32_t *counts, size_t F, int64_t *out) {
  _Alignas(64) int16_t narrow[TK_NARROW];
  for (size_t first = 0; first < F; first += TK_NARROW) {
    size_t n = smaller(TK_NARROW, F - first), c = 0;
    uint32_t largest = narrow_counts(counts + first, n, narrow);
    // A pair of products is at most 2^16 times the largest count.
    size_t run = largest > 32767 ? 0 : largest == 0 ? TK_NARROW : 32767 / largest;
    const int16_t *from = weights + first;
    for (; c < C && run == 0; c++)
      for (size_t f = 0; f < n; f++)
        out[c] = (int64_t)((uint64_t)out[c] + (uint64_t)((int64_t)from[c * F + f] * counts[first + f]));
    for (; c + TK_CLASSES <= C; c += TK_CLASSES) weigh_tile(from + c * F, F, narrow, n, run, TK_CLASSES, out + c);
    for (; c + 4 <= C; c += 4) weigh_tile(from + c * F, F, narrow, n, run, 4, out + c);
    for (; c < C; c++) weigh_tile(from + c * F, F, narrow, n, run, 1, out + c);
  }
}

#endif
