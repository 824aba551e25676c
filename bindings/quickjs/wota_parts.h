/* The functions of `wota` for messages in parts. */
#ifndef DRYSTONE_QUICKJS_WOTA_PARTS_H
#define DRYSTONE_QUICKJS_WOTA_PARTS_H

#include "compat.h"

MODULE_FUNCTION(wota_to_parts_function);
MODULE_FUNCTION(wota_from_parts_function);

#endif
