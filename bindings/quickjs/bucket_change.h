/* The methods that change BucketMaps and BucketSets, and those that make other versions of them. The library knows
   which versions share a bucket, and changes a version in place or as a copy. */
#ifndef DRYSTONE_QUICKJS_BUCKET_CHANGE_H
#define DRYSTONE_QUICKJS_BUCKET_CHANGE_H

#include "bucket_table.h"

MODULE_FUNCTION(put_method);
MODULE_FUNCTION(delete_method);
MODULE_FUNCTION(clear_method);
MODULE_FUNCTION(with_method);
MODULE_FUNCTION(without_method);

#endif
