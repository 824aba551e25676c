/* The state of a runtime and of a module, and the functions that carry it. Class ids are a runtime's own,
   so they live here and reach the functions through their data, never through a static. */
#include "internal.h"

#include <stdatomic.h>

/* A context has to find what an earlier one of the same runtime set up, and the engine has no slot for that: these
   lists, each under its lock, are looked at for each import, each call of the C interface and each runtime's end. */
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

/* What only makes sense while somebody can call us: atoms must go before the runtime's own end. */
static void drop_working_memory(struct runtime_state *state) {
    key_cache_free(state);
    key_lists_free(state);
    JS_FreeAtomRT(state->runtime, state->places.name);
    state->places.name = JS_ATOM_NULL;
    writers_free(state);
    scratch_free(state);
}

/* No map and no module is left, nor any view that is more than a Blob. */
static void runtime_state_end(JSRuntime *runtime, void *opaque) {
    struct runtime_state *state = opaque;
    struct shelf *shelf = lock_shelf(runtime);
    struct runtime_state **place = &shelf->first;
    while (*place != state)
        place = &(*place)->next;
    *place = state->next;
    unlock_shelf(shelf);
    writers_free(state);
    scratch_free(state);
    view_table_free(state);
    weights_free(state);
    places_free(state);
    heap_end(state);
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
    readers_end(runtime, module);
    JS_FreeValueRT(runtime, module->exports);
    JS_FreeValueRT(runtime, module->blob_prototype);
    JS_FreeValueRT(runtime, module->mailbox_prototype);
    JS_FreeValueRT(runtime, module->mailbox_iterator_prototype);
    JS_FreeValueRT(runtime, module->outbox_prototype);
    JS_FreeValueRT(runtime, module->feeder_prototype);
    for (int kind = 0; kind < TABLE_CLASSES; kind++)
        JS_FreeValueRT(runtime, module->table_prototypes[kind]);
    JS_FreeValueRT(runtime, module->table_iterator_prototype);
    JS_FreeAtomRT(runtime, module->iterator_symbol);
    JS_FreeAtomRT(runtime, module->next_atom);
    JS_FreeAtomRT(runtime, module->value_atom);
    JS_FreeAtomRT(runtime, module->done_atom);
    JS_FreeValueRT(runtime, module->typed_byte_length);
    JS_FreeValueRT(runtime, module->view_buffer);
    JS_FreeValueRT(runtime, module->view_byte_offset);
    JS_FreeValueRT(runtime, module->view_byte_length);
    JS_FreeValueRT(runtime, module->atomics_wait);
    JS_FreeValueRT(runtime, module->shared_cell);
    JS_FreeValueRT(runtime, module->set_read_handler);
    struct runtime_state *state = module->state;
    js_free_rt(runtime, module);
    if (--state->modules == 0) {
        drop_working_memory(state);
        runtime_state_leave(state);
    }
}

static void module_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark) {
    JSClassID class_id;
    struct module *module = JS_GetAnyOpaque(value, &class_id);
    if (module == NULL)
        return;
    readers_mark(runtime, module, mark);
    JS_MarkValue(runtime, module->exports, mark);
    JS_MarkValue(runtime, module->blob_prototype, mark);
    JS_MarkValue(runtime, module->mailbox_prototype, mark);
    JS_MarkValue(runtime, module->mailbox_iterator_prototype, mark);
    JS_MarkValue(runtime, module->outbox_prototype, mark);
    JS_MarkValue(runtime, module->feeder_prototype, mark);
    for (int kind = 0; kind < TABLE_CLASSES; kind++)
        JS_MarkValue(runtime, module->table_prototypes[kind], mark);
    JS_MarkValue(runtime, module->table_iterator_prototype, mark);
    JS_MarkValue(runtime, module->typed_byte_length, mark);
    JS_MarkValue(runtime, module->view_buffer, mark);
    JS_MarkValue(runtime, module->view_byte_offset, mark);
    JS_MarkValue(runtime, module->view_byte_length, mark);
    JS_MarkValue(runtime, module->atomics_wait, mark);
    JS_MarkValue(runtime, module->shared_cell, mark);
    JS_MarkValue(runtime, module->set_read_handler, mark);
}

static void blob_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    blob *kept = JS_GetAnyOpaque(value, &class_id);
    view_forget(runtime, value, kept);
    weight_remove(runtime, kept);
    blob_destroy(kept);
}

static void mailbox_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    (void)runtime;
    mailbox_destroy(JS_GetAnyOpaque(value, &class_id));
}

static void mailbox_iterator_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    mailbox_iterator_free(runtime, JS_GetAnyOpaque(value, &class_id));
}

static void outbox_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    (void)runtime;
    mailbox_outbox_free(JS_GetAnyOpaque(value, &class_id));
}

static void feeder_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    feeder_free(runtime, JS_GetAnyOpaque(value, &class_id));
}

static void table_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    table_free(runtime, JS_GetAnyOpaque(value, &class_id));
}

static void table_iterator_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    table_iterator_free(runtime, JS_GetAnyOpaque(value, &class_id));
}

static void table_iterator_gc_mark(JSRuntime *runtime, JSValueConst value, JS_MarkFunc *mark) {
    JSClassID class_id;
    table_iterator_mark(runtime, JS_GetAnyOpaque(value, &class_id), mark);
}

static const JSClassDef module_class = { .class_name = "DrystoneModule",
                                         .finalizer = module_finalizer,
                                         .gc_mark = module_mark };
static const JSClassDef blob_class = { .class_name = "Blob", .finalizer = blob_finalizer };
static const JSClassDef mailbox_class = { .class_name = "Mailbox", .finalizer = mailbox_finalizer };
static const JSClassDef mailbox_iterator_class = { .class_name = "Mailbox Iterator",
                                                   .finalizer = mailbox_iterator_finalizer };
static const JSClassDef outbox_class = { .class_name = "Outbox", .finalizer = outbox_finalizer };
static const JSClassDef feeder_class = { .class_name = "Feeder", .finalizer = feeder_finalizer };
static const JSClassDef table_classes[TABLE_CLASSES] = {
    [BUCKET_MAP] = { .class_name = "BucketMap", .finalizer = table_finalizer },
    [BUCKET_SET] = { .class_name = "BucketSet", .finalizer = table_finalizer },
    [STONE_MAP] = { .class_name = "StoneMap", .finalizer = table_finalizer },
    [STONE_SET] = { .class_name = "StoneSet", .finalizer = table_finalizer },
};
static const JSClassDef table_iterator_class = { .class_name = "Bucket Iterator",
                                                 .finalizer = table_iterator_finalizer,
                                                 .gc_mark = table_iterator_gc_mark };

static int register_classes(JSContext *ctx, struct runtime_state *state) {
    if (register_class(ctx, MODULE_CLASS, &module_class, &state->module_class) < 0 ||
        register_class(ctx, BLOB_CLASS, &blob_class, &state->blob_class) < 0 ||
        register_class(ctx, MAILBOX_CLASS, &mailbox_class, &state->mailbox_class) < 0 ||
        register_class(ctx, MAILBOX_ITERATOR_CLASS, &mailbox_iterator_class, &state->mailbox_iterator_class) < 0 ||
        register_class(ctx, OUTBOX_CLASS, &outbox_class, &state->outbox_class) < 0 ||
        register_class(ctx, FEEDER_CLASS, &feeder_class, &state->feeder_class) < 0 ||
        register_stone_records(ctx, state) < 0 || register_stone_arrays(ctx, state) < 0 ||
        register_class(ctx, ITERATOR_CLASS, &table_iterator_class, &state->table_iterator_class) < 0)
        return -1;
    for (int kind = 0; kind < TABLE_CLASSES; kind++)
        if (register_class(ctx, TABLE_CLASS + kind, &table_classes[kind], &state->table_classes[kind]) < 0)
            return -1;
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

struct runtime_state *runtime_state_of(JSContext *ctx) {
    JSRuntime *runtime = JS_GetRuntime(ctx);
    struct runtime_state *state = find_runtime_state(runtime);
    if (state != NULL)
        return state;
    state = js_mallocz(ctx, sizeof *state);
    if (state == NULL)
        return NULL;
    state->runtime = runtime;
    if (learn_plain_classes(ctx, state) < 0) {
        js_free(ctx, state);
        return NULL;
    }
    if (register_classes(ctx, state) < 0) {
        js_free(ctx, state);
        return NULL;
    }
    int asked = at_runtime_end(runtime, runtime_state_end, state);
    if (asked < 0) {
        js_free(ctx, state);
        JS_ThrowOutOfMemory(ctx);
        return NULL;
    }
    state->ends_with_objects = asked > 0;
    struct shelf *shelf = lock_shelf(runtime);
    state->next = shelf->first;
    shelf->first = state;
    unlock_shelf(shelf);
    return state;
}

/* An engine without typed arrays has no such getter, and then no such object reaches us. */
static int own_getter(JSContext *ctx, JSValueConst prototype, const char *name, JSValue *getter) {
    *getter = JS_UNDEFINED;
    if (!JS_IsObject(prototype))
        return 0;
    JSAtom atom = JS_NewAtom(ctx, name);
    if (atom == JS_ATOM_NULL)
        return -1;
    JSPropertyDescriptor found;
    int has = JS_GetOwnProperty(ctx, &found, prototype, atom);
    JS_FreeAtom(ctx, atom);
    if (has <= 0)
        return has;
    if (JS_IsFunction(ctx, found.getter))
        *getter = JS_DupValue(ctx, found.getter);
    JS_FreeValue(ctx, found.getter);
    JS_FreeValue(ctx, found.setter);
    JS_FreeValue(ctx, found.value);
    return 0;
}

static JSValue prototype_of_global(JSContext *ctx, const char *name) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue constructor = JS_GetPropertyStr(ctx, global, name);
    JS_FreeValue(ctx, global);
    if (!JS_IsObject(constructor))
        return constructor;
    JSValue prototype = JS_GetPropertyStr(ctx, constructor, "prototype");
    JS_FreeValue(ctx, constructor);
    return prototype;
}

static int learn_engine_getters(JSContext *ctx, struct module *module) {
    JSValue bytes = prototype_of_global(ctx, "Uint8Array");
    if (JS_IsException(bytes))
        return -1;
    JSValue typed = JS_IsObject(bytes) ? JS_GetPrototype(ctx, bytes) : JS_UNDEFINED;
    JS_FreeValue(ctx, bytes);
    if (JS_IsException(typed))
        return -1;
    int result = own_getter(ctx, typed, "byteLength", &module->typed_byte_length);
    JS_FreeValue(ctx, typed);
    if (result < 0)
        return -1;
    JSValue view = prototype_of_global(ctx, "DataView");
    if (JS_IsException(view))
        return -1;
    if (own_getter(ctx, view, "buffer", &module->view_buffer) < 0 ||
        own_getter(ctx, view, "byteOffset", &module->view_byte_offset) < 0 ||
        own_getter(ctx, view, "byteLength", &module->view_byte_length) < 0)
        result = -1;
    JS_FreeValue(ctx, view);
    return result;
}

JSValue module_object_new(JSContext *ctx, struct runtime_state *state) {
    JSValue object = JS_NewObjectProtoClass(ctx, JS_NULL, state->module_class);
    if (JS_IsException(object))
        return object;
    struct module *module = js_mallocz(ctx, sizeof *module);
    if (module == NULL) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    module->state = state;
    module->exports = JS_UNDEFINED;
    module->blob_prototype = module->mailbox_prototype = module->feeder_prototype = JS_UNDEFINED;
    module->mailbox_iterator_prototype = module->outbox_prototype = JS_UNDEFINED;
    for (int kind = 0; kind < TABLE_CLASSES; kind++)
        module->table_prototypes[kind] = JS_UNDEFINED;
    module->table_iterator_prototype = JS_UNDEFINED;
    module->typed_byte_length = module->view_buffer = JS_UNDEFINED;
    module->view_byte_offset = module->view_byte_length = JS_UNDEFINED;
    module->atomics_wait = module->shared_cell = module->set_read_handler = JS_UNDEFINED;
    state->modules++;
    JS_SetOpaque(object, module);
    if (learn_engine_classes(ctx, &state->classes) < 0 || learn_engine_getters(ctx, module) < 0 ||
        learn_may_block(ctx, module) < 0) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    return object;
}

struct module *module_of(JSValueConst object) {
    JSClassID class_id;
    return JS_GetAnyOpaque(object, &class_id);
}

static JSValue new_function(JSContext *ctx, JSValueConst module_object, const char *name, JSCFunctionData *function,
                            int length, int magic) {
    return new_function_with_data(ctx, function, name, length, magic, module_object);
}

int define_method(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                  JSCFunctionData *function, int length, int magic) {
    JSValue method = new_function(ctx, module_object, name, function, length, magic);
    if (JS_IsException(method))
        return -1;
    return JS_DefinePropertyValueStr(ctx, target, name, method, JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
}

static int define_get_set(JSContext *ctx, JSValueConst target, const char *name, JSValue getter, JSValue setter) {
    JSAtom atom = JS_NewAtom(ctx, name);
    int result = -1;
    if (atom == JS_ATOM_NULL || JS_IsException(getter) || JS_IsException(setter)) {
        JS_FreeValue(ctx, getter);
        JS_FreeValue(ctx, setter);
    } else {
        result = JS_DefinePropertyGetSet(ctx, target, atom, getter, setter, JS_PROP_CONFIGURABLE);
    }
    JS_FreeAtom(ctx, atom);
    return result;
}

int define_getter(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                  JSCFunctionData *function, int magic) {
    return define_get_set(ctx, target, name, new_function(ctx, module_object, name, function, 0, magic), JS_UNDEFINED);
}

int define_accessor(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *name,
                    JSCFunctionData *get, JSCFunctionData *set) {
    JSValue getter = new_function(ctx, module_object, name, get, 0, 0);
    JSValue setter = JS_IsException(getter) ? JS_EXCEPTION : new_function(ctx, module_object, name, set, 1, 0);
    return define_get_set(ctx, target, name, getter, setter);
}

int define_symbol_method(JSContext *ctx, JSValueConst target, JSValueConst module_object, const char *symbol,
                         JSCFunctionData *function) {
    JSValue global = JS_GetGlobalObject(ctx), constructor = JS_GetPropertyStr(ctx, global, "Symbol");
    JS_FreeValue(ctx, global);
    if (JS_IsException(constructor))
        return -1;
    JSValue found = JS_GetPropertyStr(ctx, constructor, symbol);
    JS_FreeValue(ctx, constructor);
    if (!JS_IsSymbol(found)) {
        JS_FreeValue(ctx, found);
        return JS_IsException(found) ? -1 : 0;
    }
    JSAtom atom = JS_ValueToAtom(ctx, found);
    JS_FreeValue(ctx, found);
    JSValue method = atom == JS_ATOM_NULL ? JS_EXCEPTION : new_function(ctx, module_object, symbol, function, 0, 0);
    int result = JS_IsException(method) ? -1
                                        : JS_DefinePropertyValue(ctx, target, atom, method,
                                                                 JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE);
    JS_FreeAtom(ctx, atom);
    return result;
}

JSValue define_class(JSContext *ctx, JSValueConst prototype, JSValueConst module_object, const char *name,
                     const JSCFunctionListEntry *tag, JSCFunctionData *constructor, int length) {
    if (JS_SetPropertyFunctionList(ctx, prototype, tag, 1) < 0)
        return JS_EXCEPTION;
    JSValue function = new_function(ctx, module_object, name, constructor, length, 0);
    if (JS_IsException(function))
        return function;
    JS_SetConstructorBit(ctx, function, true);
    if (JS_SetConstructor(ctx, function, prototype) < 0) {
        JS_FreeValue(ctx, function);
        return JS_EXCEPTION;
    }
    return function;
}
