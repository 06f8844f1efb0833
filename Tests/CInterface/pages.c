/* Data sets, explanations and reports: what they give, and what they refuse. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text that a function gave, and how often it gave one. */
typedef struct text {
  char bytes[1 << 20];
  ptrdiff_t count;
  int calls;
} text;

static void keep(void *context, const uint8_t *bytes, ptrdiff_t count) {
  text *kept = context;
  CHECK(count > 0 && count < (ptrdiff_t)sizeof kept->bytes);
  memcpy(kept->bytes, bytes, (size_t)count);
  kept->bytes[count] = 0;
  kept->count = count;
  kept->calls++;
}

/* Writes an IDX file of bytes. */
static void write_idx(const char *path, const uint8_t *head, size_t length, const uint8_t *content, size_t count) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL);
  CHECK(fwrite(head, 1, length, file) == length && fwrite(content, 1, count, file) == count && fclose(file) == 0);
}

static void check_data(const char *folder) {
  static const uint8_t image_head[] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
  static const uint8_t label_head[] = {0, 0, 8, 1, 0, 0, 0, COUNT};
  uint8_t narrow[COUNT];
  for (int i = 0; i < COUNT; i++) narrow[i] = (uint8_t)labels[i];
  write_idx(path_in(folder, "images"), image_head, sizeof image_head, pixels, sizeof pixels);
  write_idx(path_in(folder, "labels"), label_head, sizeof label_head, narrow, sizeof narrow);
  char spec[9000];
  sprintf(spec, "%s,", path_in(folder, "images"));
  strcat(spec, path_in(folder, "labels"));

  tally_data *data = NULL;
  CHECK(tally_data_open(spec, 0, 0, 0, 0, 1, 0, 2, &data, MESSAGE) == TALLY_DONE && data != NULL);
  ptrdiff_t sizes[5];
  CHECK(tally_data_sizes(data, TALLY_TRAIN, sizes) == TALLY_DONE);
  CHECK(sizes[0] == COUNT && sizes[1] == SIDE && sizes[2] == SIDE && sizes[3] == 1 && sizes[4] == CLASSES);
  CHECK(tally_data_sizes(data, TALLY_VALIDATION, sizes) == TALLY_DONE && sizes[0] == -1);
  CHECK(tally_data_sizes(data, 3, sizes) == TALLY_INVALID && tally_data_sizes(data, -1, sizes) == TALLY_INVALID);
  CHECK(tally_data_sizes(data, 0, NULL) == TALLY_INVALID && tally_data_sizes(NULL, 0, sizes) == TALLY_INVALID);
  static uint8_t found[COUNT * PIXELS];
  uint16_t numbers[COUNT] = {9};
  CHECK(tally_data_pixels(data, TALLY_TRAIN, found, sizeof found - 1) == sizeof found && found[0] == 0);
  CHECK(tally_data_pixels(data, TALLY_TRAIN, found, sizeof found) == sizeof found);
  CHECK(memcmp(found, pixels, sizeof pixels) == 0);
  CHECK(tally_data_labels(data, TALLY_TRAIN, numbers, COUNT - 1) == COUNT && numbers[0] == 9);
  CHECK(tally_data_labels(data, TALLY_TRAIN, numbers, COUNT) == COUNT && memcmp(numbers, labels, sizeof labels) == 0);
  CHECK(tally_data_pixels(data, TALLY_VALIDATION, NULL, 0) == -1 && tally_data_labels(data, 7, NULL, 0) == -1);
  char name[4];
  CHECK(tally_data_text(data, 3, (uint8_t *)name, sizeof name) == 1 && name[0] == '1');
  CHECK(tally_data_text(data, 1, NULL, 0) == 0 && tally_data_text(data, 4, NULL, 0) == -1);
  CHECK(tally_data_text(data, -1, NULL, 0) == -1 && tally_data_text(NULL, 0, NULL, 0) == -1);
  tally_data_free(data);
  tally_data_free(NULL);

  data = (tally_data *)&message;
  CHECK(tally_data_open(path_in(folder, "nothing"), 0, 0, 0, 0, 1, 0, 1, &data, MESSAGE) != TALLY_DONE);
  CHECK(data == NULL && said("nothing"));
  CHECK(tally_data_open(NULL, 0, 0, 0, 0, 1, 0, 1, &data, MESSAGE) == TALLY_INVALID && said("spec is a null"));
  CHECK(tally_data_open(spec, 0, 0, 0, 0, 1, 0, 1, NULL, MESSAGE) == TALLY_INVALID && said("data is a null"));
  CHECK(tally_data_open(spec, 3, 9, 0, 0, 1, 0, 1, &data, MESSAGE) == TALLY_INVALID && said("width is 3"));
  CHECK(tally_data_open(spec, 8, 2000, 0, 0, 1, 0, 1, &data, MESSAGE) == TALLY_INVALID && said("height is 2000"));
  CHECK(tally_data_open(spec, 0, 0, 2, 0, 1, 0, 1, &data, MESSAGE) == TALLY_INVALID && said("channels is 2"));
  CHECK(tally_data_open(spec, 0, 0, 0, -1, 1, 0, 1, &data, MESSAGE) == TALLY_INVALID && said("test fraction"));
  CHECK(tally_data_open(spec, 0, 0, 0, 0, 1, 0, 0, &data, MESSAGE) == TALLY_INVALID && said("threads is 0"));
}

static void check_pages(const tally_model *model) {
  text *kept = malloc(sizeof *kept);
  CHECK(kept != NULL);
  kept->calls = 0;
#define EXPLAIN(side, name, of, against, format, threads) \
  tally_explain(model, pixels, side, SIDE, 1, name, of, against, format, threads, keep, kept, MESSAGE)
  CHECK(EXPLAIN(SIDE, "one.png", -1, -1, 0, 1) == TALLY_DONE && kept->calls == 1);
  CHECK(kept->bytes[0] == '{' && strstr(kept->bytes, "\"byPosition\"") != NULL && strstr(kept->bytes, "one.png") != NULL);
  for (int c = 0; c < CLASSES; c++) {
    char wanted[40];
    sprintf(wanted, "\"against\" : \"%s\"", class_names[c]);
    CHECK(EXPLAIN(SIDE, "x", -1, c, 0, 1) == TALLY_DONE && strstr(kept->bytes, wanted) != NULL);
  }
  CHECK(EXPLAIN(SIDE, "<b>", 1, 0, 1, 2) == TALLY_DONE && strstr(kept->bytes, "<html") != NULL);
  CHECK(strstr(kept->bytes, "<b>") == NULL);
  kept->calls = 0;
  CHECK(EXPLAIN(SIDE, "x", CLASSES, -1, 0, 1) == TALLY_INVALID && said("class to explain is 2"));
  CHECK(EXPLAIN(SIDE, "x", -2, -1, 0, 1) == TALLY_INVALID && said("-2"));
  CHECK(EXPLAIN(SIDE, "x", -1, CLASSES, 0, 1) == TALLY_INVALID && said("compared with is 2"));
  CHECK(EXPLAIN(SIDE, "x", 1, 1, 0, 1) == TALLY_INVALID && said("compared with itself"));
  CHECK(EXPLAIN(SIDE, "x", -1, -1, 2, 1) == TALLY_INVALID && said("format is 2"));
  CHECK(EXPLAIN(SIDE, "x", -1, -1, 0, 0) == TALLY_INVALID && said("threads is 0"));
  CHECK(EXPLAIN(SIDE - 1, "x", -1, -1, 0, 1) == TALLY_INVALID);
  CHECK(EXPLAIN(SIDE, NULL, -1, -1, 0, 1) == TALLY_INVALID && said("name is a null"));
  CHECK(tally_explain(NULL, pixels, SIDE, SIDE, 1, "x", -1, -1, 0, 1, keep, kept, MESSAGE) == TALLY_INVALID);
  CHECK(tally_explain(model, NULL, SIDE, SIDE, 1, "x", -1, -1, 0, 1, keep, kept, MESSAGE) == TALLY_INVALID);
  CHECK(kept->calls == 0);
  CHECK(tally_explain(model, pixels, SIDE, SIDE, 1, "x", -1, -1, 0, 1, NULL, NULL, MESSAGE) == TALLY_DONE);

#define REPORT(count, labels, part) \
  tally_report(model, pixels, count, SIDE, SIDE, 1, labels, part, 2, keep, kept, MESSAGE)
  CHECK(REPORT(COUNT, labels, "test") == TALLY_DONE && kept->calls == 1);
  CHECK(strstr(kept->bytes, "test accuracy") != NULL && strstr(kept->bytes, "left") != NULL);
  uint16_t wrong[COUNT] = {CLASSES};
  CHECK(REPORT(COUNT, wrong, "test") == TALLY_INVALID && said("label 2"));
  CHECK(REPORT(0, labels, "test") == TALLY_INVALID && said("number of images is 0"));
  CHECK(REPORT(COUNT, NULL, "test") == TALLY_INVALID && said("labels is a null"));
  CHECK(REPORT(COUNT, labels, NULL) == TALLY_INVALID && said("part is a null"));
  CHECK(tally_report(NULL, pixels, COUNT, SIDE, SIDE, 1, labels, "test", 2, keep, kept, MESSAGE) == TALLY_INVALID);
  CHECK(kept->calls == 1);
  free(kept);
}

void check_data_and_pages(const char *folder) {
  check_data(folder);
  tally_model *model = trained_model();
  check_pages(model);
  tally_model_free(model);
}
