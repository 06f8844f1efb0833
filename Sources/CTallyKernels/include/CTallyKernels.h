// The bit kernels of Tally: every operation on packed bits that is worth vectorising, in one table of
// function pointers per instruction set. No allocation, no errno, no printing, no aborting in here.
//
// Bit convention: a word is 64 bits, the first element is the lowest bit, tail bits are zero.
// Shapes: P positions, K filters, S = filter stride (K rounded up to a multiple of 32), D bits in a patch,
//         L words in a patch (D = 64 L with the tail bits counted as zeros), R rows of 64 positions.
#ifndef CTALLYKERNELS_H
#define CTALLYKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Where the patches of one image (or any list of rows) lie in memory. Patch (r, c), r < rows, c < columns, is
// `segments` runs of `segmentWords` words; run s starts at base + r*rowStride + c*columnStride + s*segmentStride.
// All strides are in words. P = rows * columns; patch p is (p / columns, p % columns).
// L = segments * segmentWords.
typedef struct tk_patches {
  const uint64_t *base;
  size_t rows, columns;
  size_t rowStride, columnStride;
  size_t segments, segmentWords, segmentStride;
} tk_patches;

// A number made of every pixel and the place of its thermometer code among the pixel's bits.
typedef struct tk_signal {
  const int32_t *coefficients;  // one for each channel: the number is the sum of coefficient * channel
  const int16_t *factors;       // or, where not NULL, w x w x C factors of the pixels around it: the sum of factor * pixel
  size_t window;                // 0, or odd w from 3 to 15: w*w*number - sum over the w x w pixels around it instead
  const int32_t *thresholds;    // ascending
  size_t levels;                // of them
  size_t firstBit;              // bit of the first threshold
} tk_signal;

// The features made of a filter's distance, one beside the other: feature g of filter k is on where the distance is at most
// thresholds[g*stride + k], or, if bit g of `far` is set, at least that.
typedef struct tk_features {
  const uint16_t *thresholds;
  size_t count;  // G of them, at most 32
  uint32_t far;
  size_t stride;  // from a feature to the next, in thresholds and in counts; at least K
} tk_features;

// What is counted of the distances of some rows of patches, in squares of a row: column x of W lies in square x*squares/W.
typedef struct tk_counting {
  tk_features features;
  int margins;                  // as count_margins does, not as count_features
  int centred;                  // distances as centre_distances leaves them
  uint16_t middle, largest;     // what the two take
  size_t squares, squareStride; // how many squares, and how far apart their counts are
} tk_counting;

enum { TK_POOL_OR = 0, TK_POOL_MAJORITY = 1 };

// The unit of a window's contrast, and the variance (of bytes) that is added to every window's: noise stays small.
enum { TK_CONTRAST = 51811, TK_CONTRAST_FLOOR = 30 };

typedef struct tk_kernels {
  // distances[p*S + k] = popcount(patch p XOR filter k), k < columns <= S, columns a multiple of 32. filters[j*S + k] is word j of
  // filter k. D <= 65535. All these columns are written, and no other.
  void (*hamming_matrix)(const tk_patches *patches, const uint64_t *filters, size_t S, size_t columns,
                         uint16_t *distances);

  // The same with popcount((patch p XOR filter k) AND mask k), masks laid out as filters.
  void (*masked_hamming_matrix)(const tk_patches *patches, const uint64_t *filters, const uint64_t *masks,
                                size_t S, size_t columns, uint16_t *distances);

  // Distances less their mean over the K filters of each position: d becomes d + middle - floor(sum / K), held within
  // 0 and 65535. k < K <= S, K <= 65536; the other S - K columns stay as they are.
  void (*centre_distances)(uint16_t *distances, size_t P, size_t K, size_t S, uint16_t middle);

  // votes[k*D + d] += 2 popcount(a & ~(x ^ s)) - popcount(a), summed over the R rows, with
  // a = active[r*S + k], s = sign[r*S + k], x = bits[r*D + d]. k < K <= S; D is a multiple of 64.
  // Most words of `active` are expected to be zero and are skipped.
  void (*vote_matrix)(const uint64_t *active, const uint64_t *sign, size_t K, size_t S, const uint64_t *bits,
                      size_t D, size_t R, int32_t *votes);

  // counts[64 j + b] += number of rows i < count whose word rows[i*rowStride + j] has bit b set, j < words.
  void (*positional_popcount)(const uint64_t *rows, size_t count, size_t rowStride, size_t words, uint32_t *counts);

  // Bit transpose of up to 64 patches: bit i of out[d] = bit d of patch first + i, for i < count <= 64 and
  // d < 64 L; bits i >= count are zero.
  void (*transpose_patches)(const tk_patches *patches, size_t first, size_t count, uint64_t *out);

  // Bit k % 64 of out[p*outStride + k / 64] = (distances[p*S + k] <= thresholds[k]), k < K; tail bits zero.
  // ceil(K / 64) words are written for each p.
  void (*threshold_pack)(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *thresholds,
                         uint64_t *out, size_t outStride);

  // The same with lowest[k] <= distance <= highest[k].
  void (*range_pack)(const uint16_t *distances, size_t P, size_t K, size_t S, const uint16_t *lowest,
                     const uint16_t *highest, uint64_t *out, size_t outStride);

  // counts[g*stride + k] += number of positions p at which feature g of filter k is on, k < K, g < G, `stride` that of the features.
  void (*count_features)(const uint16_t *distances, size_t P, size_t K, size_t S, const tk_features *features,
                         int32_t *counts);

  // counts[g*stride + k] += sum over p of max(0, threshold - distance), or max(0, distance - threshold) on the far side.
  // No distance of a filter k < K is above `largest`.
  void (*count_margins)(const uint16_t *distances, size_t P, size_t K, size_t S, const tk_features *features,
                        uint16_t largest, int32_t *counts);

  // hamming_matrix, centre_distances and one of the last two for every square of the patches, one after the other: counts of square i
  // are at counts + i*squareStride. Distances with `middle` added stay below 2^16. Columns of up to whole 32 filters are read.
  // scratch: rows * ceil(columns / squares) * S numbers.
  void (*count_squares)(const tk_patches *patches, const uint64_t *filters, size_t S, size_t K, const tk_counting *counting,
                        uint16_t *scratch, int32_t *counts);

  // counts[i] becomes the largest r with r*r <= 256 * min(counts[i], 2^24 - 1), i < n; counts below 0 count as 0.
  void (*root_counts)(int32_t *counts, size_t n);

  // 2x2 pooling of bit vectors: in has H x W positions of `words` words (row stride inRow, column stride
  // inColumn), out has ceil(H/2) x ceil(W/2) (outRow, outColumn). TK_POOL_OR: any of the four; TK_POOL_MAJORITY:
  // at least two of the four. Positions beyond an odd edge count as zero.
  void (*pool_bits)(const uint64_t *in, size_t H, size_t W, size_t words, size_t inRow, size_t inColumn,
                    uint64_t *out, size_t outRow, size_t outColumn, int operation);

  // out[m*outStride + n] += sum over i < length of a[m*aStride + i] * b[n*bStride + i], exact in 64 bits.
  // The caller promises |a| * |b| * block < 2^31 for every pair, block a positive multiple of 32; sums of
  // `block` products are taken in 32 bits, then widened. No value is -32768.
  void (*dot_matrix)(const int16_t *a, size_t M, size_t aStride, const int16_t *b, size_t N, size_t bStride,
                     size_t length, size_t block, int64_t *out, size_t outStride);

  // out[i] = sum over l < L of coefficients[l] * rows[l*rowStride + i], i < length, in 32 bits (caller bounds it).
  void (*combine_rows)(const int16_t *coefficients, size_t L, const int16_t *rows, size_t rowStride, size_t length,
                       int32_t *out);

  // out[c] += sum over f < F of weights[c*F + f] * counts[f], c < C, in 64 bits (wrapping).
  void (*weigh_counts)(const int16_t *weights, size_t C, const int32_t *counts, size_t F, int64_t *out);

  // out[i] = sum over r < count of rows[r*rowStride + i], i < n, in 32 bits (wrapping).
  void (*add_rows)(const int32_t *rows, size_t count, size_t rowStride, size_t n, int32_t *out);

  // sums[i] += sum over r < count of counts[r*rowStride + i], and squares[i] += that of their squares, i < n, in 64 bits
  // (wrapping).
  void (*sum_counts)(const int32_t *counts, size_t count, size_t rowStride, size_t n, int64_t *sums, int64_t *squares);

  // out[i] = ((256 * counts[i] - mean[i]) * inverse[i]) / 2^16, rounded down and held within +-limit, i < n. Differences
  // and products are taken in 64 bits (wrapping). limit >= 0.
  void (*normalise_counts)(const int32_t *counts, const int64_t *mean, const int64_t *inverse, size_t n, int16_t limit,
                           int16_t *out);

  // out[f*outStride + i] = rows[i*rowStride + f], i < count <= outStride, f < width; 0 for count <= i < outStride.
  void (*transpose_values)(const int16_t *rows, size_t count, size_t rowStride, size_t width, int16_t *out,
                           size_t outStride);

  // Bit firstBit + t of pixel (y, x)'s words, which begin at out[y*rowStride + x*columnStride], becomes
  // value > thresholds[t], for H x W pixels of C bytes. Pixels beyond an edge repeat it. The signal that has bit 0 of
  // a word sets the word, the others add to it: signals come in the order of their bits. The caller promises that
  // sums over a window fit 32 bits. scratch: H*W + 16 + (C + 1)*(H + 14)*(W + 30) numbers.
  void (*encode_signal)(const uint8_t *pixels, size_t H, size_t W, size_t C, const tk_signal *signal,
                        int32_t *scratch, uint64_t *out, size_t rowStride, size_t columnStride);

  // out[y*W + x] = the number of pixel (y, x) for a signal with factors, as encode_signal takes it; sums fit 32 bits.
  // scratch: C * (H + 14) * (W + 30) numbers. 16 numbers behind the last are written, too.
  void (*filter_pixels)(const uint8_t *pixels, size_t H, size_t W, size_t C, const int16_t *factors, size_t window,
                        int32_t *scratch, int32_t *out);

  // For every pixel and every one of `count` filters: out[f*planeStride + y*W + x] = the sum of factor * (pixel - 128)
  // over the w x w pixels of C bytes from (y - (w - 1) / 2, x - (w - 1) / 2) on, edges repeated, divided by 32, times
  // TK_CONTRAST / sqrt(variance + TK_CONTRAST_FLOOR) of the window's bytes, divided by 4096; held within +-32767.
  // Divisions round down, TK_CONTRAST's to the nearest of a root rounded down. For every row of the window and channel there are
  // (w + 1) / 2 pairs of factors for pixels next to each other, the left one in the lower half, 0 behind an odd window's last; a pair
  // of every filter, then the next pair. Sizes of a filter's factors add up to <= 16000; w*w*C <= 675.
  // scratch: C * (H + w - 1) * (W + w + 16) numbers. 16 values behind a plane's last are written, too.
  void (*patch_values)(const uint8_t *pixels, size_t H, size_t W, size_t C, const int32_t *pairs, size_t count,
                       size_t window, int32_t *scratch, int16_t *out, size_t planeStride);

  // Bit firstBit + s*levels + t of pixel (y, x)'s words, which begin at out[y*rowStride + x*columnStride], becomes
  // planes[s*planeStride + y*W + x] > thresholds[s*levels + t], for s < count, t < levels; words are set or added to as
  // encode_signal does it. count * levels <= 7281. 16 values behind a plane's last can be read.
  void (*code_patches)(const int16_t *planes, size_t planeStride, size_t count, size_t H, size_t W,
                       const int16_t *thresholds, size_t levels, size_t firstBit, uint64_t *out, size_t rowStride,
                       size_t columnStride);

  // Puts patches into the buckets of their nearest filters. For p = first, first + 1, ...: k < K <= 65536 is the
  // first filter with the smallest distances[p*S + k], which is added to *sum; the patch's L words become row
  // fill[k] of bucket k, buckets + k*capacity*L, and fill[k] grows by one. Stops behind the patch that fills a
  // bucket, or behind the last; the result is the patch to go on with. Every fill[k] < capacity before the call.
  size_t (*sort_nearest)(const tk_patches *patches, size_t first, const uint16_t *distances, size_t K, size_t S,
                         uint64_t *buckets, size_t capacity, uint32_t *fill, uint64_t *sum);
} tk_kernels;

typedef struct tk_implementation {
  const char *name;         // "scalar", "avx2", "avx512", "neon"
  const char *needs;        // what the CPU must offer, for people
  int (*available)(void);   // 1 if this CPU and operating system can run it
  const tk_kernels *kernels;
} tk_implementation;

// The implementations compiled into this build, best last; *count gets their number.
const tk_implementation *tk_implementations(size_t *count);

#endif
