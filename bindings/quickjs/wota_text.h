/* The functions of `wota` for messages as text. */
#ifndef DRYSTONE_QUICKJS_WOTA_TEXT_H
#define DRYSTONE_QUICKJS_WOTA_TEXT_H

#include "compat.h"

MODULE_FUNCTION(wota_to_json_function);
MODULE_FUNCTION(wota_from_json_function);
MODULE_FUNCTION(wota_dump_function);

#endif
