// Tests of the kernels on distances: bits, counts and margins made of them, and centring.
// Distances themselves are in hamming.c.

#include "conformance.h"

typedef struct distance_case {
  size_t P, K, S, words, stride;  // words of a position's bits, and how far apart they lie
  const uint16_t *distances, *low, *high;
} distance_case;

static void expect_bits(const distance_case *c, uint64_t *threshold, uint64_t *range) {
  for (size_t p = 0; p < c->P; p++) {
    for (size_t j = 0; j < c->words; j++) threshold[p * c->stride + j] = range[p * c->stride + j] = 0;
    for (size_t k = 0; k < c->K; k++) {
      unsigned h = c->distances[p * c->S + k];
      uint64_t bit = (uint64_t)1 << (k % 64);
      if (h <= c->high[k]) threshold[p * c->stride + k / 64] |= bit;
      if (c->low[k] <= h && h <= c->high[k]) range[p * c->stride + k / 64] |= bit;
    }
  }
}

static void check_bits(const tk_kernels *kernels, const distance_case *c, size_t bound) {
  size_t packed = c->P ? (c->P - 1) * c->stride + c->words : 0;
  output threshold = make_output(8 * packed), range = make_output(8 * packed);
  expect_bits(c, threshold.expected, range.expected);
  kernels->threshold_pack(c->distances, c->P, c->K, c->S, c->high, threshold.got, c->stride);
  kernels->range_pack(c->distances, c->P, c->K, c->S, c->low, c->high, range.got, c->stride);
  check(threshold, "threshold_pack", c->P, c->K, bound);
  check(range, "range_pack", c->P, c->K, bound);
}

// Features of every number of up to 9 on both sides: several are made together, the rest one by one.
static void check_counts(const tk_kernels *kernels, const distance_case *c, size_t bound) {
  size_t G = 1 + below(9), n = G * c->K;
  uint16_t *thresholds = random_halves(n, bound);
  memcpy(thresholds, c->high, 2 * c->K);
  tk_features features = {thresholds, G, (uint32_t)below(1 << G), c->K};
  output on = make_output(4 * n), margins = make_output(4 * n);
  for (size_t p = 0; p < c->P; p++) {
    for (size_t i = 0; i < n; i++) {
      int32_t h = c->distances[p * c->S + i % c->K], t = thresholds[i];
      int32_t margin = features.far >> (i / c->K) & 1 ? h - t : t - h;
      ((int32_t *)on.expected)[i] += margin >= 0;
      ((int32_t *)margins.expected)[i] += margin > 0 ? margin : 0;
    }
  }
  kernels->count_features(c->distances, c->P, c->K, c->S, &features, on.got);
  kernels->count_margins(c->distances, c->P, c->K, c->S, &features, (uint16_t)(bound - 1), margins.got);
  check(on, "count_features", c->P, c->K, bound);
  check(margins, "count_margins", c->P, c->K, bound);
  free(thresholds);
}

static void check_centring(const tk_kernels *kernels, const distance_case *c, uint16_t middle) {
  output centred = make_output(2 * c->P * c->S);
  memcpy(centred.expected, c->distances, 2 * c->P * c->S);
  memcpy(centred.got, c->distances, 2 * c->P * c->S);
  for (size_t p = 0; p < c->P; p++) {
    uint64_t sum = 0;
    for (size_t k = 0; k < c->K; k++) sum += c->distances[p * c->S + k];
    for (size_t k = 0; k < c->K; k++) {
      int64_t h = (int64_t)c->distances[p * c->S + k] + middle - (int64_t)(sum / c->K);
      ((uint16_t *)centred.expected)[p * c->S + k] = (uint16_t)(h < 0 ? 0 : h > 65535 ? 65535 : h);
    }
  }
  kernels->centre_distances((uint16_t *)centred.got, c->P, c->K, c->S, middle);
  check(centred, "centre_distances", c->P, c->K, middle);
}

static void check_distances(const tk_kernels *kernels, size_t P, size_t K, size_t bound) {
  size_t S = (K + 31) / 32 * 32, words = (K + 63) / 64, stride = words + below(3);
  uint16_t *distances = random_halves(P * S, bound), *low = random_halves(K, bound), *high = random_halves(K, bound);
  if (bound == 65536) high[0] = 65535, low[K - 1] = 0, high[K / 2] = 0;
  distance_case c = {P, K, S, words, stride, distances, low, high};
  check_bits(kernels, &c, bound);
  check_counts(kernels, &c, bound);
  check_centring(kernels, &c, (uint16_t)below(bound));
  free(distances);
  free(low);
  free(high);
}

// One below the smallest and one above the largest distance there is, and these themselves.
static void check_centring_edges(const tk_kernels *kernels) {
  static const uint16_t distances[4][32] = {{0, 2}, {1, 3}, {0, 65535}, {65534, 0}};
  for (size_t i = 0; i < 4; i++) {
    distance_case c = {1, 2, 32, 1, 1, distances[i], NULL, NULL};
    check_centring(kernels, &c, i < 2 ? (uint16_t)i : 32768);
  }
}

// More positions than a 16-bit sum holds, of a feature that is on everywhere and of the filter's complement.
static void check_many(const tk_kernels *kernels) {
  size_t P = 65535 + 65535 + 70;
  uint16_t *distances = allocate(2 * P * 32);
  for (size_t far = 0; far < 2; far++) {
    for (size_t i = 0; i < P * 32; i++) distances[i] = far ? 3 : 0;
    uint16_t threshold = far ? 2 : 1;
    tk_features feature = {&threshold, 1, (uint32_t)far, 1};
    output features = make_output(4), margins = make_output(4);
    *(int32_t *)features.expected += (int32_t)P;
    kernels->count_features(distances, P, 1, 32, &feature, features.got);
    check(features, "count_features", P, 1, 32);
    *(int32_t *)margins.expected += (int32_t)P;
    kernels->count_margins(distances, P, 1, 32, &feature, 3, margins.got);
    check(margins, "count_margins", P, 1, 32);
  }
  free(distances);
}

void test_distances(const tk_kernels *kernels) {
  static const size_t allKs[] = {1, 2, 15, 16, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 127, 128, 129, 200};
  static const size_t allPs[] = {0, 1, 2, 3, 4, 5, 7, 49, 65, 250}, allBounds[] = {2, 40, 600, 65536};
  // 16 filters a vector, 32 and 64 packed together, 128 margins added together.
  static const size_t fewKs[] = {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 97, 128, 129}, fewPs[] = {0, 1, 5};
  static const size_t fewBounds[] = {2, 600, 65536};
  size_list Ks = SIZES(allKs, fewKs), Ps = SIZES(allPs, fewPs), bounds = SIZES(allBounds, fewBounds);
  for (size_t k = 0; k < Ks.count; k++)
    for (size_t p = 0; p < Ps.count; p++)
      for (size_t b = 0; b < bounds.count; b++) check_distances(kernels, Ps.sizes[p], Ks.sizes[k], bounds.sizes[b]);
  check_centring_edges(kernels);
  check_many(kernels);
}
