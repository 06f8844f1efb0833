// AVX-512: the last step of counting bits column by column, and the transposition of patches. Included by avx512.c
// inside its target region. L words of a patch.
#ifndef TALLY_AVX512_BITS_H
#define TALLY_AVX512_BITS_H

#include <immintrin.h>

#include "generic.h"

// MARK: Counting bits

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

#endif
