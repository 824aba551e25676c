/* A part of the binding: a class, an object of functions, or state that files keep for a runtime. parts.c lists them;
   runtime.c registers, sets up and frees them without knowing any. Unused members are NULL. */
#ifndef DRYSTONE_QUICKJS_PART_H
#define DRYSTONE_QUICKJS_PART_H

#include "runtime.h"

struct part {
    const JSClassDef *definition; /* registered for each runtime under `class_index` */
    enum our_class class_index;
    /* For each context: prototypes and exports. -1: an exception is pending. */
    int (*init)(JSContext *ctx, JSValueConst module_object);
    /* The values that the part keeps for a context. */
    void (*mark)(JSRuntime *runtime, struct module *module, JS_MarkFunc *mark);
    /* A context ends. */
    void (*context_end)(JSRuntime *runtime, struct module *module);
    /* The last context has ended: free atoms and working memory. Objects may be left, but nothing can call them. */
    void (*contexts_end)(struct runtime_state *state);
    /* The runtime ends, and all objects are freed. */
    void (*runtime_end)(struct runtime_state *state);
};

#endif
