/* Nor does it mind being included again, before and behind the standard's headers. */
#include <drystone.h>
#include <drystone.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drystone.h>

const char *(*const version)(void) = drystone_version;
