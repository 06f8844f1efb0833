// Tests of the kernels on rows and columns of bits: votes, counts in every column, pooling.
// Patches are in hamming.c.

#include "conformance.h"

// MARK: Votes

static void check_votes(const tk_kernels *kernels, size_t K, size_t R, size_t D, int fill) {
  size_t S = (K + 31) / 32 * 32;
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

void test_votes(const tk_kernels *kernels) {
  static const size_t Ks[] = {1, 2, 3, 4, 5, 31, 32, 33, 64, 100}, Rs[] = {0, 1, 2, 31, 32, 33, 63, 65, 130};
  // Filters, rows and bits: 32 and 64 filters are listed together, 16, 31 and 32 rows; a block is 128 bits.
  static const size_t few[][3] = {
    {1, 0, 64}, {1, 1, 64}, {2, 15, 128}, {5, 16, 192}, {31, 17, 64}, {32, 2, 128}, {33, 1, 192}, {3, 31, 128},
    {4, 32, 64}, {3, 33, 64}, {63, 1, 64}, {64, 2, 64}, {65, 1, 128},
  };
  if (fewSizes) {
    for (size_t i = 0; i < LENGTH(few); i++) {
      check_votes(kernels, few[i][0], few[i][1], few[i][2], SPARSE);
      check_votes(kernels, few[i][0], few[i][1], few[i][2], ONES);
    }
    return;
  }
  for (size_t k = 0; k < LENGTH(Ks); k++)
    for (size_t r = 0; r < LENGTH(Rs); r++)
      for (int fill = ZEROS; fill < FILLS; fill++) check_votes(kernels, Ks[k], Rs[r], 64 * (1 + below(3)), fill);
}

// MARK: Counts

static void check_counts(const tk_kernels *kernels, size_t count, size_t words, int fill) {
  size_t stride = words + below(3);
  uint64_t *rows = random_words(count ? (count - 1) * stride + words : 0, fill);
  output o = make_output(4 * 64 * words);
  for (size_t i = 0; i < count; i++)
    for (size_t b = 0; b < 64 * words; b++)
      ((uint32_t *)o.expected)[b] += (uint32_t)(rows[i * stride + b / 64] >> (b % 64) & 1);
  kernels->positional_popcount(rows, count, stride, words, o.got);
  check(o, "positional_popcount", count, words, stride);
  free(rows);
}

void test_counts(const tk_kernels *kernels) {
  static const size_t allCounts[] = {0,   1,   7,   8,   9,   63,  64,  65,  127, 128,
                                     129, 247, 248, 249, 255, 256, 511, 512, 513};
  static const size_t allWidths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17};
  // Eight rows go in together and 248 before the sums are widened; vectors have 1, 2, 4 or 8 words.
  static const size_t fewCounts[] = {0, 1, 7, 8, 9, 247, 248, 249, 256}, fewWidths[] = {1, 2, 3, 4, 5, 7, 8, 9};
  size_list counts = SIZES(allCounts, fewCounts), widths = SIZES(allWidths, fewWidths);
  for (size_t c = 0; c < counts.count; c++)
    for (size_t w = 0; w < widths.count; w++)
      for (int fill = first_fill(); fill < FILLS; fill++) check_counts(kernels, counts.sizes[c], widths.sizes[w], fill);
}

// MARK: Pooling

static void pool_plainly(const uint64_t *in, size_t H, size_t W, size_t words, size_t inRow, size_t inColumn,
                         uint64_t *out, size_t outRow, size_t outColumn, int least) {
  for (size_t r = 0; r < (H + 1) / 2; r++) {
    for (size_t c = 0; c < (W + 1) / 2; c++) {
      for (size_t b = 0; b < 64 * words; b++) {
        int n = 0;
        for (size_t y = 2 * r; y < 2 * r + 2 && y < H; y++)
          for (size_t x = 2 * c; x < 2 * c + 2 && x < W; x++)
            n += in[y * inRow + x * inColumn + b / 64] >> (b % 64) & 1;
        uint64_t *word = out + r * outRow + c * outColumn + b / 64;
        *word = (*word & ~((uint64_t)1 << (b % 64))) | (uint64_t)(n >= least) << (b % 64);
      }
    }
  }
}

static void check_pooling(const tk_kernels *kernels, size_t H, size_t W, size_t words, int fill) {
  size_t inColumn = words + below(2), inRow = W * inColumn + below(3);
  size_t outH = (H + 1) / 2, outW = (W + 1) / 2;
  size_t outColumn = words + below(2), outRow = outW * outColumn + below(3);
  size_t inWords = H && W ? (H - 1) * inRow + (W - 1) * inColumn + words : 0;
  size_t outWords = H && W ? (outH - 1) * outRow + (outW - 1) * outColumn + words : 0;
  uint64_t *in = random_words(inWords, fill);
  for (int operation = TK_POOL_OR; operation <= TK_POOL_MAJORITY; operation++) {
    output o = make_output(8 * outWords);
    pool_plainly(in, H, W, words, inRow, inColumn, o.expected, outRow, outColumn, operation == TK_POOL_OR ? 1 : 2);
    kernels->pool_bits(in, H, W, words, inRow, inColumn, o.got, outRow, outColumn, operation);
    check(o, "pool_bits", H, W, words);
  }
  free(in);
}

void test_pooling(const tk_kernels *kernels) {
  // Without an edge, with one and with a whole square beside it; vectors of words and what is left of them.
  size_t most = fewSizes ? 3 : 7;
  static const size_t all[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, few[] = {1, 4, 9, 17};
  size_list widths = SIZES(all, few);
  for (size_t H = 0; H <= most; H++) {
    for (size_t W = 0; W <= most; W++) {
      for (size_t w = 0; w < widths.count; w += H > 3 ? 5 : 1)
        for (int fill = first_fill(); fill < FILLS; fill++) check_pooling(kernels, H, W, widths.sizes[w], fill);
    }
  }
}
