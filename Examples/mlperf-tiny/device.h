/* What the benchmark's monitor calls, and what it lends. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>
#include <stdint.h>

/* The device's side: names and duties are the benchmark's. */
void th_timestamp_initialize(void);
void th_load_tensor(void);
void th_infer(void);
void th_results(void);
void th_timestamp(void);
void th_printf(const char *format, ...);
char th_getchar(void); /* 0 at the end of the input */

/* The monitor's side: copies what `db` loaded, up to `most` bytes, and returns how many. */
size_t ee_get_buffer(uint8_t *bytes, size_t most);

#endif
