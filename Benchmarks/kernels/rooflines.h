// What one core can do at best at each level, in loops that touch registers alone, and how fast it reads memory.
// Not the kernels' code: the bounds that kernels.c compares them with.
#ifndef TALLY_ROOFLINES_H
#define TALLY_ROOFLINES_H

#include <stddef.h>
#include <stdint.h>

typedef struct roofline {
  const char *level, *method;
  // Does `turns` turns and returns something that depends on all of them.
  uint64_t (*run)(long turns);
  double perTurn;   // word operations in a turn: XOR of two words, count of the bits, sum for one pair
  int bound;           // the figure the level's products are compared with
} roofline;

// Every loop this CPU can run, and their number.
const roofline *rooflines(size_t *count);

// The same for products of 16-bit numbers: multiply-adds in a turn.
const roofline *product_rooflines(size_t *count);

// Sum of all words, as fast as a level's vectors load them; words is a multiple of 64.
typedef uint64_t (*read_function)(const uint64_t *memory, size_t words);
read_function reader(const char *level);

#endif
