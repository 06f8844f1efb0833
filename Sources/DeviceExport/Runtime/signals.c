/* From pixels to bits: the numbers of every pixel, compared with their thresholds. */

static uint32_t tally_clamp(int32_t at, uint32_t count) {
  if (at < 0) return 0;
  return (uint32_t)at < count ? (uint32_t)at : count - 1u;
}

/* Sets the bits of a number. Thresholds ascend, so the first that is not passed ends it. */
TALLY_INLINE void tally_code(int32_t value, const int32_t *thresholds, uint32_t levels, uint32_t bit, uint32_t *words) {
  uint32_t passed = 0;
  while (passed < levels && value > thresholds[passed]) passed++;
  for (; passed > 0u; passed--, bit++) words[bit >> 5] |= (uint32_t)1 << (bit & 31u);
}

#if TALLY_WINDOWS
/* The values of the window around a pixel less `less`, row by row, channels innermost; what lies beyond an edge repeats it.
   Even windows reach further down and right. */
TALLY_ALONE void tally_read_window(const tally_image *image, uint32_t y, uint32_t x, uint32_t window, int32_t less,
                              int16_t *values) {
  int32_t before = (int32_t)(window - 1u) / 2;
  int32_t left = (int32_t)x - before;
  int inside = left >= 0 && (uint32_t)left + window <= image->width;
  for (uint32_t dy = 0; dy < window; dy++) {
    uint32_t row = tally_clamp((int32_t)(y + dy) - before, image->height) * image->width;
    if (inside) {
      const uint8_t *pixel = image->pixels + (size_t)(row + (uint32_t)left) * TALLY_CHANNELS;
      for (uint32_t i = 0; i < window * TALLY_CHANNELS; i++) *values++ = (int16_t)(pixel[i] - less);
      continue;
    }
    for (uint32_t dx = 0; dx < window; dx++) {
      uint32_t column = tally_clamp(left + (int32_t)dx, image->width);
      const uint8_t *pixel = image->pixels + (size_t)(row + column) * TALLY_CHANNELS;
      for (uint32_t c = 0; c < TALLY_CHANNELS; c++) *values++ = (int16_t)(pixel[c] - less);
    }
  }
  *values = 0; /* the second of the last pair, if their number is odd */
}
#endif

#if TALLY_CHANNEL_SUMS
static int32_t tally_channel_sum(const uint8_t *pixel, const int16_t *factors) {
  int32_t sum = 0;
  for (uint32_t c = 0; c < TALLY_CHANNELS; c++) sum += (int32_t)factors[c] * pixel[c];
  return sum;
}

/* Sums of a pixel's channels; with a window w, w * w times the sum less the sums of all pixels in the window. */
static void tally_weighted(const tally_signal *signal, const tally_image *image, uint32_t y, uint32_t x,
                           uint32_t *words) {
  uint32_t window = signal->window, bit = signal->bit;
  int32_t radius = (int32_t)(window / 2u);
  for (uint32_t i = 0; i < signal->count; i++, bit += signal->levels) {
    const int16_t *factors = signal->factors + (size_t)i * TALLY_CHANNELS;
    int32_t value = tally_channel_sum(image->pixels + (size_t)(y * image->width + x) * TALLY_CHANNELS, factors);
    if (window > 0u) value *= (int32_t)(window * window);
    for (uint32_t dy = 0; dy < window; dy++) {
      uint32_t row = tally_clamp((int32_t)(y + dy) - radius, image->height) * image->width;
      for (uint32_t dx = 0; dx < window; dx++) {
        uint32_t column = tally_clamp((int32_t)(x + dx) - radius, image->width);
        value -= tally_channel_sum(image->pixels + (size_t)(row + column) * TALLY_CHANNELS, factors);
      }
    }
    tally_code(value, signal->thresholds + (size_t)i * signal->levels, signal->levels, bit, words);
  }
}
#endif

#if TALLY_WHITENED
static void tally_filtered(const tally_signal *signal, const tally_image *image, uint32_t y, uint32_t x,
                           int16_t *values, uint32_t *words) {
  uint32_t n = (uint32_t)signal->window * signal->window * TALLY_CHANNELS, bit = signal->bit;
  const int16_t *factors = signal->factors;
  tally_read_window(image, y, x, signal->window, 0, values);
  for (uint32_t i = 0; i < signal->count; i++, bit += signal->levels, factors += n) {
    int32_t sum = 0;
    for (uint32_t j = 0; j < n; j++) sum += (int32_t)factors[j] * values[j];
    tally_code(sum, signal->thresholds + (size_t)i * signal->levels, signal->levels, bit, words);
  }
}
#endif

#if TALLY_PATCHES
/* 51,811 over the contrast of n values, rounded to the nearest: the root of their variance plus 30. */
static int32_t tally_over_contrast(const int16_t *values, uint32_t n) {
  static const int16_t ones[2] = {1, 1};
  int32_t sum = 0, squares = 0;
  for (uint32_t i = 0; i < n; i += 2u) {
    sum = tally_add_products(sum, values + i, ones);
    squares = tally_add_products(squares, values + i, values + i);
  }
  uint32_t contrast;
#if TALLY_LARGE_WINDOWS
  contrast = tally_large_root((uint64_t)n * (uint32_t)squares - (uint64_t)((int64_t)sum * sum) + (uint64_t)30 * n * n);
#else
  /* Up to 513 values this stays below 2^32, and what is beyond in between does not matter. */
  contrast = tally_root(n * (uint32_t)squares - (uint32_t)sum * (uint32_t)sum + 30u * n * n);
#endif
  return (int32_t)((contrast / 2u + 51811u * n) / contrast);
}

/* A sum in units of the contrast, rounded down, held within 16 bits. */
static int32_t tally_scaled(int32_t sum, int32_t scale) {
  int32_t value = tally_shift_right(tally_shift_right(sum, 5) * scale, 12);
  if (value > 32767) return 32767;
  return value < -32767 ? -32767 : value;
}

TALLY_ALONE void tally_contrasted(const tally_signal *signal, const tally_image *image, uint32_t y, uint32_t x,
                             int16_t *values, uint32_t *words) {
  uint32_t n = (uint32_t)signal->window * signal->window * TALLY_CHANNELS, pairs = (n + 1u) / 2u;
  uint32_t levels = signal->levels, bit = signal->bit, i = 0;
  const int16_t *factors = signal->factors;
  const int32_t *thresholds = signal->thresholds;
  tally_read_window(image, y, x, signal->window, 128, values);
  int32_t scale = tally_over_contrast(values, n);
  for (; i + 4u <= signal->count; i += 4u) {
    int32_t a = 0, b = 0, c = 0, d = 0;
    const int16_t *end = values + 2u * pairs, *value = values;
    for (; value + 2 < end; value += 4, factors += 16) {
      a = tally_add_products(tally_add_products(a, value, factors), value + 2, factors + 8);
      b = tally_add_products(tally_add_products(b, value, factors + 2), value + 2, factors + 10);
      c = tally_add_products(tally_add_products(c, value, factors + 4), value + 2, factors + 12);
      d = tally_add_products(tally_add_products(d, value, factors + 6), value + 2, factors + 14);
    }
    if (value < end) {
      a = tally_add_products(a, value, factors);
      b = tally_add_products(b, value, factors + 2);
      c = tally_add_products(c, value, factors + 4);
      d = tally_add_products(d, value, factors + 6);
      factors += 8;
    }
    const int32_t sums[4] = {a, b, c, d};
    for (uint32_t k = 0; k < 4u; k++, thresholds += levels, bit += levels)
      tally_code(tally_scaled(sums[k], scale), thresholds, levels, bit, words);
  }
  for (; i < signal->count; i++, thresholds += levels, bit += levels) {
    int32_t sum = 0;
    for (uint32_t j = 0; j < pairs; j++, factors += 2) sum = tally_add_products(sum, values + 2u * j, factors);
    tally_code(tally_scaled(sum, scale), thresholds, levels, bit, words);
  }
}
#endif

/* Adds the bits of every pixel to the words of its position. */
static void tally_encode(const tally_part *part, const tally_image *image, int16_t *values, uint32_t words,
                         uint32_t *map) {
  (void)values;
  for (uint32_t y = 0; y < image->height; y++) {
    for (uint32_t x = 0; x < image->width; x++, map += words) {
      for (uint32_t i = 0; i < part->count; i++) {
        const tally_signal *signal = part->signals + i;
#if TALLY_PATCHES
        if (signal->kind == TALLY_CONTRASTED) tally_contrasted(signal, image, y, x, values, map);
#endif
#if TALLY_WHITENED
        if (signal->kind == TALLY_FILTERED) tally_filtered(signal, image, y, x, values, map);
#endif
#if TALLY_CHANNEL_SUMS
        if (signal->kind == TALLY_WEIGHTED) tally_weighted(signal, image, y, x, map);
#endif
      }
    }
  }
}

#if TALLY_PYRAMID
/* Halves an image: the mean of each 2 x 2 pixels, rounded half up, or of those that exist at an odd edge. A result is written no
   later than its first pixel is read, so `out` may be the image itself. */
static void tally_halve(tally_image *image, uint8_t *out) {
  uint32_t height = (image->height + 1u) / 2u, width = (image->width + 1u) / 2u;
  for (uint32_t y = 0; y < height; y++) {
    for (uint32_t x = 0; x < width; x++) {
      uint32_t down = 2u * y + 1u < image->height ? 1u : 0u, right = 2u * x + 1u < image->width ? 1u : 0u;
      const uint8_t *a = image->pixels + (size_t)(2u * y * image->width + 2u * x) * TALLY_CHANNELS;
      const uint8_t *b = a + (size_t)(down * image->width) * TALLY_CHANNELS;
      uint32_t next = right * TALLY_CHANNELS;
      uint8_t *pixel = out + (size_t)(y * width + x) * TALLY_CHANNELS;
      for (uint32_t c = 0; c < TALLY_CHANNELS; c++)
        pixel[c] = (uint8_t)(((uint32_t)a[c] + a[c + next] + b[c] + b[c + next] + 2u) >> 2);
    }
  }
  image->pixels = out;
  image->height = height;
  image->width = width;
}
#endif
