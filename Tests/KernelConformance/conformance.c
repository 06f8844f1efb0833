// Runs every kernel of every implementation this CPU offers against plain loops in C, on many odd shapes.
// No test framework, so that it also runs under emulators; the Swift tests compare with Bool loops once more.
// Usage: conformance [NAME ...]: each NAME must be an implementation that is available.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CTallyKernels.h"

// MARK: Random input and guarded memory

static uint64_t randomState = 1;

static uint64_t random64(void) {
  uint64_t z = randomState += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static size_t below(size_t bound) { return (size_t)(random64() % bound); }

enum fill { ZEROS, ONES, RANDOM, SPARSE, FILLS };

static uint64_t fill_word(int fill) {
  switch (fill) {
  case ZEROS: return 0;
  case ONES: return ~(uint64_t)0;
  case RANDOM: return random64();
  default: return below(4) == 0 ? random64() & random64() : 0;
  }
}

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes + 1);  // never a null pointer
  if (!memory) {
    fprintf(stderr, "out of memory\n");
    exit(2);
  }
  return memory;
}

static uint64_t *random_words(size_t count, int fill) {
  uint64_t *words = allocate(8 * count);
  for (size_t i = 0; i < count; i++) words[i] = fill_word(fill);
  return words;
}

static uint16_t *random_halves(size_t count, size_t bound) {
  uint16_t *halves = allocate(2 * count);
  for (size_t i = 0; i < count; i++) halves[i] = (uint16_t)below(bound);
  return halves;
}

// An output: `expected` and `got` start with equal bytes, end in a guard that no kernel may touch.
enum { GUARD = 256 };

typedef struct output {
  size_t bytes;
  void *expected, *got;
} output;

static output make_output(size_t bytes) {
  output o = {bytes, allocate(bytes + GUARD), allocate(bytes + GUARD)};
  // Small values, so that sums on top of them stay in range.
  for (size_t i = 0; i < bytes + GUARD; i++) ((uint8_t *)o.expected)[i] = i % 4 == 0 ? (uint8_t)random64() : 0;
  memcpy(o.got, o.expected, bytes + GUARD);
  return o;
}

static const char *current;
static long checks, failures;

static void check(output o, const char *kernel, size_t x, size_t y, size_t z) {
  checks++;
  if (memcmp(o.expected, o.got, o.bytes + GUARD) != 0) {
    failures++;
    size_t i = 0;
    while (((uint8_t *)o.expected)[i] == ((uint8_t *)o.got)[i]) i++;
    if (failures <= 20)
      printf("%s: %s differs at byte %zu of %zu (shape %zu, %zu, %zu)\n", current, kernel, i, o.bytes, x, y, z);
  }
  free(o.expected);
  free(o.got);
}

static int ones(uint64_t x) {
  int n = 0;
  for (; x != 0; x &= x - 1) n++;
  return n;
}

// MARK: Patches

typedef struct patch_case {
  tk_patches patches;
  uint64_t *words;
  size_t P, L;
} patch_case;

// The last patch ends exactly where the allocation does, so that the sanitizer sees every read past it.
static patch_case make_patches(size_t rows, size_t columns, size_t segments, size_t segmentWords, size_t gap,
                               int fill) {
  tk_patches p = {0, rows, columns, 0, segmentWords + gap, segments, segmentWords, 0};
  p.segmentStride = (columns + 2) * p.columnStride + gap;
  p.rowStride = p.segmentStride;
  size_t words = 0;
  if (rows && columns && segments && segmentWords)
    words = (rows - 1) * p.rowStride + (columns - 1) * p.columnStride + (segments - 1) * p.segmentStride + segmentWords;
  patch_case c = {p, random_words(words, fill), rows * columns, segments * segmentWords};
  c.patches.base = c.words;
  return c;
}

static uint64_t patch_word(const tk_patches *p, size_t patch, size_t j) {
  return p->base[patch / p->columns * p->rowStride + patch % p->columns * p->columnStride
                 + j / p->segmentWords * p->segmentStride + j % p->segmentWords];
}

static const size_t geometries[][5] = {
  // rows, columns, segments, segmentWords, gap
  {0, 0, 1, 1, 0},  {1, 1, 1, 1, 0},   {1, 1, 3, 3, 1},   {1, 3, 1, 7, 0},  {2, 2, 2, 2, 0},  {3, 5, 3, 3, 0},
  {5, 3, 3, 9, 2},  {7, 7, 5, 5, 0},   {7, 1, 7, 7, 3},   {1, 5, 1, 30, 0}, {1, 6, 1, 31, 0}, {1, 7, 1, 32, 0},
  {1, 9, 1, 33, 0}, {2, 3, 3, 15, 1},  {3, 3, 1, 63, 0},  {1, 4, 1, 64, 0}, {1, 5, 1, 65, 0}, {2, 2, 4, 33, 0},
  {1, 3, 1, 200, 0}, {8, 8, 1, 1, 0},  {13, 5, 3, 3, 0},  {16, 8, 3, 2, 0}, {3, 43, 3, 3, 0}, {2, 2, 0, 0, 0},
  {1, 2, 1, 511, 0}, {1, 2, 1, 1023, 0}, {4, 16, 3, 9, 0},
};

static void test_patches(const tk_kernels *kernels) {
  for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
    const size_t *geometry = geometries[g];
    for (int fill = 0; fill < FILLS; fill++) {
      patch_case c = make_patches(geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], fill);
      for (size_t S = 32; S <= 160; S += S < 64 ? 32 : 96) {
        if (c.L > 100 && S > 32) continue;
        // Ones against zeros under a full mask: every byte sum is as large as it can get.
        uint64_t *filters = random_words(c.L * S, fill == ONES ? ZEROS : RANDOM);
        uint64_t *masks = random_words(c.L * S, fill == RANDOM ? SPARSE : fill == ONES ? ONES : RANDOM);
        output plain = make_output(2 * c.P * S), masked = make_output(2 * c.P * S);
        for (size_t p = 0; p < c.P; p++) {
          for (size_t k = 0; k < S; k++) {
            unsigned distance = 0, maskedDistance = 0;
            for (size_t j = 0; j < c.L; j++) {
              uint64_t x = patch_word(&c.patches, p, j) ^ filters[j * S + k];
              distance += (unsigned)ones(x);
              maskedDistance += (unsigned)ones(x & masks[j * S + k]);
            }
            ((uint16_t *)plain.expected)[p * S + k] = (uint16_t)distance;
            ((uint16_t *)masked.expected)[p * S + k] = (uint16_t)maskedDistance;
          }
        }
        kernels->hamming_matrix(&c.patches, filters, S, plain.got);
        kernels->masked_hamming_matrix(&c.patches, filters, masks, S, masked.got);
        check(plain, "hamming_matrix", g, S, (size_t)fill);
        check(masked, "masked_hamming_matrix", g, S, (size_t)fill);
        free(filters);
        free(masks);
      }
      for (size_t first = 0; first <= c.P; first += 1 + c.P / 3) {
        for (int part = 0; part < 2; part++) {
          size_t count = c.P - first < 64 ? c.P - first : 64;
          if (part) count /= 2;
          output o = make_output(8 * 64 * c.L);
          memset(o.expected, 0, o.bytes);
          for (size_t i = 0; i < count; i++)
            for (size_t d = 0; d < 64 * c.L; d++)
              ((uint64_t *)o.expected)[d] |= (patch_word(&c.patches, first + i, d / 64) >> (d % 64) & 1) << i;
          kernels->transpose_patches(&c.patches, first, count, o.got);
          check(o, "transpose_patches", g, first, count);
        }
      }
      free(c.words);
    }
  }
}

// MARK: Votes and counts

static void test_votes(const tk_kernels *kernels) {
  static const size_t Ks[] = {1, 2, 3, 4, 5, 31, 32, 33, 64, 100}, Rs[] = {0, 1, 2, 31, 32, 33, 63, 65, 130};
  for (size_t ki = 0; ki < sizeof Ks / sizeof *Ks; ki++) {
    for (size_t ri = 0; ri < sizeof Rs / sizeof *Rs; ri++) {
      size_t K = Ks[ki], S = (K + 31) / 32 * 32, R = Rs[ri];
      for (int fill = 0; fill < FILLS; fill++) {
        size_t D = 64 * (1 + below(3));
        // Only K columns of the last row are there to be read.
        size_t words = R ? (R - 1) * S + K : 0;
        // All active and all agreeing: every byte sum is as large as it can get.
        uint64_t *active = random_words(words, fill), *sign = random_words(words, fill == ONES ? ONES : RANDOM);
        uint64_t *bits = random_words(R * D, fill == ONES ? ONES : RANDOM);
        output o = make_output(4 * K * D);
        for (size_t k = 0; k < K; k++) {
          for (size_t r = 0; r < R; r++) {
            uint64_t a = active[r * S + k], s = sign[r * S + k];
            if (a == 0) continue;
            for (size_t d = 0; d < D; d++)
              ((int32_t *)o.expected)[k * D + d] += 2 * ones(a & ~(bits[r * D + d] ^ s)) - ones(a);
          }
        }
        kernels->vote_matrix(active, sign, K, S, bits, D, R, o.got);
        check(o, "vote_matrix", K, D, R);
        free(active);
        free(sign);
        free(bits);
      }
    }
  }
}

static void test_counts(const tk_kernels *kernels) {
  static const size_t counts[] = {0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 247, 248, 249, 255, 256, 511, 512, 513};
  static const size_t widths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17};
  for (size_t ci = 0; ci < sizeof counts / sizeof *counts; ci++) {
    for (size_t wi = 0; wi < sizeof widths / sizeof *widths; wi++) {
      for (int fill = 0; fill < FILLS; fill++) {
        size_t count = counts[ci], words = widths[wi], stride = words + below(3);
        uint64_t *rows = random_words(count ? (count - 1) * stride + words : 0, fill);
        output o = make_output(4 * 64 * words);
        for (size_t i = 0; i < count; i++)
          for (size_t b = 0; b < 64 * words; b++)
            ((uint32_t *)o.expected)[b] += (uint32_t)(rows[i * stride + b / 64] >> (b % 64) & 1);
        kernels->positional_popcount(rows, count, stride, words, o.got);
        check(o, "positional_popcount", count, words, stride);
        free(rows);
      }
    }
  }
}

// MARK: Distances

static void test_distances(const tk_kernels *kernels) {
  static const size_t Ks[] = {1, 2, 15, 16, 31, 32, 33, 48, 63, 64, 65, 95, 96, 97, 127, 128, 129, 200};
  static const size_t Ps[] = {0, 1, 2, 3, 4, 5, 7, 49, 65, 250}, bounds[] = {2, 40, 600, 65536};
  for (size_t ki = 0; ki < sizeof Ks / sizeof *Ks; ki++) {
    for (size_t pi = 0; pi < sizeof Ps / sizeof *Ps; pi++) {
      for (size_t bi = 0; bi < sizeof bounds / sizeof *bounds; bi++) {
        size_t K = Ks[ki], P = Ps[pi], S = (K + 31) / 32 * 32, bound = bounds[bi];
        size_t words = (K + 63) / 64, stride = words + below(3);
        uint16_t *distances = random_halves(P * S, bound);
        uint16_t *low = random_halves(K, bound), *high = random_halves(K, bound);
        if (bound == 65536) high[0] = 65535, low[K - 1] = 0, high[K / 2] = 0;
        size_t packed = P ? (P - 1) * stride + words : 0;
        output threshold = make_output(8 * packed), range = make_output(8 * packed);
        output features = make_output(4 * K), margins = make_output(4 * K);
        for (size_t p = 0; p < P; p++) {
          for (size_t j = 0; j < words; j++)
            ((uint64_t *)threshold.expected)[p * stride + j] = ((uint64_t *)range.expected)[p * stride + j] = 0;
          for (size_t k = 0; k < K; k++) {
            unsigned h = distances[p * S + k];
            uint64_t bit = (uint64_t)1 << (k % 64);
            if (h <= high[k]) ((uint64_t *)threshold.expected)[p * stride + k / 64] |= bit;
            if (low[k] <= h && h <= high[k]) ((uint64_t *)range.expected)[p * stride + k / 64] |= bit;
            ((int32_t *)features.expected)[k] += h <= high[k];
            ((int32_t *)margins.expected)[k] += h < high[k] ? (int32_t)(high[k] - h) : 0;
          }
        }
        kernels->threshold_pack(distances, P, K, S, high, threshold.got, stride);
        kernels->range_pack(distances, P, K, S, low, high, range.got, stride);
        kernels->count_features(distances, P, K, S, high, features.got);
        kernels->count_margins(distances, P, K, S, high, margins.got);
        check(threshold, "threshold_pack", P, K, bound);
        check(range, "range_pack", P, K, bound);
        check(features, "count_features", P, K, bound);
        check(margins, "count_margins", P, K, bound);
        output centred = make_output(2 * P * S);
        uint16_t middle = (uint16_t)below(bound);
        memcpy(centred.expected, distances, 2 * P * S);
        memcpy(centred.got, distances, 2 * P * S);
        for (size_t p = 0; p < P; p++) {
          uint64_t sum = 0;
          for (size_t k = 0; k < K; k++) sum += distances[p * S + k];
          for (size_t k = 0; k < K; k++) {
            int64_t h = (int64_t)distances[p * S + k] + middle - (int64_t)(sum / K);
            ((uint16_t *)centred.expected)[p * S + k] = (uint16_t)(h < 0 ? 0 : h > 65535 ? 65535 : h);
          }
        }
        kernels->centre_distances((uint16_t *)centred.got, P, K, S, middle);
        check(centred, "centre_distances", P, K, bound);
        free(distances);
        free(low);
        free(high);
      }
    }
  }
  // More positions than a 16-bit sum holds.
  size_t P = 65535 + 65535 + 70;
  uint16_t *distances = allocate(2 * P * 32), threshold = 1;
  memset(distances, 0, 2 * P * 32);
  output features = make_output(4);
  *(int32_t *)features.expected += (int32_t)P;
  kernels->count_features(distances, P, 1, 32, &threshold, features.got);
  check(features, "count_features", P, 1, 32);
  output margins = make_output(4);
  *(int32_t *)margins.expected += (int32_t)P;
  kernels->count_margins(distances, P, 1, 32, &threshold, margins.got);
  check(margins, "count_margins", P, 1, 32);
  free(distances);
}

// MARK: Pooling

static void test_pooling(const tk_kernels *kernels) {
  for (size_t H = 0; H <= 7; H++) {
    for (size_t W = 0; W <= 7; W++) {
      for (size_t words = 1; words <= 11; words += H > 3 ? 5 : 1) {
        for (int fill = 0; fill < FILLS; fill++) {
          size_t inColumn = words + below(2), inRow = W * inColumn + below(3);
          size_t outH = (H + 1) / 2, outW = (W + 1) / 2;
          size_t outColumn = words + below(2), outRow = outW * outColumn + below(3);
          size_t inWords = H && W ? (H - 1) * inRow + (W - 1) * inColumn + words : 0;
          size_t outWords = H && W ? (outH - 1) * outRow + (outW - 1) * outColumn + words : 0;
          uint64_t *in = random_words(inWords, fill);
          for (int operation = TK_POOL_OR; operation <= TK_POOL_MAJORITY; operation++) {
            output o = make_output(8 * outWords);
            for (size_t r = 0; r < outH; r++) {
              for (size_t c = 0; c < outW; c++) {
                for (size_t b = 0; b < 64 * words; b++) {
                  int n = 0;
                  for (size_t y = 2 * r; y < 2 * r + 2 && y < H; y++)
                    for (size_t x = 2 * c; x < 2 * c + 2 && x < W; x++)
                      n += in[y * inRow + x * inColumn + b / 64] >> (b % 64) & 1;
                  uint64_t *word = (uint64_t *)o.expected + r * outRow + c * outColumn + b / 64;
                  uint64_t bit = (uint64_t)(n >= (operation == TK_POOL_OR ? 1 : 2)) << (b % 64);
                  *word = (*word & ~((uint64_t)1 << (b % 64))) | bit;
                }
              }
            }
            kernels->pool_bits(in, H, W, words, inRow, inColumn, o.got, outRow, outColumn, operation);
            check(o, "pool_bits", H, W, words);
          }
          free(in);
        }
      }
    }
  }
}

// MARK: Sixteen-bit products

static int16_t *random_values(size_t count, size_t bound) {
  int16_t *values = allocate(2 * count);
  for (size_t i = 0; i < count; i++)
    values[i] = (int16_t)(bound ? (long)below(2 * bound + 1) - (long)bound : (below(2) ? 32767 : -32767));
  return values;
}

static void test_products(const tk_kernels *kernels) {
  static const size_t Ms[] = {0, 1, 2, 3, 4, 5, 8, 10}, lengths[] = {0, 1, 15, 31, 32, 33, 63, 64, 65, 128, 200, 513};
  for (size_t mi = 0; mi < sizeof Ms / sizeof *Ms; mi++) {
    for (size_t ni = 0; ni < sizeof Ms / sizeof *Ms; ni++) {
      for (size_t li = 0; li < sizeof lengths / sizeof *lengths; li++) {
        for (int large = 0; large < 2; large++) {
          size_t M = Ms[mi], N = Ms[ni], length = lengths[li];
          size_t aStride = length + below(4), bStride = length + below(4), outStride = N + below(3);
          // 32767 * 2047 * 32 < 2^31 and 127 * 127 * 4096 < 2^31.
          size_t block = large ? 32 : (below(2) ? 4096 : 64);
          int16_t *a = random_values(M ? (M - 1) * aStride + length : 0, large ? 0 : 127);
          int16_t *b = random_values(N ? (N - 1) * bStride + length : 0, large ? 2047 : 127);
          output o = make_output(M && N ? 8 * ((M - 1) * outStride + N) : 0);
          for (size_t m = 0; m < M; m++)
            for (size_t n = 0; n < N; n++)
              for (size_t i = 0; i < length; i++)
                ((int64_t *)o.expected)[m * outStride + n] += (int64_t)a[m * aStride + i] * b[n * bStride + i];
          kernels->dot_matrix(a, M, aStride, b, N, bStride, length, block, o.got, outStride);
          check(o, "dot_matrix", M, N, length);
          free(a);
          free(b);
        }
      }
    }
  }
  for (size_t li = 0; li < sizeof lengths / sizeof *lengths; li++) {
    for (size_t L = 0; L <= 11; L++) {
      for (int large = 0; large < 2; large++) {
        size_t length = lengths[li], stride = length + below(3);
        int16_t *coefficients = random_values(L, large ? 5000 : 3);
        int16_t *rows = random_values(L ? (L - 1) * stride + length : 0, large ? 32767 : 20);
        output o = make_output(4 * length);
        for (size_t i = 0; i < length; i++) {
          int32_t sum = 0;
          for (size_t l = 0; l < L; l++) sum += (int32_t)coefficients[l] * rows[l * stride + i];
          ((int32_t *)o.expected)[i] = sum;
        }
        kernels->combine_rows(coefficients, L, rows, stride, length, o.got);
        check(o, "combine_rows", L, length, stride);
        free(coefficients);
        free(rows);
      }
    }
  }
  for (size_t li = 0; li < sizeof lengths / sizeof *lengths; li++) {
    size_t n = lengths[li];
    output o = make_output(4 * n);
    for (size_t i = 0; i < n; i++) {
      // Squares and their neighbours, small and large counts, and what is outside.
      uint32_t random = (uint32_t)random64(), side = random % 4096;
      int32_t count = i % 4 == 0 ? (int32_t)random : i % 4 == 1 ? (int32_t)(random % 100)
                      : i % 4 == 2 ? (int32_t)(side * side) : (int32_t)(side * side) - 1;
      int64_t x = count < 0 ? 0 : count > 0xffffff ? 0xffffff : count, root = 0;
      while ((root + 1) * (root + 1) <= 256 * x) root++;
      ((int32_t *)o.got)[i] = count;
      ((int32_t *)o.expected)[i] = (int32_t)root;
    }
    kernels->root_counts((int32_t *)o.got, n);
    check(o, "root_counts", n, 0, 0);
  }
  for (size_t li = 0; li < sizeof lengths / sizeof *lengths; li++) {
    for (size_t C = 0; C <= 11; C++) {
      size_t F = lengths[li];
      int16_t *weights = random_values(C * F, 32767);
      int32_t *counts = malloc(4 * F + 4);
      for (size_t f = 0; f < F; f++) counts[f] = (int32_t)random64();
      output o = make_output(8 * C);
      for (size_t c = 0; c < C; c++)
        for (size_t f = 0; f < F; f++)
          ((int64_t *)o.expected)[c] += (int64_t)weights[c * F + f] * counts[f];
      kernels->weigh_counts(weights, C, counts, F, o.got);
      check(o, "weigh_counts", C, F, 0);
      free(weights);
      free(counts);
    }
  }
}

// MARK: Signals

static int32_t clamped_number(const uint8_t *pixels, long H, long W, long C, const int32_t *coefficients, long y,
                              long x) {
  y = y < 0 ? 0 : y >= H ? H - 1 : y;
  x = x < 0 ? 0 : x >= W ? W - 1 : x;
  int32_t number = 0;
  for (long c = 0; c < C; c++) number += coefficients[c] * pixels[(y * W + x) * C + c];
  return number;
}

static void test_signals(const tk_kernels *kernels) {
  static const size_t shapes[][3] = {{1, 1, 1}, {3, 5, 3}, {5, 16, 1}, {2, 17, 2}, {16, 33, 3}, {7, 48, 4}};
  static const size_t windows[] = {0, 3, 5, 9, 15}, levels[] = {1, 8, 31, 32, 33, 63, 64};
  static const size_t firstBits[] = {0, 5, 60, 64, 100};
  for (size_t si = 0; si < sizeof shapes / sizeof *shapes; si++) {
    for (size_t wi = 0; wi < sizeof windows / sizeof *windows; wi++) {
      for (size_t li = 0; li < sizeof levels / sizeof *levels; li++) {
        size_t H = shapes[si][0], W = shapes[si][1], C = shapes[si][2], window = windows[wi];
        size_t firstBit = firstBits[below(5)], words = (firstBit + levels[li] + 63) / 64;
        size_t columnStride = words + below(2), rowStride = W * columnStride + below(3);
        uint8_t *pixels = allocate(H * W * C);
        for (size_t i = 0; i < H * W * C; i++) pixels[i] = below(3) ? (uint8_t)random64() : (uint8_t)(0 - below(2));
        int32_t coefficients[4], thresholds[64], *scratch = allocate(4 * (H * W + 16 + (C + 1) * (H + 14) * (W + 30)));
        for (size_t c = 0; c < 4; c++) coefficients[c] = (int32_t)below(4) - 2;
        for (size_t t = 0; t < levels[li]; t++)
          thresholds[t] = (int32_t)(below(1001) * (t + 1)) - 500 * (int32_t)(window ? window : 1);
        for (size_t t = 1; t < levels[li]; t++)
          if (thresholds[t] < thresholds[t - 1]) thresholds[t] = thresholds[t - 1];
        output o = make_output(8 * ((H - 1) * rowStride + (W - 1) * columnStride + words));
        for (size_t y = 0; y < H; y++) {
          for (size_t x = 0; x < W; x++) {
            uint64_t *out = (uint64_t *)o.expected + y * rowStride + x * columnStride;
            long r = (long)window / 2;
            int32_t value = clamped_number(pixels, (long)H, (long)W, (long)C, coefficients, (long)y, (long)x);
            if (window) value *= (int32_t)(window * window);
            for (long dy = -r; window && dy <= r; dy++)
              for (long dx = -r; dx <= r; dx++)
                value -= clamped_number(pixels, (long)H, (long)W, (long)C, coefficients, (long)y + dy, (long)x + dx);
            for (size_t t = 0; t < levels[li]; t++) {
              size_t bit = firstBit + t;
              if (bit % 64 == 0) out[bit / 64] = 0;
              out[bit / 64] |= (uint64_t)(value > thresholds[t]) << (bit % 64);
            }
          }
        }
        tk_signal signal = {coefficients, NULL, window, thresholds, levels[li], firstBit};
        kernels->encode_signal(pixels, H, W, C, &signal, scratch, o.got, rowStride, columnStride);
        check(o, "encode_signal", si, window, levels[li]);
        if (window && li == 0) {
          int16_t *kernel = allocate(2 * window * window * C);
          output plane = make_output(4 * (H * W + 16));
          long r = (long)window / 2;
          for (size_t i = 0; i < window * window * C; i++) kernel[i] = (int16_t)below(41) - 20;
          for (size_t y = 0; y < H; y++) {
            for (size_t x = 0; x < W; x++) {
              int32_t number = 0;
              for (size_t i = 0; i < window * window * C; i++) {
                long row = (long)y + (long)(i / C / window) - r, column = (long)x + (long)(i / C % window) - r;
                row = row < 0 ? 0 : row >= (long)H ? (long)H - 1 : row;
                column = column < 0 ? 0 : column >= (long)W ? (long)W - 1 : column;
                number += kernel[i] * pixels[((size_t)row * W + (size_t)column) * C + i % C];
              }
              ((int32_t *)plane.expected)[y * W + x] = number;
            }
          }
          kernels->filter_pixels(pixels, H, W, C, kernel, window, scratch, (int32_t *)plane.got);
          // What lies behind the last pixel is anyone's.
          memcpy((int32_t *)plane.got + H * W, (int32_t *)plane.expected + H * W, 4 * 16);
          check(plane, "filter_pixels", si, window, levels[li]);
          free(kernel);
        }
        free(pixels);
        free(scratch);
      }
    }
  }
}

// MARK: Windows

static int64_t root_by_trying(int64_t x) {
  int64_t r = 0;
  while ((r + 1) * (r + 1) <= x) r++;
  return r;
}

static void test_windows(const tk_kernels *kernels) {
  static const size_t shapes[][3] = {{1, 1, 1}, {3, 5, 3}, {4, 16, 1}, {2, 17, 2}, {5, 33, 3}, {2, 3, 13}, {2, 2, 75}};
  static const size_t windows[] = {2, 3, 6, 7, 15}, counts[] = {1, 4, 7};
  for (size_t si = 0; si < sizeof shapes / sizeof *shapes; si++) {
    for (size_t wi = 0; wi < sizeof windows / sizeof *windows; wi++) {
      size_t H = shapes[si][0], W = shapes[si][1], C = shapes[si][2], window = windows[wi], count = counts[below(3)];
      size_t n = window * window * C, steps = (window + 1) / 2, length = window * C * steps;
      if (n > 675) continue;
      size_t stride = H * W + 16, levels = 1 + below(5), firstBit = below(130), before = (window - 1) / 2;
      uint8_t *pixels = allocate(H * W * C);
      for (size_t i = 0; i < H * W * C; i++) pixels[i] = below(4) ? (uint8_t)random64() : (uint8_t)(0 - below(2));
      int32_t *pairs = allocate(4 * count * length);
      int32_t *scratch = allocate(4 * C * (H + window - 1) * (W + window + 16));
      output planes = make_output(2 * count * stride);
      for (size_t f = 0; f < count; f++) {
        int16_t factors[675];
        for (size_t i = 0; i < n; i++) {
          int most = (int)(16000 / n);
          factors[i] = (int16_t)(f ? (int)below(2 * (uint64_t)most + 1) - most : i % 2 ? most : -most);
          size_t row = i / C / window, x = i / C % window;
          int32_t *pair = pairs + f * length + (row * C + i % C) * steps + x / 2;
          if (x % 2) *pair |= (int32_t)((uint32_t)(uint16_t)factors[i] << 16);
          else *pair = (int32_t)(uint16_t)factors[i];
        }
        for (size_t p = 0; p < H * W; p++) {
          int64_t sum = 0, total = 0, squares = 0;
          for (size_t i = 0; i < n; i++) {
            long row = (long)(p / W + i / C / window) - (long)before, column = (long)(p % W + i / C % window) - (long)before;
            row = row < 0 ? 0 : row >= (long)H ? (long)H - 1 : row;
            column = column < 0 ? 0 : column >= (long)W ? (long)W - 1 : column;
            int64_t value = pixels[((size_t)row * W + (size_t)column) * C + i % C];
            sum += factors[i] * (value - 128);
            total += value;
            squares += value * value;
          }
          int64_t contrast = root_by_trying((int64_t)n * squares - total * total + 30 * (int64_t)(n * n));
          int64_t scale = (51811 * (int64_t)n + contrast / 2) / contrast, value = ((sum >> 5) * scale) >> 12;
          ((int16_t *)planes.expected)[f * stride + p] = (int16_t)(value > 32767 ? 32767 : value < -32767 ? -32767 : value);
        }
      }
      kernels->patch_values(pixels, H, W, C, pairs, count, window, scratch, (int16_t *)planes.got, stride);
      // What lies behind the last pixel is anyone's.
      for (size_t f = 0; f < count; f++)
        memcpy((int16_t *)planes.got + f * stride + H * W, (int16_t *)planes.expected + f * stride + H * W, 2 * 16);

      size_t words = (firstBit + count * levels + 63) / 64, columnStride = words + below(2);
      size_t rowStride = W * columnStride + below(3);
      int16_t thresholds[7 * 5];
      for (size_t t = 0; t < count * levels; t++) thresholds[t] = (int16_t)((int)below(4001) - 2000);
      output codes = make_output(8 * ((H - 1) * rowStride + (W - 1) * columnStride + words));
      for (size_t p = 0; p < H * W; p++) {
        uint64_t *out = (uint64_t *)codes.expected + p / W * rowStride + p % W * columnStride;
        for (size_t bit = firstBit; bit < 64 * words; bit++) {
          size_t t = bit - firstBit;
          if (bit % 64 == 0) out[bit / 64] = 0;
          if (t < count * levels)
            out[bit / 64] |= (uint64_t)(((int16_t *)planes.expected)[t / levels * stride + p] > thresholds[t]) << (bit % 64);
        }
      }
      kernels->code_patches((const int16_t *)planes.got, stride, count, H, W, thresholds, levels, firstBit, codes.got,
                            rowStride, columnStride);
      check(planes, "patch_values", si, window, count);
      check(codes, "code_patches", si, count, levels);
      free(pixels);
      free(pairs);
      free(scratch);
    }
  }
}

// MARK: Nearest filters

static void test_nearest(const tk_kernels *kernels) {
  static const size_t Ks[] = {1, 2, 31, 32, 33, 64, 100, 257}, capacities[] = {1, 2, 7, 1000}, bounds[] = {1, 3, 65536};
  for (size_t g = 0; g < sizeof geometries / sizeof *geometries; g++) {
    const size_t *geometry = geometries[g];
    for (size_t ki = 0; ki < sizeof Ks / sizeof *Ks; ki++) {
      patch_case c = make_patches(geometry[0], geometry[1], geometry[2], geometry[3], geometry[4], RANDOM);
      size_t K = Ks[ki], S = (K + 31) / 32 * 32, capacity = capacities[(g + ki) % 4];
      uint16_t *distances = random_halves(c.P * S, bounds[(g + ki) % 3]);
      for (size_t first = 0; first <= c.P; first += 1 + c.P / 3) {
        output buckets = make_output(8 * K * capacity * c.L), fill = make_output(4 * K), sum = make_output(8);
        size_t expectedNext = first;
        int full = 0;
        for (size_t k = 0; k < K; k++)
          ((uint32_t *)fill.expected)[k] = ((uint32_t *)fill.got)[k] = (uint32_t)below(capacity);
        while (expectedNext < c.P && !full) {
          size_t p = expectedNext++, best = 0;
          for (size_t k = 1; k < K; k++)
            if (distances[p * S + k] < distances[p * S + best]) best = k;
          uint32_t *filled = (uint32_t *)fill.expected + best;
          for (size_t j = 0; j < c.L; j++)
            ((uint64_t *)buckets.expected)[(best * capacity + *filled) * c.L + j] = patch_word(&c.patches, p, j);
          *(uint64_t *)sum.expected += distances[p * S + best];
          full = ++*filled == capacity;
        }
        size_t next = kernels->sort_nearest(&c.patches, first, distances, K, S, buckets.got, capacity, fill.got,
                                            sum.got);
        if (next != expectedNext) {
          failures++;
          printf("%s: sort_nearest went on to %zu, not %zu\n", current, next, expectedNext);
        }
        check(buckets, "sort_nearest", g, K, first);
        check(fill, "sort_nearest", g, K, capacity);
        check(sum, "sort_nearest", g, K, first);
      }
      free(distances);
      free(c.words);
    }
  }
}

int main(int argc, char **argv) {
  size_t count;
  const tk_implementation *implementations = tk_implementations(&count);
  for (int i = 1; i < argc; i++) {
    size_t n = 0;
    while (n < count && strcmp(implementations[n].name, argv[i]) != 0) n++;
    if (n == count) {
      printf("%s: not in this build\n", argv[i]);
      return 1;
    }
    if (!implementations[n].available()) {
      printf("%s: required, but this CPU lacks %s\n", argv[i], implementations[n].needs);
      return 1;
    }
  }
  int failed = 0;
  for (size_t n = 0; n < count; n++) {
    current = implementations[n].name;
    if (!implementations[n].available()) {
      printf("%s: skipped, this CPU lacks %s\n", current, implementations[n].needs);
      continue;
    }
    randomState = 1;
    checks = failures = 0;
    const tk_kernels *kernels = implementations[n].kernels;
    test_patches(kernels);
    test_votes(kernels);
    test_counts(kernels);
    test_distances(kernels);
    test_pooling(kernels);
    test_products(kernels);
    test_signals(kernels);
    test_windows(kernels);
    test_nearest(kernels);
    if (failures) {
      printf("%s: %ld of %ld checks failed\n", current, failures, checks);
      failed = 1;
    } else {
      printf("%s: %ld checks passed\n", current, checks);
    }
  }
  return failed;
}
