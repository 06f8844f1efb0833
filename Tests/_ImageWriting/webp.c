// WebP files through libwebp's simplest calls.

#include <stdlib.h>
#include <string.h>

#include <webp/encode.h>

#include "ImageWriting.h"

uint8_t *webp_write(int32_t width, int32_t height, int32_t channels, const uint8_t *pixels, size_t *count) {
  uint8_t *made = NULL;
  *count = channels == 4 ? WebPEncodeLosslessRGBA(pixels, width, height, 4 * width, &made)
                         : WebPEncodeLosslessRGB(pixels, width, height, 3 * width, &made);
  uint8_t *bytes = malloc(*count + 1);
  if (bytes == NULL || *count == 0) abort();
  memcpy(bytes, made, *count);
  WebPFree(made);
  return bytes;
}
