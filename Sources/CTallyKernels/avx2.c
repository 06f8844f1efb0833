// The kernels for AVX2 (x86-64).
#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt,bmi"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,popcnt,bmi")
#endif

#define TK_LANES 4
#include "generic.h"
#include "implementations.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const tk_kernels tk_kernels_avx2 = {
  .hamming_matrix = hamming_matrix_generic,
  .masked_hamming_matrix = masked_hamming_matrix_generic,
  .vote_matrix = vote_matrix_generic,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_generic,
  .threshold_pack = threshold_pack_generic,
  .range_pack = range_pack_generic,
  .count_features = count_features_generic,
  .count_margins = count_margins_generic,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_generic,
  .combine_rows = combine_rows_generic,
};

#endif
