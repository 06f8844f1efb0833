// The kernels for any CPU: portable C, compiled for the target's baseline. No intrinsics, no dispatch.

#include "generic.h"
#include "implementations.h"
#include "nearest.h"
#include "patches.h"
#include "signals.h"

#define TK_HAMMING hamming_matrix_generic
#define TK_MARGINS count_margins_generic
#include "squares.h"

const tk_kernels tk_kernels_scalar = {
  .hamming_matrix = hamming_matrix_generic,
  .masked_hamming_matrix = masked_hamming_matrix_generic,
  .centre_distances = centre_distances_generic,
  .vote_matrix = vote_matrix_generic,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_generic,
  .threshold_pack = threshold_pack_generic,
  .range_pack = range_pack_generic,
  .count_features = count_features_generic,
  .count_margins = count_margins_generic,
  .count_squares = count_squares_tiled,
  .root_counts = root_counts_generic,
  .pool_bits = pool_bits_generic,
  .dot_matrix = dot_matrix_generic,
  .combine_rows = combine_rows_generic,
  .weigh_counts = weigh_counts_generic,
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
