/* Counts the instructions of an image: run by QEMU with one nanosecond an instruction, a tick of the 25 MHz timer is 40 of them. */
#include <stdio.h>

#include "tally_model_selftest.h"

static uint64_t arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
static uint8_t pixels[TALLY_MODEL_WIDTH * TALLY_MODEL_HEIGHT * TALLY_MODEL_CHANNELS];
static tally_model_score scores[TALLY_MODEL_CLASSES];

static volatile uint32_t *const control = (volatile uint32_t *)0xe000e010u, *const reload = (volatile uint32_t *)0xe000e014u,
                                *const value = (volatile uint32_t *)0xe000e018u;

int main(void) {
  *reload = 0xffffffu;
  *value = 0;
  *control = 5;
  for (int image = 0; image < 3; image++) {
    tally_model_selftest_image(image, pixels);
    /* The timer wraps after 671 million instructions; the flag says that it did. */
    (void)*control;
    uint32_t before = *value;
    (void)tally_model_classify(pixels, arena, scores);
    uint32_t after = *value, wrapped = *control >> 16 & 1u;
    unsigned long ticks = before - after + (wrapped && after > before ? 0x1000000u : 0u);
    printf("%lu\n", wrapped && after <= before ? 0ul : ticks);
  }
  return tally_model_selftest(arena, pixels, scores);
}
