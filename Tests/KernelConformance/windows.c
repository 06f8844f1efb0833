// Tests of the kernels on windows of pixels: values less their contrast, and the codes of these values.
// Signals with a local mean are in signals.c.

#include "conformance.h"

enum { MOST = 675, MOST_FILTERS = 17, MOST_LEVELS = 5 };

typedef struct window_case {
  size_t H, W, C, window, count;
  size_t n, steps, length;  // bytes of a window, pairs of a row, pairs of a filter
  const uint8_t *pixels;
} window_case;

// MARK: Values

// The first filter has the largest factors there are; pairs as the kernel takes them.
static void make_filter(const window_case *c, size_t f, int16_t *factors, int32_t *pairs) {
  int most = (int)(16000 / c->n);
  for (size_t i = 0; i < c->n; i++) {
    factors[i] = (int16_t)(f ? (int)below(2 * (uint64_t)most + 1) - most : i % 2 ? most : -most);
    size_t row = i / c->C / c->window, x = i / c->C % c->window;
    int32_t *pair = pairs + ((row * c->C + i % c->C) * c->steps + x / 2) * c->count;
    if (x % 2) *pair |= (int32_t)((uint32_t)(uint16_t)factors[i] << 16);
    else *pair = (int32_t)(uint16_t)factors[i];
  }
}

static int16_t value_of(const window_case *c, const int16_t *factors, size_t p) {
  long before = ((long)c->window - 1) / 2;
  int64_t sum = 0, total = 0, squares = 0, n = (int64_t)c->n;
  for (size_t i = 0; i < c->n; i++) {
    size_t row = inside((long)(p / c->W + i / c->C / c->window) - before, c->H);
    size_t column = inside((long)(p % c->W + i / c->C % c->window) - before, c->W);
    int64_t value = c->pixels[(row * c->W + column) * c->C + i % c->C];
    sum += factors[i] * (value - 128);
    total += value;
    squares += value * value;
  }
  int64_t contrast = root_by_trying(n * squares - total * total + 30 * n * n);
  int64_t scale = (51811 * n + contrast / 2) / contrast, value = ((sum >> 5) * scale) >> 12;
  return (int16_t)(value > 32767 ? 32767 : value < -32767 ? -32767 : value);
}

static output check_values(const tk_kernels *kernels, const window_case *c, size_t stride) {
  int32_t *pairs = allocate(4 * c->count * c->length);
  int32_t *scratch = allocate(4 * c->C * (c->H + c->window - 1) * (c->W + c->window + 16));
  output planes = make_output(2 * c->count * stride);
  for (size_t f = 0; f < c->count; f++) {
    int16_t factors[MOST];
    make_filter(c, f, factors, pairs + f);
    for (size_t p = 0; p < c->H * c->W; p++)
      ((int16_t *)planes.expected)[f * stride + p] = value_of(c, factors, p);
  }
  kernels->patch_values(c->pixels, c->H, c->W, c->C, pairs, c->count, c->window, scratch, planes.got, stride);
  // What lies behind the last pixel is anyone's.
  for (size_t f = 0; f < c->count; f++) {
    size_t end = f * stride + c->H * c->W;
    memcpy((int16_t *)planes.got + end, (int16_t *)planes.expected + end, 2 * 16);
  }
  free(pairs);
  free(scratch);
  return planes;
}

// MARK: Codes

static void check_codes(const tk_kernels *kernels, const window_case *c, size_t stride, const int16_t *planes,
                        size_t levels, size_t firstBit) {
  size_t words = (firstBit + c->count * levels + 63) / 64, columnStride = words + below(2);
  size_t rowStride = c->W * columnStride + below(3);
  int16_t thresholds[MOST_FILTERS * MOST_LEVELS];
  for (size_t t = 0; t < c->count * levels; t++) thresholds[t] = (int16_t)((int)below(4001) - 2000);
  output codes = make_output(8 * ((c->H - 1) * rowStride + (c->W - 1) * columnStride + words));
  for (size_t p = 0; p < c->H * c->W; p++) {
    uint64_t *out = (uint64_t *)codes.expected + p / c->W * rowStride + p % c->W * columnStride;
    for (size_t bit = firstBit; bit < 64 * words; bit++) {
      size_t t = bit - firstBit;
      if (bit % 64 == 0) out[bit / 64] = 0;
      if (t < c->count * levels)
        out[bit / 64] |= (uint64_t)(planes[t / levels * stride + p] > thresholds[t]) << (bit % 64);
    }
  }
  kernels->code_patches(planes, stride, c->count, c->H, c->W, thresholds, levels, firstBit, codes.got, rowStride,
                        columnStride);
  check(codes, "code_patches", c->W, c->count, levels);
}

// MARK: Shapes

static void check_windows(const tk_kernels *kernels, const size_t *shape, size_t window, size_t count, size_t levels,
                          size_t firstBit) {
  size_t H = shape[0], W = shape[1], C = shape[2], steps = (window + 1) / 2;
  if (window * window * C > MOST) return;
  // The largest contrast there is, every now and then.
  uint8_t *pixels = random_pixels(H * W * C, below(3) ? 4 : 1);
  window_case c = {H, W, C, window, count, window * window * C, steps, window * C * steps, pixels};
  size_t stride = H * W + 16;
  output planes = check_values(kernels, &c, stride);
  check_codes(kernels, &c, stride, planes.got, levels, firstBit);
  check(planes, "patch_values", W, window, count);
  free(pixels);
}

void test_windows(const tk_kernels *kernels) {
  // H, W, C: 16 pixels of a row go together.
  static const size_t all[][3] = {{1, 1, 1}, {3, 5, 3}, {4, 16, 1}, {2, 17, 2}, {5, 33, 3}, {2, 3, 13}, {2, 2, 57},
                                 {2, 3, 58}, {2, 2, 75}};
  static const size_t few[][3] = {{1, 1, 1}, {2, 5, 3}, {1, 16, 1}, {1, 17, 2}, {2, 3, 57}, {1, 2, 75}};
  static const size_t windows[] = {2, 3, 6, 7, 15};
  // Filters, six or eight of which are added up together, levels and first bit: codes go in sixteens and in words.
  // 3 x 3 windows of 57 channels are the largest whose contrast fits 32 bits.
  static const size_t counts[] = {1, 5, 6, 7, 8, 9, 17};
  static const size_t codes[][3] = {{1, 1, 0}, {6, 3, 63}, {7, 5, 29}, {5, 4, 64}, {9, 5, 100}};
  for (size_t s = 0; s < (fewSizes ? LENGTH(few) : LENGTH(all)); s++) {
    for (size_t w = 0; w < LENGTH(windows); w++) {
      if (fewSizes) {
        const size_t *code = codes[(s + w) % LENGTH(codes)];
        check_windows(kernels, few[s], windows[w], code[0], code[1], code[2]);
      } else {
        check_windows(kernels, all[s], windows[w], counts[below(LENGTH(counts))], 1 + below(MOST_LEVELS), below(130));
      }
    }
  }
}
