// AVX2: bits and margins made of distances. Included by avx2.c inside its target region.
// P positions, K filters, S filter stride.
#ifndef TALLY_AVX2_DISTANCES_H
#define TALLY_AVX2_DISTANCES_H

#include <immintrin.h>

#include "generic.h"

// MARK: Distances to bits

// 32 bits: lowest <= distance <= highest, all unsigned (x <= y exactly when min(x, y) == x).
TK_INLINE uint32_t pack_32(const uint16_t *distances, const __m256i *lowest, const __m256i *highest, int range) {
  __m256i inside[2];
  for (int n = 0; n < 2; n++) {
    __m256i distance = load256(distances + 16 * n);
    inside[n] = _mm256_cmpeq_epi16(_mm256_min_epu16(distance, highest[n]), distance);
    if (range)
      inside[n] = _mm256_and_si256(inside[n], _mm256_cmpeq_epi16(_mm256_max_epu16(distance, lowest[n]), distance));
  }
  __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(inside[0], inside[1]), 0xd8);
  return (uint32_t)_mm256_movemask_epi8(bytes);
}

TK_INLINE void pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                         const uint16_t *highest, uint64_t *out, size_t outStride, int range) {
  for (size_t k = 0; k < K; k += 64) {
    size_t filters = smaller(64, K - k);
    uint16_t limits[128] = {0};
    for (size_t i = 0; i < filters; i++) {
      limits[i] = highest[k + i];
      if (range) limits[64 + i] = lowest[k + i];
    }
    __m256i high[4], low[4];
    for (int v = 0; v < 4; v++) high[v] = load256(limits + 16 * v), low[v] = load256(limits + 64 + 16 * v);
    uint64_t valid = filters == 64 ? ~(uint64_t)0 : ((uint64_t)1 << filters) - 1;
    // S is a multiple of 32: a second half is there to be read only when some filter is in it.
    if (filters > 32) {
      for (size_t p = 0; p < P; p++) {
        const uint16_t *at = distances + p * S + k;
        uint64_t bits = (uint64_t)pack_32(at + 32, low + 2, high + 2, range) << 32 | pack_32(at, low, high, range);
        out[p * outStride + k / 64] = bits & valid;
      }
    } else {
      for (size_t p = 0; p < P; p++)
        out[p * outStride + k / 64] = pack_32(distances + p * S + k, low, high, range) & valid;
    }
  }
}

static void threshold_pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                uint64_t *out, size_t outStride) {
  pack_avx2(distances, P, K, S, 0, thresholds, out, outStride, 0);
}

static void range_pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                            const uint16_t *highest, uint64_t *out, size_t outStride) {
  pack_avx2(distances, P, K, S, lowest, highest, out, outStride, 1);
}

// MARK: Pooled counts

// Up to 16 filters' thresholds of feature g from k on, zeros past the end; on the far side taken from 65535.
TK_INLINE __m256i thresholds_16(const tk_features *features, size_t g, size_t k, size_t K, uint16_t flip) {
  uint16_t t[16] = {0};
  for (size_t i = 0; k + i < K && i < 16; i++) t[i] = features->thresholds[g * features->stride + k + i] ^ flip;
  return load256(t);
}

// Adds 32-bit sums of the even and the odd ones of 16 filters to counts[k ..< K].
TK_INLINE void add_counts(__m256i even, __m256i odd, int32_t *counts, size_t k, size_t K) {
  uint32_t sums[2][8];
  store256(sums[0], even);
  store256(sums[1], odd);
  for (size_t i = 0; k + i < K && i < 16; i++)
    counts[k + i] = (int32_t)((uint32_t)counts[k + i] + sums[i % 2][i / 2]);
}

// Margins of feature g. The subtraction saturates at 0, which is the margin. 64 filters at a time (a cache line of distances is
// 32), fewer at the end; S is a multiple of 32, so whole vectors can be read.
TK_INLINE void margins_tile(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                            const tk_features *features, size_t g, int32_t *counts, int vectors, int flips) {
  const __m256i low = _mm256_set1_epi32(0xffff);
  const __m256i flip = _mm256_set1_epi16(flips ? (short)flip_of(features, g) : 0);
  __m256i threshold[4], even[4], odd[4];
  for (int v = 0; v < vectors; v++) {
    threshold[v] = thresholds_16(features, g, k + 16 * (size_t)v, K, flips ? flip_of(features, g) : 0);
    even[v] = odd[v] = _mm256_setzero_si256();
  }
  for (size_t p = 0; p < P; p++) {
    for (int v = 0; v < vectors; v++) {
      __m256i distance = load256(distances + p * S + k + 16 * (size_t)v);
      __m256i margin = _mm256_subs_epu16(threshold[v], flips ? _mm256_xor_si256(distance, flip) : distance);
      even[v] = _mm256_add_epi32(even[v], _mm256_and_si256(margin, low));
      odd[v] = _mm256_add_epi32(odd[v], _mm256_srli_epi32(margin, 16));
    }
  }
  for (int v = 0; v < vectors; v++) add_counts(even[v], odd[v], counts + g * features->stride, k + 16 * (size_t)v, K);
}

// The features of one block of filters come one after the other: their distances stay in the first-level cache.
TK_INLINE void margins_block(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                             const tk_features *features, int32_t *counts, int vectors) {
  for (size_t g = 0; g < features->count; g++) {
    if (features->far >> g & 1)
      margins_tile(distances, P, k, K, S, features, g, counts, vectors, 1);
    else
      margins_tile(distances, P, k, K, S, features, g, counts, vectors, 0);
  }
}

static void count_margins_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const tk_features *features,
                               uint16_t largest, int32_t *counts) {
  (void)largest;
  size_t k = 0;
  for (; K - k > 32; k += smaller(64, K - k)) margins_block(distances, P, k, K, S, features, counts, 4);
  if (k < K) margins_block(distances, P, k, K, S, features, counts, 2);
}

#endif
