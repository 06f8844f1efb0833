/* One layer after the other, filter by filter, so that no more is kept than a filter's counts and the bits between layers. */

#if TALLY_POSITIONS
#if TALLY_HANDS_ON
/* Adds a row of a filter's features to the next layer's map. Where it is halved, `pool` holds how many of each four positions are
   on, from one row to the next. */
static void tally_hand_on(const tally_layer *layer, const uint16_t *distances, uint32_t y, uint32_t filter,
                          const uint16_t *thresholds, uint8_t *pool, uint32_t words, uint32_t *next) {
  uint32_t bit = filter, half = ((uint32_t)layer->width + 1u) / 2u;
  for (uint32_t feature = 0; feature < layer->features; feature++) {
    if (!((uint32_t)layer->handed >> feature & 1u)) continue;
    uint32_t far = (uint32_t)layer->far >> feature & 1u, threshold = thresholds[feature];
    uint32_t one = (uint32_t)1 << (bit & 31u);
    if (layer->halves && (y & 1u) == 0u) memset(pool, 0, half);
    for (uint32_t x = 0; x < layer->width; x++) {
      if (far ? distances[x] < threshold : distances[x] > threshold) continue;
      if (layer->halves) pool[x / 2u]++;
      else next[(size_t)(y * layer->width + x) * words + (bit >> 5)] |= one;
    }
    if (layer->halves && ((y & 1u) == 1u || y + 1u == layer->height)) {
      for (uint32_t x = 0; x < half; x++)
        if (pool[x] >= layer->halves) next[(size_t)(y / 2u * half + x) * words + (bit >> 5)] |= one;
    }
    pool += half;
    bit += layer->filters;
  }
}
#endif

/* Some filters of a group over the whole map. */
static void tally_run_block(const tally_layer *layer, const tally_memory *memory, uint32_t group, uint32_t first,
                            uint32_t filters, const uint32_t *map, uint32_t next_words, uint32_t *next,
                            int64_t *scores) {
  const tally_head *head = &layer->head;
  uint32_t counted = tally_ones(layer->counted), squares = (uint32_t)head->grid * head->grid;
  uint32_t each = counted * squares;
  memset(memory->sums, 0, (size_t)filters * each * sizeof *memory->sums);
  for (uint32_t y = 0; y < layer->height; y++) {
    const uint32_t *patches = tally_patches(layer, map, group, y, memory->gathered);
    const int16_t *raise = memory->raise + (size_t)y * layer->width;
    for (uint32_t i = 0; i < filters; i++) {
      uint32_t filter = first + i;
      const uint32_t *bits = layer->filter + (size_t)filter * layer->patch_words;
      const uint16_t *thresholds = layer->threshold + (size_t)filter * layer->features;
#if TALLY_MASKS
      if (layer->mask)
        tally_masked_distances(patches, layer->width, bits, layer->mask + (size_t)filter * layer->patch_words,
                               layer->patch_words, raise, memory->distances);
      else
#endif
        tally_distances(patches, layer->width, bits, layer->patch_words, raise, memory->distances);
      if (squares > 0u) tally_count_row(layer, memory->distances, y, thresholds, memory->sums + (size_t)i * each);
#if TALLY_HANDS_ON
      if (next)
        tally_hand_on(layer, memory->distances, y, filter, thresholds, memory->pool + (size_t)i * TALLY_POOL, next_words,
                      next);
#endif
    }
  }
  (void)next;
  (void)next_words;
  for (uint32_t i = 0; i < filters * counted && squares > 0u; i++)
    tally_weigh(head, memory->sums + (size_t)i * squares, first * counted + i, memory->counts, scores);
}

/* A layer: adds its head's scores, in units of its weights, and the bits of the next layer's map, whose words are zero before; so are
   those of its own map but for features of the layer before. */
static void tally_run_layer(const tally_layer *layer, const tally_image *image, const tally_memory *memory,
                            uint32_t *map, uint32_t next_words, uint32_t *next, int64_t *scores) {
  uint32_t filters = layer->filters / layer->groups;
  for (uint32_t group = 0; group < layer->groups; group++) {
    if (group < layer->parts) {
      if (layer->level == 0)
        memset(map, 0, (size_t)layer->height * layer->width * layer->words * sizeof *map);
      for (uint32_t y = 0; y < layer->height; y++)
        tally_encode_row(layer->part + group, image, y, memory->values, layer->words,
                         map + (size_t)y * layer->width * layer->words);
    }
    tally_raises(layer, map, group, memory->gathered, memory->raise);
    for (uint32_t done = 0; done < filters; done += layer->block) {
      uint32_t block = filters - done < layer->block ? filters - done : layer->block;
      tally_run_block(layer, memory, group, group * filters + done, block, map, next_words, next, scores);
    }
  }
}
#endif

/* The lead of the highest score over the second. */
static int64_t tally_lead(const int64_t *scores) {
  int64_t first = INT64_MIN, second = INT64_MIN;
  for (uint32_t c = 0; c < TALLY_CLASSES; c++) {
    if (scores[c] > first) {
      second = first;
      first = scores[c];
    } else if (scores[c] > second) {
      second = scores[c];
    }
  }
  return TALLY_CLASSES > 1u ? first - second : INT64_MAX;
}

/* The parts of an arena that layers need. */
static tally_memory tally_memory_of(uint8_t *arena) {
  tally_memory memory;
  memory.values = (int16_t *)(void *)(arena + TALLY_AT_VALUES);
  memory.raise = (int16_t *)(void *)(arena + TALLY_AT_RAISE);
  memory.gathered = (uint32_t *)(void *)(arena + TALLY_AT_GATHERED);
  memory.distances = (uint16_t *)(void *)(arena + TALLY_AT_DISTANCES);
  memory.sums = (uint32_t *)(void *)(arena + TALLY_AT_SUMS);
  memory.counts = (tally_count *)(void *)(arena + TALLY_AT_COUNTS);
  memory.pool = arena + TALLY_AT_POOL;
#if TALLY_SLICES
  memory.balance = (int32_t *)(void *)(arena + TALLY_AT_BALANCE);
  memory.planes = (uint32_t *)(void *)(arena + TALLY_AT_PLANES);
  memory.list = (uint16_t *)(void *)(arena + TALLY_AT_LIST);
#endif
  return memory;
}

/* Runs an image through the layers up to one that answers; all of them where `full`. The summed scores have 16 fractional bits.
   Returns whether a layer has answered. */
static int tally_run(const uint8_t *pixels, uint8_t *arena, int full, int64_t *sum) {
  tally_memory memory = tally_memory_of(arena);
  int64_t *scores = (int64_t *)(void *)(arena + TALLY_AT_SCORES);
  tally_image image = {pixels, TALLY_HEIGHT, TALLY_WIDTH};
  for (uint32_t c = 0; c < TALLY_CLASSES; c++) sum[c] = 0;
#if TALLY_PYRAMID
  int32_t level = 0;
#endif
#if TALLY_HANDS_ON
  uint32_t turn = 0; /* which of the maps */
#endif
  for (uint32_t i = 0; i < TALLY_LAYERS; i++) {
    const tally_layer *layer = tally_layers + i;
    uint32_t *map = (uint32_t *)(void *)(arena + TALLY_AT_MAP);
#if TALLY_POSITIONS
    uint32_t next_words = 0, *next = NULL;
#endif
#if TALLY_HANDS_ON
    if (layer->parts > 0u && layer->level == 0) turn = 0;
    if (turn) map = (uint32_t *)(void *)(arena + TALLY_AT_OTHER_MAP);
    turn ^= 1u;
    if (layer->handed) {
      const tally_layer *after = layer + 1;
      next = (uint32_t *)(void *)(arena + (turn ? TALLY_AT_OTHER_MAP : TALLY_AT_MAP));
      next_words = after->words;
      memset(next, 0, (size_t)after->height * after->width * next_words * sizeof *next);
    }
#endif
#if TALLY_PYRAMID
    if (layer->parts > 0u && layer->level < level) {
      image.pixels = pixels;
      image.height = TALLY_HEIGHT;
      image.width = TALLY_WIDTH;
      level = 0;
    }
    for (; layer->parts > 0u && level < layer->level; level++) tally_halve(&image, arena + TALLY_AT_PYRAMID);
#endif
    const tally_head *head = &layer->head;
    for (uint32_t c = 0; c < TALLY_CLASSES && head->grid > 0u; c++) scores[c] = head->bias[c];
#if TALLY_SLICES && TALLY_POSITIONS
    if (layer->sliced) tally_run_sliced(layer, &image, &memory, map, scores);
    else tally_run_layer(layer, &image, &memory, map, next_words, next, scores);
#elif TALLY_SLICES
    tally_run_sliced(layer, &image, &memory, map, scores);
#elif TALLY_POSITIONS
    tally_run_layer(layer, &image, &memory, map, next_words, next, scores);
#endif
    for (uint32_t c = 0; c < TALLY_CLASSES && head->grid > 0u; c++) sum[c] += tally_shift(scores[c], head->shift);
    if (!full && layer->exit >= 0 && tally_lead(sum) >= layer->exit) return 1;
  }
  return 0;
}
