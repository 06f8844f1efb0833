// Sorting patches by their nearest filter, in portable C with vector types, included by each implementation's file.
// P positions, K filters, S filter stride, L words of a patch.
#ifndef TALLY_NEAREST_H
#define TALLY_NEAREST_H

#include "generic.h"

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
  uint32_t keys[32];
  __builtin_memcpy(keys, &best, sizeof keys);
  for (unsigned half = 16; half > 0; half /= 2)
    for (unsigned i = 0; i < half; i++) keys[i] = keys[i] < keys[i + half] ? keys[i] : keys[i + half];
  return keys[0];
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
    for (size_t s = 0; s < patches->segments; s++) {
      for (size_t j = 0; j < words; j++) row[j] = patch[j];
      patch += patches->segmentStride;
      row += words;
    }
    if (++fill[k] == capacity) break;
  }
  *sum += total;
  return p;
}

#endif
