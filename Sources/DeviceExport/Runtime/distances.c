/* How many bits of a patch differ from a filter, perhaps less the mean over all filters. */

#if TALLY_POSITIONS
#if !TALLY_COUNTS_BITS
/* Ones in the difference of `words` words, a multiple of 8: counted eight words at a time (Harley and Seal). */
static uint32_t tally_ones_of_many(const uint32_t *a, const uint32_t *b, uint32_t words) {
  uint32_t ones = 0, twos = 0, fours = 0, eights = 0;
  for (uint32_t i = 0; i < words; i += 8u, a += 8, b += 8) {
    uint32_t two = tally_carry(&ones, a[0] ^ b[0], a[1] ^ b[1]);
    uint32_t other = tally_carry(&ones, a[2] ^ b[2], a[3] ^ b[3]);
    uint32_t four = tally_carry(&twos, two, other);
    two = tally_carry(&ones, a[4] ^ b[4], a[5] ^ b[5]);
    other = tally_carry(&ones, a[6] ^ b[6], a[7] ^ b[7]);
    eights += tally_ones(tally_carry(&fours, four, tally_carry(&twos, two, other)));
  }
  return 8u * eights + 4u * tally_ones(fours) + 2u * tally_ones(twos) + tally_ones(ones);
}
#endif

TALLY_INLINE uint32_t tally_difference(const uint32_t *a, const uint32_t *b, uint32_t words) {
  uint32_t sum = 0, i = 0;
#if !TALLY_COUNTS_BITS
  i = words & ~7u;
  if (i > 0u) sum = tally_ones_of_many(a, b, i);
#endif
  for (; i + 2u <= words; i += 2u) sum += tally_ones_of_two(a[i] ^ b[i], a[i + 1u] ^ b[i + 1u]);
  return i < words ? sum + tally_ones(a[i] ^ b[i]) : sum;
}

/* A number, or 0 if it is less. */
TALLY_INLINE uint32_t tally_positive(int32_t a) { return a > 0 ? (uint32_t)a : 0u; }

/* A distance less the mean: raised, so that it stays positive, and held within 16 bits. */
TALLY_INLINE int32_t tally_raised(uint32_t distance, int32_t by) {
  int32_t raised = (int32_t)tally_positive((int32_t)distance + by);
#if TALLY_LARGE_DISTANCES
  if (raised > 65535) return 65535;
#endif
  return raised;
}

/* Distances of `count` patches to a filter. */
static void tally_distances(const uint32_t *patches, uint32_t count, const uint32_t *filter, uint32_t words,
                            const int16_t *raise, uint16_t *out) {
  if (words == 2u) {
    uint32_t first = filter[0], second = filter[1];
    for (uint32_t i = 0; i < count; i++, patches += 2)
      out[i] = (uint16_t)tally_raised(tally_ones_of_two(patches[0] ^ first, patches[1] ^ second), raise[i]);
  } else {
    for (uint32_t i = 0; i < count; i++, patches += words)
      out[i] = (uint16_t)tally_raised(tally_difference(patches, filter, words), raise[i]);
  }
}

#if TALLY_MASKS
static void tally_masked_distances(const uint32_t *patches, uint32_t count, const uint32_t *filter, const uint32_t *mask,
                                   uint32_t words, const int16_t *raise, uint16_t *out) {
  for (uint32_t i = 0; i < count; i++, patches += words) {
    uint32_t sum = 0;
    for (uint32_t j = 0; j < words; j++) sum += tally_ones((patches[j] ^ filter[j]) & mask[j]);
    out[i] = (uint16_t)tally_raised(sum, raise[i]);
  }
}
#endif

#if TALLY_GATHERS
/* Adds bits of one string of words to another whose bits are still zero. */
static void tally_append(uint32_t *out, uint32_t bit, const uint32_t *words, uint32_t from, uint32_t count) {
  while (count > 0u) {
    uint32_t most = 32u - (from & 31u), room = 32u - (bit & 31u);
    uint32_t n = most < room ? most : room;
    if (n > count) n = count;
    uint32_t bits = words[from >> 5] >> (from & 31u);
    if (n < 32u) bits &= ((uint32_t)1 << n) - 1u;
    out[bit >> 5] |= bits << (bit & 31u);
    bit += n;
    from += n;
    count -= n;
  }
}

/* The patches of a row of positions, bit after bit; beyond the map there are zeros. */
static void tally_gather(const tally_layer *layer, const uint32_t *map, uint32_t group, uint32_t y, uint32_t *patches) {
  uint32_t window = layer->window, bits = layer->bits, from = group * bits;
  int32_t before = (int32_t)(window - 1u) / 2;
  memset(patches, 0, (size_t)layer->width * layer->patch_words * sizeof *patches);
  for (uint32_t x = 0; x < layer->width; x++, patches += layer->patch_words) {
    uint32_t bit = 0;
    for (uint32_t dy = 0; dy < window; dy++) {
      int32_t row = (int32_t)(y + dy) - before;
      for (uint32_t dx = 0; dx < window; dx++, bit += bits) {
        int32_t column = (int32_t)(x + dx) - before;
        if (row < 0 || row >= (int32_t)layer->height || column < 0 || column >= (int32_t)layer->width) continue;
        size_t at = (size_t)((uint32_t)row * layer->width + (uint32_t)column) * layer->words;
        tally_append(patches, bit, map + at, from, bits);
      }
    }
  }
}
#endif

/* The patches of a row: those of the map, or what is gathered from it. */
static const uint32_t *tally_patches(const tally_layer *layer, const uint32_t *map, uint32_t group, uint32_t y,
                                     uint32_t *gathered) {
#if TALLY_GATHERS
  if (layer->gathers) {
    tally_gather(layer, map, group, y, gathered);
    return gathered;
  }
#endif
  (void)group;
  (void)gathered;
  return map + (size_t)y * layer->width * layer->words;
}

/* What the distances of every position are raised by. Their sum over a group's filters follows from the patch's bits alone. */
static void tally_raises(const tally_layer *layer, const uint32_t *map, uint32_t group, uint32_t *gathered,
                         int16_t *raise) {
  uint32_t positions = (uint32_t)layer->height * layer->width;
  if (layer->balance == NULL) {
    memset(raise, 0, positions * sizeof *raise);
    return;
  }
#if TALLY_CENTRED
  int32_t filters = layer->filters / layer->groups;
  const int16_t *balance = layer->balance + (size_t)group * layer->patch_words * 32u;
  for (uint32_t y = 0; y < layer->height; y++) {
    const uint32_t *patch = tally_patches(layer, map, group, y, gathered);
    for (uint32_t x = 0; x < layer->width; x++) {
      int32_t sum = layer->balance_base[group];
      const int16_t *term = balance;
      for (uint32_t i = 0; i < layer->patch_words; i++, patch++, term += 32) {
        const int16_t *bit = term;
        for (uint32_t word = *patch; word != 0u; word >>= 1, bit++)
          if (word & 1u) sum += *bit;
      }
      *raise++ = (int16_t)(layer->middle - sum / filters);
    }
  }
#else
  (void)map;
  (void)group;
  (void)gathered;
#endif
}
#endif
