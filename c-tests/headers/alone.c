/* The header needs nothing before it. */
#include <drystone.h>

const char *(*const version)(void) = drystone_version;
