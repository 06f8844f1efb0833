// The kernels for AVX2 (x86-64), which counts the bits of a nibble by a byte shuffle.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt,bmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,popcnt,bmi")
#endif

#define TK_LANES 4
#define TK_LOAD_PARTIAL(words, lanes, v) \
  (*(v) = (word_vector)_mm256_maskload_epi64((const long long *)(words), first_words(lanes)))

// All ones in the first `count` of four words.
static inline __attribute__((always_inline)) __m256i first_words(size_t count) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)count), _mm256_setr_epi64x(0, 1, 2, 3));
}

#include "generic.h"
#include "implementations.h"
#include "nearest.h"
#include "signals.h"

// MARK: Counting bits in bytes

// popcount of the low four bits of every byte; the upper four are zero.
TK_INLINE __m256i nibble_popcount(__m256i nibbles) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                         2, 3, 2, 3, 3, 4);
  return _mm256_shuffle_epi8(table, nibbles);
}

TK_INLINE __m256i low_nibbles(__m256i x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }

TK_INLINE __m256i high_nibbles(__m256i x) { return low_nibbles(_mm256_srli_epi64(x, 4)); }

TK_INLINE __m256i load256(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }

TK_INLINE void store256(void *at, __m256i x) { _mm256_storeu_si256((__m256i *)at, x); }

// MARK: Hamming matrix products

// A tile is one position x 32 filters: eight sums of bytes, one filter in a 64-bit lane. A byte gains at most 8 per
// word, so 31 words (248) fit; longer patches go through in such chunks and later chunks add to the distances.
//
// XOR works nibble by nibble, so for a chunk the filters' nibbles are split once, not once per position:
// split[(j*2 + half)*32 + 16*n + 4*v + i] is that half of word j of filter 16n + 4i + v. This order, a 4x4
// transposition, lets four vectors of 64-bit sums merge into sixteen 16-bit distances with shifts alone.
#define TK_CHUNK 31

TK_INLINE void transpose_4x4(const uint64_t *in, __m256i *out) {
  __m256i a = load256(in), b = load256(in + 4), c = load256(in + 8), d = load256(in + 12);
  __m256i ab0 = _mm256_unpacklo_epi64(a, b), ab1 = _mm256_unpackhi_epi64(a, b);
  __m256i cd0 = _mm256_unpacklo_epi64(c, d), cd1 = _mm256_unpackhi_epi64(c, d);
  out[0] = _mm256_permute2x128_si256(ab0, cd0, 0x20);
  out[1] = _mm256_permute2x128_si256(ab1, cd1, 0x20);
  out[2] = _mm256_permute2x128_si256(ab0, cd0, 0x31);
  out[3] = _mm256_permute2x128_si256(ab1, cd1, 0x31);
}

TK_INLINE void store_distances(const __m256i *sums, uint16_t *distances, int add) {
  const __m256i zero = _mm256_setzero_si256();
  for (int n = 0; n < 2; n++) {
    __m256i merged = _mm256_sad_epu8(sums[4 * n], zero);
    merged = _mm256_or_si256(merged, _mm256_slli_epi64(_mm256_sad_epu8(sums[4 * n + 1], zero), 16));
    merged = _mm256_or_si256(merged, _mm256_slli_epi64(_mm256_sad_epu8(sums[4 * n + 2], zero), 32));
    merged = _mm256_or_si256(merged, _mm256_slli_epi64(_mm256_sad_epu8(sums[4 * n + 3], zero), 48));
    if (add) merged = _mm256_add_epi16(merged, load256(distances + 16 * n));
    store256(distances + 16 * n, merged);
  }
}

TK_INLINE void hamming_tile(const uint64_t *patch, const size_t *offsets, size_t words, const __m256i *split,
                            uint16_t *distances, int add) {
  __m256i sums[8];
  for (int v = 0; v < 8; v++) sums[v] = _mm256_setzero_si256();
  for (size_t j = 0; j < words; j++, split += 16) {
    __m256i word = _mm256_set1_epi64x((long long)patch[offsets[j]]);
    __m256i low = low_nibbles(word), high = high_nibbles(word);
    for (int v = 0; v < 8; v++) {
      sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(_mm256_xor_si256(low, split[v])));
      sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(_mm256_xor_si256(high, split[8 + v])));
    }
  }
  store_distances(sums, distances, add);
}

static void hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, size_t S, uint16_t *distances) {
  __m256i split[16 * TK_CHUNK];
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P * S);
  for (size_t w = 0; w < L; w += TK_CHUNK) {
    size_t words = smaller(TK_CHUNK, L - w), offsets[TK_CHUNK];
    word_offsets(patches, w, words, offsets);
    for (size_t k = 0; k < S; k += 32) {
      for (size_t j = 0; j < words; j++) {
        for (size_t n = 0; n < 2; n++) {
          __m256i filter[4];
          transpose_4x4(filters + (w + j) * S + k + 16 * n, filter);
          for (int v = 0; v < 4; v++) {
            split[16 * j + 4 * n + v] = low_nibbles(filter[v]);
            split[16 * j + 8 + 4 * n + v] = high_nibbles(filter[v]);
          }
        }
      }
      patch_cursor cursor = first_patch(patches, 0);
      for (size_t p = 0; p < P; p++) {
        const uint64_t *patch = patches->base + next_patch(&cursor);
        if (w == 0) {
          hamming_tile(patch, offsets, words, split, distances + p * S + k, 0);
        } else {
          hamming_tile(patch, offsets, words, split, distances + p * S + k, 1);
        }
      }
    }
  }
}

// With a mask the split costs nothing extra: the mask's nibbles, split once, cut the nibbles out of the XOR.
TK_INLINE void masked_hamming_tile(const uint64_t *patch, const size_t *offsets, size_t words, const __m256i *split,
                                   uint16_t *distances, int add) {
  __m256i sums[8];
  for (int v = 0; v < 8; v++) sums[v] = _mm256_setzero_si256();
  for (size_t j = 0; j < words; j++, split += 24) {
    __m256i word = _mm256_set1_epi64x((long long)patch[offsets[j]]);
    for (int v = 0; v < 8; v++) {
      __m256i differs = _mm256_xor_si256(word, split[v]);
      __m256i low = _mm256_and_si256(differs, split[8 + v]);
      __m256i high = _mm256_and_si256(_mm256_srli_epi64(differs, 4), split[16 + v]);
      sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(low));
      sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(high));
    }
  }
  store_distances(sums, distances, add);
}

static void masked_hamming_matrix_avx2(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                       size_t S, uint16_t *distances) {
  __m256i split[24 * TK_CHUNK];
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P * S);
  for (size_t w = 0; w < L; w += TK_CHUNK) {
    size_t words = smaller(TK_CHUNK, L - w), offsets[TK_CHUNK];
    word_offsets(patches, w, words, offsets);
    for (size_t k = 0; k < S; k += 32) {
      for (size_t j = 0; j < words; j++) {
        for (size_t n = 0; n < 2; n++) {
          __m256i mask[4];
          transpose_4x4(filters + (w + j) * S + k + 16 * n, split + 24 * j + 4 * n);
          transpose_4x4(masks + (w + j) * S + k + 16 * n, mask);
          for (int v = 0; v < 4; v++) {
            split[24 * j + 8 + 4 * n + v] = low_nibbles(mask[v]);
            split[24 * j + 16 + 4 * n + v] = high_nibbles(mask[v]);
          }
        }
      }
      patch_cursor cursor = first_patch(patches, 0);
      for (size_t p = 0; p < P; p++) {
        const uint64_t *patch = patches->base + next_patch(&cursor);
        if (w == 0) {
          masked_hamming_tile(patch, offsets, words, split, distances + p * S + k, 0);
        } else {
          masked_hamming_tile(patch, offsets, words, split, distances + p * S + k, 1);
        }
      }
    }
  }
}

// MARK: Vote matrix product

// Bytes gain at most 8 per row, so 31 rows fit.
#define TK_VOTE_ROWS 31
#include "votes.h"

TK_INLINE void vote_tile(const vote_lists *lists, size_t k, const uint64_t *words, int32_t *votes) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i cast = _mm256_set1_epi32(lists->cast[k]);
  for (int half = 0; half < 2; half++) {
    __m256i sums[8];
    for (int v = 0; v < 8; v++) sums[v] = zero;
    for (size_t n = 0; n < lists->count[k]; n++) {
      __m256i a = _mm256_set1_epi64x((long long)lists->active[k][n]);
      __m256i low = low_nibbles(a), high = high_nibbles(a);
      __m256i s = _mm256_set1_epi64x((long long)~lists->sign[k][n]);
      const uint64_t *x = words + 64 * (size_t)lists->row[k][n] + 32 * half;
      for (int v = 0; v < 8; v++) {
        __m256i same = _mm256_xor_si256(s, load256(x + 4 * v));
        sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(_mm256_and_si256(same, low)));
        sums[v] = _mm256_add_epi8(sums[v], nibble_popcount(_mm256_and_si256(_mm256_srli_epi64(same, 4), high)));
      }
    }
    for (int v = 0; v < 4; v++) {
      __m256i first = _mm256_sad_epu8(sums[2 * v], zero), second = _mm256_sad_epu8(sums[2 * v + 1], zero);
      // The low halves of the eight 64-bit sums, in order.
      __m256i agreed = _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(first), _mm256_castsi256_ps(second), 0x88));
      agreed = _mm256_permute4x64_epi64(agreed, 0xd8);
      int32_t *at = votes + 32 * half + 8 * v;
      store256(at, _mm256_add_epi32(load256(at), _mm256_sub_epi32(_mm256_slli_epi32(agreed, 1), cast)));
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
  .vote_matrix = vote_matrix_tiled,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_generic,
  .threshold_pack = threshold_pack_avx2,
  .range_pack = range_pack_avx2,
  .count_features = count_features_generic,
  .count_margins = count_margins_generic,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_avx2,
  .combine_rows = combine_rows_generic,
  .encode_signal = encode_signal_generic,
  .sort_nearest = sort_nearest_generic,
};

#endif
