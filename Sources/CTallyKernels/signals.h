// Numbers made of pixels and their thermometer codes, in portable C with vector types, included by each
// implementation's file. H x W pixels of C bytes; numbers and their differences to a local mean are 32 bits.
#ifndef TALLY_SIGNALS_H
#define TALLY_SIGNALS_H

#include <stddef.h>

#include "generic.h"

// Pixels that are coded side by side.
#define TK_PIXELS 16
typedef uint64_t code_vector __attribute__((vector_size(8 * TK_PIXELS)));

// Sums over a column of the window, with the edge repeated this far on either side.
#define TK_MARGIN 7

TK_INLINE void add_channel(const uint8_t *pixels, size_t count, size_t C, int32_t coefficient, int first,
                           int32_t *plane) {
  if (first)
    for (size_t p = 0; p < count; p++) plane[p] = coefficient * pixels[p * C];
  else
    for (size_t p = 0; p < count; p++) plane[p] += coefficient * pixels[p * C];
}

// Numbers of all pixels, and zeros behind them for the vectors that reach past the last row.
TK_INLINE void fill_plane(const uint8_t *pixels, size_t count, size_t C, const int32_t *coefficients, int32_t *plane) {
  int first = 1;
  for (size_t c = 0; c < C; c++) {
    if (coefficients[c] == 0) continue;
    // A constant step lets the compiler load whole vectors.
    if (C == 1) add_channel(pixels, count, 1, coefficients[c], first, plane);
    else if (C == 3) add_channel(pixels + c, count, 3, coefficients[c], first, plane);
    else add_channel(pixels + c, count, C, coefficients[c], first, plane);
    first = 0;
  }
  for (size_t p = first ? 0 : count; p < count + TK_PIXELS; p++) plane[p] = 0;
}

// Sums over the `window` rows around every row, with the edges repeated `radius` numbers outwards; rows of sums are
// W + 2 margins + a vector apart. All of them come before any is used: a load that spans several fresh stores waits.
TK_INLINE void sum_columns(const int32_t *plane, size_t H, size_t W, size_t window, int32_t *columns) {
  size_t radius = window / 2, stride = W + 2 * TK_MARGIN + TK_PIXELS;
  for (size_t y = 0; y < H; y++) {
    int32_t *sums = columns + y * stride + TK_MARGIN;
    if (y == 0) {
      for (size_t x = 0; x < W; x++) sums[x] = 0;
      for (size_t i = 0; i < window; i++) {
        // Row i - radius, clamped into the image.
        const int32_t *row = plane + smaller(i < radius ? 0 : i - radius, H - 1) * W;
        for (size_t x = 0; x < W; x++) sums[x] += row[x];
      }
    } else {
      const int32_t *entering = plane + smaller(y + radius, H - 1) * W;
      const int32_t *leaving = plane + (y > radius ? y - radius - 1 : 0) * W;
      // The last vector runs past the row's end, into what is set below.
      for (size_t x = 0; x < W; x += TK_PIXELS) {
        number_vector sum, in, out;
        __builtin_memcpy(&sum, sums - stride + x, sizeof sum);
        __builtin_memcpy(&in, entering + x, sizeof in);
        __builtin_memcpy(&out, leaving + x, sizeof out);
        sum += in - out;
        __builtin_memcpy(sums + x, &sum, sizeof sum);
      }
    }
    for (size_t i = 1; i <= radius; i++) sums[-(ptrdiff_t)i] = sums[0];
    int32_t last = sums[W - 1];
    for (size_t i = 0; i < TK_MARGIN + TK_PIXELS; i++) sums[W + i] = last;
  }
}

// Codes of up to 16 pixels: the levels go in pieces that lie in one word. A thermometer code is all ones up to the
// number of thresholds below the value, so a piece is coded by counting. The piece at bit 0 of a word sets the word,
// the others add to it.
TK_INLINE void code_pixels(const number_vector *values, const tk_signal *signal, size_t pixels, uint64_t *out,
                           size_t columnStride) {
  size_t bit = signal->firstBit, t = 0;
  while (t < signal->levels) {
    size_t position = bit % 64, end = t + smaller(smaller(signal->levels - t, 64 - position), 32);
    uint64_t *words = out + bit / 64;
    bit += end - t;
    number_vector below = {0};
    for (; t < end; t++) below -= (number_vector)(*values > signal->thresholds[t]);
    code_vector code = ~(~(code_vector){0} << __builtin_convertvector(below, code_vector)) << position;
    if (columnStride == 1 && pixels == TK_PIXELS) {
      if (position > 0) {
        code_vector other;
        __builtin_memcpy(&other, words, sizeof other);
        code |= other;
      }
      __builtin_memcpy(words, &code, sizeof code);
    } else {
      for (size_t i = 0; i < pixels; i++)
        words[i * columnStride] = (position > 0 ? words[i * columnStride] : 0) | code[i];
    }
  }
}

// Sums of factors times the pixels around each pixel. The channels come apart into padded planes first, so
// that every factor meets whole vectors of neighbours.
static inline void filter_pixels_generic(const uint8_t *pixels, size_t H, size_t W, size_t C, const int16_t *factors,
                                         size_t window, int32_t *scratch, int32_t *out) {
  size_t radius = window / 2, stride = W + 2 * TK_MARGIN + TK_PIXELS, rows = H + 2 * radius;
  for (size_t c = 0; c < C; c++) {
    for (size_t y = 0; y < rows; y++) {
      int32_t *row = scratch + (c * rows + y) * stride;
      const uint8_t *from = pixels + smaller(y > radius ? y - radius : 0, H - 1) * W * C + c;
      for (size_t x = 0; x < stride; x++) row[x] = from[smaller(x > radius ? x - radius : 0, W - 1) * C];
    }
  }
  for (size_t y = 0; y < H; y++) {
    for (size_t x = 0; x < W; x += TK_PIXELS) {
      number_vector sum = {0};
      for (size_t dy = 0; dy < window; dy++) {
        for (size_t c = 0; c < C; c++) {
          const int32_t *row = scratch + (c * rows + y + dy) * stride + x;
          const int16_t *factor = factors + dy * window * C + c;
          for (size_t dx = 0; dx < window; dx++) {
            number_vector pixel;
            __builtin_memcpy(&pixel, row + dx, sizeof pixel);
            sum += pixel * (int32_t)factor[dx * C];
          }
        }
      }
      // The last vector runs past the row's end, into what comes next.
      __builtin_memcpy(out + y * W + x, &sum, sizeof sum);
    }
  }
}

static inline void encode_signal_generic(const uint8_t *pixels, size_t H, size_t W, size_t C,
                                         const tk_signal *signal, int32_t *scratch, uint64_t *out,
                                         size_t rowStride, size_t columnStride) {
  size_t window = signal->factors ? 0 : signal->window, radius = window / 2;
  int32_t area = (int32_t)(window * window);
  int32_t *plane = scratch, *columns = scratch + H * W + TK_PIXELS;
  if (signal->factors) filter_pixels_generic(pixels, H, W, C, signal->factors, signal->window, columns, plane);
  else fill_plane(pixels, H * W, C, signal->coefficients, plane);
  if (window > 0) sum_columns(plane, H, W, window, columns);
  for (size_t y = 0; y < H; y++) {
    const int32_t *row = plane + y * W;
    const int32_t *sums = columns + y * (W + 2 * TK_MARGIN + TK_PIXELS) + TK_MARGIN - radius;
    for (size_t x = 0; x < W; x += TK_PIXELS) {
      number_vector values;
      __builtin_memcpy(&values, row + x, sizeof values);
      if (window > 0) {
        values *= area;
        for (size_t i = 0; i < window; i++) {
          number_vector column;
          __builtin_memcpy(&column, sums + x + i, sizeof column);
          values -= column;
        }
      }
      code_pixels(&values, signal, smaller(TK_PIXELS, W - x), out + y * rowStride + x * columnStride, columnStride);
    }
  }
}

#endif
