// What the tests of all families of kernels share: random input, guarded outputs, lists of sizes, patches.
// The tests themselves are in a file for each family; each compares with plain loops that know no words or lanes.
#ifndef TALLY_CONFORMANCE_H
#define TALLY_CONFORMANCE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "CTallyKernels.h"

// MARK: Sizes

// Whether only a few sizes are wanted: every edge of a word, vector, tile and block once, for runs under emulation.
extern int fewSizes;

typedef struct size_list {
  const size_t *sizes;
  size_t count;
} size_list;

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// The list that was asked for of two arrays.
#define SIZES(all, few) (fewSizes ? (size_list){few, LENGTH(few)} : (size_list){all, LENGTH(all)})

// MARK: Random input

// What words hold. `fills` are those that are asked for: all of them or, of few, the last two.
enum fill { ZEROS, SPARSE, RANDOM, ONES, FILLS };

static inline int first_fill(void) { return fewSizes ? RANDOM : ZEROS; }

void seed(uint64_t state);
uint64_t random64(void);
size_t below(size_t bound);

void *allocate(size_t bytes);  // never a null pointer
uint64_t *random_words(size_t count, int fill);
uint16_t *random_halves(size_t count, size_t bound);
// Within +-bound; +-32767 for bound 0.
int16_t *random_values(size_t count, size_t bound);
// Bytes with many zeros and 255s among them.
uint8_t *random_pixels(size_t count, size_t others);

// MARK: Outputs

// An output: `expected` and `got` start with equal bytes, end in a guard that no kernel may touch.
typedef struct output {
  size_t bytes;
  void *expected, *got;
} output;

output make_output(size_t bytes);
// Compares and frees the output; x, y and z are the shape that a failure prints.
void check(output o, const char *kernel, size_t x, size_t y, size_t z);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern const char *current;  // the implementation under test
extern long checks, failures;

// MARK: Plain loops

int ones(uint64_t x);
// x within 0 ..< size.
size_t inside(long x, size_t size);
// The largest r with r * r <= x.
int64_t root_by_trying(int64_t x);

// MARK: Patches

typedef struct geometry {
  size_t rows, columns, segments, segmentWords, gap;
} geometry;

typedef struct patch_case {
  tk_patches patches;
  uint64_t *words;
  size_t P, L;
} patch_case;

const geometry *geometries(size_t *count);
patch_case make_patches(geometry g, int fill);
uint64_t patch_word(const tk_patches *p, size_t patch, size_t j);

// MARK: The families

void test_hamming(const tk_kernels *kernels);
void test_transposition(const tk_kernels *kernels);
void test_votes(const tk_kernels *kernels);
void test_counts(const tk_kernels *kernels);
void test_pooling(const tk_kernels *kernels);
void test_distances(const tk_kernels *kernels);
void test_squares(const tk_kernels *kernels);
void test_products(const tk_kernels *kernels);
void test_rows_of_counts(const tk_kernels *kernels);
void test_signals(const tk_kernels *kernels);
void test_windows(const tk_kernels *kernels);
void test_nearest(const tk_kernels *kernels);

#endif
