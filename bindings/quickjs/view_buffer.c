/* Views for engines with immutable ArrayBuffers, which lie over the stone's own bytes. */
#include "view.h"

#include "blob_object.h"
#include "error.h"
#include "view_table.h"
#include "weight.h"

#if HAS_IMMUTABLE_BUFFERS

static void release_view(JSRuntime *runtime, void *opaque) {
    struct view_entry *entry = opaque;
    blob *stone = entry->stone;
    view_leave(entry);
    weight_remove(runtime, stone);
    blob_destroy(stone);
}

/* The engine calls this, and nothing else, to release the memory. */
BUFFER_RELEASE(engine_releases, release_view)

JSValue view_new(JSContext *ctx, struct module *module, blob *owned_stone) {
    struct runtime_state *state = module->state;
    struct view_entry *entry = view_of_stone(state, owned_stone);
    if (entry != NULL) {
        blob_destroy(owned_stone);
        return JS_DupValue(ctx, object_at(entry->object));
    }
    if (blob_whole_bytes(owned_stone) > INT32_MAX) {
        blob_destroy(owned_stone);
        return throw_status(ctx, DRYSTONE_LIMIT_EXCEEDED,
                            "the stone is longer than the engine's ArrayBuffers can be (2 GiB)");
    }
    entry = view_entry_new(state, owned_stone);
    if (entry == NULL) {
        blob_destroy(owned_stone);
        return JS_ThrowOutOfMemory(ctx);
    }
    JSValue buffer = new_buffer_over(ctx, view_data(owned_stone), blob_whole_bytes(owned_stone), engine_releases, entry);
    if (JS_IsException(buffer)) { /* then the engine has not called us */
        js_free_rt(state->runtime, entry);
        blob_destroy(owned_stone);
        return buffer;
    }
    make_buffer_immutable(buffer);
    view_enter(entry, buffer);
    weight_add(state, entry->stone);
    return buffer;
}

JSValue view_of_blob(JSContext *ctx, struct module *module, JSValueConst object, blob *stone) {
    (void)object;
    blob_incref(stone);
    return view_new(ctx, module, stone);
}

blob *view_stone(JSContext *ctx, struct runtime_state *state, JSValueConst value) {
    if (state->view_count == 0 || !is_immutable_buffer(value))
        return NULL;
    size_t length;
    const uint8_t *data = JS_GetArrayBuffer(ctx, &length, value);
    if (data == NULL) { /* detached by the host */
        JS_FreeValue(ctx, JS_GetException(ctx));
        return NULL;
    }
    struct view_entry *entry = view_at(state, data, value);
    return entry == NULL ? NULL : entry->stone;
}

void view_forget(JSRuntime *runtime, JSValueConst object, const blob *kept) { (void)runtime, (void)object, (void)kept; }

#endif
