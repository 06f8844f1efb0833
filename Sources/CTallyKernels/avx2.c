// The table of kernels for AVX2 (x86-64), which counts the bits of 32 nibbles by one byte shuffle, and their target
// region. The kernels written by hand are in avx2_*.h, the portable ones in generic.h and its neighbours.
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

// Words of sixteen pixels from four pieces of 16 bits.
TK_INLINE void join_pieces_avx2(const uint16_t (*pieces)[16], uint64_t *words) {
  __m256i piece[4], joined[4];
  for (int i = 0; i < 4; i++) piece[i] = _mm256_loadu_si256((const __m256i *)pieces[i]);
  __m256i low[2] = {_mm256_unpacklo_epi16(piece[0], piece[1]), _mm256_unpackhi_epi16(piece[0], piece[1])};
  __m256i high[2] = {_mm256_unpacklo_epi16(piece[2], piece[3]), _mm256_unpackhi_epi16(piece[2], piece[3])};
  for (int i = 0; i < 2; i++) {
    joined[2 * i] = _mm256_unpacklo_epi32(low[i], high[i]);
    joined[2 * i + 1] = _mm256_unpackhi_epi32(low[i], high[i]);
  }
  // Half h of vector i now has pixels 8 h + 2 i and the next.
  for (int i = 0; i < 2; i++) {
    __m256i *at = (__m256i *)(words + 4 * i);
    _mm256_storeu_si256(at, _mm256_permute2x128_si256(joined[2 * i], joined[2 * i + 1], 0x20));
    _mm256_storeu_si256(at + 2, _mm256_permute2x128_si256(joined[2 * i], joined[2 * i + 1], 0x31));
  }
}
#define TK_JOIN_PIECES join_pieces_avx2
#include "avx2_roots.h"
#include "patches.h"

#include "avx2_bits.h"
#include "avx2_hamming.h"
#include "avx2_votes.h"
#include "avx2_distances.h"
#include "avx2_products.h"

#define TK_HAMMING hamming_matrix_avx2
#define TK_MARGINS count_margins_avx2
#include "avx2_squares.h"
#include "avx2_counts.h"

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
  .count_squares = count_squares_avx2,
  .root_counts = root_counts_avx2,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_avx2,
  .combine_rows = combine_rows_generic,
  .weigh_counts = weigh_counts_narrow,
  .add_rows = add_rows_generic,
  .sum_counts = sum_counts_generic,
  .normalise_counts = normalise_counts_generic,
  .transpose_values = transpose_values_generic,
  .encode_signal = encode_signal_generic,
  .filter_pixels = filter_pixels_generic,
  .patch_values = patch_values_generic,
  .code_patches = code_patches_generic,
  .sort_nearest = sort_nearest_generic,
};

#endif
