// AVX-512: thermometer codes of a window's values. Included by avx512.c inside its target region.
#ifndef TALLY_AVX512_CODES_H
#define TALLY_AVX512_CODES_H

#include <immintrin.h>

#include "generic.h"
#include "patches.h"

// Pixels coded side by side.
enum { TK_CODED = 32 };

// Words of 32 pixels from four pieces of 16 bits.
TK_INLINE void join_32_pieces(const uint16_t (*pieces)[TK_CODED], uint64_t *words) {
  __m512i piece[4], joined[4];
  for (int i = 0; i < 4; i++) piece[i] = _mm512_loadu_si512(pieces[i]);
  __m512i low[2] = {_mm512_unpacklo_epi16(piece[0], piece[1]), _mm512_unpackhi_epi16(piece[0], piece[1])};
  __m512i high[2] = {_mm512_unpacklo_epi16(piece[2], piece[3]), _mm512_unpackhi_epi16(piece[2], piece[3])};
  for (int i = 0; i < 2; i++) {
    joined[2 * i] = _mm512_unpacklo_epi32(low[i], high[i]);
    joined[2 * i + 1] = _mm512_unpackhi_epi32(low[i], high[i]);
  }
  // Quarter q of vector i now has pixels 8 q + 2 i and the next: quarters are transposed.
  __m512i a = _mm512_shuffle_i64x2(joined[0], joined[1], 0x44), b = _mm512_shuffle_i64x2(joined[2], joined[3], 0x44);
  __m512i c = _mm512_shuffle_i64x2(joined[0], joined[1], 0xee), d = _mm512_shuffle_i64x2(joined[2], joined[3], 0xee);
  _mm512_storeu_si512(words, _mm512_shuffle_i64x2(a, b, 0x88));
  _mm512_storeu_si512(words + 8, _mm512_shuffle_i64x2(a, b, 0xdd));
  _mm512_storeu_si512(words + 16, _mm512_shuffle_i64x2(c, d, 0x88));
  _mm512_storeu_si512(words + 24, _mm512_shuffle_i64x2(c, d, 0xdd));
}

// Adds to the codes of 32 pixels the bits of `run` thresholds, 1 to 16, that their values are above.
TK_INLINE __m512i add_bits(__m512i code, __m512i values, const uint32_t *twice, const __m512i *bits, size_t run) {
#define TK_BIT(i) \
  code = _mm512_mask_add_epi16(code, _mm512_cmpgt_epi16_mask(values, _mm512_set1_epi32((int)twice[i])), code, bits[i])
  if (run >= 4) {
    size_t i = 0;
    for (; i + 4 <= run; i += 4) {
      TK_BIT(i);
      TK_BIT(i + 1);
      TK_BIT(i + 2);
      TK_BIT(i + 3);
    }
    for (; i < run; i++) TK_BIT(i);
    return code;
  }
  TK_BIT(0);
  if (run > 1) TK_BIT(1);
  if (run > 2) TK_BIT(2);
  return code;
#undef TK_BIT
}

// Where the words of pixels one after the other go.
typedef struct code_cursor {
  uint64_t *row;
  size_t x, W, rowStride, columnStride;
} code_cursor;

// Sets or adds to word j of `pixels` pixels, and goes on behind them.
TK_INLINE void put_words(code_cursor *cursor, size_t j, const uint64_t *words, size_t pixels, int adds) {
  for (size_t p = 0; p < pixels;) {
    size_t run = smaller(pixels - p, cursor->W - cursor->x);
    uint64_t *at = cursor->row + cursor->x * cursor->columnStride + j;
    if (adds)
      for (size_t i = 0; i < run; i++) at[i * cursor->columnStride] |= words[p + i];
    else
      for (size_t i = 0; i < run; i++) at[i * cursor->columnStride] = words[p + i];
    p += run;
    cursor->x += run;
    if (cursor->x == cursor->W) cursor->x = 0, cursor->row += cursor->rowStride;
  }
}

// Sixteen bits of 32 pixels at a time, pixels of several rows side by side; a pixel's words are put together from these.
static void code_patches_avx512(const int16_t *planes, size_t planeStride, size_t count, size_t H, size_t W,
                                const int16_t *thresholds, size_t levels, size_t firstBit, uint64_t *out,
                                size_t rowStride, size_t columnStride) {
  size_t words = (firstBit + count * levels + 63) / 64 - firstBit / 64;
  uint16_t tile[TK_MOST_CODE_WORDS * 4][TK_CODED];
  uint32_t twice[TK_MOST_CODE_WORDS * 64];  // thresholds, two side by side: whole vectors of them are loaded
  uint64_t joined[TK_CODED];
  for (size_t i = 0; i < count * levels; i++) twice[i] = (uint16_t)thresholds[i] * (uint32_t)0x10001;
  __m512i bits[16];
  for (int i = 0; i < 16; i++) bits[i] = _mm512_set1_epi16((short)(1 << i));
  code_cursor cursor = {out + firstBit / 64, 0, W, rowStride, columnStride};
  for (size_t first = 0; first < H * W; first += TK_CODED) {
    size_t pixels = smaller(TK_CODED, H * W - first), bit = firstBit % 64, chunk = bit / 16;
    __mmask32 valid = first_of_32(pixels);
    __builtin_memset(tile, 0, chunk * sizeof tile[0]);
    bit %= 16;
    __m512i code = _mm512_setzero_si512();
    for (size_t s = 0; s < count; s++) {
      __m512i values = _mm512_maskz_loadu_epi16(valid, planes + s * planeStride + first);
      const uint32_t *threshold = twice + s * levels;
      for (size_t left = levels; left > 0;) {
        size_t run = smaller(left, 16 - bit);
        code = add_bits(code, values, threshold, bits + bit, run);
        threshold += run, left -= run, bit += run;
        if (bit < 16) continue;
        _mm512_storeu_si512(tile[chunk++], code);
        code = _mm512_setzero_si512();
        bit = 0;
      }
    }
    while (chunk < 4 * words) {
      _mm512_storeu_si512(tile[chunk++], code);
      code = _mm512_setzero_si512();
    }
    code_cursor next = cursor;
    for (size_t j = 0; j < words; j++) {
      next = cursor;
      join_32_pieces(tile + 4 * j, joined);
      put_words(&next, j, joined, pixels, j == 0 && firstBit % 64 > 0);
    }
    cursor = next;
  }
}

#endif
