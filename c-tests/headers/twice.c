/* The header may be included again, before and after standard headers. */
#include <drystone.h>
#include <drystone.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drystone.h>

const char *(*const version)(void) = drystone_version;
