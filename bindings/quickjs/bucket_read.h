/* The methods of maps and sets that read, on the heap and in stones. */
#ifndef DRYSTONE_QUICKJS_BUCKET_READ_H
#define DRYSTONE_QUICKJS_BUCKET_READ_H

#include "bucket_table.h"

MODULE_FUNCTION(get_size);
MODULE_FUNCTION(get_method);
MODULE_FUNCTION(has_method);
MODULE_FUNCTION(get_key_type);
MODULE_FUNCTION(get_value_type);
MODULE_FUNCTION(to_stone_method);

#endif
