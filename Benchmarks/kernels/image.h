// Where the time of an image goes: the kernels that the plan `quick` calls for one, each beside its bound.
#ifndef TALLY_IMAGE_H
#define TALLY_IMAGE_H

#include <stdio.h>

#include "CTallyKernels.h"

// Prints a line a stage, and writes an object to `json` where there is one.
void measure_image(const tk_implementation *implementation, int colour, FILE *json);

#endif
