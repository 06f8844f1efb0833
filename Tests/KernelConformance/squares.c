// Tests of what is counted of patches in squares, against distances, means and margins taken one by one.

#include "conformance.h"

typedef struct square_case {
  patch_case patches;
  size_t S, K;
  const uint64_t *filters;
  tk_counting counting;
} square_case;

// The distances of a patch to all filters, less their mean where they are centred.
static void expect_distances(const square_case *c, size_t p, int64_t *distances) {
  int64_t sum = 0;
  for (size_t k = 0; k < c->K; k++) {
    distances[k] = 0;
    for (size_t j = 0; j < c->patches.L; j++)
      distances[k] += ones(patch_word(&c->patches.patches, p, j) ^ c->filters[j * c->S + k]);
    sum += distances[k];
  }
  for (size_t k = 0; k < c->K && c->counting.centred; k++) {
    distances[k] += c->counting.middle - sum / (int64_t)c->K;
    if (distances[k] < 0) distances[k] = 0;
  }
}

static void expect_counts(const square_case *c, int32_t *counts) {
  const tk_features *features = &c->counting.features;
  int64_t *distances = allocate(8 * c->K);
  for (size_t p = 0; p < c->patches.P; p++) {
    expect_distances(c, p, distances);
    size_t square = p % c->patches.patches.columns * c->counting.squares / c->patches.patches.columns;
    for (size_t g = 0; g < features->count; g++) {
      for (size_t k = 0; k < c->K; k++) {
        int64_t threshold = features->thresholds[g * features->stride + k];
        int64_t margin = features->far >> g & 1 ? distances[k] - threshold : threshold - distances[k];
        counts[square * c->counting.squareStride + g * features->stride + k] +=
          (int32_t)(c->counting.margins ? (margin > 0 ? margin : 0) : margin >= 0);
      }
    }
  }
  free(distances);
}

static void check_squares(const tk_kernels *kernels, geometry g, int fill, size_t K, int margins, int centred) {
  size_t L = g.segments * g.segmentWords, S = (K + 31) / 32 * 32 + 32 * below(2), bits = 64 * L;
  uint16_t middle = (uint16_t)(centred ? bits / 2 : below(5)), largest = (uint16_t)(bits + (centred ? bits / 2 : 0));
  size_t G = 1 + below(4), stride = K + below(40), squares = 1 + below(5);
  uint64_t *filters = random_words(L * S, fill);
  uint16_t *thresholds = random_halves(G * stride, (size_t)largest + 1 + below(3));
  tk_features features = {thresholds, G, (uint32_t)below(1 << G), stride};
  tk_counting counting = {features, margins, centred, middle, largest, squares, G * stride + below(3)};
  square_case c = {make_patches(g, fill), S, K, filters, counting};
  output o = make_output(4 * (squares - 1) * counting.squareStride + 4 * G * stride);
  expect_counts(&c, o.expected);
  uint16_t *scratch = allocate(2 * g.rows * ((g.columns + squares - 1) / squares) * S);
  kernels->count_squares(&c.patches.patches, filters, S, K, &counting, scratch, o.got);
  check(o, "count_squares", c.patches.P, K, L);
  free(scratch);
  free(c.patches.words);
  free(filters);
  free(thresholds);
}

void test_squares(const tk_kernels *kernels) {
  static const size_t allKs[] = {1, 2, 31, 32, 33, 63, 64, 65, 96, 130}, fewKs[] = {1, 31, 32, 33, 64, 70};
  size_list Ks = SIZES(allKs, fewKs);
  size_t count;
  const geometry *shapes = geometries(&count);
  for (size_t i = 0; i < count; i++) {
    // Distances and the middle on top stay below 2^16.
    if (shapes[i].segments * shapes[i].segmentWords > 511) continue;
    for (size_t k = 0; k < Ks.count; k++)
      for (int fill = first_fill(); fill < FILLS; fill++)
        for (int kind = 0; kind < 4; kind++)
          check_squares(kernels, shapes[i], fill, Ks.sizes[k], kind & 1, kind >> 1);
  }
}
