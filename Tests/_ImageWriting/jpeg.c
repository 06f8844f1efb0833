// JPEG files through libjpeg's compressor. Wrong kinds end the process: these are tests.

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "ImageWriting.h"

uint8_t *jpeg_write(const jpeg_kind *kind, const uint8_t *pixels, size_t *count) {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *bytes = NULL;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = (JDIMENSION)kind->width;
  info.image_height = (JDIMENSION)kind->height;
  info.input_components = kind->channels;
  info.in_color_space = kind->channels == 1 ? JCS_GRAYSCALE : kind->channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (kind->channels == 4) jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, kind->quality, TRUE);
  if (kind->progressive) jpeg_simple_progression(&info);
  info.arith_code = kind->arithmetic != 0;
  info.restart_in_rows = kind->restarts;
  if (kind->without_adobe) {
    jpeg_set_colorspace(&info, kind->channels == 4 ? JCS_CMYK : info.jpeg_color_space);
    info.write_Adobe_marker = FALSE;
  }
  for (int i = 0; i < info.num_components; i++) {
    info.comp_info[i].h_samp_factor = kind->across[i];
    info.comp_info[i].v_samp_factor = kind->down[i];
  }
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + (size_t)info.next_scanline * (size_t)(kind->width * kind->channels));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  *count = size;
  return bytes;
}

void written_free(uint8_t *bytes) { free(bytes); }
