/* Tables of methods, classes made of them, and what the module exports. */
#ifndef DRYSTONE_QUICKJS_DEFINE_H
#define DRYSTONE_QUICKJS_DEFINE_H

#include "runtime.h"

/* A line of a table: a member of a prototype, a constructor or an object of functions, with its name. A name such as
   "[Symbol.iterator]" is one of the language's symbols; where a context has no such symbol, the line is skipped.

   The engines' own lists (JSCFunctionListEntry) are not used: when memory runs out they skip entries and report
   nothing. */
struct method {
    const char *name;
    JSCFunctionData *function; /* a getter's, where it is one; NULL: an alias */
    JSCFunctionData *setter;   /* NULL: none */
    const char *alias_of;      /* the name of an earlier line */
    int length;                /* negative: a getter */
    int magic;
};

#define METHOD(name, function, length, magic) { name, function, NULL, NULL, length, magic }
#define GETTER(name, function, magic) { name, function, NULL, NULL, -1, magic }
#define ACCESSOR(name, get, set) { name, get, set, NULL, -1, 0 }
#define ALIAS(name, of) { name, NULL, NULL, of, 0, 0 }

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* -1: an exception is pending. */
static int define_methods(JSContext *ctx, JSValueConst target, JSValueConst module_object,
                          const struct method *methods, size_t count);

/* A class, as visible to programs. */
struct shape {
    const char *name;
    const struct method *methods; /* of the prototype */
    size_t method_count;
    JSCFunctionData *constructor;
    int length; /* the constructor's */
    const struct method *functions; /* the constructor's own */
    size_t function_count;
};

#define METHODS(table) .methods = (table), .method_count = COUNT_OF(table)
#define FUNCTIONS(table) .functions = (table), .function_count = COUNT_OF(table)

/* The tag that Object.prototype.toString shows. -1: an exception is pending. */
static int define_tag(JSContext *ctx, JSValueConst target, const char *name);
/* Makes the context's prototype of a class. -1: an exception is pending. */
static int define_prototype(JSContext *ctx, JSValueConst module_object, enum our_class which,
                            const struct shape *shape);
/* The same, and its constructor. */
static JSValue define_class(JSContext *ctx, JSValueConst module_object, enum our_class which,
                            const struct shape *shape);
/* The same, and exports it. -1: an exception is pending. */
static int export_class(JSContext *ctx, JSValueConst module_object, enum our_class which, const struct shape *shape);
/* An object of functions. */
static JSValue define_object(JSContext *ctx, JSValueConst module_object, const char *name,
                             const struct method *functions, size_t count);
/* Takes over the value, and passes exceptions on. */
static int export_value(JSContext *ctx, JSValueConst module_object, const char *name, JSValue value);
static int export_functions(JSContext *ctx, JSValueConst module_object, const struct method *functions, size_t count);
/* An object of a class without its opaque, for a constructor: `new_target` is its this_value, which may be a class
   that extends ours. JS_EXCEPTION. */
static JSValue object_of_target(JSContext *ctx, struct module *module, JSValueConst new_target, enum our_class which);

#endif
