/* The library's version and its counts of blobs, as exports of the module. */
#include "define.h"
#include "part.h"

MODULE_FUNCTION(blobs_alive) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_alive()); }

MODULE_FUNCTION(blobs_created) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_created()); }

MODULE_FUNCTION(blobs_released) { return JS_NewInt64(ctx, (int64_t)drystone_blobs_released()); }

static const struct method library_functions[] = {
    METHOD("blobsAlive", blobs_alive, 0, 0),
    METHOD("blobsCreated", blobs_created, 0, 0),
    METHOD("blobsReleased", blobs_released, 0, 0),
};

static int library_init(JSContext *ctx, JSValueConst module_object) {
    if (export_functions(ctx, module_object, library_functions, COUNT_OF(library_functions)) < 0)
        return -1;
    return export_value(ctx, module_object, "version", JS_NewString(ctx, drystone_version()));
}

static const struct part library_part = { .init = library_init };
