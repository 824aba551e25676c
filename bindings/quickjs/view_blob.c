/* Views for engines without immutable ArrayBuffers: Blobs, which nothing can write to. The first Blob whose `buffer` is
   read represents the stone's bytes from then on. */
#include "view.h"

#include "blob_object.h"
#include "view_table.h"

#if !HAS_IMMUTABLE_BUFFERS

JSValue view_of_blob(JSContext *ctx, struct module *module, JSValueConst object, blob *stone) {
    struct view_entry *entry = view_of_stone(module->state, stone);
    if (entry != NULL)
        return JS_DupValue(ctx, object_at(entry->object));
    entry = view_entry_new(module->state, stone);
    if (entry == NULL)
        return JS_ThrowOutOfMemory(ctx);
    view_enter(entry, object);
    return JS_DupValue(ctx, object);
}

JSValue view_new(JSContext *ctx, struct module *module, blob *owned_stone) {
    struct view_entry *entry = view_of_stone(module->state, owned_stone);
    if (entry != NULL) {
        blob_destroy(owned_stone);
        return JS_DupValue(ctx, object_at(entry->object));
    }
    JSValue object = blob_object_new(ctx, module, owned_stone);
    if (JS_IsException(object))
        return object;
    JSValue view = view_of_blob(ctx, module, object, owned_stone);
    JS_FreeValue(ctx, object);
    return view;
}

blob *view_stone(JSContext *ctx, struct runtime_state *state, JSValueConst value) {
    (void)ctx, (void)state, (void)value;
    return NULL;
}

void view_forget(JSRuntime *runtime, JSValueConst object, const blob *kept) {
    struct runtime_state *state = find_runtime_state(runtime);
    struct view_entry *entry = state == NULL || kept == NULL ? NULL : view_at(state, view_data(kept), object);
    if (entry != NULL)
        view_leave(entry);
}

#endif
