// AVX2: words as planes of nibbles, and the tables that count their bits by a shuffle. No kernels in here;
// products and transposition use them. Included by avx2.c inside its target region.
#ifndef TALLY_AVX2_PLANES_H
#define TALLY_AVX2_PLANES_H

#include <immintrin.h>

#include "generic.h"

TK_INLINE __m256i load256(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

TK_INLINE void store256(void *at, __m256i x) { _mm256_storeu_si256((__m256i *)at, x); }

// MARK: Tables of counts

// popcount of four bits.
#define COUNT4(n) (((n) & 1) + ((n) >> 1 & 1) + ((n) >> 2 & 1) + ((n) >> 3 & 1))

// Entry v of table i, for v of 16 nibbles and i of 256 bytes.
#define TABLE(E, i) {E(i, 0), E(i, 1), E(i, 2), E(i, 3), E(i, 4), E(i, 5), E(i, 6), E(i, 7), \
                     E(i, 8), E(i, 9), E(i, 10), E(i, 11), E(i, 12), E(i, 13), E(i, 14), E(i, 15)}
#define TABLES4(E, i) TABLE(E, i), TABLE(E, (i) + 1), TABLE(E, (i) + 2), TABLE(E, (i) + 3)
#define TABLES16(E, i) TABLES4(E, i), TABLES4(E, (i) + 4), TABLES4(E, (i) + 8), TABLES4(E, (i) + 12)
#define TABLES64(E, i) TABLES16(E, i), TABLES16(E, (i) + 16), TABLES16(E, (i) + 32), TABLES16(E, (i) + 48)
#define TABLES256(E) {TABLES64(E, 0), TABLES64(E, 64), TABLES64(E, 128), TABLES64(E, 192)}

// Two filters' nibbles, the first in the low half of i: both distances from nibble v, the second times 16.
#define PAIR_ENTRY(i, v) (COUNT4((v) ^ ((i) & 15)) + 16 * COUNT4((v) ^ ((i) >> 4)))
static const _Alignas(64) uint8_t pairTables[256][16] = TABLES256(PAIR_ENTRY);

// A filter's nibble in the low half of i and its mask's in the high half: the masked distance from nibble v.
#define MASKED_ENTRY(i, v) COUNT4(((v) ^ ((i) & 15)) & ((i) >> 4))
static const _Alignas(64) uint8_t maskedTables[256][16] = TABLES256(MASKED_ENTRY);

TK_INLINE __m256i count_table(const uint8_t (*tables)[16], uint8_t i) {
  return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)tables[i]));
}

// The nibbles of two words side by side, `a` in the low halves: bytes[b] has nibble 2b of each, bytes[8 + b] nibble
// 2b + 1. This is also the order of the planes below.
TK_INLINE void join_nibbles(uint64_t a, uint64_t b, uint8_t *bytes) {
  const uint64_t low = 0x0f0f0f0f0f0f0f0f;
  uint64_t even = (a & low) | (b & low) << 4, odd = (a >> 4 & low) | (b & ~low);
  __builtin_memcpy(bytes, &even, 8);
  __builtin_memcpy(bytes + 8, &odd, 8);
}

// MARK: Nibble planes

// The bytes of 32 words base[starts[i]]: byte b of word i becomes byte i of bytes[b]. In each half of a register
// sixteen words of eight bytes are transposed, so words i and i + 8 start next to each other.
TK_INLINE void gather_bytes(const uint64_t *base, const size_t *starts, __m256i *bytes) {
  __m256i x[8], y[8];
  for (int i = 0; i < 8; i++)
    y[i] = _mm256_setr_epi64x((long long)base[starts[i]], (long long)base[starts[8 + i]],
                              (long long)base[starts[16 + i]], (long long)base[starts[24 + i]]);
  // x[i], x[4 + i]: words 2i, 2i + 1 and those eight higher. Then fours of words, bytes 0-3 and 4-7.
  for (int i = 0; i < 4; i++) {
    x[i] = _mm256_unpacklo_epi8(y[2 * i], y[2 * i + 1]);
    x[4 + i] = _mm256_unpackhi_epi8(y[2 * i], y[2 * i + 1]);
  }
  for (int h = 0; h < 2; h++) {
    for (int i = 0; i < 2; i++) {
      y[4 * h + i] = _mm256_unpacklo_epi16(x[4 * h + 2 * i], x[4 * h + 2 * i + 1]);
      y[4 * h + 2 + i] = _mm256_unpackhi_epi16(x[4 * h + 2 * i], x[4 * h + 2 * i + 1]);
    }
  }
  // Then eights of words, two bytes in a register.
  for (int h = 0; h < 2; h++) {
    for (int i = 0; i < 2; i++) {
      x[4 * h + 2 * i] = _mm256_unpacklo_epi32(y[4 * h + 2 * i], y[4 * h + 2 * i + 1]);
      x[4 * h + 2 * i + 1] = _mm256_unpackhi_epi32(y[4 * h + 2 * i], y[4 * h + 2 * i + 1]);
    }
  }
  for (int i = 0; i < 4; i++) {
    bytes[2 * i] = _mm256_unpacklo_epi64(x[i], x[4 + i]);
    bytes[2 * i + 1] = _mm256_unpackhi_epi64(x[i], x[4 + i]);
  }
}

// Positions whose planes lie side by side, and the vectors they fill.
#define TK_BLOCK 128
#define TK_BLOCK_VECTORS 4

// Distances of a nibble, at most 4, that fit into a byte.
#define TK_LOOKUPS 63

// Adds three lookups, in tables of two patches or filters, of 32 bytes of three planes: both sums to `both`, modulo 256, the upper
// ones to `second`.
TK_INLINE void add_lookups(const __m256i *tables, const uint8_t (*planes)[TK_BLOCK], size_t at, __m256i *both,
                           __m256i *second) {
  __m256i sum = _mm256_shuffle_epi8(tables[0], load256(planes[0] + at));
  sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(tables[1], load256(planes[1] + at)));
  sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(tables[2], load256(planes[2] + at)));
  *both = _mm256_add_epi8(*both, sum);
  *second = _mm256_add_epi8(*second, _mm256_and_si256(_mm256_srli_epi16(sum, 4), _mm256_set1_epi8(15)));
}

// The lower sums: both less sixteen times the upper ones, modulo 256.
TK_INLINE __m256i first_sums(__m256i both, __m256i second) {
  return _mm256_sub_epi8(both, _mm256_andnot_si256(_mm256_set1_epi8(15), _mm256_slli_epi16(second, 4)));
}

// Sixteen planes of the nibbles of 32 words base[starts[i]], a byte each: plane n at planes + n*TK_BLOCK.
TK_INLINE void word_planes(const uint64_t *base, const size_t *starts, uint8_t *planes) {
  const __m256i low = _mm256_set1_epi8(15);
  __m256i bytes[8];
  gather_bytes(base, starts, bytes);
  for (int b = 0; b < 8; b++) {
    store256(planes + b * TK_BLOCK, _mm256_and_si256(bytes[b], low));
    store256(planes + (8 + b) * TK_BLOCK, _mm256_and_si256(_mm256_srli_epi64(bytes[b], 4), low));
  }
}

#endif
