/* Tables: the C side of maps and sets, and the iterations over them. A table is a version of a map or set in the
   runtime's heap, or one in a stone, which does not change. */
#ifndef DRYSTONE_QUICKJS_BUCKET_TABLE_H
#define DRYSTONE_QUICKJS_BUCKET_TABLE_H

#include "runtime.h"

/* The four classes, for the magic of methods that they share. */
enum table_kind { BUCKET_MAP, BUCKET_SET, STONE_MAP, STONE_SET };
#define TABLE_CLASS(kind) ((enum our_class)(BUCKET_MAP_CLASS + (kind)))

/* The names of a method in the four classes, for errors. */
#define METHOD_NAMES(name)                                                                                             \
    { "BucketMap.prototype." name, "BucketSet.prototype." name, "StoneMap.prototype." name, "StoneSet.prototype." name }

struct table {
    struct runtime_state *state;
    struct bucket_memory *memory;
    blob *stone;                /* counted; NULL: on the heap */
    struct walk *walks;         /* iterations under way */
    uint32_t wrapper;           /* 0 while the table is being made */
    uint8_t key_tag, value_tag; /* the letters of the library; no value tag in a set */
};

static inline bool table_is_set(const struct table *table) { return table->value_tag == 0; }

/* An iteration in the order of insertion. As with Map, it sees later changes: it skips entries that are deleted before
   their turn, and reaches those that are added. */
struct walk {
    struct table *table;        /* NULL: it has ended, or the table was freed */
    struct walk *next, **place; /* in the table's list */
    uint32_t at;                /* the library's number of it; in a stone, the cursor */
};

/* A table on the heap without a version. NULL: an exception is pending. */
static struct table *table_new(JSContext *ctx, struct runtime_state *state, struct bucket_memory *memory,
                               uint8_t key_tag, uint8_t value_tag);
static void table_free(JSRuntime *runtime, struct table *table);
/* The table takes over the version `made`, and releases the one it had. */
static void table_adopt(struct table *table, uint32_t made);

/* A JavaScript object for the table, which is taken over, even on failure. `target` is what `new` was applied to,
   or undefined. */
static JSValue table_object(JSContext *ctx, struct module *module, int kind, JSValueConst target, struct table *owned);
/* The table of a method's this_value. NULL: an exception is pending. */
static struct table *this_table(JSContext *ctx, struct module *module, JSValueConst this_value, int kind);
/* The finalizer of all four classes. */
static void table_finalizer(JSRuntime *runtime, JSValueConst value);

static drystone_status walk_begin(struct walk *walk, struct table *table);
/* END after the last entry. `value` is not set for a set. */
static drystone_status walk_next(struct walk *walk, struct bucket_value *key, struct bucket_value *value);
static void walk_end(struct walk *walk);

/* The engine does not know the size of the heap, so versions in cycles of objects wait there for a collection. When
   there is no memory, run one and repeat the call. */
#define COLLECT_AND_RETRY(ctx, status, call)                                                                           \
    for (int tries = 0; UNLIKELY(((status) = (call)) == DRYSTONE_NO_MEMORY) && tries == 0; tries++)                    \
    JS_RunGC(JS_GetRuntime(ctx))

#endif
