#include <lzma.h>

// The flag for files of several streams; as a macro with a cast it is not visible from Swift.
static const uint32_t tally_lzma_concatenated = LZMA_CONCATENATED;
