/* What callers see. */

#if TALLY_MIRRORS
/* Mirrors an image left to right; `out` may be the image itself. */
static void tally_mirror(const uint8_t *pixels, uint8_t *out) {
  for (uint32_t y = 0; y < TALLY_HEIGHT; y++) {
    for (uint32_t x = 0; x < (TALLY_WIDTH + 1u) / 2u; x++) {
      size_t a = (size_t)(y * TALLY_WIDTH + x) * TALLY_CHANNELS;
      size_t b = (size_t)(y * TALLY_WIDTH + TALLY_WIDTH - 1u - x) * TALLY_CHANNELS;
      for (uint32_t c = 0; c < TALLY_CHANNELS; c++) {
        uint8_t left = pixels[a + c], right = pixels[b + c];
        out[a + c] = right;
        out[b + c] = left;
      }
    }
  }
}
#endif

static int tally_answer(const uint8_t *pixels, uint8_t *arena, tally_model_score *scores) {
  int64_t *sum = (int64_t *)(void *)(arena + TALLY_AT_SUM);
#if TALLY_MIRRORS
  if (!tally_run(pixels, arena, 0, sum)) {
    int64_t *other = (int64_t *)(void *)(arena + TALLY_AT_OTHER_SUM);
    tally_mirror(pixels, arena + TALLY_AT_IMAGE);
    (void)tally_run(arena + TALLY_AT_IMAGE, arena, 1, other);
    /* The mean, rounded down. */
    for (uint32_t c = 0; c < TALLY_CLASSES; c++) sum[c] = tally_shift(sum[c] + other[c], 1);
  }
#else
  (void)tally_run(pixels, arena, 0, sum);
#endif
  uint32_t best = 0;
  for (uint32_t c = 0; c < TALLY_CLASSES; c++) {
    if (sum[c] > sum[best]) best = c;
    scores[c] = (tally_model_score)sum[c];
  }
  return (int)best;
}

/* Whether an arena can be worked in: 8-byte words lie in it. */
static int tally_is_arena(const void *arena) { return arena != NULL && (uintptr_t)arena % 8u == 0u; }

int tally_model_classify(const uint8_t *pixels, void *arena, tally_model_score scores[]) {
  if (pixels == NULL || scores == NULL || !tally_is_arena(arena)) return -1;
  return tally_answer(pixels, (uint8_t *)arena, scores);
}

int tally_model_begin(void *arena) {
  if (!tally_is_arena(arena)) return -1;
  *(uint32_t *)arena = 0;
  return 0;
}

int tally_model_row(void *arena, const uint8_t *row) {
  if (!tally_is_arena(arena) || row == NULL) return -1;
  uint32_t *rows = (uint32_t *)arena;
  if (*rows >= TALLY_HEIGHT) return -1;
  uint8_t *image = (uint8_t *)arena + TALLY_AT_IMAGE;
  memcpy(image + (size_t)*rows * TALLY_WIDTH * TALLY_CHANNELS, row, (size_t)TALLY_WIDTH * TALLY_CHANNELS);
  *rows += 1u;
  return (int)*rows;
}

int tally_model_end(void *arena, tally_model_score scores[]) {
  if (!tally_is_arena(arena) || scores == NULL || *(uint32_t *)arena != TALLY_HEIGHT) return -1;
  *(uint32_t *)arena = 0;
  return tally_answer((uint8_t *)arena + TALLY_AT_IMAGE, (uint8_t *)arena, scores);
}

const char *tally_model_class_name(int index) {
  return index >= 0 && (uint32_t)index < TALLY_CLASSES ? tally_class_names[index] : NULL;
}
