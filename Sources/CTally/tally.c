/* The C interface's header as a module: TallyC implements the functions in Swift, and the compiler compares every one
 * with its declaration. No code here. */
#include "tally.h"
