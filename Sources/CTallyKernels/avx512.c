// The table of kernels for AVX-512 with VPOPCNTDQ (x86-64; Ice Lake, Zen 4 and later), and their target region.
// The kernels written by hand are in avx512_*.h, the portable ones in generic.h and its neighbours.
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
  *sum = (number_vector)_mm512_dpwssd_epi32((__m512i)*sum, (__m512i)*a, (__m512i)*b);
}
#define TK_ADD_PAIRS add_pairs_avx512
#define TK_SUMS 16
#include "avx512_contrast.h"
#include "patches.h"

// The first `count` of 32 values; the rest are not read and are zero.
TK_INLINE __mmask32 first_of_32(size_t count) { return count >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << count) - 1; }

#include "avx512_bits.h"
#include "avx512_hamming.h"
#include "avx512_votes.h"
#include "avx512_distances.h"
#include "avx512_products.h"

#define TK_HAMMING hamming_matrix_avx512
#define TK_MARGINS count_margins_avx512
#include "avx512_squares.h"
#include "avx512_counts.h"
#include "avx512_codes.h"

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
  .count_squares = count_squares_avx512,
  .root_counts = root_counts_avx512,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_avx512,
  .combine_rows = combine_rows_generic,
  .weigh_counts = weigh_counts_narrow,
  .add_rows = add_rows_generic,
  .sum_counts = sum_counts_generic,
  .normalise_counts = normalise_counts_generic,
  .transpose_values = transpose_values_generic,
  .encode_signal = encode_signal_generic,
  .filter_pixels = filter_pixels_generic,
  .patch_values = patch_values_generic,
  .code_patches = code_patches_avx512,
  .sort_nearest = sort_nearest_generic,
};

#endif
