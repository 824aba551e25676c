/* Record keys repeat. A few of them are remembered in both directions, atom to UTF-8 and UTF-8 to atom, so
   that the second record with the same keys costs a comparison for each instead of a conversion. */
#include "key.h"

#include <string.h>

#include "part.h"
#include "text_words.h"

#define KEY_SLOTS 512  /* a power of two */
#define LONGEST_KEY 40 /* bytes; longer keys are converted each time */

struct known_key {
    JSAtom atom; /* counted; JS_ATOM_NULL: a free slot */
    uint16_t length;
    uint16_t next; /* of a text: the slot of the key that came after it the last time */
    uint64_t tail; /* tail_of the text */
    char text[LONGEST_KEY];
};

struct key_cache {
    struct known_key by_atom[KEY_SLOTS];
    struct known_key by_text[KEY_SLOTS];
};

/* NULL is not an error: without memory for a cache each key is converted. */
static struct key_cache *cache_of(struct runtime_state *state) {
    if (UNLIKELY(state->keys == NULL))
        state->keys = calloc_of_runtime(state->runtime, 1, sizeof *state->keys);
    return state->keys;
}

/* `tail`: of the text. */
static inline bool is_text_of(const struct known_key *slot, const char *text, size_t length, uint64_t tail) {
    if (slot->length != length || slot->tail != tail || slot->atom == JS_ATOM_NULL)
        return false;
    for (size_t i = 0; i + 8 < length; i += 8)
        if (eight_bytes(slot->text + i) != eight_bytes(text + i))
            return false;
    return true;
}

static void remember(JSContext *ctx, struct known_key *slot, JSAtom atom, const char *text, size_t length) {
    JS_FreeAtom(ctx, slot->atom);
    slot->atom = JS_DupAtom(ctx, atom);
    slot->length = (uint16_t)length;
    slot->tail = tail_of(text, length);
    memcpy(slot->text, text, length);
}

drystone_status key_write(JSContext *ctx, struct runtime_state *state, const struct sink *sink, JSAtom key,
                          bool *exception) {
    struct key_cache *cache = cache_of(state);
    struct known_key *slot = NULL;
    if (LIKELY(cache != NULL)) {
        slot = &cache->by_atom[key % KEY_SLOTS];
        if (LIKELY(slot->atom == key))
            return sink->calls->text(sink->writer, slot->text, slot->length);
    }
    size_t length;
    const char *text = JS_AtomToCStringLen(ctx, &length, key);
    if (text == NULL) {
        *exception = true;
        return DRYSTONE_NO_MEMORY;
    }
    drystone_status status = sink->calls->text(sink->writer, text, length);
    if (status == DRYSTONE_OK && slot != NULL && length <= LONGEST_KEY)
        remember(ctx, slot, key, text, length);
    JS_FreeCString(ctx, text);
    return status;
}

int key_text_begin(JSContext *ctx, struct runtime_state *state, JSAtom key, struct key_text *text) {
    struct key_cache *cache = cache_of(state);
    struct known_key *slot = cache == NULL ? NULL : &cache->by_atom[key % KEY_SLOTS];
    text->owned = NULL;
    if (LIKELY(slot != NULL && slot->atom == key)) {
        text->text = slot->text;
        text->length = slot->length;
        return 1;
    }
    JSValue value = JS_AtomToValue(ctx, key);
    if (JS_IsException(value))
        return -1;
    bool symbol = JS_IsSymbol(value);
    text->owned = symbol ? NULL : JS_ToCStringLen(ctx, &text->length, value);
    JS_FreeValue(ctx, value);
    if (text->owned == NULL)
        return symbol ? 0 : -1;
    text->text = text->owned;
    if (slot != NULL && text->length <= LONGEST_KEY)
        remember(ctx, slot, key, text->text, text->length);
    return 1;
}

void key_text_end(JSContext *ctx, struct key_text *text) {
    if (text->owned != NULL)
        JS_FreeCString(ctx, text->owned);
}

static uint32_t hash_of(const char *text, size_t length, uint64_t tail) {
    uint64_t hash = (tail ^ length) * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i + 8 < length; i += 8)
        hash = (hash ^ hash >> 29 ^ eight_bytes(text + i)) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(hash >> 48);
}

static bool is_ascii(const char *text, size_t length) {
    unsigned char seen = 0;
    for (size_t i = 0; i < length; i++)
        seen |= (unsigned char)text[i];
    return seen < 0x80;
}

static JSAtom new_atom(JSContext *ctx, const char *text, size_t length) {
    if (is_ascii(text, length))
        return JS_NewAtomLen(ctx, text, length);
    /* JS_NewAtomLen takes the bytes of other text for Latin-1 when such an atom happens to exist */
    JSValue string = JS_NewStringLen(ctx, text, length);
    if (JS_IsException(string))
        return JS_ATOM_NULL;
    JSAtom atom = JS_ValueToAtom(ctx, string);
    JS_FreeValue(ctx, string);
    return atom;
}

JSAtom key_expected(const struct runtime_state *state, uint32_t *previous, const char *text, size_t length) {
    const struct key_cache *cache = state->keys;
    if (UNLIKELY(cache == NULL))
        return JS_ATOM_NULL;
    uint32_t next = cache->by_text[*previous].next;
    const struct known_key *slot = &cache->by_text[next];
    if (UNLIKELY(!is_text_of(slot, text, length, tail_of(text, length))))
        return JS_ATOM_NULL;
    *previous = next;
    return slot->atom;
}

JSAtom key_atom(JSContext *ctx, struct runtime_state *state, uint32_t *previous, const char *text, size_t length) {
    struct key_cache *cache = length <= LONGEST_KEY ? cache_of(state) : NULL;
    if (cache == NULL)
        return new_atom(ctx, text, length);
    uint64_t tail = tail_of(text, length);
    uint32_t index = hash_of(text, length, tail) % KEY_SLOTS;
    cache->by_text[*previous].next = (uint16_t)index;
    *previous = index;
    struct known_key *slot = &cache->by_text[index];
    if (LIKELY(is_text_of(slot, text, length, tail)))
        return JS_DupAtom(ctx, slot->atom);
    JSAtom atom = new_atom(ctx, text, length);
    if (atom != JS_ATOM_NULL)
        remember(ctx, slot, atom, text, length);
    return atom;
}

static void key_cache_free(struct runtime_state *state) {
    struct key_cache *cache = state->keys;
    if (cache == NULL)
        return;
    state->keys = NULL;
    for (size_t i = 0; i < KEY_SLOTS; i++) {
        JS_FreeAtomRT(state->runtime, cache->by_atom[i].atom);
        JS_FreeAtomRT(state->runtime, cache->by_text[i].atom);
    }
    js_free_rt(state->runtime, cache);
}

static const struct part keys_part = { .contexts_end = key_cache_free };
