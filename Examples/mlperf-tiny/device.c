/* The benchmark's device hooks around an exported model, for an emulated Cortex-M4 (mps2-an386) that talks to the host's terminal. */
#include "device.h"

#include <stdarg.h>
#include <stdio.h>

#include "tally_model.h"

static uint64_t arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
static uint8_t pixels[TALLY_MODEL_HEIGHT * TALLY_MODEL_WIDTH * TALLY_MODEL_CHANNELS];
static tally_model_score scores[TALLY_MODEL_CLASSES];

/* SysTick counts down at 25 MHz; QEMU takes one nanosecond for an instruction, so that a tick is 40 instructions. */
static volatile uint32_t *const control = (volatile uint32_t *)0xe000e010u, *const reload = (volatile uint32_t *)0xe000e014u,
                                *const value = (volatile uint32_t *)0xe000e018u;

static uint64_t ticks(void) {
  static uint64_t passed = 0;
  static uint32_t last = 0xffffffu;
  uint32_t now = *value;
  passed += (last - now) & 0xffffffu; /* right if it is asked at least every 671 million instructions */
  last = now;
  return passed;
}

void th_timestamp_initialize(void) {
  *reload = 0xffffffu;
  *value = 0;
  *control = 5;
  (void)ticks();
}

void th_timestamp(void) { th_printf("m-lap-us-%lu\r\n", (unsigned long)(ticks() / 25u)); }

void th_load_tensor(void) {
  size_t bytes = ee_get_buffer(pixels, sizeof pixels);
  if (bytes != sizeof pixels) th_printf("e-[Input has %u bytes, expected %u]\r\n", (unsigned)bytes, (unsigned)sizeof pixels);
}

void th_infer(void) {
  (void)tally_model_classify(pixels, arena, scores);
  (void)ticks();
}

void th_results(void) {
  uint32_t shares[TALLY_MODEL_CLASSES];
  (void)tally_model_shares(scores, shares);
  th_printf("m-results-[");
  for (int i = 0; i < TALLY_MODEL_CLASSES; i++) {
    unsigned thousandths = (unsigned)((shares[i] * UINT64_C(1000) + (1u << 29)) >> 30);
    th_printf("%s%u.%03u", i ? "," : "", thousandths / 1000u, thousandths % 1000u);
  }
  th_printf("]\r\n");
  th_printf("m-scores-[");
  for (int i = 0; i < TALLY_MODEL_CLASSES; i++) th_printf("%s%ld", i ? "," : "", (long)scores[i]);
  th_printf("]\r\n");
}

void th_printf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vprintf(format, arguments);
  va_end(arguments);
}

char th_getchar(void) {
  int character = getchar();
  return character == EOF ? 0 : (char)character;
}
