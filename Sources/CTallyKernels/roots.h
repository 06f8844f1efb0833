// Square roots of whole numbers, many side by side, in portable C with vector types.
#ifndef TALLY_ROOTS_H
#define TALLY_ROOTS_H

#include "base.h"

// Numbers whose roots are made side by side.
#define TK_ROOTS 16

typedef uint32_t square_vector __attribute__((vector_size(4 * TK_ROOTS)));

// In every place the largest r with r * r <= x: bit by bit from the highest, without a product, which is slow in 32
// bits, and without a branch. No number is 4 << top or more; top is even, at most 30.
TK_INLINE void roots_of(const square_vector *numbers, int top, square_vector *roots) {
  square_vector rest = *numbers, root = {0};
  for (int bit = top; bit >= 0; bit -= 2) {
    square_vector part = root | (uint32_t)1 << bit, fits = (square_vector)(rest >= part);
    rest -= part & fits;
    root = (root >> 1) | (fits & (uint32_t)1 << bit);
  }
  *roots = root;
}

#endif
