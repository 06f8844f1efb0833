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

// A tile is up to 4 x 4 rows, a block of products in 32-bit sums (the caller's promise), then added in 64 bits.
TK_INLINE void dot_tile(const int16_t *a, size_t aStride, const int16_t *b, size_t bStride, size_t length,
                        size_t block, int64_t *out, size_t outStride, int rows, int columns) {
  for (size_t start = 0; start < length; start += block) {
    size_t end = smaller(length, start + block);
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
    if (columns == 4) {
      for (int m = 0; m < rows; m++) {
        __m128i total = sums_of_four(sums[m][0], sums[m][1], sums[m][2], sums[m][3]);
        int64_t *to = out + (size_t)m * outStride;
        _mm256_storeu_epi64(to, _mm256_add_epi64(_mm256_loadu_epi64(to), _mm256_cvtepi32_epi64(total)));
      }
      continue;
    }
    for (int m = 0; m < rows; m++)
      for (int n = 0; n < columns; n++)
        out[(size_t)m * outStride + (size_t)n] += _mm512_reduce_add_epi32(sums[m][n]);
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
