// The loops of rooflines.h, one per level and way to count bits, and the readers. No timing in here.

#include "rooflines.h"

#include <string.h>

// The compiler must take the value for new: nothing is hoisted out of the loop, nothing is merged.
#if defined(__x86_64__)
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#define KEEP_PLAIN(x) __asm__ volatile("" : "+x"(x))
#elif defined(__aarch64__)
#define KEEP_PLAIN(x) __asm__ volatile("" : "+w"(x))
#endif
#define INLINE static inline __attribute__((always_inline))

// MARK: Portable C

// The compiler's two-word vectors and the popcount it makes of shifts and masks: what scalar.c is compiled to.
typedef uint64_t pair __attribute__((vector_size(16)));

INLINE pair count_pair(pair x) {
  x -= (x >> 1) & 0x5555555555555555;
  x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
  return (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
}

static uint64_t run_scalar(long turns) {
  pair sums[4] = {{0}}, word = {1, 2}, filter = {3, 4};
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 4; i++) {
      KEEP_PLAIN(filter);
      // Bytes of up to 8; their sum is one multiplication or one vpsadbw per several words, left out here.
      sums[i] += count_pair(word ^ filter);
    }
  }
  pair sum = sums[0] + sums[1] + sums[2] + sums[3];
  return sum[0] + sum[1];
}

#if defined(__x86_64__)
#include <immintrin.h>

// MARK: AVX2

// XOR with a nibble of every byte, byte shuffle, addition, twice for four words: 1.5 instructions a word.
__attribute__((target("avx2"))) static uint64_t run_avx2_nibbles(long turns) {
  const __m256i table = _mm256_set1_epi64x(0x0302020102010100);
  __m256i sums[8], word = _mm256_set1_epi64x(5), filter = _mm256_set1_epi64x(3);
  for (int i = 0; i < 8; i++) sums[i] = _mm256_setzero_si256();
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 8; i++) {
      KEEP_PLAIN(filter);
      sums[i] = _mm256_add_epi8(sums[i], _mm256_shuffle_epi8(table, _mm256_xor_si256(word, filter)));
    }
  }
  for (int i = 1; i < 8; i++) sums[0] = _mm256_add_epi64(sums[0], sums[i]);
  return (uint64_t)_mm256_extract_epi64(sums[0], 0);
}

// A table per nibble of two filters, looked up for 32 patches at once: XOR and count are one shuffle, and a byte
// holds both filters' counts until three are added. Nine instructions for twelve words: 0.75 a word, the best known
// to us, as carry-save adders of AVX2 take five instructions each.
__attribute__((target("avx2"))) static uint64_t run_avx2_lookup(long turns) {
  const __m256i fifteen = _mm256_set1_epi8(15);
  __m256i both[4], high[4], table = _mm256_set1_epi64x(0x0302020102010100), word = _mm256_set1_epi64x(5);
  for (int i = 0; i < 4; i++) both[i] = high[i] = _mm256_setzero_si256();
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 4; i++) {
      KEEP_PLAIN(word);
      __m256i sum = _mm256_shuffle_epi8(table, word);
      KEEP_PLAIN(word);
      sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(table, word));
      KEEP_PLAIN(word);
      sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(table, word));
      both[i] = _mm256_add_epi8(both[i], sum);
      high[i] = _mm256_add_epi8(high[i], _mm256_and_si256(_mm256_srli_epi16(sum, 4), fifteen));
    }
  }
  for (int i = 0; i < 4; i++) both[0] = _mm256_add_epi64(both[0], _mm256_add_epi64(both[i], high[i]));
  return (uint64_t)_mm256_extract_epi64(both[0], 0);
}

__attribute__((target("avx2"))) static uint64_t read_avx2(const uint64_t *memory, size_t words) {
  __m256i sums[8];
  for (int i = 0; i < 8; i++) sums[i] = _mm256_setzero_si256();
  for (size_t j = 0; j < words; j += 32)
    for (int i = 0; i < 8; i++)
      sums[i] = _mm256_or_si256(sums[i], _mm256_loadu_si256((const __m256i *)(memory + j + 4 * (size_t)i)));
  for (int i = 1; i < 8; i++) sums[0] = _mm256_or_si256(sums[0], sums[i]);
  return (uint64_t)_mm256_extract_epi64(sums[0], 0);
}

// MARK: AVX-512

// XOR, VPOPCNTQ, addition for eight words.
__attribute__((target("avx512f,avx512vpopcntdq"))) static uint64_t run_avx512_popcount(long turns) {
  __m512i sums[16], word = _mm512_set1_epi64(5), filter = _mm512_set1_epi64(3);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i++) sums[i] = _mm512_setzero_si512();
  for (long t = 0; t < turns; t++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      KEEP(filter);
      sums[i] = _mm512_add_epi64(sums[i], _mm512_popcnt_epi64(_mm512_xor_si512(word, filter)));
    }
  }
#pragma clang loop unroll(full)
  for (int i = 1; i < 16; i++) sums[0] = _mm512_add_epi64(sums[0], sums[i]);
  return (uint64_t)_mm512_reduce_add_epi64(sums[0]);
}

// The lookup of AVX2 with tables of 64 bytes: six bits of two filters for 64 patches, two looked up before they are
// parted. Fewer instructions a word than VPOPCNTQ takes, but a table for every six bits of a filter must come from
// memory and 256 patches go together; the kernels do not go this way, and the figure is only for comparison.
__attribute__((target("avx512f,avx512bw,avx512vbmi,gfni"))) static uint64_t run_avx512_lookup(long turns) {
  const __m512i upper = _mm512_set1_epi64((long long)0x1020408000000000);
  __m512i both[4], high[4], table = _mm512_set1_epi64(0x0302020102010100), word = _mm512_set1_epi64(5);
  for (int i = 0; i < 4; i++) both[i] = high[i] = _mm512_setzero_si512();
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 4; i++) {
      KEEP(word);
      __m512i sum = _mm512_permutexvar_epi8(word, table);
      KEEP(word);
      sum = _mm512_add_epi8(sum, _mm512_permutexvar_epi8(word, table));
      both[i] = _mm512_add_epi8(both[i], sum);
      high[i] = _mm512_add_epi8(high[i], _mm512_gf2p8affine_epi64_epi8(sum, upper, 0));
    }
  }
  for (int i = 0; i < 4; i++) both[0] = _mm512_add_epi64(both[0], _mm512_add_epi64(both[i], high[i]));
  return (uint64_t)_mm512_reduce_add_epi64(both[0]);
}

__attribute__((target("avx512f"))) static uint64_t read_avx512(const uint64_t *memory, size_t words) {
  __m512i sums[8];
  for (int i = 0; i < 8; i++) sums[i] = _mm512_setzero_si512();
  for (size_t j = 0; j < words; j += 64)
    for (int i = 0; i < 8; i++)
      sums[i] = _mm512_or_si512(sums[i], _mm512_loadu_si512(memory + j + 8 * (size_t)i));
  for (int i = 1; i < 8; i++) sums[0] = _mm512_or_si512(sums[0], sums[i]);
  return (uint64_t)_mm512_reduce_or_epi64(sums[0]);
}
#endif

#if defined(__aarch64__)
#include <arm_neon.h>

// MARK: Advanced SIMD

// XOR, CNT, addition for two words.
static uint64_t run_neon(long turns) {
  uint8x16_t sums[8], word = vdupq_n_u8(5), filter = vdupq_n_u8(3);
  for (int i = 0; i < 8; i++) sums[i] = vdupq_n_u8(0);
  for (long t = 0; t < turns; t++) {
    for (int i = 0; i < 8; i++) {
      KEEP_PLAIN(filter);
      sums[i] = vaddq_u8(sums[i], vcntq_u8(veorq_u8(word, filter)));
    }
  }
  for (int i = 1; i < 8; i++) sums[0] = vaddq_u8(sums[0], sums[i]);
  return vgetq_lane_u64(vreinterpretq_u64_u8(sums[0]), 0);
}
#endif

static uint64_t read_pairs(const uint64_t *memory, size_t words) {
  pair sums[8] = {{0}};
  for (size_t j = 0; j < words; j += 16) {
    for (size_t i = 0; i < 8; i++) {
      pair next;
      memcpy(&next, memory + j + 2 * i, sizeof next);
      sums[i] |= next;
    }
  }
  for (int i = 1; i < 8; i++) sums[0] |= sums[i];
  return sums[0][0] | sums[0][1];
}

// MARK: The lists

const roofline *rooflines(size_t *count) {
  static const roofline all[] = {
    {"scalar", "xor, shifts and masks, add (two words a vector)", run_scalar, 8, 1},
#if defined(__x86_64__)
    {"avx2", "xor, vpshufb, add", run_avx2_nibbles, 16, 0},
    {"avx2", "vpshufb lookup of two filters", run_avx2_lookup, 48, 1},
    {"avx512", "xor, vpopcntq, add", run_avx512_popcount, 128, 1},
    {"avx512", "vpermb lookup of two filters", run_avx512_lookup, 96, 0},
#elif defined(__aarch64__)
    {"neon", "xor, cnt, add", run_neon, 16, 1},
#endif
  };
  *count = sizeof all / sizeof *all;
  return all;
}

read_function reader(const char *level) {
#if defined(__x86_64__)
  if (strcmp(level, "avx512") == 0) return read_avx512;
  if (strcmp(level, "avx2") == 0) return read_avx2;
#endif
  (void)level;
  return read_pairs;
}
