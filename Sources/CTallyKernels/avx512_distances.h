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

// Margins of `vectors` x 32 filters from k on, of features g ..< g + features. They are added in 16 bits for as many positions as
// the largest margin allows, then widened. On the far side thresholds and distances are taken from 65535.
TK_INLINE void margins_tile(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                            const tk_features *given, size_t g, uint16_t largest, int32_t *counts, int vectors,
                            int features, int flips) {
  __m512i threshold[4][4], flip[4], bound = _mm512_setzero_si512();
  for (int n = 0; n < features; n++) {
    int far = flips && (given->far >> (g + (size_t)n) & 1);
    flip[n] = far ? _mm512_set1_epi16(-1) : _mm512_setzero_si512();
    for (int v = 0; v < vectors; v++) {
      size_t from = k + 32 * (size_t)v;
      __mmask32 valid = first_of_32(smaller(32, K - from));
      __m512i t = _mm512_maskz_loadu_epi16(valid, given->thresholds + (g + (size_t)n) * given->stride + from);
      threshold[n][v] = flips ? _mm512_maskz_mov_epi16(valid, _mm512_xor_si512(t, flip[n])) : t;
      __m512i margin = far ? _mm512_maskz_subs_epu16(valid, _mm512_set1_epi16((short)largest), t) : t;
      bound = _mm512_max_epu16(bound, margin);
    }
  }
  bound = _mm512_max_epu32(_mm512_and_si512(bound, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32(bound, 16));
  size_t most = _mm512_reduce_max_epu32(bound), run = most ? 65535 / most : P;
  for (size_t first = 0; first < P; first += run) {
    size_t end = smaller(P, first + run);
    __m512i sums[4][4];
    for (int n = 0; n < features; n++)
      for (int v = 0; v < vectors; v++) sums[n][v] = _mm512_setzero_si512();
    for (size_t p = first; p < end; p++) {
      for (int v = 0; v < vectors; v++) {
        __m512i distance = _mm512_loadu_si512(distances + p * S + k + 32 * (size_t)v);
        for (int n = 0; n < features; n++) {
          __m512i flipped = flips ? _mm512_xor_si512(distance, flip[n]) : distance;
          sums[n][v] = _mm512_add_epi16(sums[n][v], _mm512_subs_epu16(threshold[n][v], flipped));
        }
      }
    }
    for (int n = 0; n < features; n++) {
      int32_t *out = counts + (g + (size_t)n) * given->stride;
      for (int v = 0; v < vectors; v++) {
        for (int half = 0; half < 2; half++) {
          size_t from = k + 32 * (size_t)v + 16 * (size_t)half;
          if (from >= K) break;
          __mmask16 valid = (__mmask16)(0xffffu >> (16 - smaller(16, K - from)));
          __m256i narrow = half ? _mm512_extracti64x4_epi64(sums[n][v], 1) : _mm512_castsi512_si256(sums[n][v]);
          __m512i sum = _mm512_add_epi32(_mm512_maskz_loadu_epi32(valid, out + from), _mm512_cvtepu16_epi32(narrow));
          _mm512_mask_storeu_epi32(out + from, valid, sum);
        }
      }
    }
  }
}

// One feature of all filters, four vectors at a time.
static void margins_of_one(const uint16_t *distances, size_t P, size_t K, size_t S, const tk_features *features, size_t g,
                           uint16_t largest, int32_t *counts) {
  size_t k = 0;
  for (; k + 96 < K; k += 128) margins_tile(distances, P, k, K, S, features, g, largest, counts, 4, 1, 1);
  for (; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, features, g, largest, counts, 2, 1, 1);
  if (k < K) margins_tile(distances, P, k, K, S, features, g, largest, counts, 1, 1, 1);
}

static void count_margins_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const tk_features *features,
                                 uint16_t largest, int32_t *counts) {
  size_t k = 0, g = 0;
  if (features->count == 1 && features->far == 0) {
    for (; k + 96 < K; k += 128) margins_tile(distances, P, k, K, S, features, 0, largest, counts, 4, 1, 0);
    for (; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, features, 0, largest, counts, 2, 1, 0);
    if (k < K) margins_tile(distances, P, k, K, S, features, 0, largest, counts, 1, 1, 0);
    return;
  }
  for (; g + 4 <= features->count; g += 4) {
    for (k = 0; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, features, g, largest, counts, 2, 4, 1);
    if (k < K) margins_tile(distances, P, k, K, S, features, g, largest, counts, 1, 4, 1);
  }
  for (; g + 2 <= features->count; g += 2) {
    for (k = 0; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, features, g, largest, counts, 2, 2, 1);
    if (k < K) margins_tile(distances, P, k, K, S, features, g, largest, counts, 1, 2, 1);
  }
  if (g < features->count) margins_of_one(distances, P, K, S, features, g, largest, counts);
}

#endif
