// AVX2: the vote matrix product. Included by avx2.c inside its target region.
// K filters, S filter stride, D bits of a patch, R rows of 64 positions.
#ifndef TALLY_AVX2_VOTES_H
#define TALLY_AVX2_VOTES_H

#include "avx2_planes.h"

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

#endif
