// Matrix products of bits (distances, votes) and of 16-bit numbers, in portable C.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#ifndef TALLY_GENERIC_PRODUCTS_H
#define TALLY_GENERIC_PRODUCTS_H

#include "base.h"

// MARK: Matrix products

TK_INLINE void zero_distances(uint16_t *distances, size_t P, size_t S, size_t columns) {
  for (size_t p = 0; p < P; p++)
    for (size_t k = 0; k < columns; k++) distances[p * S + k] = 0;
}

static inline void hamming_matrix_generic(const tk_patches *patches, const uint64_t *filters, size_t S,
                                          size_t columns, uint16_t *distances) {
  size_t P = patches->rows * patches->columns;
  if (P == 0) return;
  zero_distances(distances, P, S, columns);
  patch_cursor cursor = first_patch(patches, 0);
  for (size_t p = 0; p < P; p++) {
    const uint64_t *patch = patches->base + next_patch(&cursor);
    const uint64_t *filter = filters;
    for (size_t s = 0; s < patches->segments; s++) {
      for (size_t j = 0; j < patches->segmentWords; j++, filter += S) {
        uint64_t x = patch[s * patches->segmentStride + j];
        for (size_t k = 0; k < columns; k++) distances[p * S + k] += (uint16_t)__builtin_popcountll(x ^ filter[k]);
      }
    }
  }
}

static inline void masked_hamming_matrix_generic(const tk_patches *patches, const uint64_t *filters,
                                                 const uint64_t *masks, size_t S, size_t columns,
                                                 uint16_t *distances) {
  size_t P = patches->rows * patches->columns;
  if (P == 0) return;
  zero_distances(distances, P, S, columns);
  patch_cursor cursor = first_patch(patches, 0);
  for (size_t p = 0; p < P; p++) {
    const uint64_t *patch = patches->base + next_patch(&cursor);
    const uint64_t *filter = filters, *mask = masks;
    for (size_t s = 0; s < patches->segments; s++) {
      for (size_t j = 0; j < patches->segmentWords; j++, filter += S, mask += S) {
        uint64_t x = patch[s * patches->segmentStride + j];
        for (size_t k = 0; k < columns; k++)
          distances[p * S + k] += (uint16_t)__builtin_popcountll((x ^ filter[k]) & mask[k]);
      }
    }
  }
}

static inline void vote_matrix_generic(const uint64_t *active, const uint64_t *sign, size_t K, size_t S,
                                       const uint64_t *bits, size_t D, size_t R, int32_t *votes) {
  for (size_t k = 0; k < K; k++) {
    for (size_t r = 0; r < R; r++) {
      uint64_t a = active[r * S + k], s = sign[r * S + k];
      if (a == 0) continue;
      int32_t cast = __builtin_popcountll(a);
      for (size_t d = 0; d < D; d++)
        votes[k * D + d] += 2 * __builtin_popcountll(a & ~(bits[r * D + d] ^ s)) - cast;
    }
  }
}

// MARK: Sixteen-bit products

static inline void dot_matrix_generic(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N,
                                      size_t bStride, size_t length, size_t block, int64_t *out,
                                      size_t outStride) {
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < N; n++) {
      const int16_t *x = a + m * aStride, *y = b + n * bStride;
      int64_t sum = 0;
      for (size_t start = 0; start < length; start += block) {
        size_t end = smaller(length, start + block);
        int32_t part = 0;
        for (size_t i = start; i < end; i++) part += (int32_t)x[i] * y[i];
        sum += part;
      }
      out[m * outStride + n] += sum;
    }
  }
}

static inline void combine_rows_generic(const int16_t *coefficients, size_t L, const int16_t *rows,
                                        size_t rowStride, size_t length, int32_t *out) {
  for (size_t i = 0; i < length; i++) out[i] = 0;
  for (size_t l = 0; l < L; l++) {
    int32_t c = coefficients[l];
    if (c == 0) continue;
    const int16_t *row = rows + l * rowStride;
    for (size_t i = 0; i < length; i++) out[i] = (int32_t)((uint32_t)out[i] + (uint32_t)(c * row[i]));
  }
}

static inline void weigh_counts_generic(const int16_t *weights, size_t C, const int32_t *counts, size_t F,
                                        int64_t *out) {
  for (size_t c = 0; c < C; c++) {
    const int16_t *row = weights + c * F;
    uint64_t sum = 0;
    for (size_t f = 0; f < F; f++) sum += (uint64_t)((int64_t)row[f] * (int64_t)counts[f]);
    out[c] = (int64_t)((uint64_t)out[c] + sum);
  }
}

#endif
