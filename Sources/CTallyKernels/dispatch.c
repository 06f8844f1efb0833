// The list of the implementations in this build and the questions to the CPU. No kernels and no choice in here.

#include "implementations.h"

static int available_always(void) { return 1; }

#if defined(__x86_64__)
// __builtin_cpu_supports asks the CPU and, for the wide registers, whether the operating system saves them.
static int available_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi");
}

static int available_avx512(void) {
  return available_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
    && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
    && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vbmi")
    && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("gfni");
}
#endif

static const tk_implementation implementations[] = {
  {"scalar", "any CPU", available_always, &tk_kernels_scalar},
#if defined(__x86_64__)
  {"avx2", "AVX2, POPCNT, BMI", available_avx2, &tk_kernels_avx2},
  {"avx512", "AVX-512 F, BW, VL, DQ, VPOPCNTDQ, VBMI, VNNI and GFNI", available_avx512, &tk_kernels_avx512},
#elif defined(__aarch64__)
  // Advanced SIMD is part of every 64-bit Arm CPU that runs an operating system.
  {"neon", "Advanced SIMD", available_always, &tk_kernels_neon},
#endif
};

const tk_implementation *tk_implementations(size_t *count) {
  *count = sizeof implementations / sizeof *implementations;
  return implementations;
}
