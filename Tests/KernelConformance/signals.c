// Tests of the kernels that turn pixels into codes: numbers of pixels, differences to a local mean, filtered pixels.
// Windows less their contrast are in windows.c.

#include "conformance.h"

typedef struct signal_case {
  size_t H, W, C, window, levels, firstBit;
} signal_case;

// MARK: Numbers of pixels

static int32_t number_at(const uint8_t *pixels, const signal_case *c, const int32_t *coefficients, long y, long x) {
  const uint8_t *pixel = pixels + (inside(y, c->H) * c->W + inside(x, c->W)) * c->C;
  int32_t number = 0;
  for (size_t i = 0; i < c->C; i++) number += coefficients[i] * pixel[i];
  return number;
}

static int32_t filtered_at(const uint8_t *pixels, const signal_case *c, const int16_t *factors, long y, long x) {
  long r = (long)c->window / 2;
  int32_t number = 0;
  for (size_t i = 0; i < c->window * c->window * c->C; i++) {
    size_t row = inside(y + (long)(i / c->C / c->window) - r, c->H);
    size_t column = inside(x + (long)(i / c->C % c->window) - r, c->W);
    number += factors[i] * pixels[(row * c->W + column) * c->C + i % c->C];
  }
  return number;
}

// With factors their sum, else the number of the pixel, less the mean around it where there is a window.
static int32_t value_at(const uint8_t *pixels, const signal_case *c, const tk_signal *signal, long y, long x) {
  if (signal->factors) return filtered_at(pixels, c, signal->factors, y, x);
  int32_t value = number_at(pixels, c, signal->coefficients, y, x);
  long r = (long)c->window / 2;
  if (c->window) value *= (int32_t)(c->window * c->window);
  for (long dy = -r; c->window && dy <= r; dy++)
    for (long dx = -r; dx <= r; dx++) value -= number_at(pixels, c, signal->coefficients, y + dy, x + dx);
  return value;
}

// MARK: Signals

static void check_signal(const tk_kernels *kernels, const signal_case *c, const uint8_t *pixels,
                         const int16_t *factors, int32_t *scratch, size_t spread) {
  size_t words = (c->firstBit + c->levels + 63) / 64, columnStride = words + (spread ? below(2) : 0);
  size_t rowStride = c->W * columnStride + below(3);
  int32_t coefficients[4], thresholds[64];
  for (size_t i = 0; i < 4; i++) coefficients[i] = (int32_t)below(4) - 2;
  for (size_t t = 0; t < c->levels; t++)
    thresholds[t] = (int32_t)(below(1001) * (t + 1)) - 500 * (int32_t)(c->window ? c->window : 1);
  for (size_t t = 1; t < c->levels; t++)
    if (thresholds[t] < thresholds[t - 1]) thresholds[t] = thresholds[t - 1];
  tk_signal signal = {coefficients, factors, c->window, thresholds, c->levels, c->firstBit};
  output o = make_output(8 * ((c->H - 1) * rowStride + (c->W - 1) * columnStride + words));
  for (size_t p = 0; p < c->H * c->W; p++) {
    uint64_t *out = (uint64_t *)o.expected + p / c->W * rowStride + p % c->W * columnStride;
    int32_t value = value_at(pixels, c, &signal, (long)(p / c->W), (long)(p % c->W));
    for (size_t t = 0; t < c->levels; t++) {
      size_t bit = c->firstBit + t;
      if (bit % 64 == 0) out[bit / 64] = 0;
      out[bit / 64] |= (uint64_t)(value > thresholds[t]) << (bit % 64);
    }
  }
  kernels->encode_signal(pixels, c->H, c->W, c->C, &signal, scratch, o.got, rowStride, columnStride);
  check(o, factors ? "encode_signal with factors" : "encode_signal", c->W, c->window, c->levels);
}

// MARK: Filtered pixels

static void check_filter(const tk_kernels *kernels, const signal_case *c, const uint8_t *pixels,
                         const int16_t *factors, int32_t *scratch) {
  output plane = make_output(4 * (c->H * c->W + 16));
  for (size_t p = 0; p < c->H * c->W; p++)
    ((int32_t *)plane.expected)[p] = filtered_at(pixels, c, factors, (long)(p / c->W), (long)(p % c->W));
  kernels->filter_pixels(pixels, c->H, c->W, c->C, factors, c->window, scratch, (int32_t *)plane.got);
  // What lies behind the last pixel is anyone's.
  memcpy((int32_t *)plane.got + c->H * c->W, (int32_t *)plane.expected + c->H * c->W, 4 * 16);
  check(plane, "filter_pixels", c->W, c->window, c->C);
}

// MARK: Shapes

static void check_shape(const tk_kernels *kernels, const size_t *shape, size_t window) {
  static const size_t allLevels[] = {1, 8, 31, 32, 33, 63, 64}, fewLevels[] = {1, 31, 32, 33, 64};
  static const size_t firstBits[] = {0, 5, 60, 64, 100};
  size_list levels = SIZES(allLevels, fewLevels);
  size_t H = shape[0], W = shape[1], C = shape[2];
  int32_t *scratch = allocate(4 * (H * W + 16 + (C + 1) * (H + 14) * (W + 30)));
  for (size_t l = 0; l < levels.count; l++) {
    uint8_t *pixels = random_pixels(H * W * C, 3);
    signal_case c = {H, W, C, window, levels.sizes[l], 0};
    // Of few sizes every place of the first bit, with the words of a row side by side.
    for (size_t b = 0; b < (fewSizes ? LENGTH(firstBits) : 1); b++) {
      c.firstBit = firstBits[fewSizes ? b : below(LENGTH(firstBits))];
      check_signal(kernels, &c, pixels, NULL, scratch, fewSizes ? b % 2 : 1);
    }
    if (window && l == 0) {
      int16_t *factors = random_values(window * window * C, 20);
      check_filter(kernels, &c, pixels, factors, scratch);
      check_signal(kernels, &c, pixels, factors, scratch, 1);
      free(factors);
    }
    free(pixels);
  }
  free(scratch);
}

void test_signals(const tk_kernels *kernels) {
  // H, W, C: 16 pixels of a row go together; one channel, three, and any other number.
  static const size_t all[][3] = {{1, 1, 1}, {3, 5, 3}, {5, 16, 1}, {2, 17, 2}, {16, 33, 3}, {7, 48, 4}};
  static const size_t few[][3] = {{1, 1, 1}, {3, 5, 3}, {2, 16, 1}, {2, 17, 2}};
  static const size_t allWindows[] = {0, 3, 5, 9, 15}, fewWindows[] = {0, 3, 15};
  size_list windows = SIZES(allWindows, fewWindows);
  for (size_t s = 0; s < (fewSizes ? LENGTH(few) : LENGTH(all)); s++)
    for (size_t w = 0; w < windows.count; w++) check_shape(kernels, fewSizes ? few[s] : all[s], windows.sizes[w]);
}
