// AVX-512: windows' contrasts and values in units of them. Included by avx512.c inside its target region, before patches.h.
#ifndef TALLY_AVX512_CONTRAST_H
#define TALLY_AVX512_CONTRAST_H

#include <immintrin.h>

#include "roots.h"
#include "signals.h"

#define TK_WHOLE_ROOTS whole_roots_avx512
#define TK_WHOLE_QUOTIENTS whole_quotients_avx512
#define TK_PUT_VALUE put_value_avx512

// Roots that are one off at most, and their squares, made exact: whole numbers say in which direction.
TK_INLINE __m512i corrected_roots(__m512i roots, __m512i reached, __m512i numbers) {
  __m512i one = _mm512_set1_epi32(1);
  __m512i next = _mm512_add_epi32(_mm512_add_epi32(reached, one), _mm512_add_epi32(roots, roots));
  __mmask16 below = _mm512_cmple_epu32_mask(next, numbers), above = _mm512_cmpgt_epu32_mask(reached, numbers);
  roots = _mm512_mask_add_epi32(roots, below, roots, one);
  return _mm512_mask_sub_epi32(roots, above, roots, one);
}

// Sixteen numbers' roots without their fractions, exact: one step of Newton's makes the estimate better than 2^-22 of the root, which
// is below 2^16, so it is one off at most.
TK_INLINE void whole_roots_avx512(const square_vector *given, square_vector *roots) {
  __m512i numbers = (__m512i)*given;
  __m512 number = _mm512_cvtepu32_ps(numbers), inverse = _mm512_rsqrt14_ps(number), root = _mm512_mul_ps(number, inverse);
  __m512 rest = _mm512_fnmadd_ps(root, root, number), half = _mm512_mul_ps(inverse, _mm512_set1_ps(0.5f));
  __m512i whole = _mm512_cvttps_epi32(_mm512_fmadd_ps(rest, half, root));
  *roots = (square_vector)corrected_roots(whole, _mm512_mullo_epi32(whole, whole), numbers);
}

// Quotients without their fractions, exact for the same reason.
TK_INLINE void whole_quotients_avx512(const square_vector *given, const square_vector *by, square_vector *quotients) {
  __m512i dividends = (__m512i)*given, divisors = (__m512i)*by;
  __m512 dividend = _mm512_cvtepi32_ps(dividends), divisor = _mm512_cvtepi32_ps(divisors);
  __m512 inverse = _mm512_rcp14_ps(divisor), quotient = _mm512_mul_ps(dividend, inverse);
  quotient = _mm512_fmadd_ps(_mm512_fnmadd_ps(quotient, divisor, dividend), inverse, quotient);
  __m512i whole = _mm512_cvttps_epi32(quotient), one = _mm512_set1_epi32(1);
  __m512i rest = _mm512_sub_epi32(dividends, _mm512_mullo_epi32(whole, divisors));
  __mmask16 below = _mm512_cmpge_epi32_mask(rest, divisors), above = _mm512_movepi32_mask(rest);
  whole = _mm512_mask_add_epi32(whole, below, whole, one);
  *quotients = (square_vector)_mm512_mask_sub_epi32(whole, above, whole, one);
}

TK_INLINE void put_value_avx512(const number_vector *sum, const number_vector *scale, int16_t *out) {
  __m512i value = _mm512_mullo_epi32(_mm512_srai_epi32((__m512i)*sum, 5), (__m512i)*scale);
  __m256i narrow = _mm512_cvtsepi32_epi16(_mm512_srai_epi32(value, 12));
  _mm256_storeu_si256((__m256i *)out, _mm256_max_epi16(narrow, _mm256_set1_epi16(-32767)));
}

#endif
