// AVX2: the Hamming matrix products, plain and masked. Included by avx2.c inside its target region.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#ifndef TALLY_AVX2_HAMMING_H
#define TALLY_AVX2_HAMMING_H

#include "avx2_planes.h"

// A block is up to 128 positions whose patches lie in planes: plane n holds nibble n of every patch, a byte each.
// A table per nibble of a filter turns 32 bytes of a plane into 32 distances by one shuffle, for two filters at a
// time, one in each half of the byte. A nibble differs in at most 4 bits, so three lookups (12) fit a half; then the
// sum is added to `both` as it is, modulo 256, and its upper half to `second`. Those bytes hold 21 such sums
// (63 lookups, 252) before they are widened: the first filter's are both - 16 second, modulo 256.
#define TK_CHUNK 12                          // words of a patch at a time: planes of 24 KiB
#define TK_CHUNK_NIBBLES (16 * TK_CHUNK + 2) // filled up with zeros to a multiple of three
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
        add_lookups(table, planes + n, 32 * (size_t)r, &both[r], &second[r]);
      }
    }
    for (int r = 0; r < vectors; r++) {
      __m256i first = first_sums(both[r], second[r]);
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
                           size_t columns, uint16_t *distances, int masked) {
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P, S, columns);
  block block;
  // Chunks of nearly equal length.
  size_t chunks = (L + TK_CHUNK - 1) / TK_CHUNK;
  for (size_t c = 0; c < chunks; c++) {
    size_t w = L * c / chunks, words = L * (c + 1) / chunks - w, offsets[TK_CHUNK];
    size_t nibbles = (16 * words + 2) / 3 * 3;
    word_offsets(patches, w, words, offsets);
    for (size_t k = 0; k < columns; k += TK_FILTERS) {
      size_t count = smaller(TK_FILTERS, columns - k);
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

static void hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, size_t S, size_t columns,
                                  uint16_t *distances) {
  hamming_any(patches, filters, 0, S, columns, distances, 0);
}

static void masked_hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                       size_t S, size_t columns, uint16_t *distances) {
  hamming_any(patches, filters, masks, S, columns, distances, 1);
}

#endif
