// Tests of the kernel that sorts patches by their nearest filter.
// Distances to filters are in hamming.c.

#include "conformance.h"

static void check_sorting(const tk_kernels *kernels, const patch_case *c, size_t first, const uint16_t *distances,
                          size_t K, size_t capacity) {
  size_t S = (K + 31) / 32 * 32, expectedNext = first;
  output buckets = make_output(8 * K * capacity * c->L), fill = make_output(4 * K), sum = make_output(8);
  int full = 0;
  for (size_t k = 0; k < K; k++)
    ((uint32_t *)fill.expected)[k] = ((uint32_t *)fill.got)[k] = (uint32_t)below(capacity);
  while (expectedNext < c->P && !full) {
    size_t p = expectedNext++, best = 0;
    for (size_t k = 1; k < K; k++)
      if (distances[p * S + k] < distances[p * S + best]) best = k;
    uint32_t *filled = (uint32_t *)fill.expected + best;
    for (size_t j = 0; j < c->L; j++)
      ((uint64_t *)buckets.expected)[(best * capacity + *filled) * c->L + j] = patch_word(&c->patches, p, j);
    *(uint64_t *)sum.expected += distances[p * S + best];
    full = ++*filled == capacity;
  }
  size_t next = kernels->sort_nearest(&c->patches, first, distances, K, S, buckets.got, capacity, fill.got, sum.got);
  if (next != expectedNext) fail("sort_nearest went on to %zu, not %zu", next, expectedNext);
  check(buckets, "sort_nearest", c->P, K, first);
  check(fill, "sort_nearest", c->P, K, capacity);
  check(sum, "sort_nearest", c->P, K, first);
}

void test_nearest(const tk_kernels *kernels) {
  static const size_t all[] = {1, 2, 31, 32, 33, 64, 100, 257}, few[] = {1, 31, 32, 33, 65};
  // Buckets that are full at once, soon and late; ties, and the largest distances.
  static const size_t allCapacities[] = {1, 2, 7, 1000}, fewCapacities[] = {1, 2, 7, 20};
  static const size_t bounds[] = {1, 3, 65536};
  size_list Ks = SIZES(all, few), capacities = SIZES(allCapacities, fewCapacities);
  size_t count;
  const geometry *shapes = geometries(&count);
  for (size_t g = 0; g < count; g++) {
    for (size_t k = 0; k < Ks.count; k++) {
      size_t K = Ks.sizes[k], S = (K + 31) / 32 * 32;
      patch_case c = make_patches(shapes[g], RANDOM);
      size_t capacity = capacities.sizes[(g + k) % 4];
      // Large buckets of long patches take gigabytes.
      if (c.L > 50 && capacity > 7) capacity = 7;
      uint16_t *distances = random_halves(c.P * S, bounds[(g + k) % 3]);
      for (size_t first = 0; first <= c.P; first += 1 + c.P / 3)
        check_sorting(kernels, &c, first, distances, K, capacity);
      free(distances);
      free(c.words);
    }
  }
}
