// Sums of counts and counts made ready for products, in portable C, which the compiler vectorises.
#ifndef TALLY_GENERIC_COUNTS_H
#define TALLY_GENERIC_COUNTS_H

#include "base.h"

// Sums of `vectors` x 16 numbers, a constant, which stay in registers.
TK_INLINE void add_some_rows(const int32_t *rows, size_t count, size_t rowStride, size_t vectors, int32_t *out) {
  number_vector sums[4] = {{0}};
  for (size_t r = 0; r < count; r++, rows += rowStride) {
    for (size_t v = 0; v < vectors; v++) {
      number_vector row;
      __builtin_memcpy(&row, rows + 16 * v, sizeof row);
      sums[v] += row;
    }
  }
  for (size_t v = 0; v < vectors; v++) __builtin_memcpy(out + 16 * v, &sums[v], sizeof sums[v]);
}

static inline void add_rows_generic(const int32_t *rows, size_t count, size_t rowStride, size_t n, int32_t *out) {
  size_t i = 0;
  for (; i + 64 <= n; i += 64) add_some_rows(rows + i, count, rowStride, 4, out + i);
  for (; i + 16 <= n; i += 16) add_some_rows(rows + i, count, rowStride, 1, out + i);
  for (; i < n; i++) {
    uint32_t sum = 0;
    for (size_t r = 0; r < count; r++) sum += (uint32_t)rows[r * rowStride + i];
    out[i] = (int32_t)sum;
  }
}

static inline void sum_counts_generic(const int32_t *counts, size_t count, size_t rowStride, size_t n, int64_t *sums,
                                      int64_t *squares) {
  for (size_t r = 0; r < count; r++) {
    const int32_t *row = counts + r * rowStride;
    for (size_t i = 0; i < n; i++) {
      int64_t x = row[i];
      sums[i] = (int64_t)((uint64_t)sums[i] + (uint64_t)x);
      squares[i] = (int64_t)((uint64_t)squares[i] + (uint64_t)(x * x));
    }
  }
}

static inline void normalise_counts_generic(const int32_t *counts, const int64_t *mean, const int64_t *inverse,
                                            size_t n, int16_t limit, int16_t *out) {
  for (size_t i = 0; i < n; i++) {
    uint64_t above = ((uint64_t)(int64_t)counts[i] << 8) - (uint64_t)mean[i];
    int64_t value = (int64_t)(above * (uint64_t)inverse[i]) >> 16;
    value = value > limit ? limit : value;
    out[i] = (int16_t)(value < -limit ? -limit : value);
  }
}

// MARK: Transposition

typedef int16_t tile_vector __attribute__((vector_size(16)));

// Value j of row i goes to place 2 j + (i >= 4) of rows 2 (i % 4) and the next: a bit of i becomes one of j and the other
// way round, so three times transpose the tile.
TK_INLINE void interleave_tile(tile_vector *tile) {
  tile_vector from[8];
  __builtin_memcpy(from, tile, sizeof from);
  for (int i = 0; i < 4; i++) {
    tile[2 * i] = __builtin_shufflevector(from[i], from[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
    tile[2 * i + 1] = __builtin_shufflevector(from[i], from[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
  }
}

// The first 8 * floor(count / 8) rows' values; width is a constant multiple of 8.
TK_INLINE void transpose_strip(const int16_t *rows, size_t count, size_t rowStride, size_t width, int16_t *out,
                               size_t outStride) {
  for (size_t i = 0; i + 8 <= count; i += 8) {
    for (size_t f = 0; f < width; f += 8) {
      tile_vector tile[8];
      for (size_t r = 0; r < 8; r++) __builtin_memcpy(&tile[r], rows + (i + r) * rowStride + f, 16);
      for (int step = 0; step < 3; step++) interleave_tile(tile);
      for (size_t r = 0; r < 8; r++) __builtin_memcpy(out + (f + r) * outStride + i, &tile[r], 16);
    }
  }
}

static inline void transpose_values_generic(const int16_t *rows, size_t count, size_t rowStride, size_t width,
                                            int16_t *out, size_t outStride) {
  size_t f = 0, whole = count / 8 * 8;
  // 32 values are a cache line, which is read once.
  for (; f + 32 <= width; f += 32) transpose_strip(rows + f, count, rowStride, 32, out + f * outStride, outStride);
  for (; f + 8 <= width; f += 8) transpose_strip(rows + f, count, rowStride, 8, out + f * outStride, outStride);
  for (size_t i = 0; i < whole; i++)
    for (size_t g = f; g < width; g++) out[g * outStride + i] = rows[i * rowStride + g];
  for (size_t g = 0; g < width; g++)
    for (size_t i = whole; i < outStride; i++)
      out[g * outStride + i] = i < count ? rows[i * rowStride + g] : (int16_t)0;
}

#endif
