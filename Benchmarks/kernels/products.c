// The fastest loops of 16-bit products in registers, one per level: bounds for what is multiplied.

#include "rooflines.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define KEEP(x) __asm__ volatile("" : "+v"(x))

__attribute__((target("avx2"))) static uint64_t run_avx2(long turns) {
  __m256i sums[10], a = _mm256_set1_epi16(3), b = _mm256_set1_epi16(5);
  for (int i = 0; i < 10; i++) sums[i] = _mm256_setzero_si256();
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 10; i++) {
      __asm__ volatile("" : "+x"(b));
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(a, b));
    }
  }
  for (int i = 1; i < 10; i++) sums[0] = _mm256_add_epi32(sums[0], sums[i]);
  return (uint64_t)(uint32_t)_mm256_extract_epi32(sums[0], 0);
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static uint64_t run_avx512(long turns) {
  __m512i sums[12], a = _mm512_set1_epi16(3), b = _mm512_set1_epi16(5);
  for (int i = 0; i < 12; i++) sums[i] = _mm512_setzero_si512();
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 12; i++) {
      KEEP(b);
      sums[i] = _mm512_dpwssd_epi32(sums[i], a, b);
    }
  }
  for (int i = 1; i < 12; i++) sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  return (uint64_t)(uint32_t)_mm512_reduce_add_epi32(sums[0]);
}
#elif defined(__aarch64__)
#include <arm_neon.h>

static uint64_t run_neon(long turns) {
  int32x4_t sums[12];
  int16x8_t a = vdupq_n_s16(3), b = vdupq_n_s16(5);
  for (int i = 0; i < 12; i++) sums[i] = vdupq_n_s32(0);
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 12; i += 2) {
      __asm__ volatile("" : "+w"(b));
      sums[i] = vmlal_s16(sums[i], vget_low_s16(a), vget_low_s16(b));
      sums[i + 1] = vmlal_high_s16(sums[i + 1], a, b);
    }
  }
  for (int i = 1; i < 12; i++) sums[0] = vaddq_s32(sums[0], sums[i]);
  return (uint64_t)(uint32_t)vaddvq_s32(sums[0]);
}
#endif

// What the compiler makes of pairs of products, four sums side by side.
static uint64_t run_scalar(long turns) {
  typedef int32_t four __attribute__((vector_size(16)));
  four sums[6] = {{0}}, a = {3, 4, 5, 6}, b = {5, 6, 7, 8};
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 6; i++) {
#if defined(__x86_64__)
      __asm__ volatile("" : "+x"(b));
#elif defined(__aarch64__)
      __asm__ volatile("" : "+w"(b));
#endif
      sums[i] += a * b;
    }
  }
  for (int i = 1; i < 6; i++) sums[0] += sums[i];
  return (uint64_t)(uint32_t)(sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3]);
}

const roofline *product_rooflines(size_t *count) {
  static const roofline all[] = {
    {"scalar", "multiply and add, four numbers a vector", run_scalar, 24, 1},
#if defined(__x86_64__)
    {"avx2", "vpmaddwd, vpaddd", run_avx2, 160, 1},
    {"avx512", "vpdpwssd", run_avx512, 384, 1},
#elif defined(__aarch64__)
    {"neon", "smlal", run_neon, 48, 1},
#endif
  };
  *count = sizeof all / sizeof *all;
  return all;
}
