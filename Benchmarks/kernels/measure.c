// Random memory and the clock of measure.h.

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int bursts = 15;

static uint64_t state = 1;

uint64_t random64(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void *random_memory(size_t bytes) {
  size_t rounded = (bytes + 511) / 512 * 512;
  uint64_t *memory = aligned_alloc(64, rounded);
  if (!memory) {
    fprintf(stderr, "kernels: out of memory\n");
    exit(1);
  }
  for (size_t i = 0; i < rounded / 8; i++) memory[i] = random64();
  return memory;
}

double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
