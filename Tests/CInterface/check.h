/* What the parts of the test share: CHECK, room for messages, and images of two classes that are quickly learned.
 * The parts themselves are in life.c, errors.c, threads.c and pages.c. */
#ifndef CHECK_H
#define CHECK_H

#include "tally.h"

/* Ends the program, with the place and the last message, unless `condition` holds. */
#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))
void fail(const char *file, int line, const char *condition);

/* Whether the last message is one line that contains `text`. */
int said(const char *text);

/* The room for messages, for calls that take `message, capacity`. */
#define MESSAGE message, (ptrdiff_t)sizeof message
extern char message[1000];

enum { COUNT = 40, SIDE = 8, CLASSES = 2, PIXELS = SIDE * SIDE };

/* Images whose left or whose right half is bright, and a plan of one small layer. */
extern const char *const class_names[CLASSES];
extern const char *const small_plan;
extern uint8_t pixels[COUNT * PIXELS];
extern uint16_t labels[COUNT];
void make_images(void);

/* A model of these images. */
tally_model *trained_model(void);

/* The parts: each returns when everything was as it should be. */
void check_life(const char *folder);
void check_errors(const char *folder);
void check_threads(void);
void check_data_and_pages(const char *folder);

/* `folder`/`name`, until the next call. */
const char *path_in(const char *folder, const char *name);

#endif
