// Tests of the kernels that read patches whole: Hamming matrix products and the transposition.
// Sorting patches by their nearest filter is in nearest.c.

#include "conformance.h"

// MARK: Hamming matrix products

static void expect_distances(const patch_case *c, const uint64_t *filters, const uint64_t *masks, size_t S,
                             size_t columns, uint16_t *plain, uint16_t *masked) {
  for (size_t p = 0; p < c->P; p++) {
    for (size_t k = 0; k < columns; k++) {
      unsigned distance = 0, maskedDistance = 0;
      for (size_t j = 0; j < c->L; j++) {
        uint64_t x = patch_word(&c->patches, p, j) ^ filters[j * S + k];
        distance += (unsigned)ones(x);
        maskedDistance += (unsigned)ones(x & masks[j * S + k]);
      }
      plain[p * S + k] = (uint16_t)distance;
      masked[p * S + k] = (uint16_t)maskedDistance;
    }
  }
}

static void check_hamming(const tk_kernels *kernels, const patch_case *c, size_t g, size_t S, int fill) {
  // Ones against zeros under a full mask: every byte sum is as large as it can get.
  uint64_t *filters = random_words(c->L * S, fill == ONES ? ZEROS : RANDOM);
  uint64_t *masks = random_words(c->L * S, fill == RANDOM ? SPARSE : fill == ONES ? ONES : RANDOM);
  output plain = make_output(2 * c->P * S), masked = make_output(2 * c->P * S);
  // All columns, or fewer: the others stay as they are.
  size_t columns = below(2) ? S : 32 * (1 + below(S / 32));
  expect_distances(c, filters, masks, S, columns, plain.expected, masked.expected);
  kernels->hamming_matrix(&c->patches, filters, S, columns, plain.got);
  kernels->masked_hamming_matrix(&c->patches, filters, masks, S, columns, masked.got);
  check(plain, "hamming_matrix", g, S, (size_t)fill);
  check(masked, "masked_hamming_matrix", g, S, (size_t)fill);
  free(filters);
  free(masks);
}

void test_hamming(const tk_kernels *kernels) {
  // Of few: one group of filters, and more than are numbered together.
  static const size_t all[] = {32, 64, 160}, few[] = {32, 160};
  size_list strides = SIZES(all, few);
  size_t count;
  const geometry *shapes = geometries(&count);
  for (size_t g = 0; g < count; g++) {
    for (int fill = first_fill(); fill < FILLS; fill++) {
      patch_case c = make_patches(shapes[g], fill);
      for (size_t i = 0; i < strides.count; i++) {
        // Long patches with many filters say nothing new.
        if (c.L > 100 && strides.sizes[i] > 32) continue;
        check_hamming(kernels, &c, g, strides.sizes[i], fill);
      }
      free(c.words);
    }
  }
}

// MARK: Transposition

static void check_transposition(const tk_kernels *kernels, const patch_case *c, size_t g, size_t first, size_t count) {
  output o = make_output(8 * 64 * c->L);
  memset(o.expected, 0, o.bytes);
  for (size_t i = 0; i < count; i++)
    for (size_t d = 0; d < 64 * c->L; d++)
      ((uint64_t *)o.expected)[d] |= (patch_word(&c->patches, first + i, d / 64) >> (d % 64) & 1) << i;
  kernels->transpose_patches(&c->patches, first, count, o.got);
  check(o, "transpose_patches", g, first, count);
}

void test_transposition(const tk_kernels *kernels) {
  size_t count;
  const geometry *shapes = geometries(&count);
  for (size_t g = 0; g < count; g++) {
    for (int fill = first_fill(); fill < FILLS; fill++) {
      patch_case c = make_patches(shapes[g], fill);
      for (size_t first = 0; first <= c.P; first += 1 + c.P / 3) {
        size_t most = c.P - first < 64 ? c.P - first : 64;
        check_transposition(kernels, &c, g, first, most);
        check_transposition(kernels, &c, g, first, most / 2);
      }
      free(c.words);
    }
  }
}
