/* Keys, values and elements: from JavaScript by the type of the map or set, and back. */
#ifndef DRYSTONE_QUICKJS_BUCKET_VALUES_H
#define DRYSTONE_QUICKJS_BUCKET_VALUES_H

#include "bucket_table.h"

struct field {
    struct bucket_value value;
    const char *text; /* of a string that is not in the memory yet */
    size_t length;
    bool held;        /* the value is a string that we hold in the memory */
};
/* The tag for the name of a type. */
static int type_argument(JSContext *ctx, JSValueConst word, const char *doing, uint8_t *tag);
static const char *type_word(uint8_t tag);
enum { AS_VALUE, AS_KEY };
/* A key or value of the table, to be freed with field_free. -1: an exception is pending. */
static int field_of(JSContext *ctx, const struct table *table, JSValueConst value, int as, const char *doing,
                    struct field *field);
/* Puts a string into the memory, where changes need it. */
static int field_hold(JSContext *ctx, struct table *table, const char *doing, struct field *field);
static void field_free(JSContext *ctx, struct table *table, struct field *field);
static JSValue field_value(JSContext *ctx, const struct table *table, uint8_t tag, const struct bucket_value *value,
                           const char *doing);

#endif
