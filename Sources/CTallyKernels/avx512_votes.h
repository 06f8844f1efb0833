// AVX-512: one tile of the vote matrix product, one filter and 64 bits; the loops around it are in votes.h.
// Included by avx512.c inside its target region.
#ifndef TALLY_AVX512_VOTES_H
#define TALLY_AVX512_VOTES_H

#include <immintrin.h>

#include "generic.h"

#define TK_VOTE_ROWS 32
#include "votes.h"

TK_INLINE void vote_tile(const vote_lists *lists, size_t k, const uint64_t *words, int32_t *votes) {
  __m512i sums[8];
  for (int v = 0; v < 8; v++) sums[v] = _mm512_setzero_si512();
  for (size_t n = 0; n < lists->count[k]; n++) {
    __m512i a = _mm512_set1_epi64((long long)lists->active[k][n]);
    __m512i s = _mm512_set1_epi64((long long)lists->sign[k][n]);
    const uint64_t *x = words + 64 * (size_t)lists->row[k][n];
    for (int v = 0; v < 8; v++) {
      // 0x90: A and not (B xor C).
      __m512i agree = _mm512_ternarylogic_epi64(a, s, _mm512_load_si512(x + 8 * v), 0x90);
      sums[v] = _mm512_add_epi64(sums[v], _mm512_popcnt_epi64(agree));
    }
  }
  const __m512i low = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  __m512i cast = _mm512_set1_epi32(lists->cast[k]);
  for (int v = 0; v < 4; v++) {
    __m512i agreed = _mm512_permutex2var_epi32(sums[2 * v], low, sums[2 * v + 1]);
    __m512i vote = _mm512_sub_epi32(_mm512_slli_epi32(agreed, 1), cast);
    _mm512_storeu_si512(votes + 16 * v, _mm512_add_epi32(_mm512_loadu_si512(votes + 16 * v), vote));
  }
}

#endif
