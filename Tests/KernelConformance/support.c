// Random input, guarded outputs, patches in memory and the plain loops that several tests share.
// No kernel is called in here.

#include <stdarg.h>
#include <stdio.h>

#include "conformance.h"

int fewSizes;
const char *current;
long checks, failures;

// MARK: Random input

static uint64_t randomState = 1;

void seed(uint64_t state) { randomState = state; }

uint64_t random64(void) {
  uint64_t z = randomState += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

size_t below(size_t bound) { return (size_t)(random64() % bound); }

static uint64_t fill_word(int fill) {
  switch (fill) {
  case ZEROS: return 0;
  case ONES: return ~(uint64_t)0;
  case RANDOM: return random64();
  default: return below(4) == 0 ? random64() & random64() : 0;
  }
}

void *allocate(size_t bytes) {
  void *memory = malloc(bytes ? bytes : 1);
  if (!memory) {
    fprintf(stderr, "conformance: out of memory\n");
    exit(2);
  }
  return memory;
}

uint64_t *random_words(size_t count, int fill) {
  uint64_t *words = allocate(8 * count);
  for (size_t i = 0; i < count; i++) words[i] = fill_word(fill);
  return words;
}

uint16_t *random_halves(size_t count, size_t bound) {
  uint16_t *halves = allocate(2 * count);
  for (size_t i = 0; i < count; i++) halves[i] = (uint16_t)below(bound);
  return halves;
}

int16_t *random_values(size_t count, size_t bound) {
  int16_t *values = allocate(2 * count);
  for (size_t i = 0; i < count; i++)
    values[i] = (int16_t)(bound ? (long)below(2 * bound + 1) - (long)bound : (below(2) ? 32767 : -32767));
  return values;
}

uint8_t *random_pixels(size_t count, size_t others) {
  uint8_t *pixels = allocate(count);
  for (size_t i = 0; i < count; i++) pixels[i] = below(others) ? (uint8_t)random64() : (uint8_t)(0 - below(2));
  return pixels;
}

// MARK: Outputs

enum { GUARD = 256 };

output make_output(size_t bytes) {
  output o = {bytes, allocate(bytes + GUARD), allocate(bytes + GUARD)};
  // Small values, so that sums on top of them stay in range.
  for (size_t i = 0; i < bytes + GUARD; i++) ((uint8_t *)o.expected)[i] = i % 4 == 0 ? (uint8_t)random64() : 0;
  memcpy(o.got, o.expected, bytes + GUARD);
  return o;
}

void fail(const char *format, ...) {
  failures++;
  if (failures > 20) return;
  printf("%s: ", current);
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  printf("\n");
}

void check(output o, const char *kernel, size_t x, size_t y, size_t z) {
  checks++;
  if (memcmp(o.expected, o.got, o.bytes + GUARD) != 0) {
    size_t i = 0;
    while (((uint8_t *)o.expected)[i] == ((uint8_t *)o.got)[i]) i++;
    fail("%s differs at byte %zu of %zu (shape %zu, %zu, %zu)", kernel, i, o.bytes, x, y, z);
  }
  free(o.expected);
  free(o.got);
}

// MARK: Plain loops

int ones(uint64_t x) {
  int n = 0;
  for (; x != 0; x &= x - 1) n++;
  return n;
}

size_t inside(long x, size_t size) { return x < 0 ? 0 : x >= (long)size ? size - 1 : (size_t)x; }

int64_t root_by_trying(int64_t x) {
  int64_t r = 0;
  while ((r + 1) * (r + 1) <= x) r++;
  return r;
}

// MARK: Patches

static const geometry allGeometries[] = {
  // rows, columns, segments, segmentWords, gap
  {0, 0, 1, 1, 0},  {1, 1, 1, 1, 0},   {1, 1, 3, 3, 1},   {1, 3, 1, 7, 0},  {2, 2, 2, 2, 0},  {3, 5, 3, 3, 0},
  {5, 3, 3, 9, 2},  {7, 7, 5, 5, 0},   {7, 1, 7, 7, 3},   {1, 5, 1, 30, 0}, {1, 6, 1, 31, 0}, {1, 7, 1, 32, 0},
  {1, 9, 1, 33, 0}, {2, 3, 3, 15, 1},  {3, 3, 1, 63, 0},  {1, 4, 1, 64, 0}, {1, 5, 1, 65, 0}, {2, 2, 4, 33, 0},
  {1, 3, 1, 200, 0}, {8, 8, 1, 1, 0},  {13, 5, 3, 3, 0},  {16, 8, 3, 2, 0}, {3, 43, 3, 3, 0}, {2, 2, 0, 0, 0},
  {1, 2, 1, 511, 0}, {1, 2, 1, 1023, 0}, {4, 16, 3, 9, 0},
};

// Tiles of 4 positions, vectors of 32, blocks of 128; chunks of 12, 31 and 64 words, 16 words transposed together;
// filters copied side by side from 17 words and 16 positions on; runs of 3 and 9 words; the largest distance.
static const geometry fewGeometries[] = {
  {0, 0, 1, 1, 0},  {2, 2, 0, 0, 0},  {1, 1, 1, 1, 0},   {1, 3, 1, 11, 1},  {2, 2, 3, 4, 1},  {1, 5, 1, 13, 0},
  {1, 2, 1, 16, 0}, {4, 4, 1, 17, 0}, {1, 1, 1, 31, 0},  {1, 1, 1, 32, 0},  {1, 1, 1, 63, 0}, {1, 1, 1, 64, 0},
  {1, 1, 5, 13, 2}, {1, 31, 1, 1, 0}, {4, 8, 1, 2, 0},   {3, 11, 1, 3, 0},  {8, 8, 1, 1, 0},  {13, 5, 1, 1, 0},
  {1, 127, 1, 1, 0}, {16, 8, 1, 1, 0}, {3, 43, 1, 1, 0}, {1, 4, 3, 9, 0},   {1, 1, 1, 1023, 0},
};

const geometry *geometries(size_t *count) {
  *count = fewSizes ? LENGTH(fewGeometries) : LENGTH(allGeometries);
  return fewSizes ? fewGeometries : allGeometries;
}

// The last patch ends exactly where the allocation does, so that the sanitizer sees every read past it.
patch_case make_patches(geometry g, int fill) {
  tk_patches p = {0, g.rows, g.columns, 0, g.segmentWords + g.gap, g.segments, g.segmentWords, 0};
  p.segmentStride = (g.columns + 2) * p.columnStride + g.gap;
  p.rowStride = p.segmentStride;
  size_t words = 0;
  if (g.rows && g.columns && g.segments && g.segmentWords)
    words = (g.rows - 1) * p.rowStride + (g.columns - 1) * p.columnStride + (g.segments - 1) * p.segmentStride
      + g.segmentWords;
  patch_case c = {p, random_words(words, fill), g.rows * g.columns, g.segments * g.segmentWords};
  c.patches.base = c.words;
  return c;
}

uint64_t patch_word(const tk_patches *p, size_t patch, size_t j) {
  return p->base[patch / p->columns * p->rowStride + patch % p->columns * p->columnStride
                 + j / p->segmentWords * p->segmentStride + j % p->segmentWords];
}
