/* Tally for C: train image classifiers, read and write their files, predict. Library: libTallyC.
 *
 * Rules of every function: a pointer is null or leads to as many elements as the length beside it; texts are UTF-8
 * and end in a zero byte; nothing the caller gives is kept after the call. Functions may run on several threads at
 * once, also with one model. Functions with `message` return a status and write one line there on failure, cut
 * to `capacity` bytes with its zero byte; message may be null. Functions with `buffer` return how many bytes there
 * are, and write them if all fit `capacity`; -1 means there is no such thing. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface this header describes; ask tally_interface_version() before anything else. */
#define TALLY_INTERFACE_VERSION 1

enum {
  TALLY_DONE = 0,
  TALLY_INVALID = 1, /* an argument, a plan, images or a model are not what they must be */
  TALLY_STOPPED = 2, /* the progress function asked to stop */
  TALLY_FILE = 3,    /* a file could not be read or written */
  TALLY_MISSING = 4  /* there is no such file */
};

/* A trained model; free it with tally_model_free. */
typedef struct tally_model tally_model;

/* Told of every step of a training, on the thread that called tally_train; a result other than 0 stops it after this
 * round. stage: "encoding", the name of a layer's stage, or "layer" when layer `layer` is finished. Round `done` of
 * `total` looked at `images` images. accuracy: parts per million, or -1. The stage's text lives for the call. */
typedef int32_t (*tally_progress)(void *context, const char *stage, ptrdiff_t layer, ptrdiff_t done,
                                  ptrdiff_t total, ptrdiff_t images, ptrdiff_t accuracy);

int32_t tally_interface_version(void);

/* Trains on count images of height x width x channels bytes, row by row, channels last; labels[i] is the index of
 * image i's class in class_names. plan: a plan's name, a plan file's path, or a plan as JSON text. settings: changes
 * to it, "path=value". validation_ppm: share of the images kept to judge layers by, 0 to 900000 millionths. threads: 1
 * to 1024, which changes nothing but the time. memory_limit: bytes the plan may need. The model of `tally train`
 * on the same images, names, plan, seed and share is the same, byte for byte. */
int32_t tally_train(const uint8_t *pixels, ptrdiff_t count, ptrdiff_t height, ptrdiff_t width,
                    ptrdiff_t channels, const uint16_t *labels, const char *const *class_names,
                    ptrdiff_t classes, const char *plan, const char *const *settings,
                    ptrdiff_t setting_count, uint64_t seed, ptrdiff_t validation_ppm, ptrdiff_t threads,
                    ptrdiff_t memory_limit, tally_progress progress, void *context, tally_model **model,
                    char *message, ptrdiff_t capacity);

/* A model from its file, and from the bytes of one. */
int32_t tally_model_open(const char *path, tally_model **model, char *message, ptrdiff_t capacity);
int32_t tally_model_decode(const uint8_t *bytes, ptrdiff_t count, tally_model **model, char *message,
                           ptrdiff_t capacity);

/* The model as a file, which appears only when it is whole; and as the bytes of one. */
int32_t tally_model_write(const tally_model *model, const char *path, char *message, ptrdiff_t capacity);
ptrdiff_t tally_model_encode(const tally_model *model, uint8_t *buffer, ptrdiff_t capacity);

/* A text without its zero byte: the plan as JSON (which = 0), what training measured as JSON (1), the name of class i
 * (2 + i). */
ptrdiff_t tally_model_text(const tally_model *model, ptrdiff_t which, uint8_t *buffer, ptrdiff_t capacity);

/* sizes: height, width, channels, classes. */
int32_t tally_model_sizes(const tally_model *model, ptrdiff_t sizes[4]);
uint64_t tally_model_seed(const tally_model *model);

/* What makes shares of scores: the share of class c is 2^(score c / T) over the sum of 2^(score / T) of all classes. 0:
 * none was learned, for want of a validation part. */
ptrdiff_t tally_model_temperature(const tally_model *model);

/* Scores of count images, class by class: scores[i * classes + c], score_count = count * classes. 65,536 more is a
 * factor e in the odds; the class is the largest score's, the first among equals. */
int32_t tally_predict(const tally_model *model, const uint8_t *pixels, ptrdiff_t count, ptrdiff_t height,
                      ptrdiff_t width, ptrdiff_t channels, ptrdiff_t threads, int64_t *scores,
                      ptrdiff_t score_count, char *message, ptrdiff_t capacity);

/* Lets a model go; null is allowed. */
void tally_model_free(tally_model *model);

#ifdef __cplusplus
}
#endif

#endif
