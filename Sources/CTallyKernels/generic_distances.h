// Bits, counts, margins and centred distances made of distances, and roots of counts, in portable C with vector types.
// P positions, K filters, S filter stride.
#ifndef TALLY_GENERIC_DISTANCES_H
#define TALLY_GENERIC_DISTANCES_H

#include "base.h"
#include "roots.h"

// MARK: Distances to bits

static inline void range_pack_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                      const uint16_t *lowest, const uint16_t *highest, uint64_t *out,
                                      size_t outStride) {
  for (size_t p = 0; p < P; p++) {
    for (size_t k = 0; k < K; k += 64) {
      uint64_t word = 0;
      for (size_t b = 0; b < smaller(64, K - k); b++) {
        uint16_t distance = distances[p * S + k + b];
        word |= (uint64_t)(lowest[k + b] <= distance && distance <= highest[k + b]) << b;
      }
      out[p * outStride + k / 64] = word;
    }
  }
}

static inline void threshold_pack_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                          const uint16_t *thresholds, uint64_t *out, size_t outStride) {
  for (size_t p = 0; p < P; p++) {
    for (size_t k = 0; k < K; k += 64) {
      uint64_t word = 0;
      for (size_t b = 0; b < smaller(64, K - k); b++)
        word |= (uint64_t)(distances[p * S + k + b] <= thresholds[k + b]) << b;
      out[p * outStride + k / 64] = word;
    }
  }
}

// MARK: Pooled counts

// Up to 32 filters' thresholds of feature g from k on, zeros past the end. On the far side thresholds and distances are taken
// from 65535: what was at least is then at most.
TK_INLINE void load_thresholds(const tk_features *features, size_t g, size_t k, size_t K, uint16_t flip,
                               distance_vector *loaded) {
  uint16_t t[32] = {0};
  for (size_t i = 0; i < smaller(32, K - k); i++) t[i] = features->thresholds[g * features->stride + k + i] ^ flip;
  __builtin_memcpy(loaded, t, sizeof t);
}

TK_INLINE uint16_t flip_of(const tk_features *features, size_t g) {
  return (features->far >> g & 1) ? 0xffff : 0;
}

static inline void count_features_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                          const tk_features *features, int32_t *counts) {
  // S is a multiple of 32, so 32 columns can be read from every k that is one; 16-bit sums hold 65535 positions.
  for (size_t k = 0; k < K; k += 32) {
    size_t filters = smaller(32, K - k);
    for (size_t g = 0; g < features->count; g++) {
      uint16_t flip = flip_of(features, g);
      distance_vector threshold;
      load_thresholds(features, g, k, K, flip, &threshold);
      for (size_t start = 0; start < P; start += 65535) {
        size_t end = smaller(P, start + 65535);
        distance_vector sum = {0};
        for (size_t p = start; p < end; p++) {
          distance_vector distance;
          __builtin_memcpy(&distance, distances + p * S + k, sizeof distance);
          sum -= (distance_vector)((distance ^ flip) <= threshold);
        }
        for (size_t i = 0; i < filters; i++) counts[g * features->stride + k + i] += sum[i];
      }
    }
  }
}

static inline void count_margins_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                         const tk_features *features, uint16_t largest, int32_t *counts) {
  (void)largest;
  for (size_t k = 0; k < K; k += 32) {
    size_t filters = smaller(32, K - k);
    for (size_t g = 0; g < features->count; g++) {
      uint16_t flip = flip_of(features, g);
      distance_vector threshold;
      load_thresholds(features, g, k, K, flip, &threshold);
      margin_vector sum = {0};
      for (size_t p = 0; p < P; p++) {
        distance_vector distance;
        __builtin_memcpy(&distance, distances + p * S + k, sizeof distance);
        distance ^= flip;
        distance_vector margin = (threshold - distance) & (distance_vector)(threshold > distance);
        sum += __builtin_convertvector(margin, margin_vector);
      }
      int32_t *out = counts + g * features->stride + k;
      for (size_t i = 0; i < filters; i++) out[i] = (int32_t)((uint32_t)out[i] + sum[i]);
    }
  }
}

static inline void root_counts_generic(int32_t *counts, size_t n) {
  // Counts are far below what is possible, and so are most of a root's bits zero.
  int32_t largest = 0;
  for (size_t i = 0; i < n; i++) largest = counts[i] > largest ? counts[i] : largest;
  int top = 8;
  while (top < 30 && largest >> (top - 6) > 0) top += 2;
  for (size_t i = 0; i < n; i += TK_ROOTS) {
    size_t bytes = 4 * smaller(TK_ROOTS, n - i);
    number_vector count = {0};
    // A whole vector's length is a constant, so that it is one load and one store.
    if (bytes == sizeof count) __builtin_memcpy(&count, counts + i, sizeof count);
    else __builtin_memcpy(&count, counts + i, bytes);
    number_vector most = (number_vector){0} + 0xffffff, above = count > most;
    count = ((count & ~above) | (most & above)) & (count > 0);
    square_vector square = (square_vector)count << 8, root;
    roots_of(&square, top, &root);
    if (bytes == sizeof root) __builtin_memcpy(counts + i, &root, sizeof root);
    else __builtin_memcpy(counts + i, &root, bytes);
  }
}

// MARK: Centring

static inline void centre_distances_generic(uint16_t *distances, size_t P, size_t K, size_t S, uint16_t middle) {
  if (K == 0) return;
  for (size_t p = 0; p < P; p++) {
    uint16_t *row = distances + p * S;
    // K <= 2^16 distances below 2^16: 32 bits.
    uint32_t sum = 0;
    for (size_t k = 0; k < K; k++) sum += row[k];
    int32_t shift = (int32_t)middle - (int32_t)(sum / K);
    for (size_t k = 0; k < K; k++) {
      int32_t distance = (int32_t)row[k] + shift;
      distance = distance < 0 ? 0 : distance;
      row[k] = (uint16_t)(distance > 65535 ? 65535 : distance);
    }
  }
}

#endif
