// How fast each implementation's kernels are on one core, next to the bound that the same run measures.
// Build and run, from the repository's root:
//   clang -O2 -ISources/CTallyKernels/include Benchmarks/kernels/*.c Sources/CTallyKernels/*.c -o /tmp/tally-kernels
//   /tmp/tally-kernels [--quick] [--json FILE] [LEVEL ...]
//
// Operations: one 64-bit word of a patch against one of a filter (products, votes), one word read (transposition,
// positional popcount, pooling), one distance (packs, counts), one multiply-add (16-bit products).
// Bounds: "registers" is the level's best loop that counts bits in registers alone (rooflines.c); "read" is how
// fast the level's vectors read as many bytes as the kernel reads, from the same level of cache.
// Kernel and bound take turns in bursts of about 2 ms; each figure is the best burst, so that other load on the
// machine shows little. Votes count only words with marks; where the kernel skips marks finer than that, the
// ratio may exceed 1.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CTallyKernels.h"
#include "image.h"
#include "measure.h"
#include "rooflines.h"

// MARK: Measuring

static const char *level;
static const roofline *bound;
static read_function reads;
static volatile uint64_t sink;
static FILE *json;
static int written;

static void report(const char *kernel, const char *shape, double operations, double best, const char *against,
                   double roof) {
  double rate = 1e-9 * operations / best;
  printf("%-22s %-8s %-32s %9.2f", kernel, level, shape, rate);
  if (roof > 0) printf("   %9.2f %-10s %5.2f", roof, against, rate / roof);
  printf("\n");
  fflush(stdout);
  if (!json) return;
  fprintf(json, "%s\n    {\"kernel\": \"%s\", \"level\": \"%s\", \"shape\": \"%s\", \"gops\": %.3f",
          written++ ? "," : "", kernel, level, shape, rate);
  if (roof > 0) {
    fprintf(json, ", \"bound\": \"%s\", \"roofline\": %.3f, \"ratio\": %.3f}", against, roof, rate / roof);
  } else {
    fprintf(json, ", \"bound\": null, \"roofline\": null, \"ratio\": null}");
  }
}

// Against the level's loop in registers.
#define MEASURE_COUNTING(kernel, shape, operations, call)                             \
  do {                                                                                \
    double best = 1e30, boundBest = 1e30;                                             \
    long times = 1, boundTimes = 1000;                                                \
    for (int burst = 0; burst < bursts; burst++) {                                    \
      BURST(&boundBest, &boundTimes, sink += bound->run(100));                        \
      BURST(&best, &times, call);                                                     \
    }                                                                                 \
    report(kernel, shape, (double)(operations), best, "registers",                    \
           1e-7 * bound->perTurn / boundBest);                                     \
  } while (0)

// Against reading `bytes` bytes of `memory`.
#define MEASURE_READING(kernel, shape, operations, memory, bytes, call)                        \
  do {                                                                                         \
    double best = 1e30, boundBest = 1e30;                                                      \
    long times = 1, boundTimes = 1;                                                            \
    for (int burst = 0; burst < bursts; burst++) {                                             \
      BURST(&boundBest, &boundTimes,                                                           \
            sink += reads((const uint64_t *)(const void *)(memory), (bytes) / 512 * 64));      \
      BURST(&best, &times, call);                                                              \
    }                                                                                          \
    double share = (double)((bytes) / 512 * 512) / (double)(bytes);                            \
    report(kernel, shape, (double)(operations), best, "read",                                  \
           1e-9 * share * (double)(operations) / boundBest);                                   \
  } while (0)

#define MEASURE_ALONE(kernel, shape, operations, call)                        \
  do {                                                                        \
    double best = 1e30;                                                       \
    long times = 1;                                                           \
    for (int burst = 0; burst < bursts; burst++) BURST(&best, &times, call);  \
    report(kernel, shape, (double)(operations), best, "", 0);                 \
  } while (0)

// MARK: Bounds

static void measure_bounds(int (*wanted)(const char *level)) {
  size_t count;
  const roofline *all = rooflines(&count);
  printf("%-22s %-8s %-50s %9s\n", "bound", "level", "how", "G/s");
  if (json) fprintf(json, "  \"bounds\": [");
  for (size_t i = 0; i < count; i++) {
    if (!wanted(all[i].level)) continue;
    double best = 1e30;
    long times = 1;
    for (int burst = 0; burst < bursts; burst++) BURST(&best, &times, sink += all[i].run(1000));
    double rate = 1e-6 * all[i].perTurn / best;
    printf("%-22s %-8s %-50s %9.2f%s\n", "word operations", all[i].level, all[i].method, rate,
           all[i].bound ? "" : "  (for comparison)");
    if (json)
      fprintf(json, "%s\n    {\"level\": \"%s\", \"method\": \"%s\", \"gops\": %.3f, \"used\": %s}",
              written++ ? "," : "", all[i].level, all[i].method, rate, all[i].bound ? "true" : "false");
  }
  static const struct { const char *name; size_t bytes; } caches[] = {
    {"read, 16 KiB (L1)", 16 << 10}, {"read, 512 KiB (L2)", 512 << 10}, {"read, 256 MiB (DRAM)", 256 << 20},
  };
  uint64_t *memory = random_memory(256 << 20);
  size_t levels;
  const tk_implementation *implementations = tk_implementations(&levels);
  for (size_t n = 0; n < levels; n++) {
    if (!wanted(implementations[n].name)) continue;
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
      double best = 1e30;
      long times = 1;
      read_function read = reader(implementations[n].name);
      for (int burst = 0; burst < (bursts < 5 ? bursts : 5); burst++)
        BURST(&best, &times, sink += read(memory, caches[i].bytes / 8));
      double rate = 1e-9 * (double)caches[i].bytes / best;
      printf("%-22s %-8s %-50s %9.2f\n", "GB/s", implementations[n].name, caches[i].name, rate);
      if (json)
        fprintf(json, "%s\n    {\"level\": \"%s\", \"method\": \"%s\", \"gigabytesPerSecond\": %.3f}",
                written++ ? "," : "", implementations[n].name, caches[i].name, rate);
    }
  }
  free(memory);
  if (json) fprintf(json, "\n  ],\n");
  written = 0;
}

// MARK: Kernels

enum { MAX_L = 45, MAX_K = 512, MAX_P = 1024 };

static void measure_products(const tk_kernels *kernels, int quick) {
  static const struct { size_t size, window, channels; } shapes[] = {
    {28, 3, 1}, {28, 3, 2}, {14, 3, 4}, {7, 3, 1}, {28, 5, 1},
  };
  static const size_t filterCounts[] = {32, 128, 512};
  uint64_t *image = random_memory(8 * 40 * 40 * 9), *filters = random_memory(8 * MAX_L * MAX_K);
  uint64_t *masks = random_memory(8 * MAX_L * MAX_K);
  uint16_t *distances = random_memory(2 * MAX_P * MAX_K);
  for (size_t i = 0; i < (quick ? 3 : sizeof shapes / sizeof *shapes); i++) {
    for (size_t n = 0; n < 3; n++) {
      size_t size = shapes[i].size, S = filterCounts[n];
      size_t words = shapes[i].window * shapes[i].channels, row = (size + shapes[i].window - 1) * shapes[i].channels;
      if ((i > 2 || quick) && S != 128) continue;
      tk_patches p = {image, size, size, row, shapes[i].channels, shapes[i].window, words, row};
      size_t L = shapes[i].window * words;
      char shape[64];
      snprintf(shape, sizeof shape, "D=%zu P=%zux%zu K=%zu", 64 * L, size, size, S);
      MEASURE_COUNTING("hamming", shape, size * size * L * S, kernels->hamming_matrix(&p, filters, S, S, distances));
      MEASURE_COUNTING("masked hamming", shape, size * size * L * S,
                       kernels->masked_hamming_matrix(&p, filters, masks, S, S, distances));
    }
  }
  free(image);
  free(filters);
  free(masks);
  free(distances);
}

static void measure_votes(const tk_kernels *kernels, int quick) {
  enum { K = 128, MAX_R = 256, MAX_D = 2304 };
  static const struct { size_t R, D; int marked; } shapes[] = {
    {64, 576, 10}, {64, 576, 100}, {64, 2304, 10}, {64, 2304, 100}, {256, 576, 3}, {256, 576, 10}, {256, 576, 30},
    {16, 576, 10}, {16, 2304, 50},
  };
  uint64_t *active = random_memory(8 * MAX_R * K), *sign = random_memory(8 * MAX_R * K);
  uint64_t *bits = random_memory(8 * MAX_R * MAX_D);
  int32_t *sums = random_memory(4 * K * MAX_D);
  for (size_t i = 0; i < (quick ? 2 : sizeof shapes / sizeof *shapes); i++) {
    size_t nonzero = 0;
    for (size_t j = 0; j < shapes[i].R * K; j++) {
      active[j] = 0;
      for (int b = 0; b < 64; b++) active[j] |= (uint64_t)(random64() % 100 < (uint64_t)shapes[i].marked) << b;
      nonzero += active[j] != 0;
    }
    char shape[64];
    snprintf(shape, sizeof shape, "D=%zu R=%zu K=%d, %d %% marked", shapes[i].D, shapes[i].R, K, shapes[i].marked);
    MEASURE_COUNTING("votes", shape, nonzero * shapes[i].D,
                     kernels->vote_matrix(active, sign, K, K, bits, shapes[i].D, shapes[i].R, sums));
  }
  free(active);
  free(sign);
  free(bits);
  free(sums);
}

static void measure_counts(const tk_kernels *kernels, int quick) {
  static const struct { size_t rows, words; } shapes[] = {
    {1024, 9}, {1024, 18}, {1024, 27}, {1024, 36}, {1024, 2}, {1024, 8}, {64, 45},
  };
  uint64_t *rows = random_memory(8 * 1024 * 64), *transposed = random_memory(8 * 64 * MAX_L);
  uint32_t *counts = random_memory(4 * 64 * 64);
  char shape[64];
  for (size_t i = 0; i < (quick ? 2 : sizeof shapes / sizeof *shapes); i++) {
    size_t n = shapes[i].rows, words = shapes[i].words;
    snprintf(shape, sizeof shape, "%zu rows of %zu words", n, words);
    MEASURE_READING("positional popcount", shape, n * words, rows, 8 * n * words,
                    kernels->positional_popcount(rows, n, words, words, counts));
  }
  static const size_t channels[] = {1, 4};
  for (size_t i = 0; i < (quick ? 1 : 2); i++) {
    size_t words = 3 * channels[i], row = 34 * channels[i];
    tk_patches p = {rows, 32, 32, row, channels[i], 3, words, row};
    snprintf(shape, sizeof shape, "64 patches, L=%zu", 3 * words);
    MEASURE_READING("transpose", shape, 64 * 3 * words, rows, 8 * 64 * 3 * words,
                    kernels->transpose_patches(&p, 64, 64, transposed));
  }
  free(rows);
  free(transposed);
  free(counts);
}

static void measure_distances(const tk_kernels *kernels, int quick) {
  static const struct { size_t P, K; } shapes[] = {{784, 128}, {196, 512}, {784, 32}};
  uint16_t *distances = random_memory(2 * 784 * 512), *thresholds = random_memory(2 * 4 * MAX_K);
  // Distances and thresholds of patches of 2,304 bits.
  for (size_t i = 0; i < 784 * 512; i++) distances[i] %= 2305;
  for (size_t k = 0; k < 4 * MAX_K; k++) thresholds[k] %= 2305;
  uint64_t *bits = random_memory(8 * 784 * 8);
  int32_t *sums = random_memory(4 * 4 * MAX_K);
  for (size_t i = 0; i < (quick ? 1 : sizeof shapes / sizeof *shapes); i++) {
    size_t P = shapes[i].P, K = shapes[i].K, bytes = 2 * P * K, n = P * K, words = (K + 63) / 64;
    char shape[64];
    snprintf(shape, sizeof shape, "P=%zu K=%zu", P, K);
    MEASURE_READING("threshold pack", shape, n, distances, bytes,
                    kernels->threshold_pack(distances, P, K, K, thresholds, bits, words));
    MEASURE_READING("range pack", shape, n, distances, bytes,
                    kernels->range_pack(distances, P, K, K, thresholds, thresholds, bits, words));
    tk_features one = {thresholds, 1, 0, K}, four = {thresholds, 4, 10, K};
    MEASURE_READING("count features", shape, n, distances, bytes,
                    kernels->count_features(distances, P, K, K, &one, sums));
    MEASURE_READING("count margins", shape, n, distances, bytes,
                    kernels->count_margins(distances, P, K, K, &one, 2304, sums));
    MEASURE_READING("count four margins", shape, n, distances, bytes,
                    kernels->count_margins(distances, P, K, K, &four, 2304, sums));
  }
  free(distances);
  free(thresholds);
  free(bits);
  free(sums);
}

static void measure_pooling(const tk_kernels *kernels, int quick) {
  uint64_t *in = random_memory(8 * 32 * 32 * 8), *out = random_memory(8 * 16 * 16 * 8);
  static const size_t words[] = {2, 8};
  for (size_t i = 0; i < (quick ? 1 : 2); i++) {
    size_t w = words[i], n = 32 * 32 * w;
    char shape[64];
    snprintf(shape, sizeof shape, "32x32, %zu words", w);
    MEASURE_READING("pool or", shape, n, in, 8 * n,
                    kernels->pool_bits(in, 32, 32, w, 32 * w, w, out, 16 * w, w, TK_POOL_OR));
    MEASURE_READING("pool majority", shape, n, in, 8 * n,
                    kernels->pool_bits(in, 32, 32, w, 32 * w, w, out, 16 * w, w, TK_POOL_MAJORITY));
  }
  free(in);
  free(out);
}

static void measure_sixteen_bit(const tk_kernels *kernels) {
  int16_t *a = random_memory(2 * 64 * 2048), *b = random_memory(2 * 64 * 2048);
  for (size_t i = 0; i < 64 * 2048; i++) a[i] &= 127, b[i] &= 127;
  int64_t *products = random_memory(8 * 64 * 64);
  int32_t *combined = random_memory(4 * 2048);
  MEASURE_ALONE("dot matrix", "64x64 length 2048 block 1024", 64 * 64 * 2048,
                kernels->dot_matrix(a, 64, 2048, b, 64, 2048, 2048, 1024, products, 64));
  MEASURE_ALONE("dot matrix", "10x32 length 2048 block 64", 10 * 32 * 2048,
                kernels->dot_matrix(a, 10, 2048, b, 32, 2048, 2048, 64, products, 64));
  MEASURE_ALONE("combine rows", "10 rows of 2048", 10 * 2048,
                kernels->combine_rows(b, 10, a, 2048, 2048, combined));
  free(a);
  free(b);
  free(products);
  free(combined);
}

// MARK: The program

static const char *const *asked;
static int askedCount;

static int wanted(const char *name) {
  size_t count;
  const tk_implementation *implementations = tk_implementations(&count);
  for (size_t n = 0; n < count; n++)
    if (strcmp(implementations[n].name, name) == 0 && !implementations[n].available()) return 0;
  for (int i = 0; i < askedCount; i++)
    if (strcmp(asked[i], name) == 0) return 1;
  return askedCount == 0;
}

static int usage(const char *wrong) {
  size_t count;
  const tk_implementation *implementations = tk_implementations(&count);
  fprintf(stderr, "kernels: %s\nusage: kernels [--quick] [--json FILE] [LEVEL ...], levels:", wrong);
  for (size_t n = 0; n < count; n++) fprintf(stderr, " %s", implementations[n].name);
  fprintf(stderr, "\n");
  return 2;
}

static void measure_images(const tk_implementation *implementations, size_t count) {
  if (json) fprintf(json, "\n  ],\n  \"images\": [");
  written = 0;
  for (size_t n = 0; n < count; n++) {
    if (!wanted(implementations[n].name)) continue;
    for (int colour = 0; colour < 2; colour++) {
      if (json && written++) fprintf(json, ",");
      measure_image(&implementations[n], colour, json);
    }
  }
  if (json) fprintf(json, "\n  ]\n");
}

int main(int argc, char **argv) {
  size_t count, bounds;
  const tk_implementation *implementations = tk_implementations(&count);
  const roofline *all = rooflines(&bounds);
  const char *path = NULL;
  int quick = 0, i = 1;
  for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
    if (strcmp(argv[i], "--quick") == 0) {
      quick = 1, bursts = 8;
    } else if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      path = argv[++i];
    } else {
      return usage("unknown option or missing file name");
    }
  }
  asked = (const char *const *)(argv + i), askedCount = argc - i;
  for (int n = 0; n < askedCount; n++) {
    size_t m = 0;
    while (m < count && strcmp(implementations[m].name, asked[n]) != 0) m++;
    if (m == count || !implementations[m].available()) return usage("no such level on this CPU");
  }
  if (path && !(json = fopen(path, "w"))) {
    perror(path);
    return 1;
  }
  if (json) fprintf(json, "{\n  \"unit\": \"10^9 operations a second on one core, best of %d bursts\",\n", bursts);
  measure_bounds(wanted);
  printf("\n%-22s %-8s %-32s %9s   %9s %-10s %5s\n", "kernel", "level", "shape", "G/s", "bound", "by", "ratio");
  if (json) fprintf(json, "  \"kernels\": [");
  for (size_t n = 0; n < count; n++) {
    level = implementations[n].name;
    if (!wanted(level)) continue;
    for (size_t r = 0; r < bounds; r++)
      if (all[r].bound && strcmp(all[r].level, level) == 0) bound = &all[r];
    reads = reader(level);
    const tk_kernels *kernels = implementations[n].kernels;
    measure_products(kernels, quick);
    measure_votes(kernels, quick);
    measure_counts(kernels, quick);
    measure_distances(kernels, quick);
    measure_pooling(kernels, quick);
    if (!quick) measure_sixteen_bit(kernels);
  }
  measure_images(implementations, count);
  if (json) {
    fprintf(json, "}\n");
    if (fclose(json) != 0) {
      perror(path);
      return 1;
    }
  }
  return 0;
}
