/* What the head makes of distances: sums by square, counts by cell, weights. */

#if TALLY_POSITIONS
static uint32_t tally_sum(const uint16_t *distances, uint32_t count, uint32_t threshold, uint32_t far, uint32_t kind) {
  uint32_t sum = 0;
#if TALLY_COUNTS_PLAIN
  if (kind == TALLY_PLAIN) {
    if (far)
      for (uint32_t i = 0; i < count; i++) sum += distances[i] >= threshold ? 1u : 0u;
    else
      for (uint32_t i = 0; i < count; i++) sum += distances[i] <= threshold ? 1u : 0u;
    return sum;
  }
#endif
  (void)kind;
  if (far)
    for (uint32_t i = 0; i < count; i++) sum += distances[i] > threshold ? distances[i] - threshold : 0u;
  else
    for (uint32_t i = 0; i < count; i++) sum += distances[i] < threshold ? threshold - distances[i] : 0u;
  return sum;
}

/* Adds a row's distances to a filter to its sums, by counted feature and square. */
static void tally_count_row(const tally_layer *layer, const uint16_t *distances, uint32_t y, const uint16_t *thresholds,
                            uint32_t *sums) {
  const tally_head *head = &layer->head;
  uint32_t grid = head->grid;
  sums += (size_t)(y * grid / layer->height) * grid;
  for (uint32_t feature = 0; feature < layer->features; feature++) {
    if (!((uint32_t)layer->counted >> feature & 1u)) continue;
    for (uint32_t i = 0; i < grid; i++) {
      uint32_t from = head->columns[i], to = head->columns[i + 1u];
      sums[i] += tally_sum(distances + from, to - from, thresholds[feature], (uint32_t)layer->far >> feature & 1u,
                           head->kind);
    }
    sums += (size_t)grid * grid;
  }
}
#endif

/* What the head weighs, from the sums of the squares of a cell. */
static int32_t tally_finished(uint32_t sum, uint32_t kind) {
#if TALLY_COUNTS_ROOT
  if (kind == TALLY_ROOT) return (int32_t)tally_root((sum < 0xffffffu ? sum : 0xffffffu) << 8);
#endif
  (void)kind;
  return (int32_t)sum;
}

#if TALLY_DSP && TALLY_NARROW_COUNTS && TALLY_NARROW_SUMS
#define TALLY_PAIRS 1 /* two weights are multiplied at once */
#else
#define TALLY_PAIRS 0
#endif

/* Weights that lie in a word, and so the counts that are multiplied with them at once. */
#define TALLY_BLOCK (32u / TALLY_WEIGHT_BITS)

/* Where a cell's count lies. Of the weights in a word those that are 16 bits apart meet two counts side by side. */
TALLY_INLINE uint32_t tally_place(uint32_t cell, uint32_t cells) {
#if TALLY_PAIRS
  uint32_t at = cell % TALLY_BLOCK, half = TALLY_BLOCK / 2u;
  if (cell - at + TALLY_BLOCK <= cells) return cell - at + (at < half ? 2u * at : 2u * (at - half) + 1u);
#endif
  (void)cells;
  return cell;
}

#if TALLY_PAIRS
/* sum + the products of two numbers with two counts */
TALLY_INLINE int32_t tally_add_pair(int32_t sum, int32_t numbers, const tally_count *counts) {
  int32_t pair;
  memcpy(&pair, counts, sizeof pair);
  return __smlad(numbers, pair, sum);
}
#endif

/* The sum of a class's weights times counts. Weights of 4 bits are 8 more than they stand for, which is set right here. */
TALLY_INLINE tally_partial tally_dot(const tally_weight *weights, const tally_count *counts, uint32_t cells,
                                     tally_partial eights) {
  uint32_t i = 0;
#if TALLY_PAIRS
  int32_t sum = 0;
  for (; i + TALLY_BLOCK <= cells; i += TALLY_BLOCK, counts += TALLY_BLOCK) {
    uint32_t word;
    memcpy(&word, weights + i * TALLY_WEIGHT_BITS / (8u * sizeof *weights), sizeof word);
#if TALLY_WEIGHT_BITS == 4u
    sum = tally_add_pair(sum, (int32_t)(word & 0x000f000fu), counts);
    sum = tally_add_pair(sum, (int32_t)(word >> 4 & 0x000f000fu), counts + 2);
    sum = tally_add_pair(sum, (int32_t)(word >> 8 & 0x000f000fu), counts + 4);
    sum = tally_add_pair(sum, (int32_t)(word >> 12 & 0x000f000fu), counts + 6);
#elif TALLY_WEIGHT_BITS == 8u
    sum = tally_add_pair(sum, __sxtb16((int32_t)word), counts);
    sum = tally_add_pair(sum, __sxtb16((int32_t)(word >> 8 | word << 24)), counts + 2);
#else
    sum = tally_add_pair(sum, (int32_t)word, counts);
#endif
  }
#else
  tally_partial sum = 0;
#endif
  for (; i < cells; i++) {
#if TALLY_WEIGHT_BITS == 4u
    sum += (tally_partial)((uint32_t)weights[i >> 1] >> (4u * (i & 1u)) & 15u) * *counts++;
#else
    sum += (tally_partial)weights[i] * *counts++;
#endif
  }
  return sum - eights;
}

/* Adds what a feature of a filter says to the scores. */
static void tally_weigh(const tally_head *head, const uint32_t *squares, uint32_t feature, tally_count *counts,
                        int64_t *scores) {
  uint32_t side = (uint32_t)head->grid - head->span + 1u, cell = 0;
  tally_partial eights = 0;
  for (uint32_t y = 0; y < side; y++) {
    for (uint32_t x = 0; x < side; x++, cell++) {
      const uint32_t *square = squares + y * head->grid + x;
      uint32_t sum = 0;
      for (uint32_t dy = 0; dy < head->span; dy++, square += head->grid)
        for (uint32_t dx = 0; dx < head->span; dx++) sum += square[dx];
      int32_t count = tally_finished(sum, head->kind);
      counts[tally_place(cell, head->cells)] = (tally_count)count;
#if TALLY_WEIGHT_BITS == 4u
      eights += (tally_partial)8 * count;
#endif
    }
  }
  uint32_t each = (head->cells * TALLY_WEIGHT_BITS + 7u) / 8u / sizeof(tally_weight);
  const tally_weight *weights = head->weights + (size_t)feature * each * TALLY_CLASSES;
#if TALLY_STEPS
  int64_t step = head->steps[feature];
#else
  int64_t step = 1;
#endif
  for (uint32_t c = 0; c < TALLY_CLASSES; c++, weights += each)
    scores[c] += step * tally_dot(weights, counts, head->cells, eights);
}
