// Every kernel in portable C, included once by each implementation's file inside its target region, so that the
// compiler vectorises it there. No intrinsics in here; an ISA file replaces what it can do better by hand.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
//
// The including file may define before: TK_LANES, the words in a vector (1 without).
#ifndef TALLY_GENERIC_H
#define TALLY_GENERIC_H

#include "CTallyKernels.h"

#ifndef TK_LANES
#define TK_LANES 1
#endif

#define TK_INLINE static inline __attribute__((always_inline))

typedef uint64_t word_vector __attribute__((vector_size(8 * TK_LANES)));
typedef uint16_t distance_vector __attribute__((vector_size(64)));
typedef uint32_t margin_vector __attribute__((vector_size(128)));

TK_INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// MARK: Patches

// Walks the patches in order; `offset` is where the current one starts, in words from the base.
typedef struct patch_cursor {
  const tk_patches *patches;
  size_t offset, row, column;
} patch_cursor;

TK_INLINE patch_cursor first_patch(const tk_patches *patches, size_t p) {
  size_t r = p / patches->columns, c = p % patches->columns;
  patch_cursor cursor = {patches, r * patches->rowStride + c * patches->columnStride, r * patches->rowStride, c};
  return cursor;
}

TK_INLINE size_t next_patch(patch_cursor *cursor) {
  size_t offset = cursor->offset;
  cursor->offset += cursor->patches->columnStride;
  if (++cursor->column == cursor->patches->columns) {
    cursor->column = 0;
    cursor->row += cursor->patches->rowStride;
    cursor->offset = cursor->row;
  }
  return offset;
}

// Where words first ... first + count - 1 of a patch lie, in words from the patch's start.
TK_INLINE void word_offsets(const tk_patches *patches, size_t first, size_t count, size_t *offsets) {
  size_t segment = first / patches->segmentWords, word = first % patches->segmentWords;
  for (size_t j = 0; j < count; j++) {
    offsets[j] = segment * patches->segmentStride + word;
    if (++word == patches->segmentWords) { word = 0; segment++; }
  }
}

// MARK: Matrix products

TK_INLINE void zero_distances(uint16_t *distances, size_t count) {
  for (size_t i = 0; i < count; i++) distances[i] = 0;
}

static inline void hamming_matrix_generic(const tk_patches *patches, const uint64_t *filters, size_t S,
                                          uint16_t *distances) {
  size_t P = patches->rows * patches->columns;
  if (P == 0) return;
  zero_distances(distances, P * S);
  patch_cursor cursor = first_patch(patches, 0);
  for (size_t p = 0; p < P; p++) {
    const uint64_t *patch = patches->base + next_patch(&cursor);
    const uint64_t *filter = filters;
    for (size_t s = 0; s < patches->segments; s++) {
      for (size_t j = 0; j < patches->segmentWords; j++, filter += S) {
        uint64_t x = patch[s * patches->segmentStride + j];
        for (size_t k = 0; k < S; k++) distances[p * S + k] += (uint16_t)__builtin_popcountll(x ^ filter[k]);
      }
    }
  }
}

static inline void masked_hamming_matrix_generic(const tk_patches *patches, const uint64_t *filters,
                                                 const uint64_t *masks, size_t S, uint16_t *distances) {
  size_t P = patches->rows * patches->columns;
  if (P == 0) return;
  zero_distances(distances, P * S);
  patch_cursor cursor = first_patch(patches, 0);
  for (size_t p = 0; p < P; p++) {
    const uint64_t *patch = patches->base + next_patch(&cursor);
    const uint64_t *filter = filters, *mask = masks;
    for (size_t s = 0; s < patches->segments; s++) {
      for (size_t j = 0; j < patches->segmentWords; j++, filter += S, mask += S) {
        uint64_t x = patch[s * patches->segmentStride + j];
        for (size_t k = 0; k < S; k++)
          distances[p * S + k] += (uint16_t)__builtin_popcountll((x ^ filter[k]) & mask[k]);
      }
    }
  }
}

static inline void vote_matrix_generic(const uint64_t *active, const uint64_t *sign, size_t K, size_t S,
                                       const uint64_t *bits, size_t D, size_t R, int32_t *votes) {
  for (size_t k = 0; k < K; k++) {
    for (size_t r = 0; r < R; r++) {
      uint64_t a = active[r * S + k], s = sign[r * S + k];
      if (a == 0) continue;
      int32_t cast = __builtin_popcountll(a);
      for (size_t d = 0; d < D; d++)
        votes[k * D + d] += 2 * __builtin_popcountll(a & ~(bits[r * D + d] ^ s)) - cast;
    }
  }
}

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

// MARK: Distances to bits

static inline void range_pack_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                      const uint16_t *lowest, const uint16_t *highest, uint64_t *out,
                                      size_t outStride) {
  for (size_t p = 0; p < P; p++) {
    for (size_t k = 0; k < K; k += 64) {
      uint64_t word = 0;
      for (size_t b = 0; b < smaller(64, K - k); b++) {
        uint16_t distance = distances[p * S + k + b];
        word |= (uint64_t)(lowest[k + b] <= distance && distance <= highest[k + b]) << b;
      }
      out[p * outStride + k / 64] = word;
    }
  }
}

static inline void threshold_pack_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                          const uint16_t *thresholds, uint64_t *out, size_t outStride) {
  for (size_t p = 0; p < P; p++) {
    for (size_t k = 0; k < K; k += 64) {
      uint64_t word = 0;
      for (size_t b = 0; b < smaller(64, K - k); b++)
        word |= (uint64_t)(distances[p * S + k + b] <= thresholds[k + b]) << b;
      out[p * outStride + k / 64] = word;
    }
  }
}

// MARK: Pooled counts

// Up to 32 filters' thresholds, zeros past the end.
TK_INLINE void load_thresholds(const uint16_t *thresholds, size_t count, distance_vector *loaded) {
  uint16_t t[32] = {0};
  for (size_t i = 0; i < count; i++) t[i] = thresholds[i];
  __builtin_memcpy(loaded, t, sizeof t);
}

static inline void count_features_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                          const uint16_t *thresholds, int32_t *counts) {
  // S is a multiple of 32, so 32 columns can be read from every k that is one; 16-bit sums hold 65535 positions.
  for (size_t k = 0; k < K; k += 32) {
    size_t filters = smaller(32, K - k);
    distance_vector threshold;
    load_thresholds(thresholds + k, filters, &threshold);
    for (size_t start = 0; start < P; start += 65535) {
      size_t end = smaller(P, start + 65535);
      distance_vector sum = {0};
      for (size_t p = start; p < end; p++) {
        distance_vector distance;
        __builtin_memcpy(&distance, distances + p * S + k, sizeof distance);
        sum -= (distance_vector)(distance <= threshold);
      }
      for (size_t i = 0; i < filters; i++) counts[k + i] += sum[i];
    }
  }
}

static inline void count_margins_generic(const uint16_t *distances, size_t P, size_t K, size_t S,
                                         const uint16_t *thresholds, int32_t *counts) {
  for (size_t k = 0; k < K; k += 32) {
    size_t filters = smaller(32, K - k);
    distance_vector threshold;
    load_thresholds(thresholds + k, filters, &threshold);
    margin_vector sum = {0};
    for (size_t p = 0; p < P; p++) {
      distance_vector distance;
      __builtin_memcpy(&distance, distances + p * S + k, sizeof distance);
      distance_vector margin = (threshold - distance) & (distance_vector)(threshold > distance);
      sum += __builtin_convertvector(margin, margin_vector);
    }
    for (size_t i = 0; i < filters; i++) counts[k + i] = (int32_t)((uint32_t)counts[k + i] + sum[i]);
  }
}

// MARK: Centring

static inline void centre_distances_generic(uint16_t *distances, size_t P, size_t K, size_t S, uint16_t middle) {
  if (K == 0) return;
  for (size_t p = 0; p < P; p++) {
    uint16_t *row = distances + p * S;
    // K <= 2^16 distances below 2^16: 32 bits.
    uint32_t sum = 0;
    for (size_t k = 0; k < K; k++) sum += row[k];
    int32_t shift = (int32_t)middle - (int32_t)(sum / K);
    for (size_t k = 0; k < K; k++) {
      int32_t distance = (int32_t)row[k] + shift;
      distance = distance < 0 ? 0 : distance;
      row[k] = (uint16_t)(distance > 65535 ? 65535 : distance);
    }
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

// MARK: Sixteen-bit products

static inline void dot_matrix_generic(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N,
                                      size_t bStride, size_t length, size_t block, int64_t *out,
                                      size_t outStride) {
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < N; n++) {
      const int16_t *x = a + m * aStride, *y = b + n * bStride;
      int64_t sum = 0;
      for (size_t start = 0; start < length; start += block) {
        size_t end = smaller(length, start + block);
        int32_t part = 0;
        for (size_t i = start; i < end; i++) part += (int32_t)x[i] * y[i];
        sum += part;
      }
      out[m * outStride + n] += sum;
    }
  }
}

static inline void combine_rows_generic(const int16_t *coefficients, size_t L, const int16_t *rows,
                                        size_t rowStride, size_t length, int32_t *out) {
  for (size_t i = 0; i < length; i++) out[i] = 0;
  for (size_t l = 0; l < L; l++) {
    int32_t c = coefficients[l];
    if (c == 0) continue;
    const int16_t *row = rows + l * rowStride;
    for (size_t i = 0; i < length; i++) out[i] = (int32_t)((uint32_t)out[i] + (uint32_t)(c * row[i]));
  }
}

static inline void root_counts_generic(int32_t *counts, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int32_t count = counts[i] < 0 ? 0 : counts[i] > 0xffffff ? 0xffffff : counts[i];
    uint32_t x = (uint32_t)count << 8, root = 0;
    // Bit by bit from the highest: for many counts side by side, no branch.
    for (uint32_t bit = 1 << 15; bit > 0; bit >>= 1) {
      uint32_t larger = root | bit;
      root = larger * larger <= x ? larger : root;
    }
    counts[i] = (int32_t)root;
  }
}

static inline void weigh_counts_generic(const int16_t *weights, size_t C, const int32_t *counts, size_t F,
                                        int64_t *out) {
  for (size_t c = 0; c < C; c++) {
    const int16_t *row = weights + c * F;
    uint64_t sum = 0;
    for (size_t f = 0; f < F; f++) sum += (uint64_t)((int64_t)row[f] * (int64_t)counts[f]);
    out[c] = (int64_t)((uint64_t)out[c] + sum);
  }
}

#endif
