/* What the head makes of distances: sums by square, counts by cell, weights. */

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

#if TALLY_PAIRS
/* Thresholds of at most one near and one far feature, and where their sums are. */
typedef struct {
  int32_t near, far;
  uint32_t *near_sums, *far_sums;
} tally_pair;

/* How far the patches of a row are on the near side of one threshold and on the far side of another, summed up by columns of squares:
   what tally_distances and tally_count_row do together, without distances in memory. `WORDS` are a patch's, `DIFFERENCE` its
   distance. */
#define TALLY_ROW(NAME, WORDS, DIFFERENCE)                                                                       \
  TALLY_ALONE void NAME(const uint32_t *patch, const int16_t *raise, const uint32_t *filter, uint32_t words,     \
                        const tally_pair *pair, const uint16_t *columns, uint32_t grid) {                        \
    uint32_t first = filter[0], second = words > 1u ? filter[1] : 0u;                                            \
    for (uint32_t i = 0; i < grid; i++) {                                                                        \
      const int16_t *end = raise + (columns[i + 1u] - columns[i]);                                               \
      int32_t near = pair->near, far = pair->far;                                                                \
      uint32_t near_sum = 0, far_sum = 0;                                                                        \
      for (; raise < end; raise++, patch += (WORDS)) {                                                           \
        int32_t distance = tally_raised((DIFFERENCE), *raise);                                                   \
        near_sum += tally_positive(near - distance);                                                             \
        far_sum += tally_positive(distance - far);                                                               \
      }                                                                                                          \
      pair->near_sums[i] += near_sum;                                                                            \
      pair->far_sums[i] += far_sum;                                                                              \
    }                                                                                                            \
    (void)first;                                                                                                 \
    (void)second;                                                                                                \
  }

TALLY_ROW(tally_row_of_one, 1u, tally_ones(patch[0] ^ first))
TALLY_ROW(tally_row_of_two, 2u, tally_ones_of_two(patch[0] ^ first, patch[1] ^ second))
TALLY_ROW(tally_row_of_many, words, tally_difference(patch, filter, words))

static void tally_count_margins(const tally_layer *layer, const uint32_t *patches, const int16_t *raise,
                                const uint32_t *filter, uint32_t y, const uint16_t *thresholds, uint32_t *sums) {
  const tally_head *head = &layer->head;
  uint32_t grid = head->grid, words = layer->patch_words;
  tally_pair pair = {0, 65535, sums, sums};
  if (layer->near >= 0) pair.near = thresholds[layer->near];
  if (layer->beyond >= 0) pair.far = thresholds[layer->beyond];
  sums += y * grid / layer->height * grid;
  pair.near_sums = sums + (layer->beyond >= 0 && layer->near > layer->beyond ? grid * grid : 0u);
  pair.far_sums = sums + (layer->near >= 0 && layer->beyond > layer->near ? grid * grid : 0u);
  if (words == 1u) tally_row_of_one(patches, raise, filter, words, &pair, head->columns, grid);
  else if (words == 2u) tally_row_of_two(patches, raise, filter, words, &pair, head->columns, grid);
  else tally_row_of_many(patches, raise, filter, words, &pair, head->columns, grid);
}
#endif

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

/* What the head weighs, from the sums of the squares of a cell. */
static int32_t tally_finished(uint32_t sum, uint32_t kind) {
#if TALLY_COUNTS_ROOT
  if (kind == TALLY_ROOT) return (int32_t)tally_root((sum < 0xffffffu ? sum : 0xffffffu) << 8);
#endif
  (void)kind;
  return (int32_t)sum;
}

/* Adds what a feature of a filter says to the scores. */
static void tally_weigh(const tally_head *head, const uint32_t *squares, const tally_weight *weights, int32_t *counts,
                        int64_t *scores) {
  uint32_t side = (uint32_t)head->grid - head->span + 1u;
  int32_t *count = counts;
  for (uint32_t y = 0; y < side; y++) {
    for (uint32_t x = 0; x < side; x++) {
      uint32_t sum = 0;
      for (uint32_t dy = 0; dy < head->span; dy++)
        for (uint32_t dx = 0; dx < head->span; dx++) sum += squares[(y + dy) * head->grid + x + dx];
      *count++ = tally_finished(sum, head->kind);
    }
  }
  for (uint32_t c = 0; c < TALLY_CLASSES; c++, weights += head->cells) {
    tally_partial sum = 0;
    for (uint32_t i = 0; i < head->cells; i++) sum += (tally_partial)weights[i] * counts[i];
    scores[c] += sum;
  }
}
