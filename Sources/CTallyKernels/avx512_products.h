// AVX-512: products of 16-bit numbers. Included by avx512.c inside its target region.
// Rows m < M of a, n < N of b.
#ifndef TALLY_AVX512_PRODUCTS_H
#define TALLY_AVX512_PRODUCTS_H

#include <immintrin.h>

#include "generic.h"

// The sums of four vectors' numbers.
TK_INLINE __m128i sums_of_four(__m512i a, __m512i b, __m512i c, __m512i d) {
  __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  __m512i quarters = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  __m256i halves = _mm256_add_epi32(_mm512_castsi512_si256(quarters), _mm512_extracti64x4_epi64(quarters, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}

// The sums of two vectors' numbers, in 64 bits.
TK_INLINE __m128i wide_sums_of_two(__m512i a, __m512i b) {
  __m512i wide[2], given[2] = {a, b};
  for (int i = 0; i < 2; i++) {
    __m512i low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(given[i]));
    wide[i] = _mm512_add_epi64(low, _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(given[i], 1)));
  }
  __m512i both = _mm512_add_epi64(_mm512_unpacklo_epi64(wide[0], wide[1]), _mm512_unpackhi_epi64(wide[0], wide[1]));
  __m256i half = _mm256_add_epi64(_mm512_castsi512_si256(both), _mm512_extracti64x4_epi64(both, 1));
  return _mm_add_epi64(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// A tile is up to 4 x 4 rows. A place of a vector takes a block of products in 32 bits (the caller's promise), so sixteen blocks go
// into a vector's sums before they are added in 64 bits.
TK_INLINE void dot_tile(const int16_t *a, size_t aStride, const int16_t *b, size_t bStride, size_t length,
                        size_t block, int64_t *out, size_t outStride, int rows, int columns) {
  for (size_t start = 0; start < length; start += 16 * block) {
    size_t end = smaller(length, start + 16 * block);
    __m512i sums[4][4];
    for (int m = 0; m < rows; m++)
      for (int n = 0; n < columns; n++) sums[m][n] = _mm512_setzero_si512();
    for (size_t i = start; i < end; i += 32) {
      __mmask32 valid = first_of_32(end - i);
      __m512i right[4];
      for (int n = 0; n < columns; n++) right[n] = _mm512_maskz_loadu_epi16(valid, b + (size_t)n * bStride + i);
      for (int m = 0; m < rows; m++) {
        __m512i left = _mm512_maskz_loadu_epi16(valid, a + (size_t)m * aStride + i);
        for (int n = 0; n < columns; n++) sums[m][n] = _mm512_dpwssd_epi32(sums[m][n], left, right[n]);
      }
    }
    for (int m = 0; m < rows; m++) {
      int64_t *to = out + (size_t)m * outStride;
      for (int n = 0; n < columns; n += 2) {
        __m128i total = wide_sums_of_two(sums[m][n], n + 1 < columns ? sums[m][n + 1] : _mm512_setzero_si512());
        if (n + 1 < columns) _mm_storeu_epi64(to + n, _mm_add_epi64(_mm_loadu_epi64(to + n), total));
        else to[n] += _mm_cvtsi128_si64(total);
      }
    }
  }
}

// Rows of b are read once: those of a, which are few, stay in the nearest cache.
static void dot_matrix_avx512(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N, size_t bStride,
                              size_t length, size_t block, int64_t *out, size_t outStride) {
  for (size_t n = 0; n < N; n += 4) {
    const int16_t *right = b + n * bStride;
    for (size_t m = 0; m < M; m += 4) {
      const int16_t *left = a + m * aStride;
      int64_t *sums = out + m * outStride + n;
      size_t rows = smaller(4, M - m);
      if (N - n < 4) {
        for (size_t i = 0; i < rows; i++)
          for (size_t j = 0; j < N - n; j++)
            dot_tile(left + i * aStride, 0, right + j * bStride, 0, length, block, sums + i * outStride + j, 0, 1, 1);
      } else if (rows == 4) {
        dot_tile(left, aStride, right, bStride, length, block, sums, outStride, 4, 4);
      } else {
        size_t i = 0;
        if (rows >= 2) dot_tile(left, aStride, right, bStride, length, block, sums, outStride, 2, 4), i = 2;
        if (i < rows) dot_tile(left + i * aStride, 0, right, bStride, length, block, sums + i * outStride, 0, 1, 4);
      }
    }
  }
}

#endif
