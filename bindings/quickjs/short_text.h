/* Strings of short texts. The same ones come again and again in messages: names of kinds, states, units. */
#ifndef DRYSTONE_QUICKJS_SHORT_TEXT_H
#define DRYSTONE_QUICKJS_SHORT_TEXT_H

#include "runtime.h"

#define LONGEST_SHORT_TEXT 16 /* bytes */

/* A string of at most that length; the same object again if the text has come before. JS_EXCEPTION. */
static JSValue short_text(JSContext *ctx, struct runtime_state *state, const char *text, size_t length);

#endif
