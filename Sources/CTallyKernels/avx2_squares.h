// AVX2: what is counted of patches in squares, where distances fit a byte. Included by avx2.c inside its target region.
// K filters, S filter stride, L words of a patch.
#ifndef TALLY_AVX2_SQUARES_H
#define TALLY_AVX2_SQUARES_H

#include "avx2_planes.h"
#include "squares.h"

// As in the products, with filters and positions the other way round: planes hold the nibbles of 128 filters, a byte each, and tables
// are those of two positions. A byte holds up to 63 lookups, more than three words have.
enum { TK_SQUARE_WORDS = 3, TK_SQUARE_NIBBLES = 16 * TK_SQUARE_WORDS + 2, TK_SQUARE_BLOCKS = 8, TK_POSITIONS = 64 };

typedef struct square_work {
  size_t K, L, stride;   // stride: bytes from a position's distances to the next one's
  size_t nibbles;        // of a patch, filled up to a multiple of three
  mean_of mean;
  const tk_counting *counting;
  size_t offsets[TK_SQUARE_WORDS];
  uint8_t *distances;
  size_t byteRun;        // positions whose margins a byte holds
  uint8_t last[32];      // ones where the last 32 places are filters
  _Alignas(32) uint8_t planes[TK_SQUARE_BLOCKS][TK_SQUARE_NIBBLES][TK_BLOCK];
  uint8_t thresholds[32][TK_SQUARE_BLOCKS * TK_BLOCK];
} square_work;

// Thresholds as bytes, which no margin tells from larger ones; what is no filter has no margin.
TK_INLINE void set_thresholds(square_work *work) {
  const tk_features *features = &work->counting->features;
  for (size_t g = 0; g < features->count; g++) {
    const uint16_t *from = features->thresholds + g * features->stride;
    uint8_t *to = work->thresholds[g], none = features->far >> g & 1 ? 255 : 0;
    for (size_t k = 0; k < work->K; k++) to[k] = (uint8_t)(from[k] < 255 ? from[k] : 255);
    for (size_t k = work->K; k < work->stride; k++) to[k] = none;
  }
}

TK_INLINE void set_planes(square_work *work, const uint64_t *filters, size_t S) {
  size_t starts[32];
  for (size_t i = 0; i < 32; i++) starts[i] = i;
  for (size_t k = 0; k < work->K; k += 32) {
    uint8_t (*planes)[TK_BLOCK] = work->planes[k / TK_BLOCK];
    for (size_t j = 0; j < work->L; j++) word_planes(filters + j * S + k, starts, planes[16 * j] + k % TK_BLOCK);
    for (size_t n = 16 * work->L; n < work->nibbles; n++) store256(planes[n] + k % TK_BLOCK, _mm256_setzero_si256());
  }
  for (size_t i = 0; i < 32; i++) work->last[i] = i < (work->K - 1) % 32 + 1 ? 255 : 0;
}

// Distances of 32 * vectors filters, a constant, to the two positions whose table numbers these are.
TK_INLINE void distances_of_two(const uint8_t (*planes)[TK_BLOCK], size_t nibbles, const uint8_t *tables, int vectors,
                                __m256i (*found)[4]) {
  __m256i both[4], second[4];
  for (int r = 0; r < vectors; r++) both[r] = second[r] = _mm256_setzero_si256();
  for (size_t n = 0; n < nibbles; n += 3) {
    __m256i table[3];
    for (size_t i = 0; i < 3; i++) table[i] = count_table(pairTables, tables[n + i]);
    for (int r = 0; r < vectors; r++)
      add_lookups(table, planes + n, 32 * (size_t)r, &both[r], &second[r]);
  }
  for (int r = 0; r < vectors; r++) {
    found[0][r] = first_sums(both[r], second[r]);
    found[1][r] = second[r];
  }
}

// The same for a block of filters from k on: distances are kept with `middle` added, and added to the positions' totals.
TK_INLINE void keep_distances(const square_work *work, size_t k, const uint8_t *tables, int vectors, int positions,
                              uint8_t *distances, __m256i *totals) {
  __m256i found[2][4], middle = _mm256_set1_epi8((char)(work->counting->centred ? work->counting->middle : 0));
  distances_of_two(work->planes[k / TK_BLOCK], work->nibbles, tables, vectors, found);
  for (int i = 0; i < positions; i++) {
    for (int r = 0; r < vectors; r++) {
      size_t from = k + 32 * (size_t)r;
      store256(distances + (size_t)i * work->stride + from, _mm256_adds_epu8(found[i][r], middle));
      __m256i counted = from + 32 < work->K ? found[i][r] : _mm256_and_si256(found[i][r], load256(work->last));
      totals[i] = _mm256_add_epi64(totals[i], _mm256_sad_epu8(counted, _mm256_setzero_si256()));
    }
  }
}

// Distances of one or two patches to all filters, and four times what is to be taken off them again.
TK_INLINE void distances_of_patches(const square_work *work, const uint64_t *const *patches, int positions,
                                    uint8_t *distances, uint32_t *means) {
  uint8_t tables[TK_SQUARE_NIBBLES] = {0};
  for (size_t j = 0; j < work->L; j++)
    join_nibbles(patches[0][work->offsets[j]], patches[positions - 1][work->offsets[j]], tables + 16 * j);
  __m256i totals[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  for (size_t k = 0; k < work->K; k += TK_BLOCK) {
    switch ((smaller(TK_BLOCK, work->K - k) + 31) / 32) {
    case 1: keep_distances(work, k, tables, 1, positions, distances, totals); break;
    case 2: keep_distances(work, k, tables, 2, positions, distances, totals); break;
    case 3: keep_distances(work, k, tables, 3, positions, distances, totals); break;
    default: keep_distances(work, k, tables, 4, positions, distances, totals); break;
    }
  }
  for (int i = 0; i < positions; i++) {
    __m128i sum = _mm_add_epi64(_mm256_castsi256_si128(totals[i]), _mm256_extracti128_si256(totals[i], 1));
    uint64_t total = (uint64_t)(_mm_cvtsi128_si64(sum) + _mm_extract_epi64(sum, 1));
    means[i] = (uint32_t)(total * work->mean.factor >> work->mean.shift) * 0x01010101u;
  }
}

TK_INLINE void add_sixteen(const uint16_t *sums, size_t filters, int32_t *counts) {
  for (size_t i = 0; i < filters; i++) counts[i] = (int32_t)((uint32_t)counts[i] + sums[i]);
}

// Margins of feature g of 32 filters from k on.
TK_INLINE void margins_of_32(const square_work *work, size_t k, size_t g, int far, const uint32_t *means, size_t P,
                             int32_t *counts) {
  const __m256i zero = _mm256_setzero_si256(), threshold = load256(work->thresholds[g] + k);
  __m256i low = zero, high = zero;
  for (size_t p = 0; p < P;) {
    size_t end = smaller(P, p + work->byteRun);
    __m256i sum = zero;
    for (; p < end; p++) {
      __m256i distance = load256(work->distances + p * work->stride + k);
      distance = _mm256_subs_epu8(distance, _mm256_set1_epi32((int)means[p]));
      sum = _mm256_add_epi8(sum, far ? _mm256_subs_epu8(distance, threshold) : _mm256_subs_epu8(threshold, distance));
    }
    low = _mm256_add_epi16(low, _mm256_unpacklo_epi8(sum, zero));
    high = _mm256_add_epi16(high, _mm256_unpackhi_epi8(sum, zero));
  }
  uint16_t sums[32];
  store256(sums, _mm256_permute2x128_si256(low, high, 0x20));
  store256(sums + 16, _mm256_permute2x128_si256(low, high, 0x31));
  counts += g * work->counting->features.stride + k;
  if (work->K - k >= 32) add_sixteen(sums, 32, counts);
  else add_sixteen(sums, work->K - k, counts);
}

// Counts of up to TK_POSITIONS patches: margins of a byte at most, so sums fit 16 bits.
TK_INLINE void count_positions(const square_work *work, const uint64_t *const *patches, size_t P, int32_t *counts) {
  const tk_features *features = &work->counting->features;
  uint32_t means[TK_POSITIONS + 1];
  size_t p = 0;
  for (; p + 2 <= P; p += 2) distances_of_patches(work, patches + p, 2, work->distances + p * work->stride, means + p);
  if (p < P) distances_of_patches(work, patches + p, 1, work->distances + p * work->stride, means + p);
  if (!work->counting->centred)
    for (p = 0; p < P; p++) means[p] = 0;
  for (size_t k = 0; k < work->K; k += 32) {
    for (size_t g = 0; g < features->count; g++) {
      if (features->far >> g & 1) margins_of_32(work, k, g, 1, means, P, counts);
      else margins_of_32(work, k, g, 0, means, P, counts);
    }
  }
}

static void count_squares_avx2(const tk_patches *patches, const uint64_t *filters, size_t S, size_t K,
                               const tk_counting *counting, uint16_t *scratch, int32_t *counts) {
  size_t L = patches->segments * patches->segmentWords;
  if (K == 0) return;
  uint32_t most = largest_margin(counting, K);
  int fits = L > 0 && L <= TK_SQUARE_WORDS && K <= TK_SQUARE_BLOCKS * TK_BLOCK && most <= 255;
  if (!counting->margins || !fits || 64 * L + (counting->centred ? counting->middle : 0) > 255) {
    count_squares_tiled(patches, filters, S, K, counting, scratch, counts);
    return;
  }
  square_work work;  // far too large to be cleared each time
  work.K = K, work.L = L, work.stride = (K + 31) / 32 * 32, work.nibbles = (16 * L + 2) / 3 * 3;
  work.counting = counting;
  work.mean = mean_of_filters(K);
  work.distances = (uint8_t *)scratch;
  work.byteRun = most == 0 ? TK_POSITIONS : 255 / most;
  word_offsets(patches, 0, L, work.offsets);
  set_planes(&work, filters, S);
  set_thresholds(&work);
  for (size_t i = 0; i < counting->squares; i++, counts += counting->squareStride) {
    tk_patches square = patches_of_square(patches, counting->squares, i);
    size_t P = square.rows * square.columns;
    if (P == 0) continue;
    patch_cursor cursor = first_patch(&square, 0);
    for (size_t p = 0; p < P; p += TK_POSITIONS) {
      size_t n = smaller(TK_POSITIONS, P - p);
      const uint64_t *starts[TK_POSITIONS];
      for (size_t j = 0; j < n; j++) starts[j] = square.base + next_patch(&cursor);
      count_positions(&work, starts, n, counts);
    }
  }
}

#endif
