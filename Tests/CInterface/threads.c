/* Many threads ask one model at once, and train others beside it: the answers are those of one thread. */
#include "check.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 20 };

typedef struct question {
  const tally_model *model;
  const int64_t *expected;
  int thread, right;
} question;

static void *ask(void *argument) {
  question *mine = argument;
  int64_t scores[COUNT * CLASSES];
  for (int round = 0; round < ROUNDS; round++) {
    /* A part of the images that differs from thread to thread and from round to round. */
    int first = (mine->thread * 5 + round) % COUNT, count = 1 + (mine->thread + round * 7) % (COUNT - first);
    int32_t status = tally_predict(mine->model, pixels + first * PIXELS, count, SIDE, SIDE, 1, 1 + mine->thread % 3,
                                   scores, count * CLASSES, NULL, 0);
    mine->right += status == TALLY_DONE && memcmp(scores, mine->expected + first * CLASSES,
                                                  (size_t)(count * CLASSES) * sizeof *scores) == 0;
  }
  return NULL;
}

static void *train_and_ask(void *argument) {
  question *mine = argument;
  question own = *mine;
  tally_model *model = NULL;
  if (tally_train(pixels, COUNT, SIDE, SIDE, 1, labels, class_names, CLASSES, small_plan, NULL, 0, 1, 100000, 1,
                  (ptrdiff_t)1 << 32, NULL, NULL, &model, NULL, 0) != TALLY_DONE)
    return NULL;
  own.model = model;
  ask(&own);
  tally_model_free(model);
  mine->right = own.right;
  return NULL;
}

void check_threads(void) {
  tally_model *model = trained_model();
  int64_t expected[COUNT * CLASSES];
  CHECK(tally_predict(model, pixels, COUNT, SIDE, SIDE, 1, 1, expected, COUNT * CLASSES, MESSAGE) == TALLY_DONE);
  pthread_t threads[THREADS];
  question questions[THREADS];
  for (int i = 0; i < THREADS; i++) {
    question q = {model, expected, i, 0};
    questions[i] = q;
    CHECK(pthread_create(&threads[i], NULL, i < 6 ? ask : train_and_ask, &questions[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(questions[i].right == ROUNDS);
  tally_model_free(model);
}
