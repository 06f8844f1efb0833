/* Roots, bits and products. TALLY_PORTABLE leaves out what only some processors have; results are the same. */

#if !defined(TALLY_PORTABLE) && defined(__ARM_FEATURE_DSP) && !defined(__ARM_BIG_ENDIAN) && !defined(__aarch64__)
#include <arm_acle.h>
#define TALLY_DSP 1 /* two 16-bit products, sums of four bytes */
#else
#define TALLY_DSP 0
#endif

#if defined(__GNUC__)
#define TALLY_INLINE static inline __attribute__((always_inline))
#define TALLY_ALONE static __attribute__((noinline)) /* so that its loops have all registers */
#else
#define TALLY_INLINE static inline
#define TALLY_ALONE static
#endif

/* Before a loop over the bits of a number, whose count is a constant. */
#if defined(__clang__)
#define TALLY_UNROLLED _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define TALLY_UNROLLED _Pragma("GCC unroll 32")
#else
#define TALLY_UNROLLED
#endif

#if !defined(TALLY_PORTABLE) && defined(__GNUC__) && \
    (defined(__POPCNT__) || defined(__aarch64__) || defined(__riscv_zbb) || defined(__POWERPC__))
#define TALLY_COUNTS_BITS 1
#else
#define TALLY_COUNTS_BITS 0
#endif

#if TALLY_COUNTS_BITS
TALLY_INLINE uint32_t tally_ones(uint32_t a) { return (uint32_t)__builtin_popcount(a); }
#if TALLY_POSITIONS
TALLY_INLINE uint32_t tally_ones_of_two(uint32_t a, uint32_t b) { return tally_ones(a) + tally_ones(b); }
#endif
#else
/* Ones of every four bits, in these four bits. */
TALLY_INLINE uint32_t tally_quads(uint32_t a) {
  a -= (a >> 1) & 0x55555555u;
  return (a & 0x33333333u) + ((a >> 2) & 0x33333333u);
}

/* The sum of eight numbers of four bits, each at most 8. */
TALLY_INLINE uint32_t tally_sum_quads(uint32_t a) {
  a = (a & 0x0f0f0f0fu) + ((a >> 4) & 0x0f0f0f0fu);
#if TALLY_DSP
  return __usad8(a, 0);
#else
  return (a * 0x01010101u) >> 24;
#endif
}

TALLY_INLINE uint32_t tally_ones(uint32_t a) { return tally_sum_quads(tally_quads(a)); }
#if TALLY_POSITIONS
TALLY_INLINE uint32_t tally_ones_of_two(uint32_t a, uint32_t b) {
  return tally_sum_quads(tally_quads(a) + tally_quads(b));
}
#endif
#endif

#if TALLY_SLICES || !TALLY_COUNTS_BITS
/* One step of carry-save addition: three words are added bit by bit into sums and carries. */
TALLY_INLINE uint32_t tally_carry(uint32_t *sum, uint32_t a, uint32_t b) {
  uint32_t half = *sum ^ a, carry = (*sum & a) | (half & b);
  *sum = half ^ b;
  return carry;
}
#endif

#if TALLY_COUNTS_ROOT || (TALLY_PATCHES && !TALLY_LARGE_WINDOWS)
/* Bits of a value up to the highest that is set. */
static uint32_t tally_length(uint32_t a) {
#if !defined(TALLY_PORTABLE) && defined(__GNUC__)
  return a == 0u ? 0u : 32u - (uint32_t)__builtin_clz(a);
#else
  uint32_t length = 0;
  for (; a != 0u; a >>= 1) length++;
  return length;
#endif
}

/* The largest r with r * r <= a. Newton's steps from a power of two at or above the root fall until they are there: from
   at most twice the root four of them reach all of 16 bits. */
static uint32_t tally_root(uint32_t a) {
  if (a == 0u) return 0;
  uint32_t root = (uint32_t)1 << ((tally_length(a) + 1u) / 2u);
  for (int step = 0; step < 6; step++) {
    uint32_t next = (root + a / root) >> 1;
    if (next >= root) break;
    root = next;
  }
  return root;
}
#endif

#if TALLY_LARGE_WINDOWS
/* The same of a number below 2^34, bit by bit. */
static uint32_t tally_large_root(uint64_t a) {
  uint64_t root = 0;
  for (uint64_t bit = (uint64_t)1 << 32; bit != 0u; bit >>= 2) {
    uint64_t part = root + bit;
    root >>= 1;
    if (a >= part) {
      a -= part;
      root += bit;
    }
  }
  return (uint32_t)root;
}
#endif

#if TALLY_PATCHES
/* sum + a[0] * b[0] + a[1] * b[1] */
TALLY_INLINE int32_t tally_add_products(int32_t sum, const int16_t *a, const int16_t *b) {
#if TALLY_DSP
  int32_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return __smlad(x, y, sum);
#else
  return sum + (int32_t)a[0] * b[0] + (int32_t)a[1] * b[1];
#endif
}
#endif

#if TALLY_PATCHES
/* Shifts to the right, rounding down. Of numbers below zero C leaves that to the compiler; GCC and Clang do it. */
TALLY_INLINE int32_t tally_shift_right(int32_t a, int32_t bits) {
#if defined(__GNUC__)
  return a >> bits;
#else
  return a < 0 ? -1 - ((-1 - a) >> bits) : a >> bits;
#endif
}
#endif

/* The same of scores, or to the left where `bits` is negative. */
static int64_t tally_shift(int64_t a, int32_t bits) {
  if (bits < 0) return a * ((int64_t)1 << -bits);
  return a < 0 ? -1 - ((-1 - a) >> bits) : a >> bits;
}
