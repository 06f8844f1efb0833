// The vote matrix product around one tile of one filter and 64 bits, which the including ISA file supplies.
// K filters, S filter stride, D bits of a patch, R rows of 64 positions.
//
// For a block of rows and 32 filters the nonzero words of `active` are listed filter by filter, so a zero word costs
// one test; then, 64 bits d at a time, the rows' words are copied side by side (at most 16 KiB), because D words
// apart they would compete for the same cache lines.
//
// The including file defines TK_VOTE_ROWS, at most 32, the rows a tile can take, and vote_tile, which adds the
// votes of filter k of the lists to 64 places, words[64 i + d] being row i's.
#ifndef TALLY_VOTES_H
#define TALLY_VOTES_H

#include "generic.h"

#define TK_VOTE_FILTERS 32

typedef struct vote_lists {
  uint64_t active[TK_VOTE_FILTERS][TK_VOTE_ROWS], sign[TK_VOTE_FILTERS][TK_VOTE_ROWS];
  uint8_t row[TK_VOTE_FILTERS][TK_VOTE_ROWS];
  size_t count[TK_VOTE_FILTERS];   // rows listed
  int32_t cast[TK_VOTE_FILTERS];   // votes cast: set bits of the listed active words
} vote_lists;

TK_INLINE void vote_tile(const vote_lists *lists, size_t k, const uint64_t *words, int32_t *votes);

TK_INLINE void list_votes(const uint64_t *active, const uint64_t *sign, size_t filters, size_t S, size_t rows,
                          vote_lists *lists) {
  for (size_t k = 0; k < filters; k++) lists->count[k] = 0, lists->cast[k] = 0;
  for (size_t r = 0; r < rows; r++) {
    uint32_t nonzero = 0;
    if (filters == TK_VOTE_FILTERS) {
      for (size_t k = 0; k < TK_VOTE_FILTERS; k++) nonzero |= (uint32_t)(active[r * S + k] != 0) << k;
    } else {
      for (size_t k = 0; k < filters; k++) nonzero |= (uint32_t)(active[r * S + k] != 0) << k;
    }
    for (; nonzero != 0; nonzero &= nonzero - 1) {
      size_t k = (size_t)__builtin_ctz(nonzero), n = lists->count[k]++;
      uint64_t a = active[r * S + k];
      lists->active[k][n] = a;
      lists->sign[k][n] = sign[r * S + k];
      lists->row[k][n] = (uint8_t)r;
      lists->cast[k] += __builtin_popcountll(a);
    }
  }
}

static void vote_matrix_tiled(const uint64_t *active, const uint64_t *sign, size_t K, size_t S, const uint64_t *bits,
                              size_t D, size_t R, int32_t *votes) {
  vote_lists lists;
  _Alignas(64) uint64_t words[TK_VOTE_ROWS * 64];
  for (size_t r = 0; r < R; r += TK_VOTE_ROWS) {
    size_t rows = smaller(TK_VOTE_ROWS, R - r);
    for (size_t first = 0; first < K; first += TK_VOTE_FILTERS) {
      size_t filters = smaller(TK_VOTE_FILTERS, K - first);
      list_votes(active + r * S + first, sign + r * S + first, filters, S, rows, &lists);
      for (size_t d = 0; d < D; d += 64) {
        for (size_t i = 0; i < rows; i++) __builtin_memcpy(words + 64 * i, bits + (r + i) * D + d, 512);
        for (size_t k = 0; k < filters; k++)
          if (lists.count[k] != 0) vote_tile(&lists, k, words, votes + (first + k) * D + d);
      }
    }
  }
}

#endif
