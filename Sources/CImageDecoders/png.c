// PNG through libpng. Values come out as they are stored, expanded to whole bytes: no gamma, no profile, no background.

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "CImageDecoders.h"

// A reading, and where it leaves to when something is wrong.
typedef struct {
  png_structp png;
  png_infop info;
  const uint8_t *next;
  size_t left;
  td_report *report;
  jmp_buf escape;
} reading;

// What says how colours were meant, or is text: other readers of pixels pass it over, and so its damage, too.
static const png_byte passed_over[] =
    "gAMA\0cHRM\0sRGB\0iCCP\0cICP\0mDCV\0cLLI\0bKGD\0hIST\0pHYs\0sPLT\0sCAL\0pCAL\0oFFs\0tIME\0tEXt\0zTXt\0iTXt\0eXIf";

// Compressed data expand to at most 1032 times their size; a little more is granted.
enum { MOST_EXPANSION = 1040, CHUNK_BYTES = 1 << 23, MOST_SIDE = 65535 };

static void fail(png_structp png, png_const_charp text) {
  reading *r = png_get_error_ptr(png);
  if (r->report->status == TD_DONE) r->report->status = TD_DAMAGED;
  snprintf(r->report->text, sizeof r->report->text, "%s", text);
  longjmp(r->escape, 1);
}

static void remark(png_structp png, png_const_charp text) {
  reading *r = png_get_error_ptr(png);
  if (r->report->remarks++ == 0) snprintf(r->report->text, sizeof r->report->text, "%s", text);
}

static void give(png_structp png, png_bytep target, size_t count) {
  reading *r = png_get_io_ptr(png);
  if (count > r->left) {
    r->report->status = TD_CUT_SHORT;
    png_error(png, "the data end too early");
  }
  memcpy(target, r->next, count);
  r->next += count;
  r->left -= count;
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

// Reads up to the pixels, and has them expanded to whole bytes.
static void start(reading *r, td_image *image) {
  png_structp png = r->png;
  png_infop info = r->info;
  png_set_read_fn(png, r, give);
  // Sides are told before they are judged.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_set_chunk_malloc_max(png, CHUNK_BYTES);
  png_set_benign_errors(png, 1);
  // One name takes five bytes with its zero.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, passed_over, sizeof passed_over / 5);
  png_read_info(png, info);
  image->width = png_get_image_width(png, info);
  image->height = png_get_image_height(png, info);
  // Rows have memory from the next calls on.
  if (image->width > MOST_SIDE || image->height > MOST_SIDE) png_error(png, "the sides are too long");
  size_t stored = png_get_rowbytes(png, info);
  int passes = png_set_interlace_handling(png);
  png_set_expand(png);
  png_read_update_info(png, info);
  image->channels = png_get_channels(png, info);
  image->depth = png_get_bit_depth(png, info);
  png_color_8p bits = NULL;
  if (png_get_sBIT(png, info, &bits) != 0) {
    int is_grey = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0;
    image->colour_bits = is_grey ? bits->gray : larger(larger(bits->red, bits->green), bits->blue);
    image->opacity_bits = bits->alpha;
  }
  // An interlaced picture of few pixels has more rows than a plain one, but no fewer bytes.
  if (image->height > (r->left * MOST_EXPANSION + CHUNK_BYTES / 128) / (stored + (passes == 1))) {
    r->report->status = TD_CUT_SHORT;
    png_error(png, "the data are too short for so many pixels");
  }
}

static int open_png(reading *r, const uint8_t *bytes, size_t count, td_report *report) {
  memset(r, 0, sizeof *r);
  memset(report, 0, sizeof *report);
  r->next = bytes;
  r->left = count;
  r->report = report;
  r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, fail, remark);
  if (r->png != NULL) r->info = png_create_info_struct(r->png);
  if (r->info != NULL) return 1;
  report->status = TD_TOO_MUCH;
  snprintf(report->text, sizeof report->text, "libpng could not be started");
  png_destroy_read_struct(&r->png, &r->info, NULL);
  return 0;
}

void td_png_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report) {
  reading r;
  memset(image, 0, sizeof *image);
  if (!open_png(&r, bytes, count, report)) return;
  if (setjmp(r.escape) == 0) start(&r, image);
  png_destroy_read_struct(&r.png, &r.info, NULL);
}

void td_png_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report) {
  reading r;
  if (!open_png(&r, bytes, count, report)) return;
  if (setjmp(r.escape) == 0) {
    td_image found = {0};
    start(&r, &found);
    size_t row = (size_t)image->width * image->channels * (image->depth / 8);
    if (found.height != image->height || png_get_rowbytes(r.png, r.info) != row) png_error(r.png, "two headers");
    // An interlaced picture is gone over seven times, each time with more of its pixels.
    for (int pass = png_set_interlace_handling(r.png); pass > 0; pass--)
      for (uint32_t y = 0; y < image->height; y++) png_read_row(r.png, pixels + y * row, NULL);
  }
  png_destroy_read_struct(&r.png, &r.info, NULL);
}
