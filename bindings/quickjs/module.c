/* The module: what it exports, and how the engine gets at it. */
#include "drystone_quickjs.h"
#include "internal.h"

int export_value(JSContext *ctx, JSModuleDef *definition, const char *name, JSValue value) {
    if (JS_IsException(value))
        return -1;
    return JS_SetModuleExport(ctx, definition, name, value);
}

int export_function(JSContext *ctx, JSModuleDef *definition, JSValueConst module_object, const char *name,
                    JSCFunctionData *function, int length) {
    return export_value(ctx, definition, name, JS_NewCFunctionData2(ctx, function, name, length, 0, 1, &module_object));
}

MODULE_FUNCTION(blobs_alive) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_alive()); }

MODULE_FUNCTION(blobs_created) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_created()); }

MODULE_FUNCTION(blobs_released) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_released()); }

static const char *const export_names[] = {
    "Blob", "stone", "isStone", "wota", "nota", "dec64",
    "Mailbox", "BucketMap", "BucketSet", "StoneMap", "StoneSet", "bucketHeapUsed",
    "bucketHeapLimit", "blobsAlive", "blobsCreated", "blobsReleased", "version",
};

/* Runs when the module is evaluated: once in each context that imports it. */
static int initialize(JSContext *ctx, JSModuleDef *definition) {
    struct runtime_state *state = runtime_state_of(ctx);
    if (state == NULL)
        return -1;
    JSValue module_object = module_object_new(ctx, state);
    if (JS_IsException(module_object))
        return -1;
    int result = 0;
    if (atomics_guard(ctx) < 0 || blob_module_init(ctx, definition, module_object) < 0 ||
        wota_module_init(ctx, definition, module_object) < 0 ||
        nota_module_init(ctx, definition, module_object) < 0 ||
        dec64_module_init(ctx, definition, module_object) < 0 ||
        mailbox_module_init(ctx, definition, module_object) < 0 ||
        bucket_module_init(ctx, definition, module_object) < 0 ||
        export_function(ctx, definition, module_object, "blobsAlive", blobs_alive, 0) < 0 ||
        export_function(ctx, definition, module_object, "blobsCreated", blobs_created, 0) < 0 ||
        export_function(ctx, definition, module_object, "blobsReleased", blobs_released, 0) < 0 ||
        export_value(ctx, definition, "version", JS_NewString(ctx, drystone_version())) < 0)
        result = -1;
    JS_FreeValue(ctx, module_object);
    return result;
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
