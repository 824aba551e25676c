/* What the files of maps and sets share. A table is the C side of all four classes: a version of a map or set
   in the runtime's heap, or one in a stone, which only lets itself be read. */
#ifndef DRYSTONE_QUICKJS_BUCKET_H
#define DRYSTONE_QUICKJS_BUCKET_H

#include "arguments.h"

/* An iteration under way. */
struct walk {
    struct table *table;         /* NULL: at its end, or the table is gone */
    struct walk *next, **place;  /* in the table's list */
    uint32_t at;                 /* the library's number of it; in a stone, which does not change, the cursor */
};

struct table {
    struct runtime_state *state;
    struct bucket_memory *memory;
    blob *stone;                    /* counted; NULL: on the heap */
    struct walk *walks;
    uint32_t wrapper;               /* 0 while the table is being made */
    uint8_t key_tag, value_tag;     /* the letters of the library; no value tag in a set */
};

static inline bool table_is_set(const struct table *table) { return table->value_tag == 0; }

/* The names of a method in the four classes, for errors. */
#define METHOD_NAMES(name)                                                                                             \
    { "BucketMap.prototype." name, "BucketSet.prototype." name, "StoneMap.prototype." name, "StoneSet.prototype." name }

/* bucket_heap.c: the runtime's heap, made when it is first asked for. NULL: an exception is pending. */
static struct bucket_memory *heap_memory(JSContext *ctx, struct runtime_state *state, const char *doing);
static int bucket_heap_define(JSContext *ctx, JSValueConst module_object);

/* The heap says nothing to the engine, so versions in cycles of objects wait there for a collection. When there is
   no memory, one is made and the call done again. */
#define COLLECT_AND_RETRY(ctx, status, call)                                                                           \
    do {                                                                                                               \
        (status) = (call);                                                                                             \
        if (UNLIKELY((status) == DRYSTONE_NO_MEMORY)) {                                                                \
            JS_RunGC(JS_GetRuntime(ctx));                                                                              \
            (status) = (call);                                                                                         \
        }                                                                                                              \
    } while (0)

/* bucket_values.c */
struct field {
    struct bucket_value value;
    const char *text; /* of a string that is not in the memory yet */
    size_t length;
    bool held;        /* the value is a string that we hold in the memory */
};
/* The type that a word names. */
static int type_argument(JSContext *ctx, JSValueConst word, const char *doing, uint8_t *tag);
static const char *type_word(uint8_t tag);
enum { AS_VALUE, AS_KEY };
/* A key or value of the table, to be given back with field_free. -1: an exception is pending. */
static int field_of(JSContext *ctx, const struct table *table, JSValueConst value, int as, const char *doing,
                    struct field *field);
/* Puts a string into the memory, where changes want it. */
static int field_hold(JSContext *ctx, struct table *table, const char *doing, struct field *field);
static void field_free(JSContext *ctx, struct table *table, struct field *field);
static JSValue field_value(JSContext *ctx, const struct table *table, uint8_t tag, const struct bucket_value *value,
                           const char *doing);

/* bucket_table.c: changes are of tables on the heap only */
/* A table without a wrapper. NULL: an exception is pending. */
static struct table *table_new(JSContext *ctx, struct runtime_state *state, struct bucket_memory *memory,
                               uint8_t key_tag, uint8_t value_tag);
/* An empty version for a table that has none. */
static drystone_status table_start(JSContext *ctx, struct table *table);
static drystone_status table_put(JSContext *ctx, struct table *table, const struct bucket_value *key,
                                 const struct bucket_value *value);
/* NOT_FOUND when it has no such key. */
static drystone_status table_delete(JSContext *ctx, struct table *table, const struct field *key);
static drystone_status table_clear(JSContext *ctx, struct table *table);
/* Gives the other table, which has no wrapper yet, a version that is the same now. */
static drystone_status table_share(JSContext *ctx, const struct table *table, struct table *other);
/* The table has this version from now on; the old one is released. */
static void table_adopt(struct table *table, uint32_t made);
/* bucket_table.c: the same for maps and sets */
static drystone_status table_contains(const struct table *table, const struct field *key, bool *contains);
static drystone_status table_size(const struct table *table, uint32_t *size);

/* bucket_read.c */
static struct table *this_table(JSContext *ctx, struct module *module, JSValueConst this_value, int kind);
/* A JavaScript object for the table, which is taken over, also when it fails. `target` is what `new` was applied to,
   or undefined. */
static JSValue table_object(JSContext *ctx, struct module *module, int kind, JSValueConst target, struct table *owned);
static int table_reading_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind);

/* bucket_iterator.c */
static drystone_status walk_begin(struct walk *walk, struct table *table);
static void walk_end(struct walk *walk);
static int table_iteration_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind);
static int table_iterator_init(JSContext *ctx, JSValueConst module_object);

/* bucket_entries.c: what is iterable becomes the table's entries or elements; 0, or -1 with an exception */
static int table_fill(JSContext *ctx, struct module *module, struct table *table, JSValueConst iterable,
                      const char *doing);

/* bucket_change.c */
static int table_changes_define(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, int kind);

/* stone_map.c: StoneMap and StoneSet */
static JSValue stone_table_class_new(JSContext *ctx, JSValueConst module_object, int kind);

#endif
