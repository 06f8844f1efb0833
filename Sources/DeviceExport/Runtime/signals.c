/* From pixels to bits: the numbers of every pixel, compared with their thresholds. */

static uint32_t tally_clamp(int32_t at, uint32_t count) {
  if (at < 0) return 0;
  return (uint32_t)at < count ? (uint32_t)at : count - 1u;
}

#if TALLY_CHANNEL_SUMS || TALLY_WHITENED || (TALLY_PATCHES && (TALLY_LEVELS == 0 || TALLY_LEVELS > 8))
/* Sets the bits of a number: as many as thresholds are passed, which ascend. */
TALLY_INLINE void tally_code(int32_t value, const int32_t *thresholds, uint32_t levels, uint32_t bit, uint32_t *words) {
  uint32_t passed = 0, at = bit & 31u;
  while (passed < levels && value > thresholds[passed]) passed++;
#if TALLY_FEW_LEVELS
  uint32_t bits = ((uint32_t)1 << passed) - 1u;
  words += bit >> 5;
  *words |= bits << at;
  if (at + passed > 32u) words[1] |= bits >> (32u - at);
#else
  (void)at;
  for (; passed > 0u; passed--, bit++) words[bit >> 5] |= (uint32_t)1 << (bit & 31u);
#endif
}
#endif

#if TALLY_WINDOWS
/* Copies bytes, each less `less`, as numbers of 16 bits. */
TALLY_INLINE void tally_widen(const uint8_t *bytes, uint32_t count, int32_t less, int16_t *values) {
  uint32_t i = 0;
#if TALLY_DSP
  uint32_t minus = (uint32_t)less * 0x00010001u;
  for (; i + 4u <= count; i += 4u) {
    uint32_t four, even, odd;
    memcpy(&four, bytes + i, sizeof four);
    even = (uint32_t)__ssub16((int16x2_t)__uxtb16(four), (int16x2_t)minus);
    odd = (uint32_t)__ssub16((int16x2_t)__uxtb16(four >> 8 | four << 24), (int16x2_t)minus);
    four = (even & 0xffffu) | odd << 16;
    memcpy(values + i, &four, sizeof four);
    four = even >> 16 | (odd & 0xffff0000u);
    memcpy(values + i + 2u, &four, sizeof four);
  }
#endif
  for (; i < count; i++) values[i] = (int16_t)(bytes[i] - less);
}

/* The values of the window around a pixel less `less`, row by row, channels innermost; what lies beyond an edge repeats it.
   Even windows reach further down and right. */
TALLY_ALONE void tally_read_window(const tally_image *image, uint32_t y, uint32_t x, uint32_t window, int32_t less,
                                   int16_t *values) {
  int32_t before = (int32_t)(window - 1u) / 2;
  int32_t left = (int32_t)x - before;
  uint32_t row_values = window * TALLY_CHANNELS;
  int inside = left >= 0 && (uint32_t)left + window <= image->width;
  for (uint32_t dy = 0; dy < window; dy++) {
    uint32_t row = tally_clamp((int32_t)(y + dy) - before, image->height) * image->width;
    if (inside) {
      tally_widen(image->pixels + (size_t)(row + (uint32_t)left) * TALLY_CHANNELS, row_values, less, values);
      values += row_values;
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
TALLY_ALONE int32_t tally_over_contrast(const int16_t *values, uint32_t n) {
  static const int16_t ones[2] = {1, 1};
  int32_t sum = 0, squares = 0;
  const int16_t *value = values, *end = values + n;
  for (; value + 2 < end; value += 4) {
    sum = tally_add_products(tally_add_products(sum, value, ones), value + 2, ones);
    squares = tally_add_products(tally_add_products(squares, value, value), value + 2, value + 2);
  }
  if (value < end) {
    sum = tally_add_products(sum, value, ones);
    squares = tally_add_products(squares, value, value);
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

/* Sums of products of four filters and two windows, which lie TALLY_WINDOW_VALUES apart; those with the first window come first. */
TALLY_ALONE void tally_products(const int16_t *values, const int16_t *factors, uint32_t pairs, int32_t *sums) {
  int32_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  for (const int16_t *end = values + 2u * pairs; values < end; values += 2, factors += 8) {
    a = tally_add_products(a, values, factors);
    e = tally_add_products(e, values + TALLY_WINDOW_VALUES, factors);
    b = tally_add_products(b, values, factors + 2);
    f = tally_add_products(f, values + TALLY_WINDOW_VALUES, factors + 2);
    c = tally_add_products(c, values, factors + 4);
    g = tally_add_products(g, values + TALLY_WINDOW_VALUES, factors + 4);
    d = tally_add_products(d, values, factors + 6);
    h = tally_add_products(h, values + TALLY_WINDOW_VALUES, factors + 6);
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  sums[4] = e;
  sums[5] = f;
  sums[6] = g;
  sums[7] = h;
}

static int32_t tally_sum_products(const int16_t *values, const int16_t *factors, uint32_t pairs) {
  int32_t sum = 0;
  for (; pairs > 0u; pairs--, values += 2, factors += 2) sum = tally_add_products(sum, values, factors);
  return sum;
}

/* Adds the bits of sums, in units of the contrast and rounded down, to a position's. */
TALLY_INLINE void tally_code_sums(const int32_t *sums, uint32_t count, int32_t scale, const int32_t *thresholds,
                                  uint32_t levels, uint32_t bit, uint32_t *words) {
#if TALLY_LEVELS > 0 && TALLY_LEVELS <= 8
  uint32_t bits = 0, at = bit & 31u;
  TALLY_UNROLLED
  for (uint32_t k = 0; k < count; k++) {
    int32_t value = tally_shift_right(tally_shift_right(sums[k], 5) * scale, 12);
    TALLY_UNROLLED
    for (uint32_t level = 0; level < TALLY_LEVELS; level++)
      if (value > thresholds[k * TALLY_LEVELS + level]) bits |= (uint32_t)1 << (k * TALLY_LEVELS + level);
  }
  words += bit >> 5;
  *words |= bits << at;
  if (at + count * TALLY_LEVELS > 32u) words[1] |= bits >> (32u - at);
  (void)levels;
#else
  for (uint32_t k = 0; k < count; k++, thresholds += levels, bit += levels)
    tally_code(tally_shift_right(tally_shift_right(sums[k], 5) * scale, 12), thresholds, levels, bit, words);
#endif
}

/* The numbers of two pixels side by side, or of one. */
static void tally_contrasted(const tally_signal *signal, const tally_image *image, uint32_t y, uint32_t x,
                             int16_t *values, uint32_t words, uint32_t *row) {
  uint32_t n = (uint32_t)signal->window * signal->window * TALLY_CHANNELS, pairs = (n + 1u) / 2u;
  uint32_t levels = signal->levels, bit = signal->bit, i = 0;
  uint32_t positions = x + 1u < image->width ? 2u : 1u;
  const int16_t *factors = signal->factors;
  const int32_t *thresholds = signal->thresholds;
  int32_t scales[2], sums[8];
  for (uint32_t k = 0; k < 2u; k++) {
    int16_t *window = values + k * TALLY_WINDOW_VALUES;
    tally_read_window(image, y, x + (k < positions ? k : 0u), signal->window, 128, window);
    scales[k] = tally_over_contrast(window, n);
  }
  for (; i + 4u <= signal->count; i += 4u, factors += 8u * pairs, thresholds += 4u * levels, bit += 4u * levels) {
    tally_products(values, factors, pairs, sums);
    for (uint32_t k = 0; k < positions; k++)
      tally_code_sums(sums + 4u * k, 4u, scales[k], thresholds, levels, bit, row + k * words);
  }
  for (; i < signal->count; i++, factors += 2u * pairs, thresholds += levels, bit += levels) {
    for (uint32_t k = 0; k < positions; k++) {
      int32_t sum = tally_sum_products(values + k * TALLY_WINDOW_VALUES, factors, pairs);
      tally_code_sums(&sum, 1u, scales[k], thresholds, levels, bit, row + k * words);
    }
  }
}
#endif

/* Adds the bits of a row of pixels to the words of its positions. */
static void tally_encode_row(const tally_part *part, const tally_image *image, uint32_t y, int16_t *values,
                             uint32_t words, uint32_t *row) {
  (void)values;
  for (uint32_t x = 0; x < image->width; x++, row += words) {
    for (uint32_t i = 0; i < part->count; i++) {
      const tally_signal *signal = part->signals + i;
#if TALLY_PATCHES
      if (signal->kind == TALLY_CONTRASTED && (x & 1u) == 0u)
        tally_contrasted(signal, image, y, x, values, words, row);
#endif
#if TALLY_WHITENED
      if (signal->kind == TALLY_FILTERED) tally_filtered(signal, image, y, x, values, row);
#endif
#if TALLY_CHANNEL_SUMS
      if (signal->kind == TALLY_WEIGHTED) tally_weighted(signal, image, y, x, row);
#endif
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
