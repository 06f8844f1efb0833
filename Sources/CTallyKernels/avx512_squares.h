// AVX-512: what is counted of patches in squares, without distances that go through memory as whole rows of filters. Included by
// avx512.c inside its target region.
// K filters, S filter stride, L words of a patch.
#ifndef TALLY_AVX512_SQUARES_H
#define TALLY_AVX512_SQUARES_H

#include <immintrin.h>

#include "squares.h"

// Distances of 32 filters lie in the order in which four vectors of sums of eight filters are put together: place 4 i + v is that of
// filter 8 v + i. Thresholds and counts are taken there and back.

// Positions whose distances are kept together.
enum { TK_POSITIONS = 64, TK_PATCH_WORDS = 64 };

// What all squares of a call need.
typedef struct square_work {
  const uint64_t *filters;
  size_t S, K, L;
  mean_of mean;
  const tk_counting *counting;
  size_t offsets[TK_PATCH_WORDS];  // of a patch's words
  __m512i places, filtersAt;       // a filter's place, a place's filter
  __mmask32 last;                  // the places of the last vector that are filters
  size_t run;                      // positions whose sums of margins fit 16 bits
  uint16_t *distances;
} square_work;

TK_INLINE void set_places(square_work *work) {
  uint16_t places[32], filtersAt[32];
  for (int k = 0; k < 32; k++) {
    places[k] = (uint16_t)(4 * (k % 8) + k / 8);
    filtersAt[places[k]] = (uint16_t)k;
  }
  work->places = _mm512_loadu_si512(places);
  work->filtersAt = _mm512_loadu_si512(filtersAt);
  size_t rest = (work->K - 1) % 32 + 1;
  work->last = _mm512_cmplt_epu16_mask(work->filtersAt, _mm512_set1_epi16((short)rest));
}

// Distances of 32 filters to up to 4 patches; L is a constant where it is 1.
TK_INLINE void distances_of_32(const square_work *work, const uint64_t *const *patches, size_t L, size_t k, int positions,
                               __m512i *distances) {
  __m512i sums[4][4];
  for (size_t j = 0; j < L; j++) {
    const uint64_t *filters = work->filters + j * work->S + k;
    size_t offset = L == 1 ? 0 : work->offsets[j];
    for (int i = 0; i < positions; i++) {
      __m512i word = _mm512_set1_epi64((long long)patches[i][offset]);
      for (int v = 0; v < 4; v++) {
        __m512i ones = _mm512_popcnt_epi64(_mm512_xor_si512(word, _mm512_loadu_si512(filters + 8 * v)));
        sums[i][v] = j == 0 ? ones : _mm512_add_epi64(sums[i][v], ones);
      }
    }
  }
  for (int i = 0; i < positions; i++) {
    __m512i low = _mm512_or_si512(sums[i][0], _mm512_slli_epi64(sums[i][1], 16));
    __m512i high = _mm512_slli_epi64(sums[i][3], 48);
    // 0xfe: A or B or C.
    high = _mm512_ternarylogic_epi64(high, _mm512_slli_epi64(sums[i][2], 32), low, 0xfe);
    distances[i] = high;
  }
}

// Distances of 32 filters to up to 4 patches are added to the patches' totals, and kept with `middle` added.
TK_INLINE void keep_distances(const square_work *work, const uint64_t *const *patches, size_t L, size_t k, int positions,
                              __m512i middle, uint16_t *distances, size_t stride, __m512i *total, int masked) {
  __m512i found[4];
  distances_of_32(work, patches, L, k, positions, found);
  for (int i = 0; i < positions; i++) {
    __m512i counted = masked ? _mm512_maskz_mov_epi16(work->last, found[i]) : found[i];
    total[i] = _mm512_add_epi16(total[i], counted);
    _mm512_storeu_si512(distances + (size_t)i * stride + k, _mm512_adds_epu16(found[i], middle));
  }
}

// Distances of up to 4 patches to all filters, `middle` added, and what is to be taken off them again: the mean, twice in 32 bits.
TK_INLINE void distances_of_patches(const square_work *work, const uint64_t *const *patches, size_t L, int positions,
                                    uint16_t *distances, size_t stride, uint32_t *means) {
  __m512i total[4], middle = _mm512_set1_epi16((short)(work->counting->centred ? work->counting->middle : 0));
  for (int i = 0; i < 4; i++) total[i] = _mm512_setzero_si512();
  size_t k = 0;
  for (; k + 32 <= work->K; k += 32) keep_distances(work, patches, L, k, positions, middle, distances, stride, total, 0);
  if (k < work->K) keep_distances(work, patches, L, k, positions, middle, distances, stride, total, 1);
  // Sums of 32 filters are below 2^15 in every place.
  __m512i ones = _mm512_set1_epi16(1);
  for (int i = 0; i < 4; i++) total[i] = _mm512_madd_epi16(total[i], ones);
  __m128i sum = sums_of_four(total[0], total[1], total[2], total[3]), factor = _mm_set1_epi32((int)work->mean.factor);
  __m128i even = _mm_srli_epi64(_mm_mul_epu32(sum, factor), work->mean.shift);
  __m128i odd = _mm_srli_epi64(_mm_mul_epu32(_mm_srli_epi64(sum, 32), factor), work->mean.shift);
  __m128i mean = _mm_or_si128(even, _mm_slli_epi64(odd, 32));
  mean = _mm_or_si128(mean, _mm_slli_epi32(mean, 16));
  uint32_t found[4];
  _mm_storeu_si128((__m128i *)found, mean);
  for (int i = 0; i < positions; i++) means[i] = found[i];
}

// Adds 32 sums of margins, in the order of places, to counts.
TK_INLINE void add_margins(const square_work *work, __m512i sums, size_t filters, int32_t *counts) {
  sums = _mm512_permutexvar_epi16(work->places, sums);
  for (int half = 0; half < 2; half++, counts += 16) {
    size_t rest = smaller(16, filters - smaller(filters, 16 * (size_t)half));
    __mmask16 valid = (__mmask16)((1u << rest) - 1);
    __m256i narrow = half ? _mm512_extracti64x4_epi64(sums, 1) : _mm512_castsi512_si256(sums);
    __m512i sum = _mm512_add_epi32(_mm512_maskz_loadu_epi32(valid, counts), _mm512_cvtepu16_epi32(narrow));
    _mm512_mask_storeu_epi32(counts, valid, sum);
  }
}

// Margins of 32 filters from k on: those of one feature, or of a near one and the next, a far one.
TK_INLINE void margins_of_32(const square_work *work, size_t k, size_t g, int near, int far, const uint16_t *distances,
                             const uint32_t *means, size_t P, size_t stride, int32_t *counts) {
  const tk_features *features = &work->counting->features;
  size_t filters = smaller(32, work->K - k), farFeature = g + (near ? 1 : 0);
  __mmask32 valid = k + 32 < work->K ? ~(__mmask32)0 : work->last;
  __m512i nearThreshold = _mm512_setzero_si512(), farThreshold = nearThreshold, nearSum = nearThreshold, farSum = nearSum;
  const uint16_t *thresholds = features->thresholds + k;
  if (near) {
    nearThreshold = _mm512_maskz_loadu_epi16(first_of_32(filters), thresholds + g * features->stride);
    nearThreshold = _mm512_permutexvar_epi16(work->filtersAt, nearThreshold);
  }
  if (far) {
    farThreshold = _mm512_maskz_loadu_epi16(first_of_32(filters), thresholds + farFeature * features->stride);
    farThreshold = _mm512_permutexvar_epi16(work->filtersAt, farThreshold);
    farThreshold = _mm512_mask_mov_epi16(_mm512_set1_epi16(-1), valid, farThreshold);
  }
  for (size_t p = 0; p < P; p++) {
    __m512i distance = _mm512_loadu_si512(distances + p * stride + k);
    distance = _mm512_subs_epu16(distance, _mm512_set1_epi32((int)means[p]));
    if (near) nearSum = _mm512_add_epi16(nearSum, _mm512_subs_epu16(nearThreshold, distance));
    if (far) farSum = _mm512_add_epi16(farSum, _mm512_subs_epu16(distance, farThreshold));
  }
  if (near) add_margins(work, nearSum, filters, counts + g * features->stride + k);
  if (far) add_margins(work, farSum, filters, counts + farFeature * features->stride + k);
}

// Counts of up to TK_POSITIONS patches.
TK_INLINE void count_positions(const square_work *work, const uint64_t *const *patches, size_t P, size_t L, int32_t *counts) {
  const tk_features *features = &work->counting->features;
  size_t stride = (work->K + 31) / 32 * 32, p = 0;
  uint32_t means[TK_POSITIONS];
  for (; p + 4 <= P; p += 4)
    distances_of_patches(work, patches + p, L, 4, work->distances + p * stride, stride, means + p);
  for (; p < P; p++)
    distances_of_patches(work, patches + p, L, 1, work->distances + p * stride, stride, means + p);
  if (!work->counting->centred)
    for (p = 0; p < P; p++) means[p] = 0;
  for (size_t g = 0; g < features->count; g++) {
    int far = features->far >> g & 1, pair = !far && g + 1 < features->count && (features->far >> (g + 1) & 1);
    for (size_t k = 0; k < work->K; k += 32) {
      if (pair) margins_of_32(work, k, g, 1, 1, work->distances, means, P, stride, counts);
      else if (far) margins_of_32(work, k, g, 0, 1, work->distances, means, P, stride, counts);
      else margins_of_32(work, k, g, 1, 0, work->distances, means, P, stride, counts);
    }
    g += (size_t)pair;
  }
}

TK_INLINE void count_square(const square_work *work, const tk_patches *square, size_t L, int32_t *counts) {
  size_t P = square->rows * square->columns;
  const uint64_t *patches[TK_POSITIONS];
  patch_cursor cursor = first_patch(square, 0);
  for (size_t p = 0; p < P;) {
    size_t n = smaller(work->run, P - p);
    for (size_t i = 0; i < n; i++) patches[i] = square->base + next_patch(&cursor);
    count_positions(work, patches, n, L, counts);
    p += n;
  }
}

static void count_squares_avx512(const tk_patches *patches, const uint64_t *filters, size_t S, size_t K,
                                 const tk_counting *counting, uint16_t *scratch, int32_t *counts) {
  size_t L = patches->segments * patches->segmentWords;
  if (K == 0) return;
  // A place's sum over all vectors of filters has to fit 15 bits, and the distances of a few positions the nearest cache.
  int fits = L > 0 && L <= TK_PATCH_WORDS && 64 * L * ((K + 31) / 32) < 32768;
  if (!counting->margins || !fits) {
    count_squares_tiled(patches, filters, S, K, counting, scratch, counts);
    return;
  }
  square_work work = {.filters = filters, .S = S, .K = K, .L = L, .counting = counting, .distances = scratch,
                      .mean = mean_of_filters(K)};
  word_offsets(patches, 0, L, work.offsets);
  set_places(&work);
  uint32_t most = largest_margin(counting, K);
  work.run = most == 0 ? TK_POSITIONS : smaller(TK_POSITIONS, 65535 / most);
  for (size_t i = 0; i < counting->squares; i++, counts += counting->squareStride) {
    tk_patches square = patches_of_square(patches, counting->squares, i);
    if (square.rows * square.columns == 0) continue;
    if (L == 1) count_square(&work, &square, 1, counts);
    else count_square(&work, &square, L, counts);
  }
}

#endif
