/* Iterations over tables, in the order of insertion. As with Map, an iteration sees later changes: it skips entries that are
   deleted before their turn, and reaches those that are added. */
#ifndef DRYSTONE_QUICKJS_BUCKET_WALK_H
#define DRYSTONE_QUICKJS_BUCKET_WALK_H

#include "bucket_table.h"

struct walk {
    struct table *table;        /* NULL: it has ended, or the table is gone */
    struct walk *next, **place; /* in the table's list */
    uint32_t at;                /* the library's number of it; in a stone, the cursor */
};

static drystone_status walk_begin(struct walk *walk, struct table *table);
/* END after the last entry. `value` is not set for a set. */
static drystone_status walk_next(struct walk *walk, struct bucket_value *key, struct bucket_value *value);
static void walk_end(struct walk *walk);

#endif
