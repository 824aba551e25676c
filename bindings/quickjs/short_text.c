#include "short_text.h"

#include "part.h"
#include "text_words.h"

#define TEXT_SLOTS 256 /* a power of two */

struct known_text {
    uint64_t head, tail; /* with the length all of the text */
    size_t length;       /* 0: a free slot */
    JSValue string;      /* JS_UNDEFINED: the text has come once */
};

struct text_cache {
    struct known_text slots[TEXT_SLOTS];
};

/* A text that never comes again costs no more than a slot's words: only the second time its string is kept. */
JSValue short_text(JSContext *ctx, struct runtime_state *state, const char *text, size_t length) {
    if (UNLIKELY(state->texts == NULL))
        state->texts = calloc_of_runtime(state->runtime, 1, sizeof *state->texts);
    if (UNLIKELY(state->texts == NULL || length == 0))
        return JS_NewStringLen(ctx, text, length);
    uint64_t head = length > 8 ? eight_bytes(text) : 0, tail = tail_of(text, length);
    uint64_t hash = ((head ^ length) * UINT64_C(0xFF51AFD7ED558CCD) ^ tail) * UINT64_C(0x9E3779B97F4A7C15);
    struct known_text *slot = &state->texts->slots[hash >> 48 & (TEXT_SLOTS - 1)];
    bool known = slot->tail == tail && slot->head == head && slot->length == length;
    if (LIKELY(known && JS_IsString(slot->string)))
        return JS_DupValue(ctx, slot->string);
    JSValue string = JS_NewStringLen(ctx, text, length);
    if (known) {
        if (!JS_IsException(string))
            slot->string = JS_DupValue(ctx, string);
        return string;
    }
    if (slot->length != 0)
        free_value(ctx, slot->string);
    *slot = (struct known_text){ .head = head, .tail = tail, .length = length, .string = JS_UNDEFINED };
    return string;
}

static void texts_free(struct runtime_state *state) {
    struct text_cache *cache = state->texts;
    if (cache == NULL)
        return;
    state->texts = NULL;
    for (size_t i = 0; i < TEXT_SLOTS; i++)
        if (cache->slots[i].length != 0)
            JS_FreeValueRT(state->runtime, cache->slots[i].string);
    js_free_rt(state->runtime, cache);
}

static const struct part texts_part = { .contexts_end = texts_free };
