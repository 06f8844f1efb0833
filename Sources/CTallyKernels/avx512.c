// The kernels for AVX-512 with VPOPCNTDQ (x86-64; Ice Lake, Zen 4 and later).
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target( \
  "avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,avx512vbmi,avx512vnni,gfni,avx2,popcnt,bmi"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target( \
  "avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq,avx512vbmi,avx512vnni,gfni,avx2,popcnt,bmi")
#endif

#define TK_LANES 8
#define TK_LOAD_PARTIAL(words, lanes, v) \
  (*(v) = (word_vector)_mm512_maskz_loadu_epi64((__mmask8)((1u << (lanes)) - 1), words))
#define TK_FLUSH_PLANES flush_planes_avx512
static inline __attribute__((always_inline)) void flush_planes_avx512(const uint64_t *planes, size_t lanes,
                                                                      uint32_t *counts);
#include "generic.h"
#include "implementations.h"
#include "nearest.h"
#include "signals.h"

TK_INLINE void add_pairs_avx512(number_vector *sum, const number_vector *a, const number_vector *b) {
  *sum += (number_vector)_mm512_madd_epi16((__m512i)*a, (__m512i)*b);
}
#define TK_ADD_PAIRS add_pairs_avx512
#include "patches.h"

// Plane p of a column's word adds 2^p wherever it has a bit; 16 counts at a time, the bits as the mask.
static inline __attribute__((always_inline)) void flush_planes_avx512(const uint64_t *planes, size_t lanes,
                                                                      uint32_t *counts) {
  for (size_t lane = 0; lane < lanes; lane++) {
    for (int quarter = 0; quarter < 4; quarter++) {
      uint32_t *at = counts + 64 * lane + 16 * quarter;
      __m512i sum = _mm512_loadu_si512(at);
      for (int plane = 0; plane < TK_PLANES; plane++) {
        __mmask16 bits = (__mmask16)(planes[plane * TK_LANES + lane] >> (16 * quarter));
        sum = _mm512_mask_add_epi32(sum, bits, sum, _mm512_set1_epi32(1 << plane));
      }
      _mm512_storeu_si512(at, sum);
    }
  }
}

// MARK: Hamming matrix products

// A tile is up to 4 positions x 32 filters: 16 sums of eight filters each stay in registers, a patch word is
// broadcast, so there is no horizontal sum. The words go through in chunks of at most 64, whose filter words are
// copied side by side (16 KiB) when the filters' stride would make them compete for cache lines.
#define TK_CHUNK 64

TK_INLINE void hamming_tile(const uint64_t *base, const size_t *starts, const size_t *offsets, size_t words,
                            const uint64_t *filters, const uint64_t *masks, size_t filterStride, uint16_t *distances,
                            size_t S, int positions, int masked, int add) {
  __m512i sums[4][4];
  for (int i = 0; i < positions; i++)
    for (int v = 0; v < 4; v++) sums[i][v] = _mm512_setzero_si512();
  const uint64_t *patch[4];
  for (int i = 0; i < positions; i++) patch[i] = base + starts[i];
  for (size_t j = 0; j < words; j++) {
    size_t offset = offsets[j];
    __m512i filter[4], mask[4];
    for (int v = 0; v < 4; v++) {
      filter[v] = _mm512_loadu_si512(filters + j * filterStride + 8 * v);
      if (masked) mask[v] = _mm512_loadu_si512(masks + j * filterStride + 8 * v);
    }
    for (int i = 0; i < positions; i++) {
      __m512i word = _mm512_set1_epi64((long long)patch[i][offset]);
      for (int v = 0; v < 4; v++) {
        // 0x28: (A xor B) and C.
        __m512i differs = masked ? _mm512_ternarylogic_epi64(word, filter[v], mask[v], 0x28)
                                 : _mm512_xor_si512(word, filter[v]);
        sums[i][v] = _mm512_add_epi64(sums[i][v], _mm512_popcnt_epi64(differs));
      }
    }
  }
  for (int i = 0; i < positions; i++) {
    for (int v = 0; v < 4; v++) {
      uint16_t *at = distances + (size_t)i * S + 8 * v;
      __m128i sum = _mm512_cvtepi64_epi16(sums[i][v]);
      if (add) sum = _mm_add_epi16(sum, _mm_loadu_si128((const __m128i *)at));
      _mm_storeu_si128((__m128i *)at, sum);
    }
  }
}

TK_INLINE void copy_filters(const uint64_t *filters, size_t S, size_t words, uint64_t *copy) {
  for (size_t j = 0; j < words; j++)
    for (int v = 0; v < 4; v++)
      _mm512_store_si512(copy + 32 * j + 8 * v, _mm512_loadu_si512(filters + j * S + 8 * v));
}

TK_INLINE void hamming_block(const tk_patches *patches, const size_t *offsets, size_t words, const uint64_t *filters,
                             const uint64_t *masks, size_t filterStride, uint16_t *distances, size_t S, size_t P,
                             int masked, int add) {
  patch_cursor cursor = first_patch(patches, 0);
  size_t starts[4], p = 0;
  for (; p + 4 <= P; p += 4) {
    for (int i = 0; i < 4; i++) starts[i] = next_patch(&cursor);
    hamming_tile(patches->base, starts, offsets, words, filters, masks, filterStride, distances + p * S, S, 4,
                 masked, add);
  }
  for (; p < P; p++) {
    starts[0] = next_patch(&cursor);
    hamming_tile(patches->base, starts, offsets, words, filters, masks, filterStride, distances + p * S, S, 1,
                 masked, add);
  }
}

TK_INLINE void hamming_any(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks, size_t S,
                           uint16_t *distances, int masked) {
  _Alignas(64) uint64_t filterCopy[32 * TK_CHUNK], maskCopy[32 * TK_CHUNK];
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P * S);
  for (size_t w = 0; w < L; w += TK_CHUNK) {
    size_t words = smaller(TK_CHUNK, L - w), offsets[TK_CHUNK];
    word_offsets(patches, w, words, offsets);
    int copy = S >= 128 && words > 16 && P >= 16;
    for (size_t k = 0; k < S; k += 32) {
      const uint64_t *filter = filters + w * S + k, *mask = masked ? masks + w * S + k : 0;
      size_t filterStride = S;
      if (copy) {
        copy_filters(filter, S, words, filterCopy);
        if (masked) copy_filters(mask, S, words, maskCopy);
        filter = filterCopy;
        mask = maskCopy;
        filterStride = 32;
      }
      if (w == 0) {
        hamming_block(patches, offsets, words, filter, mask, filterStride, distances + k, S, P, masked, 0);
      } else {
        hamming_block(patches, offsets, words, filter, mask, filterStride, distances + k, S, P, masked, 1);
      }
    }
  }
}

static void hamming_matrix_avx512(const tk_patches *patches, const uint64_t *filters, size_t S,
                                  uint16_t *distances) {
  hamming_any(patches, filters, 0, S, distances, 0);
}

static void masked_hamming_matrix_avx512(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                         size_t S, uint16_t *distances) {
  hamming_any(patches, filters, masks, S, distances, 1);
}

// MARK: Vote matrix product

#define TK_VOTE_ROWS 32
#include "votes.h"

TK_INLINE void vote_tile(const vote_lists *lists, size_t k, const uint64_t *words, int32_t *votes) {
  __m512i sums[8];
  for (int v = 0; v < 8; v++) sums[v] = _mm512_setzero_si512();
  for (size_t n = 0; n < lists->count[k]; n++) {
    __m512i a = _mm512_set1_epi64((long long)lists->active[k][n]);
    __m512i s = _mm512_set1_epi64((long long)lists->sign[k][n]);
    const uint64_t *x = words + 64 * (size_t)lists->row[k][n];
    for (int v = 0; v < 8; v++) {
      // 0x90: A and not (B xor C).
      __m512i agree = _mm512_ternarylogic_epi64(a, s, _mm512_load_si512(x + 8 * v), 0x90);
      sums[v] = _mm512_add_epi64(sums[v], _mm512_popcnt_epi64(agree));
    }
  }
  const __m512i low = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  __m512i cast = _mm512_set1_epi32(lists->cast[k]);
  for (int v = 0; v < 4; v++) {
    __m512i agreed = _mm512_permutex2var_epi32(sums[2 * v], low, sums[2 * v + 1]);
    __m512i vote = _mm512_sub_epi32(_mm512_slli_epi32(agreed, 1), cast);
    _mm512_storeu_si512(votes + 16 * v, _mm512_add_epi32(_mm512_loadu_si512(votes + 16 * v), vote));
  }
}

// MARK: Transposition

// 64 words, one per patch, become 64 words, one per bit. Seen as 8x8 blocks of 8x8 bits: bring each block of eight
// patches together (a byte transposition in a register), transpose the bits of every block (GFNI multiplies the
// block as a matrix with the identity), transpose the blocks (8x8 words across registers), and the bytes again.
TK_INLINE void transpose_64x64(const uint64_t *in, uint64_t *out) {
  // Byte 8i + j of the result is byte 8j + i of the source; for GFNI, whose row i is byte 7 - i, 8(7 - j) + i.
  const __m512i swapBytes = _mm512_set_epi64(
    0x3f372f271f170f07, 0x3e362e261e160e06, 0x3d352d251d150d05, 0x3c342c241c140c04,
    0x3b332b231b130b03, 0x3a322a221a120a02, 0x3931292119110901, 0x3830282018100800);
  const __m512i swapAndReverse = _mm512_set_epi64(
    0x070f171f272f373f, 0x060e161e262e363e, 0x050d151d252d353d, 0x040c141c242c343c,
    0x030b131b232b333b, 0x020a121a222a323a, 0x0109111921293139, 0x0008101820283038);
  const __m512i identity = _mm512_set1_epi64((long long)0x8040201008040201);
  __m512i x[8], y[8];
  for (int i = 0; i < 8; i++) {
    x[i] = _mm512_permutexvar_epi8(swapAndReverse, _mm512_load_si512(in + 8 * i));
    x[i] = _mm512_gf2p8affine_epi64_epi8(identity, x[i], 0);
  }
  // Words: pairs, then pairs of pairs, then halves.
  for (int i = 0; i < 8; i += 2) {
    y[i] = _mm512_unpacklo_epi64(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi64(x[i], x[i + 1]);
  }
  const __m512i evenPairs = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
  const __m512i oddPairs = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
  for (int i = 0; i < 8; i += 4) {
    for (int n = 0; n < 2; n++) {
      x[i + n] = _mm512_permutex2var_epi64(y[i + n], evenPairs, y[i + n + 2]);
      x[i + n + 2] = _mm512_permutex2var_epi64(y[i + n], oddPairs, y[i + n + 2]);
    }
  }
  for (int n = 0; n < 4; n++) {
    __m512i lower = _mm512_shuffle_i64x2(x[n], x[n + 4], 0x44), upper = _mm512_shuffle_i64x2(x[n], x[n + 4], 0xee);
    _mm512_storeu_si512(out + 8 * n, _mm512_permutexvar_epi8(swapBytes, lower));
    _mm512_storeu_si512(out + 8 * (n + 4), _mm512_permutexvar_epi8(swapBytes, upper));
  }
}

#define TK_TRANSPOSE_WORDS 16

static void transpose_patches_avx512(const tk_patches *patches, size_t first, size_t count, uint64_t *out) {
  size_t L = patches->segments * patches->segmentWords;
  _Alignas(64) uint64_t words[TK_TRANSPOSE_WORDS * 64];
  for (size_t w = 0; w < L; w += TK_TRANSPOSE_WORDS) {
    size_t n = smaller(TK_TRANSPOSE_WORDS, L - w), offsets[TK_TRANSPOSE_WORDS];
    word_offsets(patches, w, n, offsets);
    if (count > 0) {
      patch_cursor cursor = first_patch(patches, first);
      for (size_t i = 0; i < count; i++) {
        const uint64_t *patch = patches->base + next_patch(&cursor);
        for (size_t j = 0; j < n; j++) words[64 * j + i] = patch[offsets[j]];
      }
    }
    for (size_t i = count; i < 64; i++)
      for (size_t j = 0; j < n; j++) words[64 * j + i] = 0;
    for (size_t j = 0; j < n; j++) transpose_64x64(words + 64 * j, out + 64 * (w + j));
  }
}

// MARK: Distances to bits

// The first `count` of 32 values; the rest are not read and are zero.
TK_INLINE __mmask32 first_of_32(size_t count) { return count >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << count) - 1; }

TK_INLINE void pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                           const uint16_t *highest, uint64_t *out, size_t outStride, int range) {
  for (size_t k = 0; k < K; k += 64) {
    size_t filters = smaller(64, K - k);
    __mmask32 valid0 = first_of_32(filters), valid1 = filters > 32 ? first_of_32(filters - 32) : 0;
    __m512i high0 = _mm512_maskz_loadu_epi16(valid0, highest + k), high1 = _mm512_setzero_si512();
    __m512i low0 = _mm512_setzero_si512(), low1 = low0;
    if (range) low0 = _mm512_maskz_loadu_epi16(valid0, lowest + k);
    if (valid1) {
      high1 = _mm512_maskz_loadu_epi16(valid1, highest + k + 32);
      if (range) low1 = _mm512_maskz_loadu_epi16(valid1, lowest + k + 32);
    }
    for (size_t p = 0; p < P; p++) {
      const uint16_t *at = distances + p * S + k;
      __m512i distance = _mm512_maskz_loadu_epi16(valid0, at);
      __mmask32 bits0 = _mm512_mask_cmple_epu16_mask(valid0, distance, high0), bits1 = 0;
      if (range) bits0 = _mm512_mask_cmpge_epu16_mask(bits0, distance, low0);
      if (valid1) {
        distance = _mm512_maskz_loadu_epi16(valid1, at + 32);
        bits1 = _mm512_mask_cmple_epu16_mask(valid1, distance, high1);
        if (range) bits1 = _mm512_mask_cmpge_epu16_mask(bits1, distance, low1);
      }
      out[p * outStride + k / 64] = (uint64_t)bits1 << 32 | bits0;
    }
  }
}

static void threshold_pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                  uint64_t *out, size_t outStride) {
  pack_avx512(distances, P, K, S, 0, thresholds, out, outStride, 0);
}

static void range_pack_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                              const uint16_t *highest, uint64_t *out, size_t outStride) {
  pack_avx512(distances, P, K, S, lowest, highest, out, outStride, 1);
}

// Margins of `vectors` x 32 filters from k on. They are added in 16 bits for as many positions as the largest
// threshold allows, then widened.
TK_INLINE void margins_tile(const uint16_t *distances, size_t P, size_t k, size_t K, size_t S,
                            const uint16_t *thresholds, int32_t *counts, int vectors) {
  __m512i threshold[4], largest = _mm512_setzero_si512();
  for (int v = 0; v < vectors; v++) {
    size_t from = k + 32 * (size_t)v, filters = smaller(32, K - from);
    threshold[v] = _mm512_maskz_loadu_epi16((__mmask32)(0xffffffffu >> (32 - filters)), thresholds + from);
    largest = _mm512_max_epu16(largest, threshold[v]);
  }
  largest = _mm512_max_epu32(_mm512_and_si512(largest, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32(largest, 16));
  size_t most = _mm512_reduce_max_epu32(largest), run = most ? 65535 / most : P;
  for (size_t first = 0; first < P; first += run) {
    size_t end = smaller(P, first + run);
    __m512i sums[4];
    for (int v = 0; v < vectors; v++) sums[v] = _mm512_setzero_si512();
    for (size_t p = first; p < end; p++) {
      for (int v = 0; v < vectors; v++) {
        __m512i distance = _mm512_loadu_si512(distances + p * S + k + 32 * (size_t)v);
        sums[v] = _mm512_add_epi16(sums[v], _mm512_subs_epu16(threshold[v], distance));
      }
    }
    for (int v = 0; v < vectors; v++) {
      for (int half = 0; half < 2; half++) {
        size_t from = k + 32 * (size_t)v + 16 * (size_t)half;
        if (from >= K) break;
        __mmask16 valid = (__mmask16)(0xffffu >> (16 - smaller(16, K - from)));
        __m256i narrow = half ? _mm512_extracti64x4_epi64(sums[v], 1) : _mm512_castsi512_si256(sums[v]);
        __m512i sum = _mm512_add_epi32(_mm512_maskz_loadu_epi32(valid, counts + from), _mm512_cvtepu16_epi32(narrow));
        _mm512_mask_storeu_epi32(counts + from, valid, sum);
      }
    }
  }
}

static void count_margins_avx512(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                 int32_t *counts) {
  size_t k = 0;
  for (; k + 96 < K; k += 128) margins_tile(distances, P, k, K, S, thresholds, counts, 4);
  for (; k + 32 < K; k += 64) margins_tile(distances, P, k, K, S, thresholds, counts, 2);
  if (k < K) margins_tile(distances, P, k, K, S, thresholds, counts, 1);
}

// MARK: Sixteen-bit products

// A tile is up to 4 x 4 rows, a block of products in 32-bit sums (the caller's promise), then added in 64 bits.
TK_INLINE void dot_tile(const int16_t *a, size_t aStride, const int16_t *b, size_t bStride, size_t length,
                        size_t block, int64_t *out, size_t outStride, int rows, int columns) {
  for (size_t start = 0; start < length; start += block) {
    size_t end = smaller(length, start + block);
    __m512i sums[4][4];
    for (int m = 0; m < rows; m++)
      for (int n = 0; n < columns; n++) sums[m][n] = _mm512_setzero_si512();
    for (size_t i = start; i < end; i += 32) {
      __mmask32 valid = first_of_32(end - i);
      __m512i right[4];
      for (int n = 0; n < columns; n++) right[n] = _mm512_maskz_loadu_epi16(valid, b + (size_t)n * bStride + i);
      for (int m = 0; m < rows; m++) {
        __m512i left = _mm512_maskz_loadu_epi16(valid, a + (size_t)m * aStride + i);
        for (int n = 0; n < columns; n++) sums[m][n] = _mm512_dpwssd_epi32(sums[m][n], left, right[n]);
      }
    }
    for (int m = 0; m < rows; m++)
      for (int n = 0; n < columns; n++)
        out[(size_t)m * outStride + (size_t)n] += _mm512_reduce_add_epi32(sums[m][n]);
  }
}

static void dot_matrix_avx512(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N, size_t bStride,
                              size_t length, size_t block, int64_t *out, size_t outStride) {
  for (size_t m = 0; m < M; m += 4) {
    for (size_t n = 0; n < N; n += 4) {
      const int16_t *left = a + m * aStride, *right = b + n * bStride;
      int64_t *sums = out + m * outStride + n;
      if (M - m >= 4 && N - n >= 4) {
        dot_tile(left, aStride, right, bStride, length, block, sums, outStride, 4, 4);
      } else if (N - n >= 4) {
        for (size_t i = 0; i < M - m; i++)
          dot_tile(left + i * aStride, 0, right, bStride, length, block, sums + i * outStride, 0, 1, 4);
      } else {
        for (size_t i = 0; i < smaller(4, M - m); i++)
          for (size_t j = 0; j < N - n; j++)
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

const tk_kernels tk_kernels_avx512 = {
  .hamming_matrix = hamming_matrix_avx512,
  .masked_hamming_matrix = masked_hamming_matrix_avx512,
  .centre_distances = centre_distances_generic,
  .vote_matrix = vote_matrix_tiled,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_avx512,
  .threshold_pack = threshold_pack_avx512,
  .range_pack = range_pack_avx512,
  .count_features = count_features_generic,
  .count_margins = count_margins_avx512,
  .root_counts = root_counts_generic,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_avx512,
  .combine_rows = combine_rows_generic,
  .weigh_counts = weigh_counts_generic,
  .encode_signal = encode_signal_generic,
  .filter_pixels = filter_pixels_generic,
  .patch_values = patch_values_generic,
  .code_patches = code_patches_generic,
  .sort_nearest = sort_nearest_generic,
};

#endif
