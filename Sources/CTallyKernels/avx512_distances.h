// AVX-512: bits and margins made of distances. Included by avx512.c inside its target region.
// P positions, K filters, S filter stride.
#ifndef TALLY_AVX512_DISTANCES_H
#define TALLY_AVX512_DISTANCES_H

#include <immintrin.h>

#include "generic.h"

// MARK: Distances to bits

TK_INLINE void pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                           const uint16_t *highest, uint64_t *out, size_t outStride, int range) {
  for (size_t k = 0; k < K; k += 64) {
    size_t filters = smaller(64, K - k);
    __mmask32 valid0 = first_of_32(filters), valid1 = filters > 32 ? first_of_32(filters - 32) : 0;
    __m512i high0 = _mm512_maskz_loadu_epi16(valid0, highest + k), high1 = _mm512_setzero_si512();
    __m512i low0 = _mm512_setzero_si512(), low1 = low0;
    if (range) low0 = _mm512_maskz_loadu_epi16(valid0, lowest + k);
    if (valid1) {
      high1 = _mm512_maskz_loadu_epi16(valid1, highest + k + 32);
      if (range) low1 = _mm512_maskz_loadu_epi16(valid1, lowest + k + 32);
    }
    for (size_t p = 0; p < P; p++) {
      const uint16_t *at = distances + p * S + k;
      __m512i distance = _mm512_maskz_loadu_epi16(valid0, at);
      __mmask32 bits0 = _mm512_mask_cmple_epu16_mask(valid0, distance, high0), bits1 = 0;
      if (range) bits0 = _mm512_mask_cmpge_epu16_mask(bits0, distance, low0);
      if (valid1) {
        distance = _mm512_maskz_loadu_epi16(valid1, at + 32);
        bits1 = _mm512_mask_cmple_epu16_mask(valid1, distance, high1);
        if (range) bits1 = _mm512_mask_cmpge_epu16_mask(bits1, distance, low1);
      }
      out[p * outStride + k / 64] = (uint64_t)bits1 << 32 | bits0;
    }
  }
}

static void threshold_pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                  uint64_t *out, size_t outStride) {
  pack_avx512(distances, P, K, S, 0, thresholds, out, outStride, 0);
}

static void range_pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                              const uint16_t *highest, uint64_t *out, size_t outStride) {
  pack_avx512(distances, P, K, S, lowest, highest, out, outStride, 1);
}

// MARK: Pooled counts

// Margins of `vectors` x 32 filters from k on. They are added in 16 bits for as many positions as the largest
// threshold allows, then widened.
TK_INLINE void margins_tile(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                            const uint16_t *thresholds, int32_t *counts, int vectors) {
  __m512i threshold[4], largest = _mm512_setzero_si512();
  for (int v = 0; v < vectors; v++) {
    size_t from = k + 32 * (size_t)v, filters = smaller(32, K - from);
    threshold[v] = _mm512_maskz_loadu_epi16((__mmask32)(0xffffffffu >> (32 - filters)), thresholds + from);
    largest = _mm512_max_epu16(largest, threshold[v]);
  }
  largest = _mm512_max_epu32(_mm512_and_si512(largest, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32(largest, 16));
  size_t most = _mm512_reduce_max_epu32(largest), run = most ? 65535 / most : P;
  for (size_t first = 0; first < P; first += run) {
    size_t end = smaller(P, first + run);
    __m512i sums[4];
    for (int v = 0; v < vectors; v++) sums[v] = _mm512_setzero_si512();
    for (size_t p = first; p < end; p++) {
      for (int v = 0; v < vectors; v++) {
        __m512i distance = _mm512_loadu_si512(distances + p * S + k + 32 * (size_t)v);
        sums[v] = _mm512_add_epi16(sums[v], _mm512_subs_epu16(threshold[v], distance));
      }
    }
    for (int v = 0; v < vectors; v++) {
      for (int half = 0; half < 2; half++) {
        size_t from = k + 32 * (size_t)v + 16 * (size_t)half;
        if (from >= K) break;
        __mmask16 valid = (__mmask16)(0xffffu >> (16 - smaller(16, K - from)));
        __m256i narrow = half ? _mm512_extracti64x4_epi64(sums[v], 1) : _mm512_castsi512_si256(sums[v]);
        __m512i sum = _mm512_add_epi32(_mm512_maskz_loadu_epi32(valid, counts + from), _mm512_cvtepu16_epi32(narrow));
        _mm512_mask_storeu_epi32(counts + from, valid, sum);
      }
    }
  }
}

static void count_margins_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                 int32_t *counts) {
  size_t k = 0;
  for (; k + 96 < K; k += 128) margins_tile(distances, P, k, K, S, thresholds, counts, 4);
  for (; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, thresholds, counts, 2);
  if (k < K) margins_tile(distances, P, k, K, S, thresholds, counts, 1);
}

#endif
