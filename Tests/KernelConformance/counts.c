// Tests of the kernels on rows of counts: their sums, moments and normalised values, and transposition.
// Counts made of distances are in distances.c.

#include "conformance.h"

static void check_sums(const tk_kernels *kernels, size_t count, size_t n, int large) {
  size_t stride = n + below(3), last = count ? (count - 1) * stride + n : 0;
  int32_t *rows = allocate(4 * last);
  for (size_t i = 0; i < last; i++) rows[i] = large ? (int32_t)random64() : (int32_t)below(300);
  output added = make_output(4 * n), sums = make_output(8 * n), squares = make_output(8 * n);
  for (size_t i = 0; i < n; i++) {
    uint32_t sum = 0;
    for (size_t r = 0; r < count; r++) {
      int64_t x = rows[r * stride + i];
      sum += (uint32_t)x;
      ((int64_t *)sums.expected)[i] += x;
      ((uint64_t *)squares.expected)[i] += (uint64_t)(x * x);
    }
    ((uint32_t *)added.expected)[i] = sum;
  }
  kernels->add_rows(rows, count, stride, n, added.got);
  kernels->sum_counts(rows, count, stride, n, sums.got, squares.got);
  check(added, "add_rows", count, n, stride);
  check(sums, "sum_counts", count, n, stride);
  check(squares, "sum_counts", count, n, stride);
  free(rows);
}

// Differences that products clamp and that they do not; or any numbers at all, whose products wrap around.
static void check_normalised(const tk_kernels *kernels, size_t n, int large) {
  int32_t *counts = allocate(4 * n);
  int64_t *mean = allocate(8 * n), *inverse = allocate(8 * n);
  int16_t limit = large ? (int16_t)below(32768) : 2047;
  output o = make_output(2 * n);
  for (size_t i = 0; i < n; i++) {
    counts[i] = large ? (int32_t)random64() : (int32_t)below(300);
    mean[i] = large ? (int64_t)random64() : (int64_t)below(300 * 256);
    inverse[i] = large ? (int64_t)random64() : (int64_t)below(6000);
    __int128 difference = 256 * (__int128)counts[i] - mean[i];
    int64_t value = (int64_t)(uint64_t)((unsigned __int128)difference * (unsigned __int128)inverse[i]) >> 16;
    ((int16_t *)o.expected)[i] = (int16_t)(value > limit ? limit : value < -limit ? -limit : value);
  }
  kernels->normalise_counts(counts, mean, inverse, n, limit, o.got);
  check(o, "normalise_counts", n, (size_t)limit, (size_t)large);
  free(counts);
  free(mean);
  free(inverse);
}

static void check_transposed(const tk_kernels *kernels, size_t count, size_t width) {
  size_t stride = width + below(3), outStride = count + below(10);
  int16_t *rows = random_values(count ? (count - 1) * stride + width : 0, 30000);
  output o = make_output(2 * width * outStride);
  for (size_t f = 0; f < width; f++)
    for (size_t i = 0; i < outStride; i++)
      ((int16_t *)o.expected)[f * outStride + i] = i < count ? rows[i * stride + f] : 0;
  kernels->transpose_values(rows, count, stride, width, o.got, outStride);
  check(o, "transpose_values", count, width, outStride);
  free(rows);
}

void test_rows_of_counts(const tk_kernels *kernels) {
  // Vectors of 4 to 16 numbers, tiles of 8 x 8, strips of 32.
  static const size_t all[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 41, 64, 65, 100, 200};
  static const size_t few[] = {0, 1, 7, 8, 9, 17, 32, 41};
  static const size_t allCounts[] = {0, 1, 2, 3, 7, 8, 9, 16, 33}, fewCounts[] = {0, 1, 9, 16};
  size_list lengths = SIZES(all, few), counts = SIZES(allCounts, fewCounts);
  for (size_t l = 0; l < lengths.count; l++) {
    for (size_t c = 0; c < counts.count; c++) {
      for (int large = 0; large < 2; large++) check_sums(kernels, counts.sizes[c], lengths.sizes[l], large);
      check_transposed(kernels, counts.sizes[c], lengths.sizes[l]);
    }
    for (int large = 0; large < 2; large++) check_normalised(kernels, lengths.sizes[l], large);
  }
}
