// Bits counted column by column, transposed and pooled, in portable C with vector types. An implementation's file may
// define before: TK_LOAD_PARTIAL and TK_FLUSH_PLANES, see load_partial and flush_planes.
#ifndef TALLY_GENERIC_BITS_H
#define TALLY_GENERIC_BITS_H

#include "base.h"

// MARK: Counting bits

// The rows are added bit-sliced: plane b holds bit b of every column's running count. Eight rows go in per step
// and eight planes hold at most 255, so the planes are flushed after 31 steps (248 rows).
#define TK_PLANES 8
#define TK_ROWS_PER_FLUSH 248

#ifndef TK_LOAD_PARTIAL
// The first `lanes` words from memory, zeros above.
TK_INLINE void load_partial(const uint64_t *words, size_t lanes, word_vector *v) {
  uint64_t w[TK_LANES] = {0};
  for (size_t i = 0; i < lanes; i++) w[i] = words[i];
  __builtin_memcpy(v, w, sizeof w);
}
#define TK_LOAD_PARTIAL load_partial
#endif

#ifndef TK_FLUSH_PLANES
TK_INLINE void flush_planes(const uint64_t *planes, size_t lanes, uint32_t *counts) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (size_t b = 0; b < 64; b++) {
      uint64_t n = 0;
      for (size_t plane = 0; plane < TK_PLANES; plane++)
        n |= ((planes[plane * TK_LANES + lane] >> b) & 1) << plane;
      counts[64 * lane + b] += (uint32_t)n;
    }
  }
}
#define TK_FLUSH_PLANES flush_planes
#endif

TK_INLINE void load_lanes(const uint64_t *words, size_t lanes, word_vector *v) {
  if (lanes < TK_LANES) {
    TK_LOAD_PARTIAL(words, lanes, v);
  } else {
    __builtin_memcpy(v, words, sizeof *v);
  }
}

// sum and carry of three bits in every bit column.
#define TK_FULL_ADD(sum, carry, a, b, c)       \
  do {                                         \
    word_vector half = (a) ^ (b), third = (c); \
    carry = ((a) & (b)) | (half & third);      \
    sum = half ^ third;                        \
  } while (0)

TK_INLINE void count_columns(const uint64_t *rows, size_t count, size_t rowStride, size_t lanes, uint32_t *counts) {
  for (size_t start = 0; start < count; start += TK_ROWS_PER_FLUSH) {
    size_t end = smaller(count, start + TK_ROWS_PER_FLUSH);
    word_vector planes[TK_PLANES] = {{0}};
    for (size_t i = start; i < end; i += 8) {
      word_vector a[8] = {{0}};
      if (end - i >= 8) {
        for (size_t n = 0; n < 8; n++) load_lanes(rows + (i + n) * rowStride, lanes, &a[n]);
      } else {
        for (size_t n = 0; n < end - i; n++) load_lanes(rows + (i + n) * rowStride, lanes, &a[n]);
      }
      word_vector two[4], four[2], carry;
      TK_FULL_ADD(planes[0], two[0], planes[0], a[0], a[1]);
      TK_FULL_ADD(planes[0], two[1], planes[0], a[2], a[3]);
      TK_FULL_ADD(planes[0], two[2], planes[0], a[4], a[5]);
      TK_FULL_ADD(planes[0], two[3], planes[0], a[6], a[7]);
      TK_FULL_ADD(planes[1], four[0], planes[1], two[0], two[1]);
      TK_FULL_ADD(planes[1], four[1], planes[1], two[2], two[3]);
      TK_FULL_ADD(planes[2], carry, planes[2], four[0], four[1]);
      for (size_t plane = 3; plane < TK_PLANES; plane++) {
        word_vector next = planes[plane] & carry;
        planes[plane] ^= carry;
        carry = next;
      }
    }
    uint64_t stored[TK_PLANES * TK_LANES];
    __builtin_memcpy(stored, planes, sizeof stored);
    TK_FLUSH_PLANES(stored, lanes, counts);
  }
}

static inline void positional_popcount_generic(const uint64_t *rows, size_t count, size_t rowStride, size_t words,
                                               uint32_t *counts) {
  size_t j = 0;
  for (; j + TK_LANES <= words; j += TK_LANES) count_columns(rows + j, count, rowStride, TK_LANES, counts + 64 * j);
  if (j < words) count_columns(rows + j, count, rowStride, words - j, counts + 64 * j);
}

// MARK: Transposition

// 64x64 bit transposes, one in every lane: swaps ever smaller off-diagonal blocks (32x32, 16x16, ... 1x1).
TK_INLINE void transpose_lanes(word_vector *x) {
  uint64_t mask = 0x00000000FFFFFFFF;
  for (unsigned j = 32; j != 0; j >>= 1, mask ^= mask << j) {
    for (unsigned k = 0; k < 64; k = ((k | j) + 1) & ~j) {
      word_vector t = ((x[k] >> j) ^ x[k | j]) & mask;
      x[k] ^= t << j;
      x[k | j] ^= t;
    }
  }
}

static inline void transpose_patches_generic(const tk_patches *patches, size_t first, size_t count, uint64_t *out) {
  size_t L = patches->segments * patches->segmentWords;
  for (size_t w = 0; w < L; w += TK_LANES) {
    size_t lanes = smaller(TK_LANES, L - w), offsets[TK_LANES];
    word_offsets(patches, w, lanes, offsets);
    word_vector block[64] = {{0}};
    if (count > 0) {
      patch_cursor cursor = first_patch(patches, first);
      for (size_t i = 0; i < count; i++) {
        const uint64_t *patch = patches->base + next_patch(&cursor);
        for (size_t j = 0; j < lanes; j++) block[i][j] = patch[offsets[j]];
      }
    }
    transpose_lanes(block);
    for (size_t j = 0; j < lanes; j++)
      for (size_t b = 0; b < 64; b++) out[64 * (w + j) + b] = block[b][j];
  }
}

// MARK: Pooling

static inline void pool_bits_generic(const uint64_t *in, size_t H, size_t W, size_t words, size_t inRow,
                                     size_t inColumn, uint64_t *out, size_t outRow, size_t outColumn,
                                     int operation) {
  for (size_t r = 0; r < H; r += 2) {
    for (size_t c = 0; c < W; c += 2) {
      const uint64_t *a = in + r * inRow + c * inColumn;
      uint64_t *pooled = out + r / 2 * outRow + c / 2 * outColumn;
      uint64_t right = c + 1 < W ? ~(uint64_t)0 : 0, below = r + 1 < H ? ~(uint64_t)0 : 0;
      // Beyond an odd edge the position itself is read again and masked to zero.
      const uint64_t *b = right ? a + inColumn : a, *d = below ? a + inRow : a;
      const uint64_t *e = right & below ? a + inRow + inColumn : a;
      if (operation == TK_POOL_OR) {
        for (size_t j = 0; j < words; j++) pooled[j] = a[j] | b[j] | d[j] | e[j];
      } else {
        for (size_t j = 0; j < words; j++) {
          uint64_t x = a[j], y = b[j] & right, z = d[j] & below, t = e[j] & (right & below);
          pooled[j] = (x & y) | (z & t) | ((x | y) & (z | t));
        }
      }
    }
  }
}

#endif
