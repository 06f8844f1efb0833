// AVX-512: roots of counts, and counts weighed by a head. Included by avx512.c inside its target region.
#ifndef TALLY_AVX512_COUNTS_H
#define TALLY_AVX512_COUNTS_H

#include <immintrin.h>

#include "generic.h"

#define TK_CLASSES 10
#include "weigh.h"

// MARK: Roots

// Roots of sixteen numbers 256 c with 0 <= c < 2^18, exact: the estimate is within 2^-14 of the root, which is below 2^13, so what
// is left of it without its fraction is one off at most.
TK_INLINE __m512i estimated_roots(__m512i count) {
  __m512i square = _mm512_slli_epi32(count, 8);
  __m512 number = _mm512_cvtepi32_ps(square);
  __m512 inverse = _mm512_maskz_rsqrt14_ps(_mm512_test_epi32_mask(square, square), number);
  __m512i root = _mm512_cvttps_epi32(_mm512_mul_ps(number, inverse));
  // Below 2^15, so that a product of halves is that of the whole numbers.
  return corrected_roots(root, _mm512_madd_epi16(root, root), square);
}

static void root_counts_avx512(int32_t *counts, size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    __mmask16 valid = (__mmask16)(0xffffu >> (16 - smaller(16, n - i)));
    __m512i count = _mm512_maskz_loadu_epi32(valid, counts + i);
    count = _mm512_max_epi32(count, _mm512_setzero_si512());
    if (_mm512_cmpge_epi32_mask(count, _mm512_set1_epi32(1 << 18))) {
      count = _mm512_slli_epi32(_mm512_min_epi32(count, _mm512_set1_epi32(0xffffff)), 8);
      square_vector square = (square_vector)count, root;
      roots_of(&square, 30, &root);
      count = (__m512i)root;
    } else {
      count = estimated_roots(count);
    }
    _mm512_mask_storeu_epi32(counts + i, valid, count);
  }
}

// MARK: Weighing

// See weigh.h: out[c] += sum of weights[c*F + f] * counts[f], f < n, c < classes.
TK_INLINE void weigh_tile(const int16_t *weights, size_t F, const int16_t *counts, size_t n, size_t run, int classes,
                          int64_t *out) {
  __m512i wide[TK_CLASSES];
  for (int c = 0; c < classes; c++) wide[c] = _mm512_setzero_si512();
  for (size_t start = 0; start < n; start += 32 * run) {
    size_t end = smaller(n, start + 32 * run);
    __m512i sums[TK_CLASSES];
    for (int c = 0; c < classes; c++) sums[c] = _mm512_setzero_si512();
    size_t f = start;
    for (; f + 32 <= end; f += 32) {
      __m512i count = _mm512_load_si512(counts + f);
      for (int c = 0; c < classes; c++)
        sums[c] = _mm512_dpwssd_epi32(sums[c], count, _mm512_loadu_si512(weights + (size_t)c * F + f));
    }
    if (f < end) {
      __mmask32 valid = first_of_32(end - f);
      __m512i count = _mm512_load_si512(counts + f);
      for (int c = 0; c < classes; c++)
        sums[c] = _mm512_dpwssd_epi32(sums[c], count, _mm512_maskz_loadu_epi16(valid, weights + (size_t)c * F + f));
    }
    for (int c = 0; c < classes; c++) {
      __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums[c]));
      __m512i high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums[c], 1));
      wide[c] = _mm512_add_epi64(wide[c], _mm512_add_epi64(low, high));
    }
  }
  for (int c = 0; c < classes; c++) out[c] = (int64_t)((uint64_t)out[c] + (uint64_t)_mm512_reduce_add_epi64(wide[c]));
}

// The largest size of up to TK_NARROW counts, which become 16-bit where that is below 2^15; whole vectors of 32 are written, the last
// one with zeros.
TK_INLINE uint32_t narrow_counts(const int32_t *counts, size_t n, int16_t *narrow) {
  __m512i largest = _mm512_setzero_si512();
  for (size_t f = 0; f < (n + 31) / 32 * 32; f += 16) {
    __mmask16 valid = (__mmask16)(((uint32_t)1 << smaller(16, n - smaller(n, f))) - 1);
    __m512i count = _mm512_maskz_loadu_epi32(valid, counts + f);
    largest = _mm512_max_epu32(largest, _mm512_abs_epi32(count));
    _mm256_store_si256((__m256i *)(narrow + f), _mm512_cvtepi32_epi16(count));
  }
  return _mm512_reduce_max_epu32(largest);
}

#endif
