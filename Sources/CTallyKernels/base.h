// What every kernel's file uses: vector types, the smaller of two sizes, the walk through an image's patches.
// No kernels in here. The including file may define before: TK_LANES, the words in a vector (1 without).
#ifndef TALLY_BASE_H
#define TALLY_BASE_H

#include "CTallyKernels.h"

#ifndef TK_LANES
#define TK_LANES 1
#endif

#define TK_INLINE static inline __attribute__((always_inline))

typedef uint64_t word_vector __attribute__((vector_size(8 * TK_LANES)));
typedef uint16_t distance_vector __attribute__((vector_size(64)));
typedef uint32_t margin_vector __attribute__((vector_size(128)));
typedef int32_t number_vector __attribute__((vector_size(64)));

TK_INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// MARK: Patches

// Walks the patches in order; `offset` is where the current one starts, in words from the base.
typedef struct patch_cursor {
  const tk_patches *patches;
  size_t offset, row, column;
} patch_cursor;

TK_INLINE patch_cursor first_patch(const tk_patches *patches, size_t p) {
  size_t r = p / patches->columns, c = p % patches->columns;
  patch_cursor cursor = {patches, r * patches->rowStride + c * patches->columnStride, r * patches->rowStride, c};
  return cursor;
}

TK_INLINE size_t next_patch(patch_cursor *cursor) {
  size_t offset = cursor->offset;
  cursor->offset += cursor->patches->columnStride;
  if (++cursor->column == cursor->patches->columns) {
    cursor->column = 0;
    cursor->row += cursor->patches->rowStride;
    cursor->offset = cursor->row;
  }
  return offset;
}

// Where words first ... first + count - 1 of a patch lie, in words from the patch's start.
TK_INLINE void word_offsets(const tk_patches *patches, size_t first, size_t count, size_t *offsets) {
  size_t segment = first / patches->segmentWords, word = first % patches->segmentWords;
  for (size_t j = 0; j < count; j++) {
    offsets[j] = segment * patches->segmentStride + word;
    if (++word == patches->segmentWords) { word = 0; segment++; }
  }
}

#endif
