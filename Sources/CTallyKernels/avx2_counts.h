// AVX2: roots of counts, and counts weighed by a head. Included by avx2.c inside its target region.
#ifndef TALLY_AVX2_COUNTS_H
#define TALLY_AVX2_COUNTS_H

#include <immintrin.h>

#include "avx2_roots.h"
#include "generic.h"

#define TK_CLASSES 5
#include "weigh.h"

// MARK: Roots

static void root_counts_avx2(int32_t *counts, size_t n) {
  for (size_t i = 0; i < n; i += 8) {
    int32_t part[8] = {0}, *at = counts + i;
    size_t rest = smaller(8, n - i);
    if (rest < 8) at = __builtin_memcpy(part, at, 4 * rest);
    __m256i count = _mm256_max_epi32(load256(at), _mm256_setzero_si256());
    // Squares of roots and of what follows them are to stay below 2^32.
    if (_mm256_movemask_epi8(_mm256_cmpgt_epi32(count, _mm256_set1_epi32((1 << 23) - 1)))) root_counts_generic(at, 8);
    else store256(at, whole_roots_avx2(_mm256_slli_epi32(count, 8)));
    if (rest < 8) __builtin_memcpy(counts + i, part, 4 * rest);
  }
}

// MARK: Weighing

// See weigh.h: out[c] += sum of weights[c*F + f] * counts[f], f < n, c < classes.
TK_INLINE void weigh_tile(const int16_t *weights, size_t F, const int16_t *counts, size_t n, size_t run, int classes,
                          int64_t *out) {
  size_t whole = n / 16 * 16;
  for (size_t start = 0; start < whole; start += 16 * run) {
    size_t end = smaller(whole, start + 16 * run);
    __m256i sums[TK_CLASSES];
    for (int c = 0; c < classes; c++) sums[c] = _mm256_setzero_si256();
    for (size_t f = start; f < end; f += 16) {
      __m256i count = load256(counts + f);
      for (int c = 0; c < classes; c++)
        sums[c] = _mm256_add_epi32(sums[c], _mm256_madd_epi16(count, load256(weights + (size_t)c * F + f)));
    }
    for (int c = 0; c < classes; c++) {
      __m256i low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums[c]));
      __m256i sum = _mm256_add_epi64(low, _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums[c], 1)));
      int64_t parts[4];
      store256(parts, sum);
      out[c] = (int64_t)((uint64_t)out[c] + (uint64_t)(parts[0] + parts[1] + parts[2] + parts[3]));
    }
  }
  for (int c = 0; c < classes; c++)
    for (size_t f = whole; f < n; f++)
      out[c] = (int64_t)((uint64_t)out[c] + (uint64_t)((int64_t)weights[(size_t)c * F + f] * counts[f]));
}

// The largest size of up to TK_NARROW counts, which become 16-bit where that is below 2^15.
TK_INLINE uint32_t narrow_counts(const int32_t *counts, size_t n, int16_t *narrow) {
  __m256i largest = _mm256_setzero_si256();
  size_t f = 0;
  for (; f + 16 <= n; f += 16) {
    __m256i a = load256(counts + f), b = load256(counts + f + 8);
    largest = _mm256_max_epu32(largest, _mm256_max_epu32(_mm256_abs_epi32(a), _mm256_abs_epi32(b)));
    store256(narrow + f, _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8));
  }
  uint32_t parts[8], most = 0;
  store256(parts, largest);
  for (int i = 0; i < 8; i++) most = parts[i] > most ? parts[i] : most;
  for (; f < n; f++) {
    uint32_t size = counts[f] < 0 ? 0 - (uint32_t)counts[f] : (uint32_t)counts[f];
    most = size > most ? size : most;
    narrow[f] = (int16_t)counts[f];
  }
  return most;
}

#endif
