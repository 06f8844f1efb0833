/* Layers of single positions whose heads count margins, 32 positions of a row at a time: bit i of a word belongs to position i,
   and a number of every position is a slice of words, one for each of its bits, the lowest first. Sums are made by carry-save addition,
   so that a position costs a third of an instruction where a distance of its own would cost thirty. Numbers have as many bits as the layer with the
   largest needs. */

#if TALLY_SLICES
/* The words of a row's 32 positions: what they show, then what their distances to a filter begin with. */
#define TALLY_PLANES (TALLY_SLICED_WORDS * 32u + 32u)
#define TALLY_ZERO (TALLY_SLICED_WORDS * 32u + 15u) /* a word of zeros */

/* How a filter is counted. A distance is n + x - 2a = n - x + 2b: n ones of the filter, x of the patch, a bits that are ones in both, b in the
   patch alone. What is raised by r begins with -(x + r) - 1 or r - x, and twice the shorter sum, of a or of b, is added; of a the negative less 1
   results. */
typedef struct {
  const uint16_t *list;          /* the words that are added */
  uint32_t count;                /* how many, a multiple of 4 */
  uint32_t base;                 /* the first of the words that numbers begin with */
  uint32_t less;                 /* ones where a number grows as the distance falls */
  uint32_t limit[TALLY_SLICES];  /* all ones or zeros: bits of the number that stands for a distance of 0, */
  uint32_t beyond[TALLY_SLICES]; /* of what is added to find numbers that are beyond it, */
  uint32_t high[TALLY_SLICES];   /* of what is added for the margins above, */
  uint32_t low[TALLY_SLICES];    /* and for those below */
} tally_slicing;

/* Swaps rows and columns of 32 words of 32 bits. */
static void tally_transpose(uint32_t *words) {
  uint32_t mask = 0x0000ffffu;
  for (uint32_t half = 16; half > 0u; half >>= 1, mask ^= mask << half) {
    for (uint32_t i = 0; i < 32u; i = (i + half + 1u) & ~half) {
      uint32_t swap = ((words[i] >> half) ^ words[i + half]) & mask;
      words[i] ^= swap << half;
      words[i + half] ^= swap;
    }
  }
}

#if TALLY_CENTRED
/* Sums of what each four bits of a patch add to the sum of a group's distances. */
static void tally_balance_sums(const tally_layer *layer, uint32_t group, int32_t *sums) {
  const int16_t *balance = layer->balance + (size_t)group * TALLY_SLICED_WORDS * 32u;
  for (uint32_t i = 0; i < TALLY_SLICED_WORDS * 8u; i++, balance += 4, sums += 16) {
    sums[0] = 0;
    for (uint32_t bit = 0; bit < 4u; bit++)
      for (uint32_t low = 0; low < (uint32_t)1 << bit; low++) sums[(1u << bit) + low] = sums[low] + balance[bit];
  }
}
#endif

/* What the distances of a position begin with, in 16 bits each. */
TALLY_INLINE uint32_t tally_beginnings(const tally_layer *layer, int32_t base, const int32_t *balance,
                                       const uint32_t *patch) {
  int32_t ones = 0, raise = 0;
  for (uint32_t i = 0; i < TALLY_SLICED_WORDS; i++) ones += (int32_t)tally_ones(patch[i]);
#if TALLY_CENTRED
  if (layer->balance) {
    for (uint32_t i = 0; i < TALLY_SLICED_WORDS; i++) {
      uint32_t word = patch[i];
      TALLY_UNROLLED
      for (uint32_t k = 0; k < 8u; k++, balance += 16) base += balance[word >> (4u * k) & 15u];
    }
    raise = layer->middle - base / (int32_t)(layer->filters / layer->groups);
  }
#else
  (void)layer;
  (void)base;
  (void)balance;
#endif
  uint32_t bits = ((uint32_t)1 << TALLY_SLICES) - 1u;
  return (~(uint32_t)(ones + raise) & bits) | ((uint32_t)(raise - ones) & bits) << 16;
}

/* A row of positions, cut into slices. */
static void tally_slice_row(const tally_layer *layer, uint32_t group, const int32_t *balance, const uint32_t *row,
                            uint32_t *planes) {
  int32_t base = layer->balance ? layer->balance_base[group] : 0;
  for (uint32_t first = 0; first < layer->width; first += 32u, planes += TALLY_PLANES) {
    uint32_t x = 0;
    for (; x < 32u && first + x < layer->width; x++, row += TALLY_SLICED_WORDS) {
      for (uint32_t i = 0; i < TALLY_SLICED_WORDS; i++) planes[32u * i + x] = row[i];
      planes[32u * TALLY_SLICED_WORDS + x] = tally_beginnings(layer, base, balance, row);
    }
    for (; x < 32u; x++)
      for (uint32_t i = 0; i <= TALLY_SLICED_WORDS; i++) planes[32u * i + x] = 0;
    for (uint32_t i = 0; i <= TALLY_SLICED_WORDS; i++) tally_transpose(planes + 32u * i);
  }
}

/* The bits of a number, each as a word of ones or zeros. */
static void tally_spread(int32_t number, uint32_t *words) {
  for (uint32_t k = 0; k < TALLY_SLICES; k++) words[k] = 0u - ((uint32_t)number >> k & 1u);
}

/* Prepares a filter. */
static void tally_slicing_of(const tally_layer *layer, uint32_t filter, uint16_t *list, tally_slicing *slicing) {
  const uint32_t *bits = layer->filter + (size_t)filter * TALLY_SLICED_WORDS;
  const uint16_t *thresholds = layer->threshold + (size_t)filter * layer->features;
  int32_t ones = 0, near = layer->near < 0 ? 0 : thresholds[layer->near];
  int32_t never = ((int32_t)1 << (TALLY_SLICES - 1u)) - 1; /* no distance is as large */
  int32_t far = layer->beyond < 0 || thresholds[layer->beyond] > never ? never : thresholds[layer->beyond];
  for (uint32_t i = 0; i < TALLY_SLICED_WORDS; i++) ones += (int32_t)tally_ones(bits[i]);
  uint32_t count = 0, adds = 2u * (uint32_t)ones > layer->bits ? 0u : 1u;
  for (uint32_t bit = 0; bit < layer->bits; bit++)
    if ((bits[bit >> 5] >> (bit & 31u) & 1u) == adds) list[count++] = (uint16_t)bit;
  while (count & 3u) list[count++] = TALLY_ZERO;
  slicing->list = list;
  slicing->count = count;
  slicing->base = 32u * TALLY_SLICED_WORDS + (adds ? 0u : 16u);
  slicing->less = adds ? 0xffffffffu : 0u;
  tally_spread(adds ? ones - 1 : -ones, slicing->limit);
  tally_spread(adds ? -ones : ones, slicing->beyond);
  tally_spread(adds ? near - ones + 1 : ones - far, slicing->high);
  tally_spread(adds ? far - ones : ones - near - 1, slicing->low);
}

/* Adds words up by position. */
TALLY_INLINE void tally_add_planes(const uint32_t *planes, const uint16_t *list, uint32_t count, uint32_t *sum) {
  uint32_t ones = 0, twos = 0, fours = 0;
  TALLY_UNROLLED
  for (uint32_t k = 3; k < TALLY_ONES_SLICES; k++) sum[k] = 0;
  for (; count >= 8u; count -= 8u, list += 8) {
    uint32_t two = tally_carry(&ones, planes[list[0]], planes[list[1]]);
    uint32_t four = tally_carry(&twos, two, tally_carry(&ones, planes[list[2]], planes[list[3]]));
    two = tally_carry(&ones, planes[list[4]], planes[list[5]]);
    two = tally_carry(&twos, two, tally_carry(&ones, planes[list[6]], planes[list[7]]));
    uint32_t carry = tally_carry(&fours, four, two);
    TALLY_UNROLLED
    for (uint32_t k = 3; k < TALLY_ONES_SLICES; k++) {
      uint32_t both = sum[k] & carry;
      sum[k] ^= carry;
      carry = both;
    }
  }
  if (count > 0u) {
    uint32_t two = tally_carry(&ones, planes[list[0]], planes[list[1]]);
    uint32_t four = tally_carry(&twos, two, tally_carry(&ones, planes[list[2]], planes[list[3]]));
    uint32_t carry = fours & four;
    fours ^= four;
    TALLY_UNROLLED
    for (uint32_t k = 3; k < TALLY_ONES_SLICES; k++) {
      uint32_t both = sum[k] & carry;
      sum[k] ^= carry;
      carry = both;
    }
  }
  sum[0] = ones;
  sum[1] = twos;
  sum[2] = fours;
}

/* Adds the margins of a row, `TALLY_MARGIN_SLICES` bits each, to what was summed up of the rows above. */
TALLY_INLINE void tally_add_slices(const uint32_t *margins, uint32_t flip, uint32_t mask, uint32_t *sums) {
  uint32_t carry = 0;
  TALLY_UNROLLED
  for (uint32_t k = 0; k < TALLY_MARGIN_SLICES; k++) carry = tally_carry(sums + k, (margins[k] ^ flip) & mask, carry);
  TALLY_UNROLLED
  for (uint32_t k = TALLY_MARGIN_SLICES; k < TALLY_SUM_SLICES; k++) {
    uint32_t both = sums[k] & carry;
    sums[k] ^= carry;
    carry = both;
  }
}

/* number + addend, bit by bit. Returns the sums' highest bits: ones where they are below zero. */
TALLY_INLINE uint32_t tally_add_number(const uint32_t *number, const uint32_t *addend, uint32_t *sum) {
  uint32_t carry = 0;
  TALLY_UNROLLED
  for (uint32_t k = 0; k < TALLY_SLICES; k++) {
    sum[k] = number[k];
    carry = tally_carry(sum + k, addend[k], carry);
  }
  return sum[TALLY_SLICES - 1u];
}

/* The margins of 32 positions above and below. */
TALLY_ALONE void tally_add_margins(const tally_slicing *slicing, const uint32_t *planes, uint32_t *above, uint32_t *below) {
  uint32_t sum[TALLY_ONES_SLICES], number[TALLY_SLICES], moved[TALLY_SLICES];
  tally_add_planes(planes, slicing->list, slicing->count, sum);
  const uint32_t *base = planes + slicing->base;
  uint32_t carry = 0;
  number[0] = base[0];
  TALLY_UNROLLED
  for (uint32_t k = 1; k < TALLY_SLICES; k++) {
    number[k] = base[k];
    carry = tally_carry(number + k, k <= TALLY_ONES_SLICES ? sum[k - 1u] : 0u, carry);
  }
#if TALLY_CENTRED
  uint32_t beyond = tally_add_number(number, slicing->beyond, moved) ^ slicing->less;
  if (beyond != 0u)
    TALLY_UNROLLED
    for (uint32_t k = 0; k < TALLY_SLICES; k++) number[k] = (number[k] & ~beyond) | (slicing->limit[k] & beyond);
#endif
  tally_add_slices(moved, 0u, ~tally_add_number(number, slicing->high, moved), above);
  tally_add_slices(moved, 0xffffffffu, tally_add_number(number, slicing->low, moved), below);
}

#if TALLY_NARROW_SQUARES && !TALLY_COUNTS_BITS
/* Ones of a byte. */
TALLY_INLINE uint32_t tally_few_ones(uint32_t a) {
  static const uint8_t ones[256] = {
#define TALLY_4(n) (n), (n) + 1, (n) + 1, (n) + 2
#define TALLY_16(n) TALLY_4(n), TALLY_4((n) + 1), TALLY_4((n) + 1), TALLY_4((n) + 2)
#define TALLY_64(n) TALLY_16(n), TALLY_16((n) + 1), TALLY_16((n) + 1), TALLY_16((n) + 2)
      TALLY_64(0), TALLY_64(1), TALLY_64(1), TALLY_64(2)};
  return ones[a];
}
#else
TALLY_INLINE uint32_t tally_few_ones(uint32_t a) { return tally_ones(a); }
#endif

/* Adds what was summed up by columns to the sums of the squares that they belong to. */
static void tally_add_columns(const tally_head *head, uint32_t first, const uint32_t *slices, uint32_t *squares) {
  uint32_t column = 0, count = TALLY_SUM_SLICES;
  while (count > 0u && slices[count - 1u] == 0u) count--;
  while (head->columns[column + 1u] <= first) column++;
  for (; column < head->grid && head->columns[column] < first + 32u; column++) {
    uint32_t from = head->columns[column] > first ? head->columns[column] - first : 0u;
    uint32_t to = head->columns[column + 1u] - first, sum = 0;
    uint32_t mask = to - from < 32u ? ((uint32_t)1 << (to - from)) - 1u : 0xffffffffu;
    for (const uint32_t *slice = slices + count; slice > slices;) sum = 2u * sum + tally_few_ones(*--slice >> from & mask);
    squares[column] += sum;
  }
}

/* The layer: adds its head's scores, in units of its weights. */
static void tally_run_sliced(const tally_layer *layer, const tally_image *image, const tally_memory *memory,
                             uint32_t *map, int64_t *scores) {
  const tally_head *head = &layer->head;
  uint32_t words = ((uint32_t)layer->width + 31u) / 32u, squares = (uint32_t)head->grid * head->grid;
  uint32_t counted = tally_ones(layer->counted), filters = layer->filters / layer->groups;
  for (uint32_t group = 0; group < layer->groups; group++) {
    uint32_t *planes = memory->planes, *row = map;
#if TALLY_CENTRED
    if (layer->balance) tally_balance_sums(layer, group, memory->balance);
#endif
    for (uint32_t y = 0; y < layer->height; y++, planes += words * TALLY_PLANES) {
#if TALLY_STREAMS
      memset(row, 0, (size_t)layer->width * layer->words * sizeof *row);
      tally_encode_row(layer->part + group, image, y, memory->values, layer->words, row);
#else
      row = map + (size_t)y * layer->width * layer->words;
      if (group < layer->parts) tally_encode_row(layer->part + group, image, y, memory->values, layer->words, row);
#endif
      tally_slice_row(layer, group, memory->balance, row, planes);
    }
    for (uint32_t filter = group * filters; filter < (group + 1u) * filters; filter++) {
      tally_slicing slicing;
      tally_slicing_of(layer, filter, memory->list, &slicing);
      memset(memory->sums, 0, (size_t)counted * squares * sizeof *memory->sums);
      uint32_t *near = memory->sums, *far = memory->sums;
      if (layer->near > layer->beyond) near += counted == 2u ? squares : 0u;
      else far += counted == 2u ? squares : 0u;
      for (uint32_t i = 0; i < words; i++) {
        uint32_t y = 0, *above = slicing.less ? near : far, *below = slicing.less ? far : near;
        planes = memory->planes + (size_t)i * TALLY_PLANES;
        for (uint32_t square = 0; square < head->grid; square++, above += head->grid, below += head->grid) {
          uint32_t highs[TALLY_SUM_SLICES], lows[TALLY_SUM_SLICES];
          TALLY_UNROLLED
          for (uint32_t k = 0; k < TALLY_SUM_SLICES; k++) highs[k] = lows[k] = 0;
          for (; y * head->grid < (square + 1u) * layer->height && y < layer->height; y++, planes += words * TALLY_PLANES)
            tally_add_margins(&slicing, planes, highs, lows);
          tally_add_columns(head, 32u * i, highs, above);
          tally_add_columns(head, 32u * i, lows, below);
        }
      }
      for (uint32_t i = 0; i < counted; i++)
        tally_weigh(head, memory->sums + i * squares, filter * counted + i, memory->counts, scores);
    }
  }
}
#endif
