/* A C program that trains, stops, predicts, writes, reads, and makes every kind of mistake. Prints "ok". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tally.h"

#define N 40
#define SIDE 8

#define CHECK(condition)                                                     \
  do {                                                                       \
    if (!(condition)) {                                                      \
      printf("line %d: %s is wrong: %s\n", __LINE__, #condition, message);   \
      return 1;                                                              \
    }                                                                        \
  } while (0)

static char message[1000];
static uint8_t pixels[N * SIDE * SIDE];
static uint16_t labels[N];
static const char *const names[] = {"left", "right"};
static const char *plan =
    "{\"name\": \"c\", \"layers\": [{\"filters\": 4, \"refine\": {\"passes\": 1}, \"head\": {\"grid\": 2}}]}";

static int32_t count_events(void *context, const char *stage, ptrdiff_t layer, ptrdiff_t done, ptrdiff_t total,
                            ptrdiff_t images, ptrdiff_t accuracy) {
  (void)layer, (void)done, (void)total, (void)images, (void)accuracy;
  *(int *)context += strlen(stage) > 0;
  return 0;
}

static int32_t stop_at_once(void *context, const char *stage, ptrdiff_t layer, ptrdiff_t done, ptrdiff_t total,
                            ptrdiff_t images, ptrdiff_t accuracy) {
  (void)context, (void)stage, (void)layer, (void)done, (void)total, (void)images, (void)accuracy;
  return 1;
}

static int32_t train(ptrdiff_t count, const uint16_t *its_labels, const char *its_plan, tally_progress progress,
                     void *context, tally_model **model) {
  return tally_train(pixels, count, SIDE, SIDE, 1, its_labels, names, 2, its_plan, NULL, 0, 1, 100000, 2,
                     (ptrdiff_t)1 << 32, progress, context, model, message, sizeof message);
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "model.tally";
  tally_model *model = NULL, *other = NULL;
  int64_t scores[N * 2], again[N * 2];
  ptrdiff_t sizes[4], length;
  uint8_t *bytes;
  int events = 0, right = 0;

  CHECK(tally_interface_version() == TALLY_INTERFACE_VERSION);
  for (int i = 0; i < N; i++) {
    labels[i] = (uint16_t)(i % 2);
    for (int p = 0; p < SIDE * SIDE; p++)
      pixels[i * SIDE * SIDE + p] = (uint8_t)((p % SIDE < SIDE / 2) == (i % 2) ? 20 + (p * i) % 90 : 200);
  }
  CHECK(train(N, labels, plan, count_events, &events, &model) == TALLY_DONE);
  CHECK(model != NULL && events >= 3 && message[0] == 0);
  CHECK(tally_model_sizes(model, sizes) == TALLY_DONE);
  CHECK(sizes[0] == SIDE && sizes[1] == SIDE && sizes[2] == 1 && sizes[3] == 2);
  CHECK(tally_model_seed(model) == 1);
  CHECK(tally_predict(model, pixels, N, SIDE, SIDE, 1, 2, scores, 2 * N, message, sizeof message) == TALLY_DONE);
  for (int i = 0; i < N; i++) right += (scores[2 * i + 1] > scores[2 * i]) == i % 2;
  CHECK(right > N * 3 / 4);

  CHECK(tally_model_write(model, path, message, sizeof message) == TALLY_DONE);
  CHECK(tally_model_open(path, &other, message, sizeof message) == TALLY_DONE);
  CHECK(tally_predict(other, pixels, N, SIDE, SIDE, 1, 1, again, 2 * N, message, sizeof message) == TALLY_DONE);
  CHECK(memcmp(scores, again, sizeof scores) == 0);
  tally_model_free(other);
  length = tally_model_encode(model, NULL, 0);
  bytes = malloc((size_t)length);
  CHECK(bytes != NULL && tally_model_encode(model, bytes, length) == length);
  CHECK(tally_model_decode(bytes, length, &other, message, sizeof message) == TALLY_DONE);
  tally_model_free(other);
  bytes[length / 2] ^= 1;
  CHECK(tally_model_decode(bytes, length, &other, message, sizeof message) == TALLY_INVALID && other == NULL);
  CHECK(tally_model_text(model, 3, bytes, length) == 5 && memcmp(bytes, "right", 5) == 0);
  CHECK(tally_model_text(model, 4, bytes, length) == -1 && tally_model_text(model, -1, bytes, length) == -1);
  free(bytes);

  CHECK(train(N, labels, plan, stop_at_once, NULL, &other) == TALLY_STOPPED && other == NULL);
  CHECK(train(N, NULL, plan, NULL, NULL, &other) == TALLY_INVALID && strstr(message, "labels") != NULL);
  CHECK(train(-1, labels, plan, NULL, NULL, &other) == TALLY_INVALID && strstr(message, "images") != NULL);
  CHECK(train(0, labels, plan, NULL, NULL, &other) == TALLY_INVALID);
  CHECK(train(N, labels, NULL, NULL, NULL, &other) == TALLY_INVALID && strstr(message, "plan") != NULL);
  CHECK(train(N, labels, "\xff", NULL, NULL, &other) == TALLY_INVALID && strstr(message, "UTF-8") != NULL);
  CHECK(train(N, labels, "./none.json", NULL, NULL, &other) == TALLY_MISSING);
  CHECK(train(N, labels, plan, NULL, NULL, NULL) == TALLY_INVALID);
  labels[3] = 2;
  CHECK(train(N, labels, plan, NULL, NULL, &other) == TALLY_INVALID && strstr(message, "label 2") != NULL);
  CHECK(tally_model_open("none.tally", &other, NULL, 0) == TALLY_MISSING && other == NULL);
  CHECK(tally_model_open(NULL, &other, message, 8) == TALLY_INVALID && strlen(message) == 7);
  CHECK(tally_predict(model, pixels, N, SIDE, SIDE, 1, 2, scores, 2, message, sizeof message) == TALLY_INVALID);
  CHECK(tally_predict(model, pixels, N, 4, 16, 1, 2, scores, 2 * N, message, sizeof message) == TALLY_INVALID);
  CHECK(tally_predict(NULL, pixels, N, SIDE, SIDE, 1, 2, scores, 2 * N, NULL, 0) == TALLY_INVALID);
  CHECK(tally_predict(model, pixels, PTRDIFF_MAX, SIDE, SIDE, 1, 2, scores, 2 * N, NULL, 0) == TALLY_INVALID);
  CHECK(tally_model_encode(NULL, NULL, 0) == -1 && tally_model_sizes(NULL, sizes) == TALLY_INVALID);
  tally_model_free(model);
  tally_model_free(NULL);
  puts("ok");
  return 0;
}
