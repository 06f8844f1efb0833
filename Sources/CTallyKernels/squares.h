// What is counted of patches in squares, out of the kernels for each step, which the including ISA file names: TK_HAMMING,
// TK_MARGINS. A square's distances stay in the nearest cache between the steps.
// K filters, S filter stride.
#ifndef TALLY_SQUARES_H
#define TALLY_SQUARES_H

#include "generic.h"

// The patches of square i; none where there are fewer columns than squares.
TK_INLINE tk_patches patches_of_square(const tk_patches *patches, size_t squares, size_t i) {
  size_t W = patches->columns, from = (i * W + squares - 1) / squares, to = ((i + 1) * W + squares - 1) / squares;
  tk_patches square = *patches;
  square.base += from * patches->columnStride;
  square.columns = to - from;
  return square;
}

// Means of K numbers: floor(sum / K) is (sum * factor) >> shift for every sum below 2^31, as factor is less than 1 above 2^shift / K and
// 2^shift is at least 2^31 K.
typedef struct mean_of {
  uint32_t factor;
  int shift;
} mean_of;

TK_INLINE mean_of mean_of_filters(size_t K) {
  int bits = 0;
  while (((size_t)1 << bits) < K) bits++;
  mean_of mean = {0, 31 + bits};
  mean.factor = (uint32_t)((((uint64_t)1 << mean.shift) + K - 1) / K);
  return mean;
}

// The largest margin that there can be.
TK_INLINE uint32_t largest_margin(const tk_counting *counting, size_t K) {
  uint32_t most = 0;
  for (size_t g = 0; g < counting->features.count; g++) {
    const uint16_t *thresholds = counting->features.thresholds + g * counting->features.stride;
    uint16_t low = 65535, high = 0;
    for (size_t k = 0; k < K; k++) {
      low = thresholds[k] < low ? thresholds[k] : low;
      high = thresholds[k] > high ? thresholds[k] : high;
    }
    uint32_t far = counting->largest > low ? (uint32_t)(counting->largest - low) : 0;
    uint32_t margin = counting->features.far >> g & 1 ? far : high;
    most = margin > most ? margin : most;
  }
  return most;
}

static void count_squares_tiled(const tk_patches *patches, const uint64_t *filters, size_t S, size_t K,
                                const tk_counting *counting, uint16_t *scratch, int32_t *counts) {
  for (size_t i = 0; i < counting->squares; i++, counts += counting->squareStride) {
    tk_patches square = patches_of_square(patches, counting->squares, i);
    size_t P = square.rows * square.columns;
    if (P == 0) continue;
    TK_HAMMING(&square, filters, S, (K + 31) / 32 * 32, scratch);
    if (counting->centred) centre_distances_generic(scratch, P, K, S, counting->middle);
    if (counting->margins)
      TK_MARGINS(scratch, P, K, S, &counting->features, counting->largest, counts);
    else
      count_features_generic(scratch, P, K, S, &counting->features, counts);
  }
}

#endif
