// AVX-512: thermometer codes of a window's values. Included by avx512.c inside its target region.
#ifndef TALLY_AVX512_CODES_H
#define TALLY_AVX512_CODES_H

#include <immintrin.h>

#include "generic.h"
#include "patches.h"

// Pixels coded side by side.
enum { TK_CODED = 32 };

// Words of 32 pixels from four pieces of 16 bits, in the order of joined_at.
TK_INLINE void join_pieces(const uint16_t (*pieces)[TK_CODED], uint64_t *words) {
  __m512i piece[4];
  for (int i = 0; i < 4; i++) piece[i] = _mm512_loadu_si512(pieces[i]);
  __m512i low[2] = {_mm512_unpacklo_epi16(piece[0], piece[1]), _mm512_unpackhi_epi16(piece[0], piece[1])};
  __m512i high[2] = {_mm512_unpacklo_epi16(piece[2], piece[3]), _mm512_unpackhi_epi16(piece[2], piece[3])};
  for (int i = 0; i < 2; i++) {
    _mm512_storeu_si512(words + 16 * i, _mm512_unpacklo_epi32(low[i], high[i]));
    _mm512_storeu_si512(words + 16 * i + 8, _mm512_unpackhi_epi32(low[i], high[i]));
  }
}

// Where join_pieces leaves pixel p: every quarter of a vector has the pixels of one of eight.
TK_INLINE size_t joined_at(size_t p) { return p % 8 / 2 * 8 + p / 8 * 2 + p % 2; }

// Sixteen bits of 32 pixels at a time, pixels of several rows side by side; a pixel's words are put together from these.
static void code_patches_avx512(const int16_t *planes, size_t planeStride, size_t count, size_t H, size_t W,
                                const int16_t *thresholds, size_t levels, size_t firstBit, uint64_t *out,
                                size_t rowStride, size_t columnStride) {
  size_t firstWord = firstBit / 64, endWord = (firstBit + count * levels + 63) / 64, x = 0;
  uint16_t tile[TK_MOST_CODE_WORDS * 4][TK_CODED];
  uint64_t words[TK_CODED], *row = out + firstWord;
  for (size_t first = 0; first < H * W; first += TK_CODED) {
    size_t pixels = smaller(TK_CODED, H * W - first), bit = firstBit % 64, chunk = bit / 16;
    __mmask32 valid = first_of_32(pixels);
    __builtin_memset(tile, 0, chunk * sizeof tile[0]);
    __m512i code = _mm512_setzero_si512();
    for (size_t s = 0; s < count; s++) {
      __m512i values = _mm512_maskz_loadu_epi16(valid, planes + s * planeStride + first);
      for (size_t t = 0; t < levels; t++) {
        __mmask32 above = _mm512_cmpgt_epi16_mask(values, _mm512_set1_epi16(thresholds[s * levels + t]));
        code = _mm512_or_si512(code, _mm512_maskz_set1_epi16(above, (short)(1 << bit % 16)));
        if (++bit % 16 > 0) continue;
        _mm512_storeu_si512(tile[chunk++], code);
        code = _mm512_setzero_si512();
      }
    }
    while (chunk < 4 * (endWord - firstWord)) {
      _mm512_storeu_si512(tile[chunk++], code);
      code = _mm512_setzero_si512();
    }
    uint64_t *start = row;
    size_t column = x;
    for (size_t j = 0; j < endWord - firstWord; j++) {
      join_pieces(tile + 4 * j, words);
      int adds = j == 0 && firstBit % 64 > 0;
      row = start, x = column;
      for (size_t p = 0; p < pixels; p++) {
        uint64_t *word = row + x * columnStride + j;
        *word = (adds ? *word : 0) | words[joined_at(p)];
        if (++x == W) x = 0, row += rowStride;
      }
    }
  }
}

#endif
