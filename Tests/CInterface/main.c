/* Runs all parts of the test, and holds what they share. Usage: interface FOLDER; files are written there. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char message[1000];
const char *const class_names[CLASSES] = {"left", "right"};
const char *const small_plan =
    "{\"name\": \"small\", \"layers\": [{\"filters\": 4, \"refine\": {\"passes\": 1}, \"head\": {\"grid\": 2}}]}";
uint8_t pixels[COUNT * PIXELS];
uint16_t labels[COUNT];

void fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: not so: %s; last message: \"%s\"\n", file, line, condition, message);
  exit(1);
}

int said(const char *text) { return strstr(message, text) != NULL && strchr(message, '\n') == NULL; }

const char *path_in(const char *folder, const char *name) {
  static char path[4096];
  CHECK(strlen(folder) + strlen(name) + 2 < sizeof path);
  sprintf(path, "%s/%s", folder, name);
  return path;
}

void make_images(void) {
  for (int i = 0; i < COUNT; i++) {
    labels[i] = (uint16_t)(i % CLASSES);
    for (int p = 0; p < PIXELS; p++) {
      int is_dark = (p % SIDE < SIDE / 2) == labels[i];
      pixels[i * PIXELS + p] = (uint8_t)(is_dark ? 20 + p * i % 90 : 200);
    }
  }
}

tally_model *trained_model(void) {
  tally_model *model = NULL;
  CHECK(tally_train(pixels, COUNT, SIDE, SIDE, 1, labels, class_names, CLASSES, small_plan, NULL, 0, 1, 100000, 2,
                    (ptrdiff_t)1 << 32, NULL, NULL, &model, MESSAGE) == TALLY_DONE);
  CHECK(model != NULL && message[0] == 0);
  return model;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: interface FOLDER\n");
    return 2;
  }
  CHECK(tally_interface_version() == TALLY_INTERFACE_VERSION);
  make_images();
  check_life(argv[1]);
  check_errors(argv[1]);
  check_threads();
  check_data_and_pages(argv[1]);
  puts("ok");
  return 0;
}
