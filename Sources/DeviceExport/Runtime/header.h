/* tally_model: an image classifier made by Tally. Whole numbers only, no allocation, no recursion.
 *
 *   static uint64_t arena[(TALLY_MODEL_ARENA_BYTES + 7) / 8];
 *   tally_model_score scores[TALLY_MODEL_CLASSES];
 *   int index = tally_model_classify(pixels, arena, scores);
 *
 * An arena holds nothing between two calls of tally_model_classify; one for each thread is enough. */
#ifndef TALLY_MODEL_H
#define TALLY_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

@MACROS@

/* A class score. Their unit is 2^-16, and they are those of `tally predict`. */
typedef @SCORE@ tally_model_score;

/* Classifies an image.
 * pixels: TALLY_MODEL_HEIGHT rows of TALLY_MODEL_WIDTH pixels of TALLY_MODEL_CHANNELS bytes, channels innermost, not padded.
 * arena:  TALLY_MODEL_ARENA_BYTES bytes, aligned to 8.
 * scores: TALLY_MODEL_CLASSES scores, written.
 * Returns the class of the highest score, the first of several; -1 where an argument is NULL or the arena not aligned. */
int tally_model_classify(const uint8_t *pixels, void *arena, tally_model_score scores[]);

/* The same for an image that comes row by row. The arena has TALLY_MODEL_ROWS_ARENA_BYTES bytes and keeps the rows; no other call may
 * use it in between. tally_model_begin returns 0, tally_model_row how many rows there are, tally_model_end the class;
 * -1 where an argument is NULL, the arena not aligned, a row too many or rows missing. */
int tally_model_begin(void *arena);
int tally_model_row(void *arena, const uint8_t *row);
int tally_model_end(void *arena, tally_model_score scores[]);

/* A class's name in UTF-8; NULL where there is no such class. */
const char *tally_model_class_name(int index);
@SHARES@
#ifdef __cplusplus
}
#endif

#endif
