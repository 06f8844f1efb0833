// AVX2: products of 16-bit numbers. Included by avx2.c inside its target region.
// Rows m < M of a, n < N of b.
#ifndef TALLY_AVX2_PRODUCTS_H
#define TALLY_AVX2_PRODUCTS_H

#include <immintrin.h>

#include "generic.h"

// A tile is up to 2 x 4 rows. A place of a vector takes a block of products in 32 bits (the caller's promise), so eight blocks go into
// a vector's sums before they are added in 64 bits.
TK_INLINE void dot_tile(const int16_t *a, size_t aStride, const int16_t *b, size_t bStride, size_t length,
                        size_t block, int64_t *out, size_t outStride, int rows, int columns) {
  for (size_t start = 0; start < length; start += 8 * block) {
    size_t end = smaller(length, start + 8 * block), i = start;
    __m256i sums[2][4];
    for (int m = 0; m < rows; m++)
      for (int n = 0; n < columns; n++) sums[m][n] = _mm256_setzero_si256();
    for (; i + 16 <= end; i += 16) {
      __m256i right[4];
      for (int n = 0; n < columns; n++) right[n] = load256(b + (size_t)n * bStride + i);
      for (int m = 0; m < rows; m++) {
        __m256i left = load256(a + (size_t)m * aStride + i);
        for (int n = 0; n < columns; n++)
          sums[m][n] = _mm256_add_epi32(sums[m][n], _mm256_madd_epi16(left, right[n]));
      }
    }
    for (int m = 0; m < rows; m++) {
      for (int n = 0; n < columns; n++) {
        __m256i wide = _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums[m][n])),
                                        _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums[m][n], 1)));
        __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
        int64_t total = _mm_cvtsi128_si64(sum) + _mm_extract_epi64(sum, 1);
        for (size_t t = i; t < end; t++) total += (int32_t)a[(size_t)m * aStride + t] * b[(size_t)n * bStride + t];
        out[(size_t)m * outStride + (size_t)n] += total;
      }
    }
  }
}

static void dot_matrix_avx2(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N, size_t bStride,
                            size_t length, size_t block, int64_t *out, size_t outStride) {
  // Rows of b are read once: those of a, which are few, stay in the nearest cache.
  for (size_t n = 0; n < N; n += 4) {
    for (size_t m = 0; m < M; m += 2) {
      const int16_t *left = a + m * aStride, *right = b + n * bStride;
      int64_t *sums = out + m * outStride + n;
      if (M - m >= 2 && N - n >= 4) {
        dot_tile(left, aStride, right, bStride, length, block, sums, outStride, 2, 4);
      } else {
        for (size_t i = 0; i < smaller(2, M - m); i++)
          for (size_t j = 0; j < smaller(4, N - n); j++)
            dot_tile(left + i * aStride, 0, right + j * bStride, 0, length, block, sums + i * outStride + j, 0, 1, 1);
      }
    }
  }
}

#endif
