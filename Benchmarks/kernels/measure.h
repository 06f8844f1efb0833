// How calls are timed, and random memory for them.
#ifndef TALLY_MEASURE_H
#define TALLY_MEASURE_H

#include <stddef.h>
#include <stdint.h>

// Bursts of about 2 ms that each figure is the best of.
extern int bursts;

uint64_t random64(void);
// Rounded up to whole blocks of 512 bytes; ends the program where there is no memory.
void *random_memory(size_t bytes);
double seconds(void);

// Seconds one call takes, by the best burst so far in *best; *times is how many calls make a burst.
#define BURST(best, times, call)                                      \
  do {                                                                \
    double start = seconds();                                         \
    for (long turn = 0; turn < *(times); turn++) call;                \
    double each = (seconds() - start) / (double)*(times);             \
    if (each < *(best)) *(best) = each;                               \
    *(times) = *(best) < 0.002 ? (long)(0.002 / *(best)) + 1 : 1;     \
  } while (0)

#endif
