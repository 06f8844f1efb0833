/* The life of a model when nothing goes wrong: trained, looked at, asked, written, read, freed. */
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What the progress function saw. */
typedef struct progress_seen {
  pthread_t thread;
  int events, encodings, layers, stop_at;
} progress_seen;

static int32_t watch(void *context, const char *stage, ptrdiff_t layer, ptrdiff_t done, ptrdiff_t total,
                     ptrdiff_t images, ptrdiff_t accuracy) {
  progress_seen *seen = context;
  CHECK(pthread_equal(seen->thread, pthread_self()));
  CHECK(done >= 0 && done <= total && total >= 1 && images >= 0);
  CHECK(accuracy >= -1 && accuracy <= 1000000);
  if (strcmp(stage, "encoding") == 0) {
    CHECK(seen->events == 0 && layer == -1);
    seen->encodings++;
  } else {
    CHECK(stage[0] != 0 && layer == 0);
    if (strcmp(stage, "layer") == 0) {
      CHECK(accuracy >= 0 && images > 0);
      seen->layers++;
    }
  }
  return ++seen->events == seen->stop_at;
}

static int32_t train(const char *const *settings, ptrdiff_t setting_count, uint64_t seed, ptrdiff_t validation_ppm,
                     ptrdiff_t threads, progress_seen *seen, tally_model **model) {
  return tally_train(pixels, COUNT, SIDE, SIDE, 1, labels, class_names, CLASSES, small_plan, settings, setting_count,
                     seed, validation_ppm, threads, (ptrdiff_t)1 << 32, watch, seen, model, MESSAGE);
}

/* The bytes of a model's file; the caller frees them. */
static uint8_t *encoded(const tally_model *model, ptrdiff_t *length) {
  *length = tally_model_encode(model, NULL, 0);
  CHECK(*length > 0);
  uint8_t *bytes = malloc((size_t)*length);
  CHECK(bytes != NULL && tally_model_encode(model, bytes, *length) == *length);
  return bytes;
}

static int same_bytes(const tally_model *one, const tally_model *other) {
  ptrdiff_t length, other_length;
  uint8_t *bytes = encoded(one, &length), *other_bytes = encoded(other, &other_length);
  int same = length == other_length && memcmp(bytes, other_bytes, (size_t)length) == 0;
  free(bytes);
  free(other_bytes);
  return same;
}

static void check_training(void) {
  tally_model *model = NULL, *other = NULL;
  progress_seen seen = {pthread_self(), 0, 0, 0, 0};
  CHECK(train(NULL, 0, 7, 100000, 1, &seen, &model) == TALLY_DONE && model != NULL && message[0] == 0);
  CHECK(seen.encodings == 1 && seen.layers == 1 && seen.events >= 3);
  CHECK(tally_model_seed(model) == 7 && tally_model_temperature(model) > 0);

  /* Threads change nothing; the seed, the share for validation and settings do. */
  int events = seen.events;
  seen.events = 0;
  CHECK(train(NULL, 0, 7, 100000, 4, &seen, &other) == TALLY_DONE && seen.events == events);
  CHECK(same_bytes(model, other));
  tally_model_free(other);
  seen.events = 0;
  CHECK(train(NULL, 0, UINT64_MAX, 0, 1, &seen, &other) == TALLY_DONE && !same_bytes(model, other));
  CHECK(tally_model_seed(other) == UINT64_MAX && tally_model_temperature(other) == 0);
  tally_model_free(other);
  const char *const settings[] = {"layers.0.filters=5", "layers.*.refine.passes=2"};
  seen.events = 0;
  CHECK(train(settings, 2, 7, 100000, 1, &seen, &other) == TALLY_DONE && !same_bytes(model, other));
  tally_model_free(other);
  tally_model_free(model);

  /* The progress function stops a training wherever it likes, and leaves no model. */
  for (int event = 1; event <= events; event++) {
    progress_seen stopping = {pthread_self(), 0, 0, 0, event};
    CHECK(train(NULL, 0, 7, 100000, 2, &stopping, &other) == TALLY_STOPPED && other == NULL && said("stopped"));
    CHECK(stopping.events >= event);
  }
}

/* A text of a model as a string. */
static const char *text(const tally_model *model, ptrdiff_t which) {
  static char room[4096];
  ptrdiff_t length = tally_model_text(model, which, (uint8_t *)room, sizeof room - 1);
  CHECK(length >= 0 && length < (ptrdiff_t)sizeof room);
  room[length] = 0;
  return room;
}

static void check_inspection(const tally_model *model) {
  ptrdiff_t sizes[4] = {0, 0, 0, 0};
  CHECK(tally_model_sizes(model, sizes) == TALLY_DONE);
  CHECK(sizes[0] == SIDE && sizes[1] == SIDE && sizes[2] == 1 && sizes[3] == CLASSES);
  CHECK(tally_model_seed(model) == 1 && tally_model_temperature(model) > 0);
  const char *plan = text(model, 0);
  CHECK(plan[0] == '{' && strstr(plan, "\"small\"") != NULL && strstr(plan, "\"filters\"") != NULL);
  CHECK(text(model, 1)[0] == '{');
  for (int c = 0; c < CLASSES; c++) CHECK(strcmp(text(model, 2 + c), class_names[c]) == 0);
}

/* Scores of all images at once, which are also those of every image alone. */
static void check_prediction(const tally_model *model, int64_t scores[COUNT * CLASSES]) {
  int right = 0;
  CHECK(tally_predict(model, pixels, COUNT, SIDE, SIDE, 1, 2, scores, COUNT * CLASSES, MESSAGE) == TALLY_DONE);
  CHECK(message[0] == 0);
  for (int i = 0; i < COUNT; i++) {
    int64_t alone[CLASSES];
    CHECK(tally_predict(model, pixels + i * PIXELS, 1, SIDE, SIDE, 1, 8, alone, CLASSES, NULL, 0) == TALLY_DONE);
    CHECK(memcmp(alone, scores + CLASSES * i, sizeof alone) == 0);
    right += (alone[1] > alone[0]) == labels[i];
  }
  CHECK(right > COUNT * 3 / 4);
  CHECK(tally_predict(model, NULL, 0, SIDE, SIDE, 1, 1, NULL, 0, MESSAGE) == TALLY_DONE);
}

void check_life(const char *folder) {
  check_training();
  tally_model *model = trained_model(), *read = NULL, *decoded = NULL;
  int64_t scores[COUNT * CLASSES], again[COUNT * CLASSES];
  check_inspection(model);
  check_prediction(model, scores);

  /* A model from its file or its bytes is the model. */
  const char *path = path_in(folder, "model.tally");
  CHECK(tally_model_write(model, path, MESSAGE) == TALLY_DONE);
  CHECK(tally_model_write(model, path, MESSAGE) == TALLY_DONE);
  CHECK(tally_model_open(path, &read, MESSAGE) == TALLY_DONE && same_bytes(model, read));
  ptrdiff_t length;
  uint8_t *bytes = encoded(model, &length);
  CHECK(tally_model_decode(bytes, length, &decoded, MESSAGE) == TALLY_DONE && same_bytes(model, decoded));
  memset(bytes, 0, (size_t)length);
  free(bytes);
  tally_model_free(model);
  for (int which = 0; which < 2; which++) {
    const tally_model *other = which ? decoded : read;
    check_inspection(other);
    check_prediction(other, again);
    CHECK(memcmp(scores, again, sizeof scores) == 0);
  }
  tally_model_free(read);
  tally_model_free(decoded);
  tally_model_free(NULL);
}
