// The kernels for AVX2 (x86-64), which counts the bits of 32 nibbles by one byte shuffle.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt,bmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,popcnt,bmi")
#endif

#define TK_LANES 4
#define TK_LOAD_PARTIAL(words, lanes, v) \
  (*(v) = (word_vector)_mm256_maskload_epi64((const long long *)(words), first_words(lanes)))
#define TK_FLUSH_PLANES flush_planes_avx2
static inline __attribute__((always_inline)) void flush_planes_avx2(const uint64_t *planes, size_t lanes,
                                                                    uint32_t *counts);

// All ones in the first `count` of four words.
static inline __attribute__((always_inline)) __m256i first_words(size_t count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)count), _mm256_setr_epi64x(0, 1, 2, 3));
}

#include "generic.h"
#include "implementations.h"
#include "nearest.h"
#include "signals.h"

TK_INLINE void add_pairs_avx2(number_vector *sum, const number_vector *a, const number_vector *b) {
  __m256i sums[2], x[2], y[2];
  __builtin_memcpy(sums, sum, sizeof sums);
  __builtin_memcpy(x, a, sizeof x);
  __builtin_memcpy(y, b, sizeof y);
  for (int i = 0; i < 2; i++) sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(x[i], y[i]));
  __builtin_memcpy(sum, sums, sizeof sums);
}
#define TK_ADD_PAIRS add_pairs_avx2
#include "patches.h"

TK_INLINE __m256i load256(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

TK_INLINE void store256(void *at, __m256i x) { _mm256_storeu_si256((__m256i *)at, x); }

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

#define TK_BLOCK 128

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

// MARK: Hamming matrix products

// A block is up to 128 positions whose patches lie in planes: plane n holds nibble n of every patch, a byte each.
// A table per nibble of a filter turns 32 bytes of a plane into 32 distances by one shuffle, for two filters at a
// time, one in each half of the byte. A nibble differs in at most 4 bits, so three lookups (12) fit a half; then the
// sum is added to `both` as it is, modulo 256, and its upper half to `second`. Those bytes hold 21 such sums
// (63 lookups, 252) before they are widened: the first filter's are both - 16 second, modulo 256.
#define TK_BLOCK_VECTORS 4
#define TK_CHUNK 12                          // words of a patch at a time: planes of 24 KiB
#define TK_CHUNK_NIBBLES (16 * TK_CHUNK + 2) // filled up with zeros to a multiple of three
#define TK_LOOKUPS 63
#define TK_GROUP 16                          // filters that are stored together
#define TK_FILTERS 128                       // filters whose table numbers are made together

typedef struct block {
  _Alignas(64) uint8_t planes[TK_CHUNK_NIBBLES][TK_BLOCK];
  // 16-bit distances of a group's filters: for every 32 positions first the even ones, then the odd ones.
  _Alignas(64) uint16_t sums[TK_GROUP][TK_BLOCK];
  // Table numbers: with masks one row a filter, without them one a pair of filters.
  uint8_t tables[TK_FILTERS][TK_CHUNK_NIBBLES];
} block;

// Planes of words offsets[0 ..< words] of the patches at base + starts[0 ..< 32 vectors].
TK_INLINE void fill_planes(block *block, const uint64_t *base, const size_t *starts, size_t vectors,
                           const size_t *offsets, size_t words) {
  for (size_t r = 0; r < vectors; r++, starts += 32) {
    for (size_t j = 0; j < words; j++)
      word_planes(base + offsets[j], starts, block->planes[16 * j] + 32 * r);
    for (size_t n = 16 * words; n < 16 * words + 2; n++)
      store256(block->planes[n] + 32 * r, _mm256_setzero_si256());
  }
}

TK_INLINE void widen_sums(uint16_t *at, __m256i bytes, int add) {
  __m256i even = _mm256_and_si256(bytes, _mm256_set1_epi16(255)), odd = _mm256_srli_epi16(bytes, 8);
  if (add) even = _mm256_add_epi16(even, load256(at)), odd = _mm256_add_epi16(odd, load256(at + 16));
  store256(at, even);
  store256(at + 16, odd);
}

// Distances of 32 * vectors positions from two filters, whose table numbers are in `tables`; with masks the second
// filter's are in `secondTables`.
TK_INLINE void pair_tile(const uint8_t (*planes)[TK_BLOCK], size_t nibbles, const uint8_t *tables,
                         const uint8_t *secondTables, uint16_t (*sums)[TK_BLOCK], int vectors, int masked) {
  const __m256i low = _mm256_set1_epi8(15);
  for (size_t start = 0; start < nibbles; start += TK_LOOKUPS) {
    size_t end = smaller(nibbles, start + TK_LOOKUPS);
    __m256i both[TK_BLOCK_VECTORS], second[TK_BLOCK_VECTORS];
    for (int r = 0; r < vectors; r++) both[r] = second[r] = _mm256_setzero_si256();
    for (size_t n = start; n < end; n += 3) {
      __m256i table[3];
      for (int i = 0; i < 3; i++) {
        if (masked) {
          table[i] = _mm256_or_si256(count_table(maskedTables, tables[n + (size_t)i]),
                                     _mm256_slli_epi16(count_table(maskedTables, secondTables[n + (size_t)i]), 4));
        } else {
          table[i] = count_table(pairTables, tables[n + (size_t)i]);
        }
      }
      for (int r = 0; r < vectors; r++) {
        __m256i sum = _mm256_shuffle_epi8(table[0], load256(planes[n] + 32 * r));
        sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(table[1], load256(planes[n + 1] + 32 * r)));
        sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(table[2], load256(planes[n + 2] + 32 * r)));
        both[r] = _mm256_add_epi8(both[r], sum);
        second[r] = _mm256_add_epi8(second[r], _mm256_and_si256(_mm256_srli_epi16(sum, 4), low));
      }
    }
    for (int r = 0; r < vectors; r++) {
      __m256i sixteen = _mm256_andnot_si256(low, _mm256_slli_epi16(second[r], 4));
      __m256i first = _mm256_sub_epi8(both[r], sixteen);
      if (start == 0) {
        widen_sums(sums[0] + 32 * r, first, 0);
        widen_sums(sums[1] + 32 * r, second[r], 0);
      } else {
        widen_sums(sums[0] + 32 * r, first, 1);
        widen_sums(sums[1] + 32 * r, second[r], 1);
      }
    }
  }
}

// Moves a group's sums to distances[p*S + k], p < positions, k < 16: 8x8 transpositions, two side by side.
TK_INLINE void store_group(const block *block, size_t positions, uint16_t *distances, size_t S, int add) {
  for (size_t q = 0; q < TK_BLOCK; q += 8) {
    // Of 32 positions there are sixteen even ones, then sixteen odd ones.
    size_t first = 32 * (q / 32) + q / 16 % 2 + 2 * (q % 16);
    if (first >= positions) continue;
    __m256i x[8], y[8];
    for (int i = 0; i < 8; i++)
      x[i] = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_load_si128((const __m128i *)(block->sums[i] + q))),
        _mm_load_si128((const __m128i *)(block->sums[8 + i] + q)), 1);
    for (int i = 0; i < 4; i++) {
      y[2 * i] = _mm256_unpacklo_epi16(x[2 * i], x[2 * i + 1]);
      y[2 * i + 1] = _mm256_unpackhi_epi16(x[2 * i], x[2 * i + 1]);
    }
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < 2; i++) {
        x[4 * h + 2 * i] = _mm256_unpacklo_epi32(y[4 * h + i], y[4 * h + 2 + i]);
        x[4 * h + 2 * i + 1] = _mm256_unpackhi_epi32(y[4 * h + i], y[4 * h + 2 + i]);
      }
    }
    for (int i = 0; i < 4; i++) {
      __m256i rows[2] = {_mm256_unpacklo_epi64(x[i], x[4 + i]), _mm256_unpackhi_epi64(x[i], x[4 + i])};
      for (size_t b = 0; b < 2; b++) {
        size_t p = first + 2 * (2 * (size_t)i + b);
        if (p >= positions) continue;
        uint16_t *at = distances + p * S;
        store256(at, add ? _mm256_add_epi16(rows[b], load256(at)) : rows[b]);
      }
    }
  }
}

TK_INLINE void hamming_group(block *block, size_t nibbles, const uint8_t (*tables)[TK_CHUNK_NIBBLES], size_t vectors,
                             int masked) {
  for (size_t pair = 0; pair < TK_GROUP / 2; pair++) {
    const uint8_t *first = tables[masked ? 2 * pair : pair], *second = masked ? tables[2 * pair + 1] : 0;
    uint16_t (*sums)[TK_BLOCK] = block->sums + 2 * pair;
    switch (vectors) {
    case 1: pair_tile(block->planes, nibbles, first, second, sums, 1, masked); break;
    case 2: pair_tile(block->planes, nibbles, first, second, sums, 2, masked); break;
    case 3: pair_tile(block->planes, nibbles, first, second, sums, 3, masked); break;
    default: pair_tile(block->planes, nibbles, first, second, sums, 4, masked); break;
    }
  }
}

// Table numbers of `count` filters, zeros after the last word (table 0 counts nothing of a zero nibble).
TK_INLINE void number_tables(block *block, const uint64_t *filters, const uint64_t *masks, size_t S, size_t count,
                             size_t words, int masked) {
  for (size_t k = 0; k < (masked ? count : count / 2); k++) {
    uint8_t *row = block->tables[k];
    for (size_t j = 0; j < words; j++) {
      if (masked) {
        join_nibbles(filters[j * S + k], masks[j * S + k], row + 16 * j);
      } else {
        join_nibbles(filters[j * S + 2 * k], filters[j * S + 2 * k + 1], row + 16 * j);
      }
    }
    row[16 * words] = row[16 * words + 1] = 0;
  }
}

TK_INLINE void hamming_any(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks, size_t S,
                           uint16_t *distances, int masked) {
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P * S);
  block block;
  // Chunks of nearly equal length.
  size_t chunks = (L + TK_CHUNK - 1) / TK_CHUNK;
  for (size_t c = 0; c < chunks; c++) {
    size_t w = L * c / chunks, words = L * (c + 1) / chunks - w, offsets[TK_CHUNK];
    size_t nibbles = (16 * words + 2) / 3 * 3;
    word_offsets(patches, w, words, offsets);
    for (size_t k = 0; k < S; k += TK_FILTERS) {
      size_t count = smaller(TK_FILTERS, S - k);
      number_tables(&block, filters + w * S + k, masked ? masks + w * S + k : 0, S, count, words, masked);
      patch_cursor cursor = first_patch(patches, 0);
      for (size_t p = 0; p < P; p += TK_BLOCK) {
        size_t positions = smaller(TK_BLOCK, P - p), vectors = (positions + 31) / 32, starts[TK_BLOCK];
        for (size_t i = 0; i < positions; i++) starts[i] = next_patch(&cursor);
        for (size_t i = positions; i < 32 * vectors; i++) starts[i] = starts[0];
        fill_planes(&block, patches->base, starts, vectors, offsets, words);
        for (size_t group = 0; group < count; group += TK_GROUP) {
          hamming_group(&block, nibbles, block.tables + (masked ? group : group / 2), vectors, masked);
          store_group(&block, positions, distances + p * S + k + group, S, c != 0);
        }
      }
    }
  }
}

static void hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, size_t S, uint16_t *distances) {
  hamming_any(patches, filters, 0, S, distances, 0);
}

static void masked_hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                       size_t S, uint16_t *distances) {
  hamming_any(patches, filters, masks, S, distances, 1);
}

// MARK: Vote matrix product

// popcount(a & ~(x ^ s)) is the masked distance of x from ~s under a, so the tables are the masked product's. Up to
// 16 rows and 128 bits d lie in planes, row r's nibble n in plane 16 r + n; for every filter the nibbles of `active`
// that are not zero are listed, (number of the table) * 256 + plane, and only those are looked up. Bytes hold 63
// lookups, 16-bit sums the 1024 positions.
#define TK_VOTE_ROWS 16
#define TK_VOTE_FILTERS 64

typedef struct vote_block {
  _Alignas(64) uint8_t planes[16 * TK_VOTE_ROWS][TK_BLOCK];
  uint16_t lookups[TK_VOTE_FILTERS][16 * TK_VOTE_ROWS];
  size_t count[TK_VOTE_FILTERS];
  int32_t cast[TK_VOTE_FILTERS];   // votes cast: set bits of the filter's active words
} vote_block;

TK_INLINE void list_lookups(vote_block *block, const uint64_t *active, const uint64_t *sign, size_t filters, size_t S,
                            size_t rows) {
  for (size_t k = 0; k < filters; k++) {
    size_t count = 0;
    int32_t cast = 0;
    for (size_t r = 0; r < rows; r++) {
      uint64_t a = active[r * S + k];
      if (a == 0) continue;
      uint8_t tables[16];
      join_nibbles(~sign[r * S + k], a, tables);
      // Written over by the next one unless the nibble of `a` is not zero.
      for (size_t n = 0; n < 16; n++) {
        block->lookups[k][count] = (uint16_t)((size_t)tables[n] << 8 | (16 * r + n));
        count += tables[n] > 15;
      }
      cast += __builtin_popcountll(a);
    }
    block->count[k] = count;
    block->cast[k] = cast;
  }
}

TK_INLINE void vote_tile(const vote_block *block, size_t k, int32_t *votes, int vectors) {
  const uint16_t *lookups = block->lookups[k];
  __m256i even[TK_BLOCK_VECTORS], odd[TK_BLOCK_VECTORS];
  for (int v = 0; v < vectors; v++) even[v] = odd[v] = _mm256_setzero_si256();
  for (size_t start = 0; start < block->count[k]; start += TK_LOOKUPS) {
    size_t end = smaller(block->count[k], start + TK_LOOKUPS);
    __m256i bytes[TK_BLOCK_VECTORS];
    for (int v = 0; v < vectors; v++) bytes[v] = _mm256_setzero_si256();
    for (size_t n = start; n < end; n++) {
      __m256i table = count_table(maskedTables, (uint8_t)(lookups[n] >> 8));
      const uint8_t *plane = block->planes[lookups[n] & 255];
      for (int v = 0; v < vectors; v++)
        bytes[v] = _mm256_add_epi8(bytes[v], _mm256_shuffle_epi8(table, load256(plane + 32 * v)));
    }
    for (int v = 0; v < vectors; v++) {
      even[v] = _mm256_add_epi16(even[v], _mm256_and_si256(bytes[v], _mm256_set1_epi16(255)));
      odd[v] = _mm256_add_epi16(odd[v], _mm256_srli_epi16(bytes[v], 8));
    }
  }
  __m256i cast = _mm256_set1_epi32(block->cast[k]);
  for (int v = 0; v < vectors; v++) {
    // Places 0-7 and 16-23, 8-15 and 24-31.
    __m256i agreed[2] = {_mm256_unpacklo_epi16(even[v], odd[v]), _mm256_unpackhi_epi16(even[v], odd[v])};
    for (int n = 0; n < 4; n++) {
      __m128i part = n < 2 ? _mm256_castsi256_si128(agreed[n & 1]) : _mm256_extracti128_si256(agreed[n & 1], 1);
      __m256i vote = _mm256_sub_epi32(_mm256_slli_epi32(_mm256_cvtepu16_epi32(part), 1), cast);
      int32_t *at = votes + 32 * v + 8 * n;
      store256(at, _mm256_add_epi32(load256(at), vote));
    }
  }
}

static void vote_matrix_avx2(const uint64_t *active, const uint64_t *sign, size_t K, size_t S, const uint64_t *bits,
                             size_t D, size_t R, int32_t *votes) {
  vote_block block;
  size_t starts[32];
  for (size_t i = 0; i < 32; i++) starts[i] = i;
  for (size_t r = 0; r < R; r += TK_VOTE_ROWS) {
    size_t rows = smaller(TK_VOTE_ROWS, R - r);
    for (size_t first = 0; first < K; first += TK_VOTE_FILTERS) {
      size_t filters = smaller(TK_VOTE_FILTERS, K - first);
      list_lookups(&block, active + r * S + first, sign + r * S + first, filters, S, rows);
      for (size_t d = 0; d < D; d += TK_BLOCK) {
        // D is a multiple of 64.
        size_t vectors = smaller(TK_BLOCK, D - d) / 32;
        for (size_t i = 0; i < rows; i++)
          for (size_t v = 0; v < vectors; v++)
            word_planes(bits + (r + i) * D + d + 32 * v, starts, block.planes[16 * i] + 32 * v);
        for (size_t k = 0; k < filters; k++) {
          if (block.count[k] == 0) continue;
          if (vectors == 4) {
            vote_tile(&block, k, votes + (first + k) * D + d, 4);
          } else {
            vote_tile(&block, k, votes + (first + k) * D + d, 2);
          }
        }
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

// MARK: Distances to bits

// 32 bits: lowest <= distance <= highest, all unsigned (x <= y exactly when min(x, y) == x).
TK_INLINE uint32_t pack_32(const uint16_t *distances, const __m256i *lowest, const __m256i *highest, int range) {
  __m256i inside[2];
  for (int n = 0; n < 2; n++) {
    __m256i distance = load256(distances + 16 * n);
    inside[n] = _mm256_cmpeq_epi16(_mm256_min_epu16(distance, highest[n]), distance);
    if (range)
      inside[n] = _mm256_and_si256(inside[n], _mm256_cmpeq_epi16(_mm256_max_epu16(distance, lowest[n]), distance));
  }
  __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(inside[0], inside[1]), 0xd8);
  return (uint32_t)_mm256_movemask_epi8(bytes);
}

TK_INLINE void pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                         const uint16_t *highest, uint64_t *out, size_t outStride, int range) {
  for (size_t k = 0; k < K; k += 64) {
    size_t filters = smaller(64, K - k);
    uint16_t limits[128] = {0};
    for (size_t i = 0; i < filters; i++) {
      limits[i] = highest[k + i];
      if (range) limits[64 + i] = lowest[k + i];
    }
    __m256i high[4], low[4];
    for (int v = 0; v < 4; v++) high[v] = load256(limits + 16 * v), low[v] = load256(limits + 64 + 16 * v);
    uint64_t valid = filters == 64 ? ~(uint64_t)0 : ((uint64_t)1 << filters) - 1;
    // S is a multiple of 32: a second half is there to be read only when some filter is in it.
    if (filters > 32) {
      for (size_t p = 0; p < P; p++) {
        const uint16_t *at = distances + p * S + k;
        uint64_t bits = (uint64_t)pack_32(at + 32, low + 2, high + 2, range) << 32 | pack_32(at, low, high, range);
        out[p * outStride + k / 64] = bits & valid;
      }
    } else {
      for (size_t p = 0; p < P; p++)
        out[p * outStride + k / 64] = pack_32(distances + p * S + k, low, high, range) & valid;
    }
  }
}

static void threshold_pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                uint64_t *out, size_t outStride) {
  pack_avx2(distances, P, K, S, 0, thresholds, out, outStride, 0);
}

static void range_pack_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                            const uint16_t *highest, uint64_t *out, size_t outStride) {
  pack_avx2(distances, P, K, S, lowest, highest, out, outStride, 1);
}

// MARK: Pooled counts

// Up to 16 filters' thresholds from k, zeros past the end.
TK_INLINE __m256i thresholds_16(const uint16_t *thresholds, size_t k, size_t K) {
  uint16_t t[16] = {0};
  for (size_t i = 0; k + i < K && i < 16; i++) t[i] = thresholds[k + i];
  return load256(t);
}

// Adds 32-bit sums of the even and the odd ones of 16 filters to counts[k ..< K].
TK_INLINE void add_counts(__m256i even, __m256i odd, int32_t *counts, size_t k, size_t K) {
  uint32_t sums[2][8];
  store256(sums[0], even);
  store256(sums[1], odd);
  for (size_t i = 0; k + i < K && i < 16; i++)
    counts[k + i] = (int32_t)((uint32_t)counts[k + i] + sums[i % 2][i / 2]);
}

// The subtraction saturates at 0, which is the margin. 64 filters at a time (a cache line of distances is 32), fewer
// at the end; S is a multiple of 32, so whole vectors can be read.
TK_INLINE void margins_tile(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                            const uint16_t *thresholds, int32_t *counts, int vectors) {
  const __m256i low = _mm256_set1_epi32(0xffff);
  __m256i threshold[4], even[4], odd[4];
  for (int v = 0; v < vectors; v++) {
    threshold[v] = thresholds_16(thresholds, k + 16 * (size_t)v, K);
    even[v] = odd[v] = _mm256_setzero_si256();
  }
  for (size_t p = 0; p < P; p++) {
    for (int v = 0; v < vectors; v++) {
      __m256i margin = _mm256_subs_epu16(threshold[v], load256(distances + p * S + k + 16 * (size_t)v));
      even[v] = _mm256_add_epi32(even[v], _mm256_and_si256(margin, low));
      odd[v] = _mm256_add_epi32(odd[v], _mm256_srli_epi32(margin, 16));
    }
  }
  for (int v = 0; v < vectors; v++) add_counts(even[v], odd[v], counts, k + 16 * (size_t)v, K);
}

static void count_margins_avx2(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                               int32_t *counts) {
  size_t k = 0;
  for (; K - k > 32; k += smaller(64, K - k)) margins_tile(distances, P, k, K, S, thresholds, counts, 4);
  if (k < K) margins_tile(distances, P, k, K, S, thresholds, counts, 2);
}

// MARK: Sixteen-bit products

// A tile is up to 2 x 4 rows, a block of products in 32-bit sums (the caller's promise), then added in 64 bits.
TK_INLINE void dot_tile(const int16_t *a, size_t aStride, const int16_t *b, size_t bStride, size_t length,
                        size_t block, int64_t *out, size_t outStride, int rows, int columns) {
  for (size_t start = 0; start < length; start += block) {
    size_t end = smaller(length, start + block), i = start;
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
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums[m][n]), _mm256_extracti128_si256(sums[m][n], 1));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        int64_t total = _mm_cvtsi128_si32(sum);
        for (size_t t = i; t < end; t++) total += (int32_t)a[(size_t)m * aStride + t] * b[(size_t)n * bStride + t];
        out[(size_t)m * outStride + (size_t)n] += total;
      }
    }
  }
}

static void dot_matrix_avx2(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N, size_t bStride,
                            size_t length, size_t block, int64_t *out, size_t outStride) {
  for (size_t m = 0; m < M; m += 2) {
    for (size_t n = 0; n < N; n += 4) {
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

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const tk_kernels tk_kernels_avx2 = {
  .hamming_matrix = hamming_matrix_avx2,
  .masked_hamming_matrix = masked_hamming_matrix_avx2,
  .centre_distances = centre_distances_generic,
  .vote_matrix = vote_matrix_avx2,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_avx2,
  .threshold_pack = threshold_pack_avx2,
  .range_pack = range_pack_avx2,
  .count_features = count_features_generic,
  .count_margins = count_margins_avx2,
  .root_counts = root_counts_generic,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_avx2,
  .combine_rows = combine_rows_generic,
  .weigh_counts = weigh_counts_generic,
  .encode_signal = encode_signal_generic,
  .filter_pixels = filter_pixels_generic,
  .patch_values = patch_values_generic,
  .code_patches = code_patches_generic,
  .sort_nearest = sort_nearest_generic,
};

#endif
