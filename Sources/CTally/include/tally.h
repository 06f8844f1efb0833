/* Tally for C: train image classifiers, read and write model files, predict. In a clone of Tally:
 *
 *   swift build -c release --product TallyC -Xswiftc -static-stdlib
 *   cc main.c -ISources/CTally/include .build/release/libTallyC.so -Wl,-rpath,$PWD/.build/release
 *
 * For every function: a pointer is null or points to as many elements as the length next to it says; texts are UTF-8
 * (paths are any bytes) and end in a zero byte; nothing that you pass is kept after the call. You may call functions from several threads
 * at once, also with the same model, unless one of them is tally_model_free with that model. Functions with `message`
 * return a status; on failure they write one line there, on success an empty one, cut to `capacity` bytes including
 * the zero byte; message may be null. A function that fails to make a model sets the place for it to null. Functions
 * with `buffer` return the number of bytes, and write them only if all fit into `capacity`; -1 means that there is no
 * such thing. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface that this header describes; compare it with tally_interface_version() before anything else. */
#define TALLY_INTERFACE_VERSION 1

enum {
  TALLY_DONE = 0,
  TALLY_INVALID = 1, /* an argument, a plan, images or a model are invalid */
  TALLY_STOPPED = 2, /* the progress function asked to stop */
  TALLY_FILE = 3,    /* a file could not be read or written */
  TALLY_MISSING = 4  /* the file does not exist */
};

/* A trained model; free it with tally_model_free. */
typedef struct tally_model tally_model;

/* Called after every step of training, on the thread that called tally_train; return anything but 0 to stop after this
 * round. stage: "encoding", the name of a layer's stage, or "layer" when layer `layer` is finished. Round `done` of
 * `total` used `images` images. accuracy: parts per million, or -1. The text of stage is valid during the call only. */
typedef int32_t (*tally_progress)(void *context, const char *stage, ptrdiff_t layer, ptrdiff_t done,
                                  ptrdiff_t total, ptrdiff_t images, ptrdiff_t accuracy);

int32_t tally_interface_version(void);

/* Trains on count images of height x width x channels bytes, row by row, channels last; labels[i] is the index of
 * image i's class in class_names: UTF-8, all different, not empty, without control characters. plan: a plan's name, a
 * plan file's path, or a plan as JSON text. settings: changes to it, "path=value". validation_ppm: fraction of the
 * images held out for validation, 0 to 900000 millionths. threads: 1 to 1024; does not change the model. memory_limit:
 * bytes that the plan may need. The model is byte for byte that of `tally train` on the same images, names, plan, seed
 * and validation fraction. */
int32_t tally_train(const uint8_t *pixels, ptrdiff_t count, ptrdiff_t height, ptrdiff_t width,
                    ptrdiff_t channels, const uint16_t *labels, const char *const *class_names,
                    ptrdiff_t classes, const char *plan, const char *const *settings,
                    ptrdiff_t setting_count, uint64_t seed, ptrdiff_t validation_ppm, ptrdiff_t threads,
                    ptrdiff_t memory_limit, tally_progress progress, void *context, tally_model **model,
                    char *message, ptrdiff_t capacity);

/* Reads a model from a file, or from the bytes of a file. */
int32_t tally_model_open(const char *path, tally_model **model, char *message, ptrdiff_t capacity);
int32_t tally_model_decode(const uint8_t *bytes, ptrdiff_t count, tally_model **model, char *message,
                           ptrdiff_t capacity);

/* Writes the model to a file, which appears only once it is complete; or to a buffer. */
int32_t tally_model_write(const tally_model *model, const char *path, char *message, ptrdiff_t capacity);
ptrdiff_t tally_model_encode(const tally_model *model, uint8_t *buffer, ptrdiff_t capacity);

/* A text, without a zero byte: the plan as JSON (which = 0), what training measured as JSON (1), the name of class i
 * (2 + i). */
ptrdiff_t tally_model_text(const tally_model *model, ptrdiff_t which, uint8_t *buffer, ptrdiff_t capacity);

/* sizes: height, width, channels, classes. */
int32_t tally_model_sizes(const tally_model *model, ptrdiff_t sizes[4]);
uint64_t tally_model_seed(const tally_model *model);

/* The temperature T that turns scores into shares (calibrated probabilities): the share of class c is 2^(score c / T)
 * divided by the sum of 2^(score / T) over all classes. 0: none was learned, as there were no validation images. */
ptrdiff_t tally_model_temperature(const tally_model *model);

/* Scores of count images: scores[i * classes + c], score_count = count * classes. 65,536 more multiplies the odds by
 * e; the predicted class has the largest score, the first one among equals. height, width and channels must be the
 * model's. threads: 1 to 1024. The working memory stays with the model for the next call: one piece for each thread
 * that was at work at the same time. */
int32_t tally_predict(const tally_model *model, const uint8_t *pixels, ptrdiff_t count, ptrdiff_t height,
                      ptrdiff_t width, ptrdiff_t channels, ptrdiff_t threads, int64_t *scores,
                      ptrdiff_t score_count, char *message, ptrdiff_t capacity);

/* Frees a model; null is allowed. */
void tally_model_free(tally_model *model);

#ifdef __cplusplus
}
#endif

#endif
