#include "CTallyKernels.h"
