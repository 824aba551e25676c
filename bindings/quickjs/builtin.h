/* Built-in functions and objects of a context, found before a program can replace them. */
#ifndef DRYSTONE_QUICKJS_BUILTIN_H
#define DRYSTONE_QUICKJS_BUILTIN_H

#include "compat.h"

/* A global, or with `member` a property of it. JS_UNDEFINED: the context has none. */
static JSValue global_property(JSContext *ctx, const char *name, const char *member);
/* One of the language's symbols. JS_ATOM_NULL with 0: the context has none. -1: an exception is pending. */
static int symbol_atom(JSContext *ctx, const char *name, JSAtom *atom);
/* The getter of an object's own property. JS_UNDEFINED with 0: it has none. -1: an exception is pending. */
static int own_getter(JSContext *ctx, JSValueConst object, const char *name, JSValue *getter);
/* The value of an object's own data property, or JS_UNDEFINED. */
static JSValue own_value(JSContext *ctx, JSValueConst object, const char *name);

#endif
