// How many word operations a second each implementation's kernels do on one core, on the shapes training has.
// Build and run: clang -O2 -ISources/CTallyKernels/include Benchmarks/kernels/kernels.c \
//   Sources/CTallyKernels/*.c -o /tmp/tally-kernels && /tmp/tally-kernels [NAME ...]
//
// A word operation is one 64-bit word of a patch against one of a filter (products, votes), one word read
// (transposition, positional popcount), one distance (packs and counts), one multiply-add (16-bit products).
// Every figure is the best of several runs of about 20 ms; data fit the second-level cache.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CTallyKernels.h"

static uint64_t state = 1;

static uint64_t random64(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void *random_memory(size_t bytes) {
  uint64_t *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  for (size_t i = 0; i < (bytes + 63) / 64 * 8; i++) memory[i] = random64();
  return memory;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *name;

// Runs `call` often enough for about 20 ms, five times, and prints operations / best time.
#define MEASURE(label, operations, call)                                                   \
  do {                                                                                     \
    long times = 1;                                                                        \
    double best = 1e30;                                                                    \
    for (int run = 0; run < 6; run++) {                                                    \
      double start = seconds();                                                            \
      for (long turn = 0; turn < times; turn++) call;                                      \
      double each = (seconds() - start) / (double)times;                                   \
      if (run == 0) times = each < 0.02 ? (long)(0.02 / each) + 1 : 1;                     \
      if (each < best) best = each;                                                        \
    }                                                                                      \
    printf("%-44s %-8s %8.2f G/s\n", label, name, 1e-9 * (double)(operations) / best);     \
  } while (0)

static void measure(const tk_kernels *kernels) {
  enum { K = 128, MAX_K = 512 };
  uint64_t *image = random_memory(8 * 40 * 40 * 9), *filters = random_memory(8 * 45 * MAX_K);
  uint64_t *masks = random_memory(8 * 45 * MAX_K);
  uint16_t *distances = random_memory(2 * 1024 * MAX_K), *thresholds = random_memory(2 * MAX_K);
  static const struct { const char *label; size_t size, segments, words, channels, filters; } shapes[] = {
    {"28x28, L=9 (3x3), K=128", 28, 3, 3, 1, 128},     {"32x32, L=27 (3x9), K=128", 32, 3, 9, 3, 128},
    {"32x32, L=45 (3x15), K=128", 32, 3, 15, 5, 128},  {"28x28, L=25 (5x5), K=64", 28, 5, 5, 1, 64},
    {"14x14, L=45 (3x15), K=512", 14, 3, 15, 5, 512},  {"7x7, L=9 (3x3), K=128", 7, 3, 3, 1, 128},
    {"32x32, L=9 (3x3), K=32", 32, 3, 3, 1, 32},
  };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    size_t size = shapes[i].size, window = shapes[i].words / shapes[i].channels, S = shapes[i].filters;
    size_t row = (size + window - 1) * shapes[i].channels;
    tk_patches p = {image, size, size, row, shapes[i].channels, shapes[i].segments, shapes[i].words, row};
    size_t operations = size * size * shapes[i].segments * shapes[i].words * S;
    char label[64];
    snprintf(label, sizeof label, "hamming %s", shapes[i].label);
    MEASURE(label, operations, kernels->hamming_matrix(&p, filters, S, distances));
    snprintf(label, sizeof label, "masked hamming %s", shapes[i].label);
    MEASURE(label, operations, kernels->masked_hamming_matrix(&p, filters, masks, S, distances));
  }

  static const struct { const char *label; size_t R, D; int percent; } votes[] = {
    {"votes D=576, R=256, dense", 256, 576, 100},  {"votes D=576, R=256, 30 % active", 256, 576, 30},
    {"votes D=2880, R=16, dense", 16, 2880, 100},  {"votes D=2880, R=16, 30 % active", 16, 2880, 30},
    {"votes D=4608, R=256, 10 % active", 256, 4608, 10},
  };
  uint64_t *active = random_memory(8 * 256 * K), *sign = random_memory(8 * 256 * K);
  uint64_t *bits = random_memory(8 * 256 * 4608);
  int32_t *sums = random_memory(4 * K * 4608);
  for (size_t i = 0; i < sizeof votes / sizeof *votes; i++) {
    size_t nonzero = 0;
    for (size_t j = 0; j < votes[i].R * K; j++) {
      active[j] = random64() % 100 < (uint64_t)votes[i].percent ? random64() | 1 : 0;
      nonzero += active[j] != 0;
    }
    MEASURE(votes[i].label, nonzero * votes[i].D,
            kernels->vote_matrix(active, sign, K, K, bits, votes[i].D, votes[i].R, sums));
  }

  uint64_t *transposed = random_memory(8 * 64 * 45);
  tk_patches narrow = {image, 28, 28, 30, 1, 3, 3, 30}, wide = {image, 32, 32, 34 * 5, 5, 3, 15, 34 * 5};
  MEASURE("transpose L=9", 64 * 9, kernels->transpose_patches(&narrow, 64, 64, transposed));
  MEASURE("transpose L=45", 64 * 45, kernels->transpose_patches(&wide, 64, 64, transposed));
  uint32_t *counts = random_memory(4 * 64 * 45);
  MEASURE("positional popcount 1024 x 9", 1024 * 9, kernels->positional_popcount(image, 1024, 9, 9, counts));
  MEASURE("positional popcount 1024 x 8", 1024 * 8, kernels->positional_popcount(image, 1024, 8, 8, counts));
  MEASURE("positional popcount 64 x 45", 64 * 45, kernels->positional_popcount(image, 64, 45, 45, counts));
  MEASURE("threshold pack K=128", 784 * K, kernels->threshold_pack(distances, 784, K, K, thresholds, bits, 2));
  MEASURE("range pack K=128", 784 * K, kernels->range_pack(distances, 784, K, K, thresholds, thresholds, bits, 2));
  int32_t *pooled = random_memory(4 * MAX_K);
  MEASURE("count features K=128", 784 * K, kernels->count_features(distances, 784, K, K, thresholds, pooled));
  MEASURE("count margins K=128", 784 * K, kernels->count_margins(distances, 784, K, K, thresholds, pooled));
  MEASURE("pool or 32x32, 2 words", 2048, kernels->pool_bits(image, 32, 32, 2, 64, 2, bits, 32, 2, TK_POOL_OR));
  MEASURE("pool majority 32x32, 8 words", 8192,
          kernels->pool_bits(image, 32, 32, 8, 256, 8, bits, 128, 8, TK_POOL_MAJORITY));
  int16_t *a = random_memory(2 * 64 * 2048), *b = random_memory(2 * 64 * 2048);
  for (size_t i = 0; i < 64 * 2048; i++) a[i] &= 127, b[i] &= 127;
  int64_t *products = random_memory(8 * 64 * 64);
  int32_t *combined = random_memory(4 * 2048);
  MEASURE("dot matrix 64x64, length 2048, block 1024", 64 * 64 * 2048,
          kernels->dot_matrix(a, 64, 2048, b, 64, 2048, 2048, 1024, products, 64));
  MEASURE("dot matrix 10x32, length 2048, block 64", 10 * 32 * 2048,
          kernels->dot_matrix(a, 10, 2048, b, 32, 2048, 2048, 64, products, 64));
  MEASURE("combine rows L=10, length 2048", 10 * 2048, kernels->combine_rows(b, 10, a, 2048, 2048, combined));
  free(image);
  free(filters);
  free(masks);
  free(distances);
  free(thresholds);
  free(active);
  free(sign);
  free(bits);
  free(sums);
  free(transposed);
  free(counts);
  free(pooled);
  free(a);
  free(b);
  free(products);
  free(combined);
}

int main(int argc, char **argv) {
  size_t count;
  const tk_implementation *implementations = tk_implementations(&count);
  for (size_t n = 0; n < count; n++) {
    name = implementations[n].name;
    int wanted = argc == 1;
    for (int i = 1; i < argc; i++) wanted |= strcmp(argv[i], name) == 0;
    if (wanted && implementations[n].available()) measure(implementations[n].kernels);
  }
  return 0;
}
