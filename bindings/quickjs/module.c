/* The module for the engine: the names that it exports, and how an import reads them. */
#include "drystone_quickjs.h"
#include "define.h"
#include "parts.h"

static const char *const export_names[] = {
    "Blob", "stone", "isStone", "wota", "nota", "dec64",
    "Mailbox", "Outbox", "Link", "BucketMap", "BucketSet", "StoneMap", "StoneSet",
    "bucketHeapUsed", "bucketHeapLimit", "blobsAlive", "blobsCreated", "blobsReleased", "version",
#ifdef DRYSTONE_QUICKJS_POST
    "PostOffice",
#endif
};

/* Runs when the module is evaluated: once in each context that imports it. */
static int initialize(JSContext *ctx, JSModuleDef *definition) {
    struct module *module = needed_module(ctx);
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

/* The name that a loader looks up in a shared library; in a host it would clash with that of other modules. */
#ifdef JS_SHARED_LIBRARY
DRYSTONE_MODULE_EXPORT JSModuleDef *js_init_module(JSContext *ctx, const char *name);

DRYSTONE_MODULE_EXPORT JSModuleDef *js_init_module(JSContext *ctx, const char *name) {
    return drystone_js_module(ctx, name);
}
#endif
