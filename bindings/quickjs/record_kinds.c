#include "record_kinds.h"

#include "key.h"
#include "part.h"

#include <string.h>

#define LARGE_MESSAGE 32768 /* bytes */
/* How often a kind must have come. Another kind must come as often to replace it. */
#define OFTEN 8
/* Making the objects takes time in proportion to the square of the number of keys. */
#define MOST_KEYS 32
/* Objects kept at once, and bytes of a kept kind's keys, so that messages cannot make a context keep much memory. A small
   message may refer to values with long keys. */
#define MOST_KEPT 256
#define MOST_KEY_BYTES 1024

static void nothing_kept(struct record_kinds *kinds) {
    memset(kinds, 0, sizeof *kinds);
    for (size_t i = 0; i < RECORD_KINDS; i++)
        kinds->met[i].kept = JS_UNDEFINED;
}

/* NULL is not an error: without memory, engines make the descriptions again. */
static struct record_kinds *kinds_of(struct module *module) {
    if (UNLIKELY(module->kinds == NULL)) {
        module->kinds = calloc_of_runtime(module->state->runtime, 1, sizeof *module->kinds);
        if (module->kinds != NULL)
            nothing_kept(module->kinds);
    }
    return module->kinds;
}

static void drop_all(JSRuntime *runtime, const struct record_kinds *kinds) {
    for (size_t i = 0; i < RECORD_KINDS; i++)
        JS_FreeValueRT(runtime, kinds->met[i].kept);
}

struct record_kinds *record_kinds_begin(struct module *module, size_t length, struct record_kinds *large) {
    if (length < LARGE_MESSAGE)
        return kinds_of(module);
    nothing_kept(large);
    large->is_large = true;
    return large;
}

void record_kinds_end(JSContext *ctx, struct record_kinds *kinds, const struct record_kinds *large) {
    if (kinds == large)
        drop_all(JS_GetRuntime(ctx), large);
}

/* An object that has the first keys and keeps another value. Takes over the value. */
static JSValue with_first_keys(JSContext *ctx, const JSPropertyEnum *names, uint32_t count, JSValue keeps) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object))
        JS_FreeValue(ctx, keeps);
    for (uint32_t i = 0; i < count && !JS_IsException(object); i++)
        if (JS_DefinePropertyValue(ctx, object, names[i].atom, i == 0 ? keeps : JS_NULL, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            return JS_EXCEPTION;
        }
    return object;
}

/* 0: they are too long; -1: an exception is pending. */
static int are_keys_short(JSContext *ctx, struct runtime_state *state, const JSPropertyEnum *names, uint32_t count) {
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct key_text text;
        int result = key_text_begin(ctx, state, names[i].atom, &text);
        if (result <= 0)
            return result;
        bytes += text.length;
        key_text_end(ctx, &text);
    }
    return bytes <= MOST_KEY_BYTES;
}

/* Objects with 1, 2, ... all of the record's keys, each kept by the next one, and how many there are. JS_NULL: they would
   be more than `most`, or too large; JS_EXCEPTION. */
static JSValue all_first_keys(JSContext *ctx, struct runtime_state *state, JSValueConst record, uint32_t most,
                              uint16_t *kept_count) {
    JSPropertyEnum *names;
    uint32_t count;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, record, JS_GPN_STRING_MASK) < 0)
        return JS_EXCEPTION;
    int keeps = count <= most ? are_keys_short(ctx, state, names, count) : 0;
    JSValue kept = keeps < 0 ? JS_EXCEPTION : JS_NULL;
    if (keeps > 0) {
        *kept_count = (uint16_t)count;
        for (uint32_t i = 1; i <= count && !JS_IsException(kept); i++)
            kept = with_first_keys(ctx, names, i, kept);
    }
    JS_FreePropertyEnum(ctx, names, count);
    return kept;
}

static void make_kept(JSContext *ctx, struct runtime_state *state, struct record_kinds *kinds, struct record_kind *met,
                      JSValueConst record) {
    uint32_t most = MOST_KEPT - kinds->kept_count;
    uint16_t kept_count = 0;
    met->kept = all_first_keys(ctx, state, record, most < MOST_KEYS ? most : MOST_KEYS, &kept_count);
    if (JS_IsException(met->kept)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        met->kept = JS_NULL;
        kept_count = 0;
    }
    met->kept_count = kept_count;
    kinds->kept_count += kept_count;
}

static void drop_kept(JSContext *ctx, struct record_kinds *kinds, struct record_kind *met) {
    kinds->kept_count -= met->kept_count;
    met->kept_count = 0;
    JSValue kept = met->kept;
    met->kept = JS_UNDEFINED;
    JS_FreeValue(ctx, kept);
}

void record_kind_met(JSContext *ctx, struct module *module, struct record_kinds *kinds, uint32_t kind,
                     JSValueConst record) {
    if (UNLIKELY(kinds == NULL))
        return;
    struct record_kind *met = &kinds->met[kind >> 16 & (RECORD_KINDS - 1)];
    if (met->count == OFTEN && (kinds->is_large || met->kind == kind))
        return;
    if (met->kind == kind) {
        if (++met->count == OFTEN && JS_IsUndefined(met->kept))
            make_kept(ctx, module->state, kinds, met, record);
    } else if (met->count > 0) {
        met->count--;
    } else {
        drop_kept(ctx, kinds, met);
        met->kind = kind;
        met->count = 1;
    }
}

static void kinds_mark(JSRuntime *runtime, struct module *module, JS_MarkFunc *mark) {
    for (size_t i = 0; module->kinds != NULL && i < RECORD_KINDS; i++)
        JS_MarkValue(runtime, module->kinds->met[i].kept, mark);
}

static void kinds_context_end(JSRuntime *runtime, struct module *module) {
    struct record_kinds *kinds = module->kinds;
    if (kinds == NULL)
        return;
    module->kinds = NULL;
    drop_all(runtime, kinds);
    js_free_rt(runtime, kinds);
}

static const struct part record_kinds_part = { .mark = kinds_mark, .context_end = kinds_context_end };
