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
#define TALLY_INTERFACE_VERSION 2

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

/* A data set in memory; free it with tally_data_free. */
typedef struct tally_data tally_data;

/* Reads what --data of `tally train` takes: a folder with a sub-folder of PNG, JPEG or WebP files for each class, the name of a
 * set, files of arrays. The rest is for image files: width and height, both 0 to let the images decide; channels: 1, 3,
 * or 0 to let the images decide; test_ppm: the fraction of each class held out for testing where there is no test part, 0 to 900000
 * millionths, drawn by seed; is_strict: refuse the folder for one image that cannot be read. */
int32_t tally_data_open(const char *spec, ptrdiff_t width, ptrdiff_t height, ptrdiff_t channels,
                        ptrdiff_t test_ppm, uint64_t seed, int32_t is_strict, ptrdiff_t threads,
                        tally_data **data, char *message, ptrdiff_t capacity);

/* The parts of a data set: images to learn from, to test with, and those to validate with that the set itself sets aside. */
enum { TALLY_TRAIN = 0, TALLY_TEST = 1, TALLY_VALIDATION = 2 };

/* sizes: images, height, width, channels, classes; images is -1 where there is no such part. */
int32_t tally_data_sizes(const tally_data *data, ptrdiff_t part, ptrdiff_t sizes[5]);

/* The pixels of a part, images * height * width * channels bytes; its labels, of which `room` is the length in numbers, and
 * so is what is returned. */
ptrdiff_t tally_data_pixels(const tally_data *data, ptrdiff_t part, uint8_t *buffer, ptrdiff_t capacity);
ptrdiff_t tally_data_labels(const tally_data *data, ptrdiff_t part, uint16_t *labels, ptrdiff_t room);

/* A text: how the images were read, a line each (which = 0), what a person must know of that (1), the name of class i (2 + i). */
ptrdiff_t tally_data_text(const tally_data *data, ptrdiff_t which, uint8_t *buffer, ptrdiff_t capacity);

/* Frees a data set; null is allowed. */
void tally_data_free(tally_data *data);

/* Gets a text, once, before the function that it was given to returns. */
typedef void (*tally_sink)(void *context, const uint8_t *text, ptrdiff_t count);

/* Why the model takes one image for what it does: what `tally explain` gives, as JSON (format = 0) or as a page (1). name: what the
 * image is called. of: the class to explain, -1 for the one with the highest score, apart from `against`; against: the one it is compared
 * with, -1 for the best of the others. */
int32_t tally_explain(const tally_model *model, const uint8_t *pixels, ptrdiff_t height, ptrdiff_t width,
                      ptrdiff_t channels, const char *name, ptrdiff_t of, ptrdiff_t against,
                      int32_t format, ptrdiff_t threads, tally_sink sink, void *context, char *message,
                      ptrdiff_t capacity);

/* The report on a model, as a page: how good it is on count images with labels, its filters, its mistakes. part: what the images are
 * called, as in "test". */
int32_t tally_report(const tally_model *model, const uint8_t *pixels, ptrdiff_t count, ptrdiff_t height,
                     ptrdiff_t width, ptrdiff_t channels, const uint16_t *labels, const char *part,
                     ptrdiff_t threads, tally_sink sink, void *context, char *message, ptrdiff_t capacity);

#ifdef __cplusplus
}
#endif

#endif
