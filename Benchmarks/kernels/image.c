// Where the time of an image goes: the kernels that the plan `quick` calls for one, in its shapes, each beside the least that the
// same core needs for as many word operations or products in registers, or for reading as many bytes.

#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "rooflines.h"

// The shapes of `quick`: four windows, a quarter of the filters and one word for each, two features, cells of 3 x 3 squares.
enum { WINDOWS = 4, FILTERS = 384, OWN = FILTERS / WINDOWS, COUNTS = 2 * FILTERS, GRID = 8, SPAN = 3, SIDE = GRID - SPAN + 1 };
enum { CELL_COUNTS = SIDE * SIDE * COUNTS, CLASSES = 10, MOST_STEPS = 8 * 3 * 4, MOST_PIXELS = 32 * 32 };

typedef struct image {
  const tk_kernels *kernels;
  size_t size, channels, components, levels, windows[WINDOWS];
  uint8_t *pixels;
  int32_t *scratch, *pairs, *squares, *strip, *cells, *counts;
  int16_t *planes, *weights;
  uint16_t *thresholds, *distances;
  uint64_t *words, *filters;
  int64_t scores[CLASSES];
} image;

static size_t plane_stride(const image *m) { return m->size * m->size + 16; }

// MARK: The stages

static void values(image *m) {
  for (size_t w = 0; w < WINDOWS; w++)
    m->kernels->patch_values(m->pixels, m->size, m->size, m->channels, m->pairs, m->components, m->windows[w], m->scratch,
                             m->planes + w * m->components * plane_stride(m), plane_stride(m));
}

static void codes(image *m) {
  for (size_t w = 0; w < WINDOWS; w++)
    m->kernels->code_patches(m->planes + w * m->components * plane_stride(m), plane_stride(m), m->components, m->size,
                             m->size, (const int16_t *)m->thresholds, m->levels, 64 * w, m->words, m->size * WINDOWS,
                             WINDOWS);
}

static void squares(image *m) {
  for (size_t row = 0; row < GRID; row++) {
    size_t first = (row * m->size + GRID - 1) / GRID, end = ((row + 1) * m->size + GRID - 1) / GRID;
    int32_t *sums = m->squares + row * GRID * COUNTS;
    memset(sums, 0, 4 * GRID * COUNTS);
    for (size_t w = 0; w < WINDOWS; w++) {
      tk_patches patches = {m->words + first * m->size * WINDOWS + w, end - first, m->size, m->size * WINDOWS, WINDOWS, 1,
                            1, 0};
      tk_counting counting = {{m->thresholds + w * OWN, 2, 2, FILTERS}, 1, 1, 30, 90, GRID, COUNTS};
      m->kernels->count_squares(&patches, m->filters + w * OWN, FILTERS, OWN, &counting, m->distances, sums + w * OWN);
    }
  }
}

static void cells(image *m) {
  size_t width = SIDE * COUNTS;
  for (size_t row = 0; row < GRID; row++) {
    for (size_t x = 0; x < SIDE; x++)
      m->kernels->add_rows(m->squares + (row * GRID + x) * COUNTS, SPAN, COUNTS, COUNTS,
                           m->strip + row % SPAN * width + x * COUNTS);
    if (row >= SPAN - 1) m->kernels->add_rows(m->strip, SPAN, width, width, m->cells + (row - SPAN + 1) * width);
  }
}

static void roots(image *m) {
  for (size_t row = 0; row < SIDE; row++) {
    int32_t *counts = m->counts + row * SIDE * COUNTS;
    memcpy(counts, m->cells + row * SIDE * COUNTS, 4 * SIDE * COUNTS);
    m->kernels->root_counts(counts, SIDE * COUNTS);
  }
}

static void head(image *m) { m->kernels->weigh_counts(m->weights, CLASSES, m->counts, CELL_COUNTS, m->scores); }

// MARK: Their bounds

// Seconds for `operations` in a loop of registers, and for reading `bytes` of `memory`.
static double in_registers(const roofline *roof, double operations) {
  double best = 1e30;
  long times = 1;
  volatile uint64_t sink = 0;
  for (int burst = 0; burst < bursts; burst++) BURST(&best, &times, sink += roof->run(1000));
  return best / (1000 * roof->perTurn) * operations;
}

static double reading(read_function reads, const void *memory, size_t bytes) {
  double best = 1e30;
  long times = 1;
  volatile uint64_t sink = 0;
  for (int burst = 0; burst < bursts; burst++) BURST(&best, &times, sink += reads(memory, bytes / 512 * 64));
  return best;
}

static const roofline *best_of(const roofline *all, size_t count, const char *level) {
  for (size_t i = 0; i < count; i++)
    if (all[i].bound && strcmp(all[i].level, level) == 0) return &all[i];
  return &all[0];
}

typedef struct stage {
  const char *name, *by;
  void (*run)(image *);
  double bound;
} stage;

// MARK: An image

static image make_image(const tk_kernels *kernels, int colour) {
  image m = {.kernels = kernels, .size = colour ? 32 : 28, .channels = colour ? 3 : 1, .components = colour ? 21 : 15,
             .levels = colour ? 3 : 4};
  static const size_t windows[2][WINDOWS] = {{4, 5, 6, 8}, {3, 4, 6, 8}};
  memcpy(m.windows, windows[colour], sizeof m.windows);
  size_t most = WINDOWS * m.components * plane_stride(&m);
  m.pixels = random_memory(MOST_PIXELS * 3);
  m.scratch = random_memory(4 * 3 * 39 * 56);
  m.pairs = random_memory(4 * MOST_STEPS * m.components);
  // Sizes of a filter's factors add up to 16,000 at most.
  for (size_t i = 0; i < MOST_STEPS * m.components; i++)
    m.pairs[i] = (int32_t)(((random64() % 121 - 60) & 0xffff) | (random64() % 121 - 60) << 16);
  m.planes = random_memory(2 * most);
  m.thresholds = random_memory(2 * COUNTS);
  for (size_t i = 0; i < COUNTS; i++) m.thresholds[i] = (uint16_t)(i < FILTERS ? 24 : 38);
  m.words = random_memory(8 * MOST_PIXELS * WINDOWS);
  m.filters = random_memory(8 * FILTERS);
  m.distances = random_memory(2 * 16 * FILTERS);
  m.squares = random_memory(4 * GRID * GRID * COUNTS);
  m.strip = random_memory(4 * SPAN * SIDE * COUNTS);
  m.cells = random_memory(4 * CELL_COUNTS);
  m.counts = random_memory(4 * CELL_COUNTS);
  m.weights = random_memory(2 * CLASSES * CELL_COUNTS);
  return m;
}

static void free_image(image *m) {
  void *all[] = {m->pixels, m->scratch, m->pairs, m->planes, m->thresholds, m->words, m->filters, m->distances, m->squares,
                 m->strip, m->cells, m->counts, m->weights};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void set_bounds(const image *m, const char *level, stage *stages) {
  size_t wordCount, productCount, n = m->size * m->size;
  const roofline *words = rooflines(&wordCount), *products = product_rooflines(&productCount);
  const roofline *word = best_of(words, wordCount, level), *product = best_of(products, productCount, level);
  read_function reads = reader(level);
  double factors = 0;
  for (size_t w = 0; w < WINDOWS; w++) factors += (double)(m->windows[w] * m->windows[w] * m->channels);
  stages[0].bound = in_registers(product, factors * (double)(m->components * n));
  stages[1].bound = reading(reads, m->planes, 2 * WINDOWS * m->components * n);
  stages[2].bound = in_registers(word, (double)(FILTERS * n));
  stages[3].bound = reading(reads, m->squares, 4 * GRID * GRID * COUNTS);
  stages[4].bound = reading(reads, m->cells, 4 * CELL_COUNTS);
  double weighing = in_registers(product, (double)CLASSES * CELL_COUNTS);
  double weights = reading(reads, m->weights, 2 * CLASSES * CELL_COUNTS);
  stages[5].bound = weighing > weights ? weighing : weights;
  stages[5].by = weighing > weights ? "products" : "read";
}

void measure_image(const tk_implementation *implementation, int colour, FILE *json) {
  const char *level = implementation->name, *shape = colour ? "32x32 colour" : "28x28 grey";
  image m = make_image(implementation->kernels, colour);
  stage stages[] = {{"values of windows", "products", values, 0}, {"codes", "read", codes, 0},
                    {"counts of squares", "words", squares, 0},   {"sums of cells", "read", cells, 0},
                    {"roots", "read", roots, 0},                  {"head", "read", head, 0}};
  size_t count = sizeof stages / sizeof *stages;
  set_bounds(&m, level, stages);
  printf("\nan image of quick, %s, %s, one core\n", shape, level);
  printf("%-22s %9s %9s %-10s %7s\n", "stage", "us", "bound, us", "by", "times");
  if (json) fprintf(json, "\n    {\"level\": \"%s\", \"shape\": \"%s\", \"stages\": [", level, shape);
  double total = 0, bounds = 0;
  for (size_t i = 0; i < count; i++) {
    double best = 1e30;
    long times = 1;
    for (int burst = 0; burst < bursts; burst++) BURST(&best, &times, stages[i].run(&m));
    total += best, bounds += stages[i].bound;
    printf("%-22s %9.2f %9.2f %-10s %7.2f\n", stages[i].name, 1e6 * best, 1e6 * stages[i].bound, stages[i].by,
           best / stages[i].bound);
    if (json)
      fprintf(json, "%s\n      {\"stage\": \"%s\", \"microseconds\": %.3f, \"bound\": %.3f, \"by\": \"%s\"}",
              i ? "," : "", stages[i].name, 1e6 * best, 1e6 * stages[i].bound, stages[i].by);
  }
  printf("%-22s %9.2f %9.2f %-10s %7.2f\n", "all", 1e6 * total, 1e6 * bounds, "", total / bounds);
  if (json) fprintf(json, "\n    ]}");
  free_image(&m);
}
