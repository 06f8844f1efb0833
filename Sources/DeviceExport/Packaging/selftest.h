/* Ten made-up images and their scores, to check that a device says what Tally says. */
#ifndef TALLY_MODEL_SELFTEST_H
#define TALLY_MODEL_SELFTEST_H

#include "tally_model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TALLY_MODEL_SELFTEST_IMAGES 10

/* Draws image 0 to 9: waves and noise. */
void tally_model_selftest_image(int image, uint8_t *pixels);

/* Classifies all images in the caller's memory (an arena, an image, the scores of one) and returns how many had other scores than
   they should have. */
int tally_model_selftest(void *arena, uint8_t *pixels, tally_model_score *scores);

#ifdef __cplusplus
}
#endif

#endif
