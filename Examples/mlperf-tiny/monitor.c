/* The commands of the benchmark's monitor that a run of the performance mode sends, each ended by `%`. On a board the benchmark's own
   api/internally_implemented.cpp takes this file's place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define COMMAND 256

static uint8_t buffer[96 * 96 * 3];
static size_t size, filled;

size_t ee_get_buffer(uint8_t *bytes, size_t most) {
  size_t count = most < filled ? most : filled;
  memcpy(bytes, buffer, count);
  return count;
}

static void load(const char *digits) {
  for (; digits[0] != 0 && digits[1] != 0 && filled < size; digits += 2) {
    char pair[3] = {digits[0], digits[1], 0}, *end;
    unsigned long byte = strtoul(pair, &end, 16);
    if (end != pair + 2) {
      th_printf("e-[Invalid hex digit '%s']\r\n", pair);
      return;
    }
    buffer[filled++] = (uint8_t)byte;
    if (filled == size) th_printf("m-load-done\r\n");
  }
}

static void infer(long count, long before) {
  if (count < 1 || before < 0) {
    th_printf("e-[Inference iterations must be >0]\r\n");
    return;
  }
  th_load_tensor();
  th_printf("m-warmup-start-%ld\r\n", before);
  while (before-- > 0) th_infer();
  th_printf("m-warmup-done\r\nm-infer-start-%ld\r\n", count);
  th_timestamp();
  while (count-- > 0) th_infer();
  th_timestamp();
  th_printf("m-infer-done\r\n");
  th_results();
}

static void obey(char *command) {
  char *word = strtok(command, " "), *first = strtok(NULL, " "), *second = strtok(NULL, " ");
  if (word == NULL) return;
  if (strcmp(word, "name") == 0) th_printf("m-name-dut-[tally]\r\n");
  else if (strcmp(word, "profile") == 0) th_printf("m-profile-[tally]\r\nm-model-[ic01]\r\n");
  else if (strcmp(word, "timestamp") == 0) th_timestamp();
  else if (strcmp(word, "results") == 0) th_results();
  else if (strcmp(word, "infer") == 0) infer(first ? atol(first) : 1, second ? atol(second) : 10);
  else if (strcmp(word, "db") == 0 && first && strcmp(first, "load") == 0) {
    size = second ? (size_t)atol(second) : 0;
    filled = 0;
    if (size == 0 || size > sizeof buffer) {
      th_printf("e-[Command 'db load' must be 1 to %u bytes]\r\n", (unsigned)sizeof buffer);
      size = 0;
    } else {
      th_printf("m-[Expecting %u bytes]\r\n", (unsigned)size);
    }
  } else if (strcmp(word, "db") == 0 && first) load(first);
  else th_printf("e-[Unknown command: %s]\r\n", word);
  th_printf("m-ready\r\n");
}

int main(void) {
  static char command[COMMAND + 1];
  size_t length = 0;
  th_timestamp_initialize();
  th_printf("m-init-done\r\nm-ready\r\n");
  for (char character = th_getchar(); character != 0; character = th_getchar()) {
    if (character == '%') {
      command[length] = 0;
      length = 0;
      obey(command);
    } else if (length < COMMAND && character != '\n' && character != '\r') {
      command[length++] = character;
    }
  }
  return 0;
}
