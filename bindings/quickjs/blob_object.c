#include "blob_object.h"

#include "error.h"
#include "weight.h"

blob *blob_of(struct module *module, JSValueConst value) {
    return JS_GetOpaque(value, module->state->class_ids[BLOB_CLASS]);
}

blob *this_blob(JSContext *ctx, struct module *module, JSValueConst this_value) {
    blob *self = blob_of(module, this_value);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a Blob");
    return self;
}

JSValue blob_object_empty(JSContext *ctx, struct module *module) {
    return JS_NewObjectProtoClass(ctx, module->prototypes[BLOB_CLASS], module->state->class_ids[BLOB_CLASS]);
}

JSValue blob_object_new(JSContext *ctx, struct module *module, blob *owned) {
    JSValue object = blob_object_empty(ctx, module);
    if (JS_IsException(object))
        blob_destroy(owned);
    else
        blob_object_fill(module, object, owned);
    return object;
}

void blob_object_fill(struct module *module, JSValueConst object, blob *owned) {
    JS_SetOpaque(object, owned);
    weight_add(module->state, owned);
}

void blob_object_clear(struct module *module, JSValueConst object) {
    blob *kept = blob_of(module, object);
    JS_SetOpaque(object, NULL);
    weight_remove(module->state->runtime, kept);
    blob_destroy(kept);
}
