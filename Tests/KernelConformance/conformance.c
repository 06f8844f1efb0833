// Runs every kernel of every implementation this CPU offers against plain loops in C, on many odd shapes.
// No test framework, so that it also runs under emulators; the Swift tests compare with Bool loops once more.
// Usage: conformance [--sizes few|all] [NAME ...]: each NAME must be an implementation that is available.

#include <stdio.h>

#include "conformance.h"

static int usage(const char *wrong) {
  fprintf(stderr, "conformance: %s\nusage: conformance [--sizes few|all] [NAME ...]\n", wrong);
  return 2;
}

// Whether the implementation of this name is in the build and runs on this CPU; says what is wrong if not.
static int available(const char *name) {
  size_t count, n = 0;
  const tk_implementation *implementations = tk_implementations(&count);
  while (n < count && strcmp(implementations[n].name, name) != 0) n++;
  if (n == count) {
    printf("%s: not in this build\n", name);
  } else if (!implementations[n].available()) {
    printf("%s: required, but this CPU lacks %s\n", name, implementations[n].needs);
  } else {
    return 1;
  }
  return 0;
}

// Whether all checks of one implementation passed.
static int test(const tk_implementation *implementation) {
  const tk_kernels *kernels = implementation->kernels;
  current = implementation->name;
  seed(1);
  checks = failures = 0;
  test_hamming(kernels);
  test_transposition(kernels);
  test_votes(kernels);
  test_counts(kernels);
  test_distances(kernels);
  test_squares(kernels);
  test_pooling(kernels);
  test_products(kernels);
  test_rows_of_counts(kernels);
  test_signals(kernels);
  test_windows(kernels);
  test_nearest(kernels);
  if (failures) printf("%s: %ld of %ld checks failed\n", current, failures, checks);
  else printf("%s: %ld checks passed\n", current, checks);
  return failures == 0;
}

int main(int argc, char **argv) {
  int next = 1;
  if (argc > 1 && strncmp(argv[1], "--", 2) == 0) {
    if (strcmp(argv[1], "--sizes") != 0) return usage("the one option is --sizes");
    if (argc < 3 || (strcmp(argv[2], "few") != 0 && strcmp(argv[2], "all") != 0)) return usage("--sizes is few or all");
    fewSizes = strcmp(argv[2], "few") == 0;
    next = 3;
  }
  for (int i = next; i < argc; i++)
    if (!available(argv[i])) return 1;
  size_t count;
  const tk_implementation *implementations = tk_implementations(&count);
  int failed = 0;
  for (size_t n = 0; n < count; n++) {
    if (implementations[n].available()) {
      failed |= !test(&implementations[n]);
    } else {
      printf("%s: skipped, this CPU lacks %s\n", implementations[n].name, implementations[n].needs);
    }
  }
  return failed;
}
