/* The states of runtimes and contexts. Class ids are a runtime's own, so they are kept here and reach the functions
   through their data, never through a static. */
#include "runtime.h"

#include <stdatomic.h>

#include "part.h"

/* A context must find what an earlier one of its runtime set up, and the engine has no slot for that. So there are
   lists of runtimes, each under its lock, which every import, every call of the C interface and every runtime's end
   search. */
#define SHELVES 64 /* a power of two */

static struct shelf {
    atomic_bool locked;
    struct runtime_state *first;
} shelves[SHELVES];

static struct shelf *lock_shelf(JSRuntime *runtime) {
    uint64_t mixed = (uint64_t)(uintptr_t)runtime * UINT64_C(0x9E3779B97F4A7C15);
    struct shelf *shelf = &shelves[(mixed >> 32) & (SHELVES - 1)];
    while (atomic_exchange_explicit(&shelf->locked, true, memory_order_acquire)) {}
    return shelf;
}

static void unlock_shelf(struct shelf *shelf) {
    atomic_store_explicit(&shelf->locked, false, memory_order_release);
}

/* No object is left that needs the state. */
static void runtime_state_end(JSRuntime *runtime, void *opaque) {
    struct runtime_state *state = opaque;
    struct shelf *shelf = lock_shelf(runtime);
    struct runtime_state **place = &shelf->first;
    while (*place != state)
        place = &(*place)->next;
    *place = state->next;
    unlock_shelf(shelf);
    for (size_t i = 0; state->parts[i] != NULL; i++)
        if (state->parts[i]->runtime_end != NULL)
            state->parts[i]->runtime_end(state);
    js_free_rt(runtime, state);
}

void runtime_state_leave(struct runtime_state *state) {
    if (state->ends_with_objects && state->modules == 0 && state->tables == 0 && state->places.held == 0)
        runtime_state_end(state->runtime, state);
}

static void module_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct module *module = JS_GetAnyOpaque(value, &class_id);
    if (module == NULL)
        return;
    struct runtime_state *state = module->state;
    const struct part *const *parts = state->parts;
    for (size_t i = 0; parts[i] != NULL; i++)
        if (parts[i]->context_end != NULL)
            parts[i]->context_end(runtime, module);
    JS_FreeValueRT(runtime, module->exports);
    for (int which = 0; which < OUR_CLASSES; which++)
        JS_FreeValueRT(runtime, module->prototypes[which]);
    for (int which = 0; which < KEPT_VALUES; which++)
        JS_FreeValueRT(runtime, module->values[which]);
    for (int which = 0; which < KEPT_ATOMS; which++)
        JS_FreeAtomRT(runtime, module->atoms[which]);
    js_free_rt(runtime, module);
    if (--state->modules == 0) {
        for (size_t i = 0; parts[i] != NULL; i++)
            if (parts[i]->contexts_end != NULL)
                parts[i]->contexts_end(state);
        runtime_state_leave(state);
    }
}

static void module_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark) {
    JSClassID class_id;
    struct module *module = JS_GetAnyOpaque(value, &class_id);
    if (module == NULL)
        return;
    const struct part *const *parts = module->state->parts;
    for (size_t i = 0; parts[i] != NULL; i++)
        if (parts[i]->mark != NULL)
            parts[i]->mark(runtime, module, mark);
    JS_MarkValue(runtime, module->exports, mark);
    for (int which = 0; which < OUR_CLASSES; which++)
        JS_MarkValue(runtime, module->prototypes[which], mark);
    for (int which = 0; which < KEPT_VALUES; which++)
        JS_MarkValue(runtime, module->values[which], mark);
}

static const JSClassDef module_class = { .class_name = "DrystoneModule",
                                         .finalizer = module_finalizer,
                                         .gc_mark = module_mark };

static int register_classes(JSContext *ctx, struct runtime_state *state) {
    if (register_class(ctx, MODULE_CLASS, &module_class, &state->class_ids[MODULE_CLASS]) < 0)
        return -1;
    for (size_t i = 0; state->parts[i] != NULL; i++) {
        const struct part *part = state->parts[i];
        if (part->definition != NULL &&
            register_class(ctx, part->class_index, part->definition, &state->class_ids[part->class_index]) < 0)
            return -1;
    }
    return 0;
}

static int learn_plain_classes(JSContext *ctx, struct runtime_state *state) {
    JSValue object = JS_NewObject(ctx);
    if (JS_IsException(object))
        return -1;
    JSValue array = JS_NewArray(ctx);
    if (!JS_IsException(array)) {
        state->object_class = JS_GetClassID(object);
        state->array_class = JS_GetClassID(array);
    }
    bool failed = JS_IsException(array);
    JS_FreeValue(ctx, array);
    JS_FreeValue(ctx, object);
    return failed ? -1 : 0;
}

struct runtime_state *find_runtime_state(JSRuntime *runtime) {
    struct shelf *shelf = lock_shelf(runtime);
    struct runtime_state *state = shelf->first;
    while (state != NULL && state->runtime != runtime)
        state = state->next;
    unlock_shelf(shelf);
    return state;
}

struct runtime_state *runtime_state_of(JSContext *ctx, const struct part *const *parts) {
    JSRuntime *runtime = JS_GetRuntime(ctx);
    struct runtime_state *state = find_runtime_state(runtime);
    if (state != NULL)
        return state;
    state = js_mallocz(ctx, sizeof *state);
    if (state == NULL)
        return NULL;
    state->runtime = runtime;
    state->parts = parts;
    if (learn_plain_classes(ctx, state) < 0 || register_classes(ctx, state) < 0) {
        js_free(ctx, state);
        return NULL;
    }
    int registered = at_runtime_end(runtime, runtime_state_end, state);
    if (registered < 0) {
        js_free(ctx, state);
        JS_ThrowOutOfMemory(ctx);
        return NULL;
    }
    state->ends_with_objects = registered > 0;
    struct shelf *shelf = lock_shelf(runtime);
    state->next = shelf->first;
    shelf->first = state;
    unlock_shelf(shelf);
    return state;
}

/* Without the additions of the parts. */
static JSValue new_module_object(JSContext *ctx, struct runtime_state *state) {
    JSValue object = JS_NewObjectProtoClass(ctx, JS_NULL, state->class_ids[MODULE_CLASS]);
    if (JS_IsException(object))
        return object;
    struct module *module = js_mallocz(ctx, sizeof *module);
    if (module == NULL) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    module->state = state;
    module->exports = JS_UNDEFINED;
    for (int which = 0; which < OUR_CLASSES; which++)
        module->prototypes[which] = JS_UNDEFINED;
    for (int which = 0; which < KEPT_VALUES; which++)
        module->values[which] = JS_UNDEFINED;
    state->modules++;
    JS_SetOpaque(object, module);
    return object;
}

static int fill_module(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    const struct part *const *parts = module->state->parts;
    module->exports = JS_NewObjectProto(ctx, JS_NULL);
    if (JS_IsException(module->exports))
        return -1;
    for (size_t i = 0; parts[i] != NULL; i++)
        if (parts[i]->init != NULL && parts[i]->init(ctx, module_object) < 0)
            return -1;
    return 0;
}

struct module *module_of(JSValueConst object) {
    JSClassID class_id;
    return JS_GetAnyOpaque(object, &class_id);
}

JSValue module_object_of(JSContext *ctx, struct runtime_state *state) {
    JSClassID class_id = state->class_ids[MODULE_CLASS];
    JSValue module_object = JS_GetClassProto(ctx, class_id);
    if (JS_IsObject(module_object))
        return module_object;
    module_object = new_module_object(ctx, state);
    if (JS_IsException(module_object))
        return module_object;
    if (fill_module(ctx, module_object) < 0) {
        JS_FreeValue(ctx, module_object);
        return JS_EXCEPTION;
    }
    JS_SetClassProto(ctx, class_id, JS_DupValue(ctx, module_object));
    return module_object;
}

struct module *module_of_context(JSContext *ctx, struct runtime_state *state) {
    JSValue module_object = module_object_of(ctx, state);
    if (JS_IsException(module_object))
        return NULL;
    struct module *module = module_of(module_object);
    JS_FreeValue(ctx, module_object); /* the context holds it */
    return module;
}
