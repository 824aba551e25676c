/* The module: what it exports, and how the engine gets at it. */
#include "drystone_quickjs.h"
#include "internal.h"

int export_value(JSContext *ctx, JSValueConst module_object, const char *name, JSValue value) {
    if (JS_IsException(value))
        return -1;
    return JS_DefinePropertyValueStr(ctx, module_of(module_object)->exports, name, value, JS_PROP_C_W_E) < 0 ? -1 : 0;
}

int export_function(JSContext *ctx, JSValueConst module_object, const char *name, JSCFunctionData *function,
                    int length) {
    return export_value(ctx, module_object, name,
                        new_function_with_data(ctx, function, name, length, 0, module_object));
}

MODULE_FUNCTION(blobs_alive) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_alive()); }

MODULE_FUNCTION(blobs_created) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_created()); }

MODULE_FUNCTION(blobs_released) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_released()); }

static const char *const export_names[] = {
    "Blob", "stone", "isStone", "wota", "nota", "dec64",
    "Mailbox", "Outbox", "BucketMap", "BucketSet", "StoneMap", "StoneSet",
    "bucketHeapUsed", "bucketHeapLimit", "blobsAlive", "blobsCreated", "blobsReleased", "version",
};

static int fill(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    module->exports = JS_NewObjectProto(ctx, JS_NULL);
    if (JS_IsException(module->exports) || guard_immutable_buffers(ctx) < 0 || blob_module_init(ctx, module_object) < 0 ||
        wota_module_init(ctx, module_object) < 0 || nota_module_init(ctx, module_object) < 0 ||
        dec64_module_init(ctx, module_object) < 0 || mailbox_module_init(ctx, module_object) < 0 ||
        outbox_module_init(ctx, module_object) < 0 ||
        bucket_module_init(ctx, module_object) < 0 ||
        export_function(ctx, module_object, "blobsAlive", blobs_alive, 0) < 0 ||
        export_function(ctx, module_object, "blobsCreated", blobs_created, 0) < 0 ||
        export_function(ctx, module_object, "blobsReleased", blobs_released, 0) < 0)
        return -1;
    return export_value(ctx, module_object, "version", JS_NewString(ctx, drystone_version()));
}

JSValue module_object_of_context(JSContext *ctx) {
    struct runtime_state *state = runtime_state_of(ctx);
    if (state == NULL)
        return JS_EXCEPTION;
    JSValue module_object = JS_GetClassProto(ctx, state->module_class);
    if (!JS_IsObject(module_object)) {
        module_object = module_object_new(ctx, state);
        if (JS_IsException(module_object))
            return module_object;
        if (fill(ctx, module_object) < 0) {
            JS_FreeValue(ctx, module_object);
            return JS_EXCEPTION;
        }
        JS_SetClassProto(ctx, state->module_class, JS_DupValue(ctx, module_object));
    }
    return module_object;
}

struct module *module_of_context(JSContext *ctx) {
    JSValue module_object = module_object_of_context(ctx);
    if (JS_IsException(module_object))
        return NULL;
    struct module *module = module_of(module_object);
    JS_FreeValue(ctx, module_object); /* the context holds it */
    return module;
}

/* Runs when the module is evaluated: once in each context that imports it. */
static int initialize(JSContext *ctx, JSModuleDef *definition) {
    struct module *module = module_of_context(ctx);
    if (module == NULL)
        return -1;
    for (size_t i = 0; i < sizeof export_names / sizeof export_names[0]; i++) {
        JSValue value = JS_GetPropertyStr(ctx, module->exports, export_names[i]);
        if (JS_IsException(value) || JS_SetModuleExport(ctx, definition, export_names[i], value) < 0)
            return -1;
    }
    return 0;
}

DRYSTONE_MODULE_EXPORT JSModuleDef *drystone_js_module(JSContext *ctx, const char *name) {
    JSModuleDef *definition = JS_NewCModule(ctx, name, initialize);
    if (definition == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof export_names / sizeof export_names[0]; i++)
        if (JS_AddModuleExport(ctx, definition, export_names[i]) < 0)
            return NULL;
    return definition;
}

DRYSTONE_MODULE_EXPORT int drystone_js_init(JSContext *ctx, const char *name) {
    return drystone_js_module(ctx, name) == NULL ? -1 : 0;
}

/* The name under which a loader looks in a shared library; in a host it would clash with other modules'. */
#ifdef JS_SHARED_LIBRARY
DRYSTONE_MODULE_EXPORT JSModuleDef *js_init_module(JSContext *ctx, const char *name);

DRYSTONE_MODULE_EXPORT JSModuleDef *js_init_module(JSContext *ctx, const char *name) {
    return drystone_js_module(ctx, name);
}
#endif
