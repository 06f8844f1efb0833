/* JPEG and WebP files of many kinds for the tests, through libjpeg and libwebp. What these refuse ends the process. */
#ifndef IMAGEWRITING_H
#define IMAGEWRITING_H

#include <stddef.h>
#include <stdint.h>

/* How a JPEG file is written. */
typedef struct {
  int32_t width, height;
  int32_t channels; /* 1 grey, 3 RGB, 4 ink */
  int32_t quality;
  int32_t progressive, arithmetic, restarts; /* restarts: rows of blocks between two markers */
  int32_t across[4], down[4];                /* sampling factors of each component */
  int32_t without_adobe;                     /* leaves Adobe's marker out */
} jpeg_kind;

/* The file's bytes, *count of them; free them with written_free. */
uint8_t *jpeg_write(const jpeg_kind *kind, const uint8_t *pixels, size_t *count);

/* A lossless WebP file of RGB or, with 4 channels, RGB and opacity. */
uint8_t *webp_write(int32_t width, int32_t height, int32_t channels, const uint8_t *pixels, size_t *count);
void written_free(uint8_t *bytes);

#endif
