// AVX2: the last step of counting bits column by column, and the transposition of patches. Included by avx2.c inside
// its target region. L words of a patch.
#ifndef TALLY_AVX2_BITS_H
#define TALLY_AVX2_BITS_H

#include "avx2_planes.h"

// MARK: Counting bits

// Plane p of a column's word adds 2^p wherever it has a bit; 32 columns at a time, each a byte until all planes are in.
static inline __attribute__((always_inline)) void flush_planes_avx2(const uint64_t *planes, size_t lanes,
                                                                    uint32_t *counts) {
  const __m256i spread = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
  for (size_t lane = 0; lane < lanes; lane++) {
    for (int half = 0; half < 2; half++) {
      __m256i sum = _mm256_setzero_si256();
      for (int plane = 0; plane < TK_PLANES; plane++) {
        __m256i bits = _mm256_set1_epi32((int)(uint32_t)(planes[plane * TK_LANES + lane] >> (32 * half)));
        __m256i isOne = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(bits, spread), bit), bit);
        sum = _mm256_or_si256(sum, _mm256_and_si256(isOne, _mm256_set1_epi8((char)(1 << plane))));
      }
      uint8_t columns[32];
      store256(columns, sum);
      uint32_t *at = counts + 64 * lane + 32 * half;
      for (int eight = 0; eight < 4; eight++) {
        __m256i added = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(columns + 8 * eight)));
        store256(at + 8 * eight, _mm256_add_epi32(load256(at + 8 * eight), added));
      }
    }
  }
}

// MARK: Transposition

// Bit b of 32 words' byte j is what vpmovmskb takes from their bytes j, shifted left by 7 - b.
static void transpose_patches_avx2(const tk_patches *patches, size_t first, size_t count, uint64_t *out) {
  size_t L = patches->segments * patches->segmentWords, starts[64];
  if (L == 0) return;
  if (count > 0) {
    patch_cursor cursor = first_patch(patches, first);
    for (size_t i = 0; i < count; i++) starts[i] = next_patch(&cursor);
  }
  for (size_t i = count; i < 64; i++) starts[i] = count > 0 ? starts[0] : 0;
  uint64_t valid = count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
  for (size_t w = 0; w < L; w++) {
    uint64_t *to = out + 64 * w;
    if (count == 0) {
      for (size_t d = 0; d < 64; d++) to[d] = 0;
      continue;
    }
    size_t offset;
    word_offsets(patches, w, 1, &offset);
    __m256i lower[8], upper[8];
    gather_bytes(patches->base + offset, starts, lower);
    gather_bytes(patches->base + offset, starts + 32, upper);
    for (int j = 0; j < 8; j++) {
      __m256i low = lower[j], high = upper[j];
      for (int b = 7; b >= 0; b--) {
        uint64_t bits = (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
        to[8 * j + b] = bits & valid;
        low = _mm256_add_epi8(low, low);
        high = _mm256_add_epi8(high, high);
      }
    }
  }
}

#endif
