#include "stone_table.h"

#include <stdio.h>

#include "blob_object.h"
#include "error.h"
#include "view.h"
#include "weight.h"

/* A stone Blob, or the ArrayBuffer over a stone from a message. NULL: an exception is pending. */
static blob *stone_argument(JSContext *ctx, struct module *module, JSValueConst value, const char *doing) {
    blob *given = blob_of(module, value);
    if (given == NULL)
        given = view_stone(ctx, module->state, value);
    if (given == NULL) {
        char message[100];
        int length = snprintf(message, sizeof message, "%s: neither a Blob nor the ArrayBuffer over a stone", doing);
        throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
    }
    return given;
}

/* The table takes its own count on the stone. NULL: an exception is pending. */
static struct table *new_stone_table(JSContext *ctx, struct runtime_state *state, blob *stone) {
    struct table *table = js_mallocz(ctx, sizeof *table);
    if (table == NULL)
        return NULL;
    table->memory = js_mallocz(ctx, sizeof *table->memory);
    if (table->memory == NULL) {
        js_free(ctx, table);
        return NULL;
    }
    blob_incref(stone);
    weight_add(state, stone);
    table->state = state;
    table->stone = stone;
    return table;
}

JSValue stone_table_new(JSContext *ctx, struct module *module, JSValueConst target, JSValueConst source, int kind) {
    const char *doing = kind == STONE_MAP ? "new StoneMap" : "new StoneSet";
    blob *stone = stone_argument(ctx, module, source, doing);
    struct table *table = stone == NULL ? NULL : new_stone_table(ctx, module->state, stone);
    if (table == NULL)
        return JS_EXCEPTION;
    drystone_status status = bucket_memory_of_stone(stone, table->memory, &table->wrapper);
    if (status == DRYSTONE_OK)
        status = bucket_stone_tags(stone, &table->key_tag, &table->value_tag);
    if (status == DRYSTONE_OK && table_is_set(table) != (kind == STONE_SET))
        status = DRYSTONE_WRONG_TYPE;
    if (status != DRYSTONE_OK) {
        table_free(JS_GetRuntime(ctx), table);
        return throw_status(ctx, status, doing);
    }
    return table_object(ctx, module, kind, target, table);
}
