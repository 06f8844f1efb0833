// WebP through libwebp, lossy and lossless: a whole file with one picture, or the part of an animation that is one.

#include <stdio.h>
#include <string.h>

#include <webp/decode.h>

#include "CImageDecoders.h"

static void say(td_report *report, VP8StatusCode code) {
  static const char *const words[] = {
      "", "memory is short", "the sizes are wrong", "the data are damaged", "an unknown feature",
      "the data end too early", "stopped", "the data end too early"};
  switch (code) {
  case VP8_STATUS_OK: return;
  case VP8_STATUS_OUT_OF_MEMORY: report->status = TD_TOO_MUCH; break;
  case VP8_STATUS_UNSUPPORTED_FEATURE: report->status = TD_UNSUPPORTED; break;
  case VP8_STATUS_SUSPENDED:
  case VP8_STATUS_NOT_ENOUGH_DATA: report->status = TD_CUT_SHORT; break;
  default: report->status = TD_DAMAGED; break;
  }
  if ((size_t)code < sizeof words / sizeof *words) snprintf(report->text, sizeof report->text, "%s", words[code]);
}

void td_webp_header(const uint8_t *bytes, size_t count, td_image *image, td_report *report) {
  memset(image, 0, sizeof *image);
  memset(report, 0, sizeof *report);
  WebPBitstreamFeatures found;
  VP8StatusCode code = WebPGetFeatures(bytes, count, &found);
  say(report, code);
  if (code != VP8_STATUS_OK) return;
  image->width = (uint32_t)found.width;
  image->height = (uint32_t)found.height;
  image->channels = found.has_alpha ? 4 : 3;
  image->depth = 8;
}

void td_webp_pixels(const uint8_t *bytes, size_t count, const td_image *image, uint8_t *pixels, td_report *report) {
  memset(report, 0, sizeof *report);
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    report->status = TD_TOO_MUCH;
    snprintf(report->text, sizeof report->text, "libwebp could not be started");
    return;
  }
  size_t row = (size_t)image->width * image->channels;
  config.output.colorspace = image->channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)row;
  config.output.u.RGBA.size = row * image->height;
  say(report, WebPDecode(bytes, count, &config));
  WebPFreeDecBuffer(&config.output);
}
