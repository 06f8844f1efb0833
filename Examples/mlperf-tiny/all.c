/* Classifies the images of its input, one after the other, and prints their classes: the same program as on the device, on the host. */
#include <stdio.h>

#include "tally_model.h"

static uint64_t arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
static uint8_t pixels[TALLY_MODEL_HEIGHT * TALLY_MODEL_WIDTH * TALLY_MODEL_CHANNELS];

int main(void) {
  tally_model_score scores[TALLY_MODEL_CLASSES];
  while (fread(pixels, sizeof pixels, 1, stdin) == 1) printf("%d\n", tally_model_classify(pixels, arena, scores));
  return 0;
}
