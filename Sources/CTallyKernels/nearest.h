// Sorting patches by their nearest filter, in portable C with vector types, included by each implementation's file.
// P positions, K filters, S filter stride, L words of a patch.
#ifndef TALLY_NEAREST_H
#define TALLY_NEAREST_H

#include "generic.h"

typedef uint32_t key_vector_16 __attribute__((vector_size(64)));
typedef uint32_t key_vector_8 __attribute__((vector_size(32)));
typedef uint32_t key_vector_4 __attribute__((vector_size(16)));

// The smallest distance and, below it, the first filter that has it: the smallest of 65536 * distance + k.
TK_INLINE uint32_t nearest_filter(const uint16_t *distances, size_t K) {
  margin_vector numbers;
  for (unsigned i = 0; i < 32; i++) numbers[i] = i;
  margin_vector best = ~(margin_vector){0};
  for (size_t k = 0; k < K; k += 32) {
    distance_vector distance;
    __builtin_memcpy(&distance, distances + k, sizeof distance);
    margin_vector filter = numbers + (uint32_t)k;
    margin_vector key = (__builtin_convertvector(distance, margin_vector) << 16) | filter;
    // Columns past the last filter are no filters.
    if (K - k < 32) key |= (margin_vector)(filter >= (uint32_t)K);
    margin_vector less = (margin_vector)(key < best);
    best = (key & less) | (best & ~less);
  }
  // Halves against halves, so that four keys are left.
  key_vector_16 a16, b16;
  __builtin_memcpy(&a16, &best, 64);
  __builtin_memcpy(&b16, (const char *)&best + 64, 64);
  key_vector_16 less16 = (key_vector_16)(a16 < b16);
  a16 = (a16 & less16) | (b16 & ~less16);
  key_vector_8 a8, b8;
  __builtin_memcpy(&a8, &a16, 32);
  __builtin_memcpy(&b8, (const char *)&a16 + 32, 32);
  key_vector_8 less8 = (key_vector_8)(a8 < b8);
  a8 = (a8 & less8) | (b8 & ~less8);
  key_vector_4 a4, b4;
  __builtin_memcpy(&a4, &a8, 16);
  __builtin_memcpy(&b4, (const char *)&a8 + 16, 16);
  key_vector_4 less4 = (key_vector_4)(a4 < b4);
  a4 = (a4 & less4) | (b4 & ~less4);
  uint32_t left = a4[0] < a4[1] ? a4[0] : a4[1], right = a4[2] < a4[3] ? a4[2] : a4[3];
  return left < right ? left : right;
}

TK_INLINE void copy_patch(const tk_patches *patches, const uint64_t *patch, size_t words, uint64_t *row) {
  for (size_t s = 0; s < patches->segments; s++) {
    for (size_t j = 0; j < words; j++) row[j] = patch[j];
    patch += patches->segmentStride;
    row += words;
  }
}

static inline size_t sort_nearest_generic(const tk_patches *patches, size_t first, const uint16_t *distances,
                                          size_t K, size_t S, uint64_t *buckets, size_t capacity, uint32_t *fill,
                                          uint64_t *sum) {
  size_t P = patches->rows * patches->columns, words = patches->segmentWords;
  if (first >= P) return P;
  patch_cursor cursor = first_patch(patches, first);
  uint64_t total = 0;
  size_t p = first;
  while (p < P) {
    uint32_t nearest = nearest_filter(distances + p * S, K);
    p++;
    size_t k = nearest & 0xffff;
    total += nearest >> 16;
    const uint64_t *patch = patches->base + next_patch(&cursor);
    uint64_t *row = buckets + (k * capacity + fill[k]) * patches->segments * words;
    // A constant number of words is copied without a loop; these are the common ones.
    if (words == 3) copy_patch(patches, patch, 3, row);
    else if (words == 9) copy_patch(patches, patch, 9, row);
    else copy_patch(patches, patch, words, row);
    if (++fill[k] == capacity) break;
  }
  *sum += total;
  return p;
}

#endif
