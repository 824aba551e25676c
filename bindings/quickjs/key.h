/* The keys of records, as atoms of the engine and as text. */
#ifndef DRYSTONE_QUICKJS_KEY_H
#define DRYSTONE_QUICKJS_KEY_H

#include "runtime.h"
#include "sink.h"

/* With an engine's exception pending key_write sets `exception`. */
static drystone_status key_write(JSContext *ctx, struct runtime_state *state, const struct sink *sink, JSAtom key,
                                 bool *exception);
/* Keys of messages come in the same order again and again. `previous`, 0 at first, stands for the key that was read
   before.
   key_atom: JS_ATOM_NULL: exception.
   key_expected: the atom of a key that is the one that came after the previous one the last time, else JS_ATOM_NULL and
   no exception. It is not counted: it lives until key_atom is called. */
static JSAtom key_atom(JSContext *ctx, struct runtime_state *state, uint32_t *previous, const char *text, size_t length);
static JSAtom key_expected(const struct runtime_state *state, uint32_t *previous, const char *text, size_t length);
/* A key as text. 0: it is a symbol; -1: an exception is pending. `text` is valid until the next call for a key. */
struct key_text {
    const char *text;
    size_t length;
    const char *owned;
};
static int key_text_begin(JSContext *ctx, struct runtime_state *state, JSAtom key, struct key_text *text);
static void key_text_end(JSContext *ctx, struct key_text *text);

#endif
