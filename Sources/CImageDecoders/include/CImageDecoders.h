/* PNG, JPEG and WebP from memory, through libpng, libjpeg and libwebp. The first two leave by longjmp where something is
 * wrong, and no frame of Swift may be left that way: so their calls are here and end in a report. Nothing is kept
 * between calls or printed; what pixels mean (opacity, ink, orientation) is not known here.
 *
 * A file is read twice: its header, whose sizes the caller judges, then its pixels into the caller's memory. */
#ifndef CIMAGEDECODERS_H
#define CIMAGEDECODERS_H

#include <stddef.h>
#include <stdint.h>

enum {
  TD_DONE = 0,
  TD_DAMAGED = 1,     /* it cannot be read as what it says it is */
  TD_CUT_SHORT = 2,   /* it ends before its pixels do */
  TD_UNSUPPORTED = 3, /* whole perhaps, but of a kind that is not read here */
  TD_TOO_MUCH = 4     /* it asks for more memory or scans than any picture needs */
};

/* What became of a call. */
typedef struct {
  int32_t status;
  int32_t remarks; /* things that are not as they should be but change no pixel */
  int32_t damages; /* things that do change pixels: what shows there is a guess */
  char text[256];  /* the library's words for what failed, or for the first damage, or else the first remark */
} td_report;

/* What a header says. */
typedef struct {
  uint32_t width, height;
  uint32_t channels;    /* values a pixel as td_..._pixels writes them. PNG: grey, grey and opacity, RGB, RGB and opacity.
                           JPEG: grey, RGB, or CMYK as it is stored. WebP: RGB, or RGB and opacity */
  uint32_t depth;       /* bits a value: 8, or 16 with the high byte first */
  uint32_t colour_bits; /* the significant bits of grey or colour that a PNG states; 0: it states none */
  uint32_t opacity_bits;
} td_image;

/* Reads a header. A file too short for the pixels it promises, by what its compression can do at most, is cut short,
 * and one whose sides are over 65535 is damaged; the sides are told nevertheless. */
void td_png_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report);
void td_jpeg_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report);
void td_webp_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report);

/* Writes height rows of width * channels * depth / 8 bytes. `image` is what the header gave for the same bytes. */
void td_png_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report);
void td_jpeg_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report);
void td_webp_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report);

#endif
