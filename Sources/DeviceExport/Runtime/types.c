/* What the tables describe. All numbers are whole, all sizes are known before an image is seen. */

#define TALLY_WEIGHTED 0u   /* a sum of the channels of a pixel, perhaps less its local mean */
#define TALLY_FILTERED 1u   /* a sum of the values of a window */
#define TALLY_CONTRASTED 2u /* several such sums, in units of the window's contrast */

#define TALLY_PLAIN 0u
#define TALLY_SOFT 1u
#define TALLY_ROOT 2u

/* Numbers made of every pixel, and the bits `number > threshold` of each. */
typedef struct {
  uint8_t kind;
  uint8_t window;            /* side of the square of pixels around; 0: the pixel alone */
  uint16_t count;            /* numbers of a pixel */
  uint16_t levels;           /* bits of a number */
  uint16_t bit;              /* the first of these bits among those of a position */
  const int16_t *factors;    /* contrasted: pairs of neighbouring values, interleaved by four filters */
  const int32_t *thresholds; /* `levels` for each number, ascending */
} tally_signal;

/* The signals whose bits enter a layer, or one group of its filters. */
typedef struct {
  const tally_signal *signals;
  uint16_t count;
} tally_part;

typedef struct {
  uint16_t grid;             /* squares along a side; 0: no head */
  uint8_t span;              /* squares along a side of a cell */
  uint8_t kind;              /* what is counted: TALLY_PLAIN, _SOFT, _ROOT */
  int8_t shift;              /* fractional bits of weights beyond those of scores */
  uint32_t cells;            /* (grid - span + 1)^2 */
  const uint16_t *columns;   /* where each column of squares begins, and the map's width */
  const tally_weight *weights; /* by filter, counted feature, class, cell; those of 4 bits two a byte, the first lowest */
#if TALLY_STEPS
  const uint16_t *steps;     /* what the weights of a filter's feature are multiples of */
#endif
  const int64_t *bias;
} tally_head;

typedef struct {
  uint16_t height, width;    /* positions */
  uint16_t filters;
  uint16_t groups;           /* of filters, each of which sees its own bits of a position */
  uint16_t bits;             /* of a position that a filter sees */
  uint16_t words;            /* of a position in the map */
  uint16_t patch_words;      /* of what a filter is compared with */
  uint16_t block;            /* filters that are counted side by side */
  uint8_t window;
  uint8_t gathers;           /* whether patches are put together from the map, or are the map's positions */
  uint8_t features;          /* thresholds of a filter */
  uint8_t far;               /* bit i: feature i is on at or above its threshold, not at or below it */
  uint8_t counted;           /* bit i: the head counts feature i */
  uint8_t handed;            /* bit i: the next layer gets feature i */
  int8_t near, beyond;       /* of a sliced layer: which feature counts on which side; -1: none */
  uint8_t sliced;            /* whether it is done 32 positions at a time */
  uint8_t halves;            /* 0: the next map is as large; else of four positions so many must be on */
  uint8_t parts;             /* 0: no image enters; 1: at once; else for one group after the other */
  const tally_part *part;
  int32_t level;             /* how often the image that enters was halved; 0: nothing but the image enters */
  const uint32_t *filter;    /* `patch_words` for each filter */
  const uint32_t *mask;      /* the same, ones where a bit matters; or none */
  const uint16_t *threshold; /* `features` for each filter */
  const int16_t *balance;    /* centred: what every bit of a patch adds to the sum of a group's distances; or none */
  const int32_t *balance_base; /* this sum for a patch of zeros, for each group */
  int32_t middle;            /* centred: what distances are raised by */
  tally_head head;
  int64_t exit;              /* a lead that answers; negative: none does */
} tally_layer;

typedef struct {
  const uint8_t *pixels;
  uint32_t height, width;
} tally_image;

/* Where everything lies in the arena that a layer needs. */
typedef struct {
  int16_t *values;     /* of a window */
  int16_t *raise;      /* of every position */
  uint32_t *gathered;  /* the patches of a row */
  uint16_t *distances; /* of a row */
  uint32_t *sums;      /* of a block of filters */
  tally_count *counts; /* of a filter's cells */
  uint8_t *pool;       /* of a block of filters */
#if TALLY_SLICES
  int32_t *balance; /* sums of what four bits add to the sum of a group's distances */
  uint32_t *planes; /* the map, cut into slices */
  uint16_t *list;   /* of slices that are added */
#endif
} tally_memory;
