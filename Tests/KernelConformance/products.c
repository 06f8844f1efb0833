// Tests of the kernels on numbers: products of 16-bit rows, weighted counts, roots of counts.
// Products of bits are in hamming.c and bits.c.

#include "conformance.h"

static size_list lengths(void) {
  // Vectors of 8, 16 and 32 numbers, and a block of products that is longer than one.
  static const size_t all[] = {0, 1, 15, 31, 32, 33, 63, 64, 65, 128, 200, 513}, few[] = {0, 1, 15, 16, 31, 32, 33, 65};
  return SIZES(all, few);
}

static void check_dots(const tk_kernels *kernels, size_t M, size_t N, size_t length, int large) {
  size_t aStride = length + below(4), bStride = length + below(4), outStride = N + below(3);
  // 32767 * 2047 * 32 < 2^31 and 127 * 127 * 4096 < 2^31.
  size_t block = large ? 32 : (below(2) ? 4096 : 64);
  int16_t *a = random_values(M ? (M - 1) * aStride + length : 0, large ? 0 : 127);
  int16_t *b = random_values(N ? (N - 1) * bStride + length : 0, large ? 2047 : 127);
  output o = make_output(M && N ? 8 * ((M - 1) * outStride + N) : 0);
  for (size_t m = 0; m < M; m++)
    for (size_t n = 0; n < N; n++)
      for (size_t i = 0; i < length; i++)
        ((int64_t *)o.expected)[m * outStride + n] += (int64_t)a[m * aStride + i] * b[n * bStride + i];
  kernels->dot_matrix(a, M, aStride, b, N, bStride, length, block, o.got, outStride);
  check(o, "dot_matrix", M, N, length);
  free(a);
  free(b);
}

// The largest sums that the promise allows, of more products than sums of vectors take.
static void check_largest_dots(const tk_kernels *kernels) {
  enum { MANY = 1100, M = 5, N = 5 };
  int16_t *a = allocate(2 * M * MANY), *b = allocate(2 * N * MANY);
  for (size_t i = 0; i < M * MANY; i++) a[i] = -32767, b[i] = 2047;
  output o = make_output(8 * M * N);
  for (size_t i = 0; i < M * N; i++) ((int64_t *)o.expected)[i] -= (int64_t)MANY * 32767 * 2047;
  kernels->dot_matrix(a, M, MANY, b, N, MANY, MANY, 32, o.got, N);
  check(o, "dot_matrix", M, N, MANY);
  free(a);
  free(b);
}

static void test_dots(const tk_kernels *kernels) {
  check_largest_dots(kernels);
  // A tile is 2 x 4 or 4 x 4.
  static const size_t all[] = {0, 1, 2, 3, 4, 5, 8, 10}, few[] = {0, 1, 2, 3, 4, 5};
  size_list rows = SIZES(all, few);
  for (size_t m = 0; m < rows.count; m++) {
    for (size_t n = 0; n < rows.count; n++) {
      for (size_t l = 0; l < lengths().count; l++) {
        for (int large = 0; large < 2; large++)
          check_dots(kernels, rows.sizes[m], rows.sizes[n], lengths().sizes[l], large);
      }
    }
  }
}

static void check_combined_rows(const tk_kernels *kernels, size_t length, size_t L, int large) {
  size_t stride = length + below(3);
  int16_t *coefficients = random_values(L, large ? 5000 : 3);
  int16_t *rows = random_values(L ? (L - 1) * stride + length : 0, large ? 32767 : 20);
  output o = make_output(4 * length);
  for (size_t i = 0; i < length; i++) {
    int32_t sum = 0;
    for (size_t l = 0; l < L; l++) sum += (int32_t)coefficients[l] * rows[l * stride + i];
    ((int32_t *)o.expected)[i] = sum;
  }
  kernels->combine_rows(coefficients, L, rows, stride, length, o.got);
  check(o, "combine_rows", L, length, stride);
  free(coefficients);
  free(rows);
}

// Of counts below 2^bits; of any at all, and the edges of what counts, for 32 bits.
static void check_roots(const tk_kernels *kernels, size_t n, unsigned bits) {
  static const int32_t edges[] = {0xffffff, 0x1000000, 0xfffffe, INT32_MAX, INT32_MIN, -1, 0};
  output o = make_output(4 * n);
  for (size_t i = 0; i < n; i++) {
    // Squares and their neighbours, small and large counts, and what is outside.
    uint32_t random = (uint32_t)random64(), side = random % 4096;
    int32_t count = i % 4 == 0 ? (int32_t)random : i % 4 == 1 ? (int32_t)(random % 100)
                    : i % 4 == 2 ? (int32_t)(side * side) : (int32_t)(side * side) - 1;
    if (bits < 32) count = i == 0 ? (int32_t)(((uint32_t)1 << bits) - 1) : (int32_t)((uint32_t)count >> (32 - bits));
    else if (n - i <= LENGTH(edges)) count = edges[n - i - 1];
    int64_t x = count < 0 ? 0 : count > 0xffffff ? 0xffffff : count;
    ((int32_t *)o.got)[i] = count;
    ((int32_t *)o.expected)[i] = (int32_t)root_by_trying(256 * x);
  }
  kernels->root_counts((int32_t *)o.got, n);
  check(o, "root_counts", n, bits, 0);
}

// Counts below 2^bits, or any at all.
static void check_weights(const tk_kernels *kernels, size_t C, size_t F, unsigned bits) {
  int16_t *weights = random_values(C * F, 32767);
  int32_t *counts = allocate(4 * F);
  for (size_t f = 0; f < F; f++) counts[f] = (int32_t)(bits < 32 ? below((size_t)1 << bits) : random64());
  if (F > 0 && bits < 32) counts[F - 1] = (int32_t)(((uint32_t)1 << bits) - 1);
  output o = make_output(8 * C);
  for (size_t c = 0; c < C; c++)
    for (size_t f = 0; f < F; f++)
      ((int64_t *)o.expected)[c] += (int64_t)weights[c * F + f] * counts[f];
  kernels->weigh_counts(weights, C, counts, F, o.got);
  check(o, "weigh_counts", C, F, bits);
  free(weights);
  free(counts);
}

void test_products(const tk_kernels *kernels) {
  test_dots(kernels);
  size_t most = fewSizes ? 3 : 11;
  for (size_t l = 0; l < lengths().count; l++) {
    size_t length = lengths().sizes[l];
    for (size_t n = 0; n <= most; n++) {
      check_combined_rows(kernels, length, n, 0);
      check_combined_rows(kernels, length, n, 1);
      check_weights(kernels, n, length, 32);
      check_weights(kernels, n, length, 15);
      check_weights(kernels, n, length, 4);
    }
    if (l == 0)  // more than are made narrow together
      check_weights(kernels, 14, 5000, 14), check_weights(kernels, 1, 2049, 31);
    for (unsigned bits = 1; bits <= 32; bits++)
      if (!fewSizes || bits % 4 == 0) check_roots(kernels, length, bits);
  }
}
