/* Written by Tally from a model; do not edit. See tally_model_selftest.h. */
#include "tally_model_selftest.h"

@EXPECTED@

static uint32_t tally_next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

void tally_model_selftest_image(int image, uint8_t *pixels) {
  uint32_t state = (uint32_t)image;
  (void)tally_next(&state);
  uint32_t down = tally_next(&state) % 31u, across = tally_next(&state) % 31u, shift = tally_next(&state) % 128u;
  uint32_t noise = tally_next(&state) % 4u * 16u + 1u;
  for (uint32_t y = 0; y < TALLY_MODEL_HEIGHT; y++) {
    for (uint32_t x = 0; x < TALLY_MODEL_WIDTH; x++) {
      for (uint32_t c = 0; c < TALLY_MODEL_CHANNELS; c++) {
        uint32_t wave = (y * down + x * across + c * shift) % 384u;
        *pixels++ = (uint8_t)((wave < 192u ? wave : 383u - wave) + tally_next(&state) % noise);
      }
    }
  }
}

int tally_model_selftest(void *arena, uint8_t *pixels, tally_model_score *scores) {
  int wrong = 0;
  for (int image = 0; image < TALLY_MODEL_SELFTEST_IMAGES; image++) {
    tally_model_selftest_image(image, pixels);
    int index = tally_model_classify(pixels, arena, scores), differs = 0;
    for (int c = 0; c < TALLY_MODEL_CLASSES; c++)
      if (scores[c] != tally_expected[image][c] || scores[c] > scores[index]) differs = 1;
    wrong += differs;
  }
  return wrong;
}

#ifdef TALLY_MODEL_SELFTEST_MAIN
#include <stdio.h>

static uint64_t tally_arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
static uint8_t tally_pixels[TALLY_MODEL_WIDTH * TALLY_MODEL_HEIGHT * TALLY_MODEL_CHANNELS];
static tally_model_score tally_scores[TALLY_MODEL_CLASSES];

int main(void) {
  int wrong = tally_model_selftest(tally_arena, tally_pixels, tally_scores);
  printf("%d of %d images have the scores they should have\n", TALLY_MODEL_SELFTEST_IMAGES - wrong,
         TALLY_MODEL_SELFTEST_IMAGES);
  return wrong > 0;
}
#endif
