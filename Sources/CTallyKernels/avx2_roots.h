// AVX2: whole roots and quotients by estimates that whole numbers make exact; windows' contrasts by them. Included by avx2.c inside
// its target region, before patches.h.
#ifndef TALLY_AVX2_ROOTS_H
#define TALLY_AVX2_ROOTS_H

#include <immintrin.h>

#include "roots.h"
#include "signals.h"

#define TK_WHOLE_ROOTS whole_roots_16
#define TK_WHOLE_QUOTIENTS whole_quotients_16

// a > b of unsigned numbers.
TK_INLINE __m256i above_avx2(__m256i a, __m256i b) {
  const __m256i sign = _mm256_set1_epi32(INT32_MIN);
  return _mm256_cmpgt_epi32(_mm256_xor_si256(a, sign), _mm256_xor_si256(b, sign));
}

// Eight numbers' roots without their fractions, exact: the estimate is better than 2^-22 of the root, which is below 2^16, so it is one
// off at most, and whole numbers say in which direction. Numbers are below 65534^2.
TK_INLINE __m256i whole_roots_avx2(__m256i numbers) {
  __m256 high = _mm256_cvtepi32_ps(_mm256_srli_epi32(numbers, 16));
  __m256 low = _mm256_cvtepi32_ps(_mm256_and_si256(numbers, _mm256_set1_epi32(0xffff)));
  __m256 number = _mm256_add_ps(_mm256_mul_ps(high, _mm256_set1_ps(65536)), low);
  __m256i whole = _mm256_cvttps_epi32(_mm256_sqrt_ps(number));
  __m256i reached = _mm256_mullo_epi32(whole, whole), twice = _mm256_add_epi32(whole, whole);
  __m256i next = _mm256_add_epi32(_mm256_add_epi32(reached, twice), _mm256_set1_epi32(1));
  // Minus one where it is true.
  __m256i above = above_avx2(reached, numbers), behind = above_avx2(next, numbers);
  whole = _mm256_add_epi32(_mm256_add_epi32(whole, _mm256_set1_epi32(1)), behind);
  return _mm256_add_epi32(whole, above);
}

// Quotients without their fractions, exact for the same reason.
TK_INLINE __m256i whole_quotients_avx2(__m256i dividends, __m256i divisors) {
  __m256 quotient = _mm256_div_ps(_mm256_cvtepi32_ps(dividends), _mm256_cvtepi32_ps(divisors));
  __m256i whole = _mm256_cvttps_epi32(quotient);
  __m256i rest = _mm256_sub_epi32(dividends, _mm256_mullo_epi32(whole, divisors));
  __m256i negative = _mm256_srai_epi32(rest, 31), behind = _mm256_cmpgt_epi32(divisors, rest);
  whole = _mm256_add_epi32(_mm256_add_epi32(whole, _mm256_set1_epi32(1)), behind);
  return _mm256_add_epi32(whole, negative);
}

// Sixteen numbers are two vectors.
TK_INLINE void whole_roots_16(const square_vector *given, square_vector *roots) {
  __m256i numbers[2];
  __builtin_memcpy(numbers, given, sizeof numbers);
  for (int i = 0; i < 2; i++) numbers[i] = whole_roots_avx2(numbers[i]);
  __builtin_memcpy(roots, numbers, sizeof numbers);
}

TK_INLINE void whole_quotients_16(const square_vector *given, const square_vector *by, square_vector *quotients) {
  __m256i dividends[2], divisors[2];
  __builtin_memcpy(dividends, given, sizeof dividends);
  __builtin_memcpy(divisors, by, sizeof divisors);
  for (int i = 0; i < 2; i++) dividends[i] = whole_quotients_avx2(dividends[i], divisors[i]);
  __builtin_memcpy(quotients, dividends, sizeof dividends);
}

#endif
