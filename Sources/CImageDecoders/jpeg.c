// JPEG through libjpeg (libjpeg-turbo): every sampling, baseline and progressive, Huffman and arithmetic coding, with
// the accurate integer transform and smooth upsampling, as other readers do by default.

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "CImageDecoders.h"

// A reading, and where it leaves to when something is wrong.
typedef struct {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  int most_scans;
  td_report *report;
  jmp_buf escape;
} reading;

// A progressive picture of the largest size holds two bytes for each of its values meanwhile: 2^26 pixels of 4 values.
#define MOST_MEMORY (640L << 20)
// Encoders make up to a few dozen scans. One scan of a small file costs as much as all pixels take, so that large
// pictures may have fewer of them.
#define MOST_SCANS 500
#define MOST_SCANNED_PIXELS (1LL << 33)

static _Noreturn void leave(reading *r, int status) {
  r->report->status = status;
  longjmp(r->escape, 1);
}

// Whether an error means a kind of JPEG that is not read rather than damage.
static int is_unsupported(int code) {
  return code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION || code == JERR_CONVERSION_NOTIMPL ||
         code == JERR_ARITH_NOTIMPL || code == JERR_NOT_COMPILED || code == JERR_FRACT_SAMPLE_NOTIMPL ||
         code == JERR_CCIR601_NOTIMPL || code == JERR_COMPONENT_COUNT;
}

static void fail(j_common_ptr common) {
  reading *r = common->client_data;
  int code = common->err->msg_code;
  common->err->format_message(common, r->report->text);
  int is_memory = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE || code == JERR_WIDTH_OVERFLOW;
  leave(r, is_memory ? TD_TOO_MUCH : is_unsupported(code) ? TD_UNSUPPORTED : TD_DAMAGED);
}

// Counts what libjpeg warns of. Every reader goes on after these; most change no pixel.
static void remark(j_common_ptr common, int level) {
  reading *r = common->client_data;
  if (level >= 0) return;
  int code = common->err->msg_code;
  int is_harmless = code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR || code == JWRN_NOT_SEQUENTIAL ||
                    code == JWRN_EXTRANEOUS_DATA;
  int32_t *count = is_harmless ? &r->report->remarks : &r->report->damages;
  if (*count < INT32_MAX) (*count)++;
  // The first of a kind is told, and damage before remarks.
  if (*count == 1 && (!is_harmless || r->report->damages == 0)) common->err->format_message(common, r->report->text);
}

static void silence(j_common_ptr common) { (void)common; }

static void no_source(j_decompress_ptr info) { (void)info; }

static boolean end_of_data(j_decompress_ptr info) {
  reading *r = info->client_data;
  snprintf(r->report->text, sizeof r->report->text, "the data end too early");
  leave(r, TD_CUT_SHORT);
}

static void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if ((size_t)count > info->src->bytes_in_buffer) end_of_data(info);
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= (size_t)count;
}

static void count_scans(j_common_ptr common) {
  reading *r = common->client_data;
  if (r->info.input_scan_number <= r->most_scans) return;
  snprintf(r->report->text, sizeof r->report->text, "more than %d scans", r->most_scans);
  leave(r, TD_TOO_MUCH);
}

static void prepare(reading *r, const uint8_t *bytes, size_t count, td_report *report) {
  memset(r, 0, sizeof *r);
  memset(report, 0, sizeof *report);
  r->report = report;
  r->info.err = jpeg_std_error(&r->errors);
  r->info.client_data = r;
  r->errors.error_exit = fail;
  r->errors.emit_message = remark;
  r->errors.output_message = silence;
  r->source.next_input_byte = bytes;
  r->source.bytes_in_buffer = count;
  r->source.init_source = no_source;
  r->source.fill_input_buffer = end_of_data;
  r->source.skip_input_data = skip;
  r->source.resync_to_restart = jpeg_resync_to_restart;
  r->source.term_source = no_source;
  r->progress.progress_monitor = count_scans;
}

// Refuses what cannot hold the pixels it promises: a block takes a bit at least, unless it is coded arithmetically.
static void check_length(reading *r, size_t count) {
  if (r->info.arith_code) return;
  uint64_t blocks = 0;
  for (int i = 0; i < r->info.num_components; i++)
    blocks += (uint64_t)r->info.comp_info[i].width_in_blocks * r->info.comp_info[i].height_in_blocks;
  if (blocks / 8 <= count) return;
  snprintf(r->report->text, sizeof r->report->text, "the data are too short for so many pixels");
  leave(r, TD_CUT_SHORT);
}

// Reads up to the first scan, and chooses what comes out.
static void start(reading *r, td_image *image) {
  j_decompress_ptr info = &r->info;
  size_t count = r->source.bytes_in_buffer;
  jpeg_create_decompress(info);
  info->mem->max_memory_to_use = MOST_MEMORY;
  info->src = &r->source;
  info->progress = &r->progress;
  jpeg_read_header(info, TRUE);
  switch (info->jpeg_color_space) {
  case JCS_GRAYSCALE: info->out_color_space = JCS_GRAYSCALE, image->channels = 1; break;
  case JCS_YCbCr:
  case JCS_RGB: info->out_color_space = JCS_RGB, image->channels = 3; break;
  case JCS_CMYK:
  case JCS_YCCK: info->out_color_space = JCS_CMYK, image->channels = 4; break;
  default:
    snprintf(r->report->text, sizeof r->report->text, "%d components", info->num_components);
    leave(r, TD_UNSUPPORTED);
  }
  info->dct_method = JDCT_ISLOW;
  image->width = info->image_width;
  image->height = info->image_height;
  image->depth = 8;
  check_length(r, count);
  long long scans = MOST_SCANNED_PIXELS / ((long long)image->width * image->height);
  r->most_scans = scans < MOST_SCANS ? (int)scans : MOST_SCANS;
}

void td_jpeg_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report) {
  reading r;
  memset(image, 0, sizeof *image);
  prepare(&r, bytes, count, report);
  if (setjmp(r.escape) == 0) start(&r, image);
  jpeg_destroy_decompress(&r.info);
}

void td_jpeg_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report) {
  reading r;
  prepare(&r, bytes, count, report);
  if (setjmp(r.escape) == 0) {
    td_image found = {0};
    start(&r, &found);
    if (found.width != image->width || found.height != image->height || found.channels != image->channels)
      ERREXIT(&r.info, JERR_BAD_LENGTH);
    jpeg_start_decompress(&r.info);
    size_t row = (size_t)image->width * image->channels;
    while (r.info.output_scanline < r.info.output_height) {
      JSAMPROW target = pixels + row * r.info.output_scanline;
      jpeg_read_scanlines(&r.info, &target, 1);
    }
    jpeg_finish_decompress(&r.info);
  }
  jpeg_destroy_decompress(&r.info);
}
