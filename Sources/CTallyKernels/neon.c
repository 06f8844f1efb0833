// The kernels for Advanced SIMD (64-bit Arm), which every such CPU has: no target region needed.
// P positions, K filters, S filter stride, D bits of a patch, L words of a patch, R rows of 64 positions.
#if defined(__aarch64__)

#include <arm_neon.h>

#define TK_LANES 2
#include "generic.h"
#include "implementations.h"
#include "nearest.h"
#include "patches.h"
#include "signals.h"

// MARK: Hamming matrix products

// A tile is up to 4 positions x 8 filters: 16 sums of bytes, two filters in a register. A byte gains at most 8 per
// word, so 31 words (248) fit; longer patches go through in such chunks and later chunks add to the distances.
#define TK_CHUNK 31

TK_INLINE void hamming_tile(const uint64_t *base, const size_t *starts, const size_t *offsets, size_t words,
                            const uint64_t *filters, const uint64_t *masks, uint16_t *distances, size_t S,
                            int positions, int masked, int add) {
  uint8x16_t sums[4][4];
  for (int i = 0; i < positions; i++)
    for (int v = 0; v < 4; v++) sums[i][v] = vdupq_n_u8(0);
  for (size_t j = 0; j < words; j++) {
    uint64x2_t filter[4], mask[4];
    for (int v = 0; v < 4; v++) {
      filter[v] = vld1q_u64(filters + j * S + 2 * v);
      if (masked) mask[v] = vld1q_u64(masks + j * S + 2 * v);
    }
    for (int i = 0; i < positions; i++) {
      uint64x2_t word = vld1q_dup_u64(base + starts[i] + offsets[j]);
      for (int v = 0; v < 4; v++) {
        uint64x2_t differs = veorq_u64(word, filter[v]);
        if (masked) differs = vandq_u64(differs, mask[v]);
        sums[i][v] = vaddq_u8(sums[i][v], vcntq_u8(vreinterpretq_u8_u64(differs)));
      }
    }
  }
  for (int i = 0; i < positions; i++) {
    uint32x4_t parts[4];
    for (int v = 0; v < 4; v++) parts[v] = vpaddlq_u16(vpaddlq_u8(sums[i][v]));
    uint16x8_t total = vcombine_u16(vmovn_u32(vpaddq_u32(parts[0], parts[1])),
                                    vmovn_u32(vpaddq_u32(parts[2], parts[3])));
    uint16_t *at = distances + (size_t)i * S;
    if (add) total = vaddq_u16(total, vld1q_u16(at));
    vst1q_u16(at, total);
  }
}

TK_INLINE void hamming_block(const tk_patches *patches, const size_t *offsets, size_t words, const uint64_t *filters,
                             const uint64_t *masks, uint16_t *distances, size_t S, size_t P, int masked, int add) {
  patch_cursor cursor = first_patch(patches, 0);
  size_t starts[4], p = 0;
  for (; p + 4 <= P; p += 4) {
    for (int i = 0; i < 4; i++) starts[i] = next_patch(&cursor);
    hamming_tile(patches->base, starts, offsets, words, filters, masks, distances + p * S, S, 4, masked, add);
  }
  for (; p < P; p++) {
    starts[0] = next_patch(&cursor);
    hamming_tile(patches->base, starts, offsets, words, filters, masks, distances + p * S, S, 1, masked, add);
  }
}

TK_INLINE void hamming_any(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks, size_t S,
                           size_t columns, uint16_t *distances, int masked) {
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P, S, columns);
  for (size_t w = 0; w < L; w += TK_CHUNK) {
    size_t words = smaller(TK_CHUNK, L - w), offsets[TK_CHUNK];
    word_offsets(patches, w, words, offsets);
    for (size_t k = 0; k < columns; k += 8) {
      const uint64_t *filter = filters + w * S + k, *mask = masked ? masks + w * S + k : 0;
      if (w == 0) {
        hamming_block(patches, offsets, words, filter, mask, distances + k, S, P, masked, 0);
      } else {
        hamming_block(patches, offsets, words, filter, mask, distances + k, S, P, masked, 1);
      }
    }
  }
}

static void hamming_matrix_neon(const tk_patches *patches, const uint64_t *filters, size_t S, size_t columns,
                                  uint16_t *distances) {
  hamming_any(patches, filters, 0, S, columns, distances, 0);
}

static void masked_hamming_matrix_neon(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                       size_t S, size_t columns, uint16_t *distances) {
  hamming_any(patches, filters, masks, S, columns, distances, 1);
}

// MARK: Vote matrix product

// Bytes gain at most 8 per row, so 31 rows fit.
#define TK_VOTE_ROWS 31
#include "votes.h"

TK_INLINE void vote_tile(const vote_lists *lists, size_t k, const uint64_t *words, int32_t *votes) {
  int32x4_t cast = vdupq_n_s32(lists->cast[k]);
  for (int half = 0; half < 2; half++) {
    uint8x16_t sums[16];
    for (int v = 0; v < 16; v++) sums[v] = vdupq_n_u8(0);
    for (size_t n = 0; n < lists->count[k]; n++) {
      uint64x2_t a = vdupq_n_u64(lists->active[k][n]), s = vdupq_n_u64(lists->sign[k][n]);
      const uint64_t *x = words + 64 * (size_t)lists->row[k][n] + 32 * half;
      for (int v = 0; v < 16; v++) {
        uint64x2_t agree = vbicq_u64(a, veorq_u64(s, vld1q_u64(x + 2 * v)));
        sums[v] = vaddq_u8(sums[v], vcntq_u8(vreinterpretq_u8_u64(agree)));
      }
    }
    for (int v = 0; v < 8; v++) {
      uint32x4_t first = vpaddlq_u16(vpaddlq_u8(sums[2 * v])), second = vpaddlq_u16(vpaddlq_u8(sums[2 * v + 1]));
      int32x4_t agreed = vreinterpretq_s32_u32(vpaddq_u32(first, second));
      int32_t *at = votes + 32 * half + 4 * v;
      vst1q_s32(at, vaddq_s32(vld1q_s32(at), vsubq_s32(vshlq_n_s32(agreed, 1), cast)));
    }
  }
}

// MARK: Distances to bits

// Bit k % 8 of byte k / 8: every byte of the comparison keeps the bit of its place, then neighbours add up.
TK_INLINE uint32_t pack_32(const uint16_t *distances, const uint16_t *lowest, const uint16_t *highest, int range) {
  static const uint8_t places[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t place = vld1q_u8(places), bytes[2];
  for (int n = 0; n < 2; n++) {
    uint16x8_t inside[2];
    for (int h = 0; h < 2; h++) {
      uint16x8_t distance = vld1q_u16(distances + 16 * n + 8 * h);
      inside[h] = vcleq_u16(distance, vld1q_u16(highest + 16 * n + 8 * h));
      if (range) inside[h] = vandq_u16(inside[h], vcgeq_u16(distance, vld1q_u16(lowest + 16 * n + 8 * h)));
    }
    bytes[n] = vandq_u8(vcombine_u8(vmovn_u16(inside[0]), vmovn_u16(inside[1])), place);
  }
  uint8x16_t sum = vpaddq_u8(bytes[0], bytes[1]);
  sum = vpaddq_u8(sum, sum);
  sum = vpaddq_u8(sum, sum);
  return vgetq_lane_u32(vreinterpretq_u32_u8(sum), 0);
}

TK_INLINE void pack_neon(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                         const uint16_t *highest, uint64_t *out, size_t outStride, int range) {
  for (size_t k = 0; k < K; k += 64) {
    size_t filters = smaller(64, K - k);
    uint16_t high[64] = {0}, low[64] = {0};
    for (size_t i = 0; i < filters; i++) {
      high[i] = highest[k + i];
      if (range) low[i] = lowest[k + i];
    }
    uint64_t valid = filters == 64 ? ~(uint64_t)0 : ((uint64_t)1 << filters) - 1;
    for (size_t p = 0; p < P; p++) {
      const uint16_t *at = distances + p * S + k;
      uint64_t bits = pack_32(at, low, high, range);
      // S is a multiple of 32: a second half is there to be read only when some filter is in it.
      if (filters > 32) bits |= (uint64_t)pack_32(at + 32, low + 32, high + 32, range) << 32;
      out[p * outStride + k / 64] = bits & valid;
    }
  }
}

static void threshold_pack_neon(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                                uint64_t *out, size_t outStride) {
  pack_neon(distances, P, K, S, 0, thresholds, out, outStride, 0);
}

static void range_pack_neon(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                            const uint16_t *highest, uint64_t *out, size_t outStride) {
  pack_neon(distances, P, K, S, lowest, highest, out, outStride, 1);
}

#define TK_HAMMING hamming_matrix_neon
#define TK_MARGINS count_margins_generic
#include "squares.h"

const tk_kernels tk_kernels_neon = {
  .hamming_matrix = hamming_matrix_neon,
  .masked_hamming_matrix = masked_hamming_matrix_neon,
  .centre_distances = centre_distances_generic,
  .vote_matrix = vote_matrix_tiled,
  .positional_popcount = positional_popcount_generic,
  .transpose_patches = transpose_patches_generic,
  .threshold_pack = threshold_pack_neon,
  .range_pack = range_pack_neon,
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

#endif
