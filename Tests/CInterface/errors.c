/* Every status but TALLY_DONE and TALLY_STOPPED, from every function that returns it, and what the message says. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* A model's place that is never null before a call, to see that failures make it so. */
static tally_model *model_in(void) { return (tally_model *)&message; }

/* A training that goes well unless a caller changes it. */
typedef struct training {
  const uint8_t *pixels;
  ptrdiff_t count, height, width, channels;
  const uint16_t *labels;
  const char *const *class_names;
  ptrdiff_t classes;
  const char *plan;
  const char *const *settings;
  ptrdiff_t setting_count, validation_ppm, threads, memory_limit;
} training;

static training good_training(void) {
  training t = {pixels, COUNT, SIDE, SIDE, 1, labels, class_names, CLASSES, small_plan, NULL, 0, 100000, 2, 1 << 30};
  return t;
}

/* Whether the training is refused with `status` and a message that contains `text`. */
static int refused(training t, int32_t status, const char *text) {
  tally_model *model = model_in();
  int32_t found = tally_train(t.pixels, t.count, t.height, t.width, t.channels, t.labels, t.class_names, t.classes,
                              t.plan, t.settings, t.setting_count, 1, t.validation_ppm, t.threads, t.memory_limit,
                              NULL, NULL, &model, MESSAGE);
  return found == status && model == NULL && said(text);
}

/* Checks that a training with one member changed is refused. */
#define REFUSED(member, value, status, text)     \
  do {                                           \
    training t = good_training();                \
    t.member = value;                            \
    CHECK(refused(t, status, text));             \
  } while (0)

static void check_training_arguments(void) {
  REFUSED(pixels, NULL, TALLY_INVALID, "pixels is a null pointer");
  REFUSED(labels, NULL, TALLY_INVALID, "labels is a null pointer");
  REFUSED(class_names, NULL, TALLY_INVALID, "class_names is a null pointer");
  REFUSED(plan, NULL, TALLY_INVALID, "plan is a null pointer");
  REFUSED(setting_count, 1, TALLY_INVALID, "settings is a null pointer");
  REFUSED(count, -1, TALLY_INVALID, "number of images is -1");
  REFUSED(count, PTRDIFF_MAX, TALLY_INVALID, "number of images");
  REFUSED(count, 0, TALLY_INVALID, "no training images");
  REFUSED(height, 0, TALLY_INVALID, "height is 0");
  REFUSED(width, -8, TALLY_INVALID, "width is -8");
  REFUSED(channels, PTRDIFF_MIN, TALLY_INVALID, "number of channels");
  REFUSED(classes, 0, TALLY_INVALID, "number of classes is 0");
  REFUSED(classes, 1, TALLY_INVALID, "label 1");
  REFUSED(setting_count, -1, TALLY_INVALID, "number of settings is -1");
  REFUSED(validation_ppm, 900001, TALLY_INVALID, "900001");
  REFUSED(threads, 0, TALLY_INVALID, "number of threads is 0");
  REFUSED(threads, 1025, TALLY_INVALID, "number of threads is 1025");
  REFUSED(memory_limit, 1, TALLY_INVALID, "memory");

  const char *const nameless[] = {"left", NULL}, *const wrong[] = {"left", "\xff"};
  REFUSED(class_names, nameless, TALLY_INVALID, "class_names[1] is a null pointer");
  REFUSED(class_names, wrong, TALLY_INVALID, "class_names[1] is not UTF-8 text");
  static const uint16_t same[COUNT];
  REFUSED(labels, same, TALLY_INVALID, "class");

  training t = good_training();
  CHECK(tally_train(t.pixels, t.count, t.height, t.width, t.channels, t.labels, t.class_names, t.classes, t.plan, NULL,
                    0, 1, 0, 1, t.memory_limit, NULL, NULL, NULL, MESSAGE) == TALLY_INVALID);
  CHECK(said("model is a null pointer"));
}

static void check_plans(void) {
  REFUSED(plan, "quik", TALLY_INVALID, "quik");
  REFUSED(plan, "", TALLY_INVALID, "plan");
  REFUSED(plan, "{\"layers\": [", TALLY_INVALID, "");
  REFUSED(plan, "{\"name\": \"a\", \"layers\": [{\"filtres\": 4}]}", TALLY_INVALID, "filtres");
  REFUSED(plan, "\xff", TALLY_INVALID, "UTF-8");
  REFUSED(plan, "./none.json", TALLY_MISSING, "./none.json");
  REFUSED(plan, "./", TALLY_FILE, "folder");
  const char *const settings[] = {"layers.0.filters=0", "layers.0.filters", "layers.0.colour=1", NULL};
  const char *const texts[] = {"filters: 0 is out of range", "layers.0.filters", "colour", "settings[0] is a null pointer"};
  for (int i = 0; i < 4; i++) {
    training t = good_training();
    t.settings = settings + i;
    t.setting_count = 1;
    CHECK(refused(t, TALLY_INVALID, texts[i]));
  }
}

static void check_files(const tally_model *model, const char *folder) {
  tally_model *other = model_in();
  CHECK(tally_model_open(path_in(folder, "none.tally"), &other, MESSAGE) == TALLY_MISSING && other == NULL);
  CHECK(said("none.tally: no such file"));
  other = model_in();
  CHECK(tally_model_open(path_in(folder, "caf\xe9.tally"), &other, MESSAGE) == TALLY_MISSING && other == NULL);
  CHECK(said("caf\\xE9.tally: no such file"));
  other = model_in();
  CHECK(tally_model_open(folder, &other, MESSAGE) == TALLY_FILE && other == NULL && said("folder"));
  CHECK(tally_model_open(NULL, &other, MESSAGE) == TALLY_INVALID && said("path is a null pointer"));
  CHECK(tally_model_open("x", NULL, MESSAGE) == TALLY_INVALID && said("model is a null pointer"));
  CHECK(tally_model_write(model, path_in(folder, "none/model.tally"), MESSAGE) == TALLY_FILE && said("none"));
  CHECK(tally_model_write(model, folder, MESSAGE) == TALLY_FILE && message[0] != 0);
  CHECK(tally_model_write(model, NULL, MESSAGE) == TALLY_INVALID && said("path is a null pointer"));
  CHECK(tally_model_write(NULL, path_in(folder, "x"), MESSAGE) == TALLY_INVALID && said("model is a null pointer"));
}

/* Every cut of a model's bytes, a flipped bit in every byte, and what is no model at all. */
static void check_bytes(const tally_model *model) {
  ptrdiff_t length = tally_model_encode(model, NULL, 0);
  uint8_t *bytes = malloc((size_t)length);
  CHECK(bytes != NULL && tally_model_encode(model, bytes, length) == length);
  for (ptrdiff_t i = 0; i < length; i++) {
    tally_model *other = model_in();
    CHECK(tally_model_decode(bytes, i, &other, MESSAGE) == TALLY_INVALID && other == NULL && message[0] != 0);
    bytes[i] ^= 1;
    other = model_in();
    CHECK(tally_model_decode(bytes, length, &other, MESSAGE) == TALLY_INVALID && other == NULL && message[0] != 0);
    bytes[i] ^= 1;
  }
  tally_model *other = model_in();
  CHECK(tally_model_decode(pixels, sizeof pixels, &other, MESSAGE) == TALLY_INVALID && other == NULL);
  CHECK(tally_model_decode(NULL, 5, &other, MESSAGE) == TALLY_INVALID && said("bytes is a null pointer"));
  CHECK(tally_model_decode(bytes, -1, &other, MESSAGE) == TALLY_INVALID && said("number of bytes is -1"));
  CHECK(tally_model_decode(bytes, length, NULL, MESSAGE) == TALLY_INVALID && said("model is a null pointer"));

  /* Too little room: the length is told, nothing is written. */
  memset(bytes, 77, (size_t)length);
  CHECK(tally_model_encode(model, bytes, length - 1) == length);
  CHECK(tally_model_text(model, 3, bytes, 4) == 5);
  CHECK(tally_model_text(model, 0, NULL, 0) > 0);
  for (ptrdiff_t i = 0; i < length; i++) CHECK(bytes[i] == 77);
  free(bytes);

  CHECK(tally_model_text(model, -1, NULL, 0) == -1 && tally_model_text(model, 2 + CLASSES, NULL, 0) == -1);
  CHECK(tally_model_text(model, PTRDIFF_MAX, NULL, 0) == -1 && tally_model_text(NULL, 0, NULL, 0) == -1);
}

static void check_predictions(const tally_model *model) {
  enum { ROOM = COUNT * CLASSES };
  int64_t scores[ROOM];
  CHECK(tally_predict(NULL, pixels, COUNT, SIDE, SIDE, 1, 2, scores, ROOM, MESSAGE) == TALLY_INVALID && said("model is a null pointer"));
  CHECK(tally_predict(model, NULL, COUNT, SIDE, SIDE, 1, 2, scores, ROOM, MESSAGE) == TALLY_INVALID && said("pixels is a null pointer"));
  CHECK(tally_predict(model, pixels, COUNT, SIDE, SIDE, 1, 2, NULL, ROOM, MESSAGE) == TALLY_INVALID && said("scores is a null pointer"));
  CHECK(tally_predict(model, pixels, COUNT, 4, 16, 1, 2, scores, ROOM, MESSAGE) == TALLY_INVALID);
  CHECK(said("16×4×1") && said("8×8×1"));
  CHECK(tally_predict(model, pixels, COUNT, SIDE, SIDE, 1, 2, scores, 2, MESSAGE) == TALLY_INVALID && said("80...80"));
  CHECK(tally_predict(model, pixels, COUNT, SIDE, SIDE, 1, 0, scores, ROOM, MESSAGE) == TALLY_INVALID && said("threads"));
  CHECK(tally_predict(model, pixels, -1, SIDE, SIDE, 1, 2, scores, ROOM, MESSAGE) == TALLY_INVALID && said("images is -1"));
  CHECK(tally_predict(model, pixels, PTRDIFF_MAX, SIDE, SIDE, 1, 2, scores, ROOM, NULL, 0) == TALLY_INVALID);

  ptrdiff_t sizes[4];
  CHECK(tally_model_sizes(NULL, sizes) == TALLY_INVALID && tally_model_sizes(model, NULL) == TALLY_INVALID);
  CHECK(tally_model_seed(NULL) == 0 && tally_model_temperature(NULL) == 0 && tally_model_encode(NULL, NULL, 0) == -1);
}

/* A message is cut to the room for it, which may be none. */
static void check_messages(void) {
  tally_model *other = NULL;
  char room[8];
  memset(room, 77, sizeof room);
  CHECK(tally_model_open("none.tally", &other, room, 6) == TALLY_MISSING && strcmp(room, "none.") == 0 && room[6] == 77);
  CHECK(tally_model_open("none.tally", &other, room, 1) == TALLY_MISSING && room[0] == 0 && room[1] == 'o');
  CHECK(tally_model_open("none.tally", &other, room, 0) == TALLY_MISSING && room[0] == 0);
  CHECK(tally_model_open("none.tally", &other, NULL, 8) == TALLY_MISSING);
}

void check_errors(const char *folder) {
  tally_model *model = trained_model();
  check_training_arguments();
  check_plans();
  check_files(model, folder);
  check_bytes(model);
  check_predictions(model);
  check_messages();
  tally_model_free(model);
}
