#ifndef DRYSTONE_QUICKJS_BUCKET_ITERATOR_H
#define DRYSTONE_QUICKJS_BUCKET_ITERATOR_H

#include "bucket_table.h"

enum { KEYS, VALUES, ENTRIES };
/* The magic of iterate_method: the class, and what the iterator returns. */
#define ITERATION(kind, what) ((kind) | (what) << 2)
#define KIND_OF(magic) ((magic) & 3)
#define WHAT_OF(magic) ((magic) >> 2)

MODULE_FUNCTION(iterate_method);
MODULE_FUNCTION(for_each_method);

#endif
