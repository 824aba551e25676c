/* The bytes of anything that has bytes: ArrayBuffer, SharedArrayBuffer, typed array, DataView. */
#include "bytes.h"

#include <stdio.h>

#include "blob_object.h"
#include "builtin.h"
#include "error.h"
#include "part.h"
#include "view.h"

/* For an object that is not another kind of buffer. */
static bool is_shared_buffer(JSContext *ctx, struct engine_classes *classes, JSValueConst value) {
    JSClassID id = JS_GetClassID(value);
    if (id == classes->shared_buffer)
        return true;
    if (classes->shared_buffer != JS_INVALID_CLASS_ID)
        return false;
    /* the engine returns the bytes of two classes, and this is not the other one */
    size_t length;
    if (JS_GetArrayBuffer(ctx, &length, value) == NULL && JS_HasException(ctx)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    classes->shared_buffer = id;
    return true;
}

static int bytes_of_buffer(JSContext *ctx, struct module *module, JSValueConst buffer, struct bytes *out) {
    out->data = JS_GetArrayBuffer(ctx, &out->length, buffer);
    if (out->data == NULL) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return BYTES_GONE;
    }
    out->offset = 0;
    out->stone = view_stone(ctx, module->state, buffer);
    out->immutable = is_immutable_buffer(buffer);
    out->concurrent = !is_array_buffer(&module->state->classes, buffer);
    return BYTES_YES;
}

/* Without immutable ArrayBuffers, a stone Blob represents its own bytes. */
static int bytes_of_stone(blob *stone, struct bytes *out) {
    if (stone == NULL || !blob_is_stone(stone))
        return BYTES_NO;
    *out = (struct bytes){
        .data = blob_data(stone), .length = blob_whole_bytes(stone), .stone = stone, .immutable = true
    };
    return BYTES_YES;
}

/* Calls one of the engine's getters. False: the view is out of bounds or its buffer detached. */
static bool ask(JSContext *ctx, JSValueConst getter, JSValueConst view, size_t *number) {
    JSValue answer = JS_Call(ctx, getter, view, 0, NULL);
    uint64_t index;
    if (JS_IsException(answer) || JS_ToIndex(ctx, &index, answer) < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        JS_FreeValue(ctx, answer);
        return false;
    }
    JS_FreeValue(ctx, answer);
    *number = (size_t)index;
    return true;
}

/* The view keeps its buffer alive, so it is enough that the caller keeps the view. */
static int bytes_of_view(JSContext *ctx, struct module *module, JSValue buffer, size_t offset, size_t length,
                         struct bytes *out) {
    if (JS_IsException(buffer)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return BYTES_GONE;
    }
    int result = bytes_of_buffer(ctx, module, buffer, out);
    JS_FreeValue(ctx, buffer);
    if (result != BYTES_YES)
        return result;
    if (offset > out->length || length > out->length - offset)
        return BYTES_GONE;
    out->data += offset;
    out->length = length;
    out->offset = offset;
    return BYTES_YES;
}

int bytes_of(JSContext *ctx, struct module *module, JSValueConst value, struct bytes *out) {
    if (!JS_IsObject(value))
        return BYTES_NO;
    struct engine_classes *classes = &module->state->classes;
    if (is_array_buffer(classes, value))
        return bytes_of_buffer(ctx, module, value, out);
    size_t offset = 0, length = 0;
    if (is_typed_array(classes, value)) {
        JSValue buffer = JS_GetTypedArrayBuffer(ctx, value, &offset, &length, NULL);
        /* the length it returns is not updated when a resizable buffer changes */
        if (!JS_IsException(buffer) && JS_IsObject(module->values[TYPED_BYTE_LENGTH]) &&
            !ask(ctx, module->values[TYPED_BYTE_LENGTH], value, &length)) {
            JS_FreeValue(ctx, buffer);
            return BYTES_GONE;
        }
        return bytes_of_view(ctx, module, buffer, offset, length, out);
    }
    if (is_data_view(classes, value) && JS_IsObject(module->values[VIEW_BUFFER])) {
        if (!ask(ctx, module->values[VIEW_BYTE_OFFSET], value, &offset) ||
            !ask(ctx, module->values[VIEW_BYTE_LENGTH], value, &length))
            return BYTES_GONE;
        return bytes_of_view(ctx, module, JS_Call(ctx, module->values[VIEW_BUFFER], value, 0, NULL), offset, length,
                             out);
    }
    if (is_shared_buffer(ctx, classes, value))
        return bytes_of_buffer(ctx, module, value, out);
    if (!HAS_IMMUTABLE_BUFFERS)
        return bytes_of_stone(blob_of(module, value), out);
    return BYTES_NO;
}

bool bytes_cover_stone(const struct bytes *bytes) {
    return bytes->offset == 0 && bytes->length == blob_whole_bytes(bytes->stone);
}

drystone_status bytes_share(const struct bytes *bytes, blob **shared) {
    if (bytes_cover_stone(bytes)) {
        blob_incref(bytes->stone);
        *shared = bytes->stone;
        return DRYSTONE_OK;
    }
    /* an ArrayBuffer covers the whole last byte of a stone that ends within it */
    size_t bits = blob_length_bits(bytes->stone), to = (bytes->offset + bytes->length) * 8;
    return blob_slice(bytes->stone, bytes->offset * 8, to < bits ? to : bits, shared);
}

drystone_status bytes_to_stone(const struct bytes *bytes, blob **stone) {
    if (bytes->stone != NULL)
        return bytes_share(bytes, stone);
    blob *made = blob_from_bytes(bytes->data, bytes->length);
    drystone_status status = made == NULL ? DRYSTONE_NO_MEMORY : blob_make_stone(made);
    if (status == DRYSTONE_OK)
        *stone = made;
    else
        blob_destroy(made);
    return status;
}

int bytes_needed(JSContext *ctx, struct module *module, JSValueConst value, const char *doing, struct bytes *out) {
    switch (bytes_of(ctx, module, value, out)) {
    case BYTES_YES:
        return 0;
    case BYTES_GONE:
        throw_detached(ctx, doing);
        return -1;
    default:
        throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, doing);
        return -1;
    }
}

JSValue throw_detached(JSContext *ctx, const char *doing) {
    char message[128];
    int length = snprintf(message, sizeof message, "%s: the buffer is detached or the view out of its bounds", doing);
    return throw_status_message(ctx, DRYSTONE_INVALID_ARGUMENT, message, (size_t)length);
}

drystone_status bytes_settle(struct bytes *bytes, blob **copy) {
    *copy = NULL;
    if (!bytes->concurrent)
        return DRYSTONE_OK;
    *copy = blob_from_bytes(bytes->data, bytes->length);
    if (*copy == NULL)
        return DRYSTONE_NO_MEMORY;
    bytes->data = blob_data(*copy);
    return DRYSTONE_OK;
}

/* An engine without typed arrays has no such getters, and no such objects either. */
static int learn_getters(JSContext *ctx, struct module *module) {
    JSValue bytes = global_property(ctx, "Uint8Array", "prototype");
    JSValue typed = JS_IsObject(bytes) ? JS_GetPrototype(ctx, bytes) : bytes;
    if (JS_IsObject(bytes))
        JS_FreeValue(ctx, bytes);
    int result = JS_IsException(typed) ? -1 : own_getter(ctx, typed, "byteLength", &module->values[TYPED_BYTE_LENGTH]);
    JS_FreeValue(ctx, typed);
    if (result < 0)
        return -1;
    JSValue view = global_property(ctx, "DataView", "prototype");
    if (JS_IsException(view) || own_getter(ctx, view, "buffer", &module->values[VIEW_BUFFER]) < 0 ||
        own_getter(ctx, view, "byteOffset", &module->values[VIEW_BYTE_OFFSET]) < 0 ||
        own_getter(ctx, view, "byteLength", &module->values[VIEW_BYTE_LENGTH]) < 0)
        result = -1;
    JS_FreeValue(ctx, view);
    return result;
}

static int bytes_init(JSContext *ctx, JSValueConst module_object) {
    struct module *module = module_of(module_object);
    return learn_engine_classes(ctx, &module->state->classes) < 0 ? -1 : learn_getters(ctx, module);
}

static const struct part bytes_part = { .init = bytes_init };
