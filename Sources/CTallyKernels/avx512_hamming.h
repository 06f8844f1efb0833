// AVX-512: the Hamming matrix products, plain and masked. Included by avx512.c inside its target region.
// P positions, S filter stride, L words of a patch.
#ifndef TALLY_AVX512_HAMMING_H
#define TALLY_AVX512_HAMMING_H

#include <immintrin.h>

#include "generic.h"

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
                           size_t columns, uint16_t *distances, int masked) {
  _Alignas(64) uint64_t filterCopy[32 * TK_CHUNK], maskCopy[32 * TK_CHUNK];
  size_t P = patches->rows * patches->columns, L = patches->segments * patches->segmentWords;
  if (P == 0) return;
  if (L == 0) zero_distances(distances, P, S, columns);
  for (size_t w = 0; w < L; w += TK_CHUNK) {
    size_t words = smaller(TK_CHUNK, L - w), offsets[TK_CHUNK];
    word_offsets(patches, w, words, offsets);
    int copy = S >= 128 && words > 16 && P >= 16;
    for (size_t k = 0; k < columns; k += 32) {
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

static void hamming_matrix_avx512(const tk_patches *patches, const uint64_t *filters, size_t S, size_t columns,
                                  uint16_t *distances) {
  hamming_any(patches, filters, 0, S, columns, distances, 0);
}

static void masked_hamming_matrix_avx512(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                         size_t S, size_t columns, uint16_t *distances) {
  hamming_any(patches, filters, masks, S, columns, distances, 1);
}

#endif
