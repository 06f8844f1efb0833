// Numbers made of the window around every pixel, less how strong the window's contrast is, in portable C with vector
// types, included by each implementation's file. H x W pixels of C bytes; 16 pixels of a row side by side.
//
// The including file may define before: TK_ADD_PAIRS, see add_pairs; TK_SUMS, the sums that registers hold (6 without, at most 16);
// TK_WHOLE_ROOTS and TK_WHOLE_QUOTIENTS, see whole_roots and whole_quotients; TK_PUT_VALUE, see put_value; TK_JOIN_PIECES, see join_pieces.
#ifndef TALLY_PATCHES_H
#define TALLY_PATCHES_H

#include <stddef.h>
#include <stdint.h>

#include "roots.h"
#include "signals.h"

#ifndef TK_SUMS
#define TK_SUMS 6
#endif

// Sums stay in registers where a loop over them is written out.
#ifdef __clang__
#define TK_UNROLL _Pragma("unroll")
#else
#define TK_UNROLL
#endif

// Steps of a window, two pixels of a row at a time: w * C * ceil(w / 2) is largest for w = 3, where w * w * C <= 675.
#define TK_MOST_STEPS 450
// Words of a pixel that a patch's codes reach over: 7281 bits from any bit of a word on.
#define TK_MOST_CODE_WORDS 115

// All numbers alike.
#define TK_NUMBERS(value) ((number_vector){0} + (int32_t)(value))

typedef int16_t value_vector __attribute__((vector_size(2 * TK_PIXELS)));
typedef int64_t wide_vector __attribute__((vector_size(8 * TK_PIXELS)));

// Adds, in every 32 bits, the product of the lower halves and that of the upper halves, both signed.
#ifdef TK_ADD_PAIRS
#define add_pairs TK_ADD_PAIRS
#else
TK_INLINE void add_pairs(number_vector *sum, const number_vector *a, const number_vector *b) {
  *sum += ((*a << 16) >> 16) * ((*b << 16) >> 16) + (*a >> 16) * (*b >> 16);
}
#endif

// The roots of numbers below 2^34, as roots_of makes those of 32 bits.
TK_INLINE void wide_roots_of(const wide_vector *numbers, square_vector *roots) {
  wide_vector rest = *numbers, root = {0};
  for (int bit = 32; bit >= 0; bit -= 2) {
    wide_vector part = root | (int64_t)1 << bit, fits = rest >= part;
    rest -= part & fits;
    root = (root >> 1) | (fits & (int64_t)1 << bit);
  }
  *roots = __builtin_convertvector(root, square_vector);
}

// Roots of numbers that 32 bits hold, at least 1 and below 65534^2.
#ifdef TK_WHOLE_ROOTS
#define whole_roots TK_WHOLE_ROOTS
#else
TK_INLINE void whole_roots(const square_vector *numbers, square_vector *roots) { roots_of(numbers, 30, roots); }
#endif

// Quotients without their fractions, below 2^14. Dividends are below 2^26, divisors below 2^17 and not 0.
#ifdef TK_WHOLE_QUOTIENTS
#define whole_quotients TK_WHOLE_QUOTIENTS
#else
TK_INLINE void whole_quotients(const square_vector *dividends, const square_vector *divisors, square_vector *quotients) {
  // Bit by bit: no shift loses a bit.
  square_vector rest = *dividends, quotient = {0};
  for (int bit = 13; bit >= 0; bit--) {
    square_vector part = *divisors << bit, fits = (square_vector)(rest >= part);
    rest -= part & fits;
    quotient |= fits & (uint32_t)1 << bit;
  }
  *quotients = quotient;
}
#endif

// TK_CONTRAST over the contrast of n values, from their sum and the sum of their squares: the square root of variance
// plus TK_CONTRAST_FLOOR. All values are within -128 and 127, so n * n * (variance + TK_CONTRAST_FLOOR) is at most
// 16287 * n * n: 32 bits hold that of up to 513 values, where what is more than 32 bits in between does not matter.
TK_INLINE void over_contrast(const number_vector *sum, const number_vector *squares, size_t n, number_vector *result) {
  square_vector contrast, quotient;
  if (n <= 513) {
    square_vector total = (square_vector)*sum;
    square_vector spread = (square_vector)*squares * (uint32_t)n - total * total;
    spread += (uint32_t)(TK_CONTRAST_FLOOR * n * n);
    whole_roots(&spread, &contrast);
  } else {
    wide_vector total = __builtin_convertvector(*sum, wide_vector), count = (wide_vector){0} + (int64_t)n;
    wide_vector spread = count * __builtin_convertvector(*squares, wide_vector) - total * total;
    spread += (int64_t)TK_CONTRAST_FLOOR * (int64_t)(n * n);
    wide_roots_of(&spread, &contrast);
  }
  // The contrast is at least 5 n, as the floor is 30, so the quotient is below 2^14.
  square_vector dividend = contrast / 2 + (uint32_t)(TK_CONTRAST * n);
  whole_quotients(&dividend, &contrast, &quotient);
  *result = (number_vector)quotient;
}

// A sum of factors times pixels in units of the contrast, with its fraction cut off (downwards).
#ifdef TK_PUT_VALUE
#define put_value TK_PUT_VALUE
#else
TK_INLINE void put_value(const number_vector *sum, const number_vector *scale, int16_t *out) {
  number_vector value = ((*sum >> 5) * *scale) >> 12;
  number_vector highest = TK_NUMBERS(32767), lowest = -highest;
  number_vector above = value > highest, below = value < lowest;
  value = (value & ~(above | below)) | (highest & above) | (lowest & below);
  value_vector narrow = __builtin_convertvector(value, value_vector);
  __builtin_memcpy(out, &narrow, sizeof narrow);
}
#endif

// A pixel and the next less 128, the next in the upper half.
TK_INLINE int32_t pair_of(uint8_t pixel, uint8_t next) {
  return (int32_t)((uint32_t)(pixel - 128) & 0xffff) | (int32_t)((uint32_t)(next - 128) << 16);
}

TK_INLINE void spread_row(const uint8_t *from, size_t W, size_t C, size_t before, size_t stride, int32_t *row) {
  for (size_t x = 0; x < before; x++) row[x] = pair_of(from[0], from[0]);
  for (size_t x = 0; x + 1 < W; x++) row[before + x] = pair_of(from[x * C], from[(x + 1) * C]);
  uint8_t last = from[(W - 1) * C];
  for (size_t x = before + W - 1; x < stride; x++) row[x] = pair_of(last, last);
}

// Every pixel less 128, its neighbour to the right in the upper half; edges repeated outwards. Each channel is a plane
// of `rows` rows, `stride` numbers apart; the first pixel has `before` rows above it and numbers to its left.
TK_INLINE void spread_pairs(const uint8_t *pixels, size_t H, size_t W, size_t C, size_t before, size_t rows,
                            size_t stride, int32_t *planes) {
  for (size_t c = 0; c < C; c++) {
    for (size_t y = 0; y < rows; y++) {
      const uint8_t *from = pixels + smaller(y > before ? y - before : 0, H - 1) * W * C + c;
      int32_t *row = planes + (c * rows + y) * stride;
      // A constant step lets the compiler load whole vectors.
      if (C == 1) spread_row(from, W, 1, before, stride, row);
      else if (C == 3) spread_row(from, W, 3, before, stride, row);
      else spread_row(from, W, C, before, stride, row);
    }
  }
}

// The values of `count` filters, a constant; each pair of factors of all filters lies beside the next one's, `stride` apart.
TK_INLINE void put_values(const number_vector *block, const int32_t *factors, size_t stride, size_t length, size_t count,
                          const number_vector *scale, int16_t *values, size_t planeStride) {
  number_vector sums[TK_SUMS];
  for (size_t k = 0; k < count; k++) sums[k] = (number_vector){0};
  for (size_t i = 0; i < length; i++, factors += stride) {
    for (size_t k = 0; k < count; k++) {
      number_vector factor = TK_NUMBERS(factors[k]);
      add_pairs(&sums[k], &block[i], &factor);
    }
  }
  TK_UNROLL
  for (size_t k = 0; k < count; k++) put_value(&sums[k], scale, values + k * planeStride);
}

// The sum of a block's values and that of their squares, four sums side by side so that none waits for the last addition.
TK_INLINE void moments_of(const number_vector *block, size_t length, number_vector *sum, number_vector *squares) {
  number_vector ones = TK_NUMBERS(0x00010001), sums[4] = {{0}}, powers[4] = {{0}};
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    for (size_t j = 0; j < 4; j++) {
      add_pairs(&sums[j], &block[i + j], &ones);
      add_pairs(&powers[j], &block[i + j], &block[i + j]);
    }
  }
  for (; i < length; i++) {
    add_pairs(&sums[0], &block[i], &ones);
    add_pairs(&powers[0], &block[i], &block[i]);
  }
  *sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  *squares = (powers[0] + powers[1]) + (powers[2] + powers[3]);
}

// The values of some filters, as many as registers hold at most.
TK_INLINE void put_some_values(const number_vector *block, const int32_t *factors, size_t stride, size_t length,
                               size_t count, const number_vector *scale, int16_t *values, size_t planeStride) {
#define TK_CASE(n) \
  case n: \
    if (n <= TK_SUMS) put_values(block, factors, stride, length, n <= TK_SUMS ? n : 1, scale, values, planeStride); \
    break;
  switch (count) {
    TK_CASE(1) TK_CASE(2) TK_CASE(3) TK_CASE(4) TK_CASE(5) TK_CASE(6) TK_CASE(7) TK_CASE(8)
    TK_CASE(9) TK_CASE(10) TK_CASE(11) TK_CASE(12) TK_CASE(13) TK_CASE(14) TK_CASE(15) TK_CASE(16)
  }
#undef TK_CASE
}

static inline void patch_values_generic(const uint8_t *pixels, size_t H, size_t W, size_t C, const int32_t *pairs,
                                        size_t count, size_t window, int32_t *scratch, int16_t *out,
                                        size_t planeStride) {
  size_t steps = (window + 1) / 2, length = window * C * steps;
  size_t rows = H + window - 1, stride = W + window + TK_PIXELS;
  spread_pairs(pixels, H, W, C, (window - 1) / 2, rows, stride, scratch);
  number_vector block[TK_MOST_STEPS];
  for (size_t y = 0; y < H; y++) {
    for (size_t x = 0; x < W; x += TK_PIXELS) {
      size_t step = 0;
      for (size_t dy = 0; dy < window; dy++) {
        for (size_t c = 0; c < C; c++) {
          const int32_t *row = scratch + (c * rows + y + dy) * stride + x;
          for (size_t i = 0; i < steps; i++) {
            number_vector pair;
            __builtin_memcpy(&pair, row + 2 * i, sizeof pair);
            // Behind the last pixel of an odd window is one that does not belong to it.
            if (2 * i + 1 == window) pair &= 0xffff;
            block[step++] = pair;
          }
        }
      }
      number_vector sum, squares, scale;
      moments_of(block, length, &sum, &squares);
      over_contrast(&sum, &squares, window * window * C, &scale);
      int16_t *values = out + y * W + x;
      // Several sums side by side, so that none waits for its last addition; about as many each time.
      for (size_t s = 0; s < count;) {
        size_t turns = (count - s + TK_SUMS - 1) / TK_SUMS, some = (count - s + turns - 1) / turns;
        put_some_values(block, pairs + s, count, length, some, &scale, values + s * planeStride, planeStride);
        s += some;
      }
    }
  }
}

// Words of sixteen pixels from four pieces of 16 bits.
#ifdef TK_JOIN_PIECES
#define join_pieces TK_JOIN_PIECES
#else
TK_INLINE void join_pieces(const uint16_t (*pieces)[TK_PIXELS], uint64_t *words) {
  for (size_t i = 0; i < TK_PIXELS; i++)
    words[i] = (uint64_t)pieces[0][i] | (uint64_t)pieces[1][i] << 16 | (uint64_t)pieces[2][i] << 32 |
               (uint64_t)pieces[3][i] << 48;
}
#endif

// Sixteen bits of sixteen pixels at a time; a pixel's words are put together from these.
static inline void code_patches_generic(const int16_t *planes, size_t planeStride, size_t count, size_t H, size_t W,
                                        const int16_t *thresholds, size_t levels, size_t firstBit, uint64_t *out,
                                        size_t rowStride, size_t columnStride) {
  size_t firstWord = firstBit / 64, endWord = (firstBit + count * levels + 63) / 64;
  uint16_t tile[TK_MOST_CODE_WORDS * 4][TK_PIXELS];
  for (size_t y = 0; y < H; y++) {
    for (size_t x = 0; x < W; x += TK_PIXELS) {
      size_t bit = firstBit % 64, chunk = bit / 16;
      __builtin_memset(tile, 0, chunk * sizeof tile[0]);
      value_vector code = {0};
      for (size_t s = 0; s < count; s++) {
        value_vector values;
        __builtin_memcpy(&values, planes + s * planeStride + y * W + x, sizeof values);
        for (size_t t = 0; t < levels; t++) {
          value_vector threshold = (value_vector){0} + thresholds[s * levels + t];
          code |= (value_vector)(values > threshold) & (int16_t)(1 << bit % 16);
          if (++bit % 16 > 0) continue;
          __builtin_memcpy(tile[chunk++], &code, sizeof code);
          code = (value_vector){0};
        }
      }
      while (chunk < 4 * (endWord - firstWord)) {
        __builtin_memcpy(tile[chunk++], &code, sizeof code);
        code = (value_vector){0};
      }
      size_t pixels = smaller(TK_PIXELS, W - x);
      uint64_t *at = out + y * rowStride + x * columnStride + firstWord, words[TK_PIXELS];
      for (size_t j = 0; j < endWord - firstWord; j++, at++) {
        join_pieces(tile + 4 * j, words);
        if (j == 0 && firstBit % 64 > 0)
          for (size_t i = 0; i < pixels; i++) at[i * columnStride] |= words[i];
        else
          for (size_t i = 0; i < pixels; i++) at[i * columnStride] = words[i];
      }
    }
  }
}

#endif
