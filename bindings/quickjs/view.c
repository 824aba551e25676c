/* Immutable ArrayBuffers over the bytes of stones, and the way back from such an ArrayBuffer to its stone.

   The way back is a table of the runtime: an ArrayBuffer is known by its address as long as it lives, and
   leaves the table when the engine frees it. So nothing is added to the object that a program could see,
   copy or forge, and a stone has one ArrayBuffer in a runtime however often it is asked for. */
#include "internal.h"

/* What an ArrayBuffer keeps: a count on its stone, and its place in the table. No JavaScript value. */
struct view_entry {
    struct view_entry *next;
    struct runtime_state *state;
    blob *stone;
    const uint8_t *data;
    void *object; /* not counted; NULL while the ArrayBuffer is being made */
};

#define FIRST_SLOTS 64 /* a power of two, as every later size */

static struct view_entry **slot_of(struct runtime_state *state, const uint8_t *data) {
    uint64_t mixed = (uint64_t)(uintptr_t)data * UINT64_C(0x9E3779B97F4A7C15);
    return &state->views[(mixed >> 32) & (state->view_slots - 1)];
}

/* An empty stone may have no memory, which the engine would replace by its own: its own address, of which
   no byte is read, tells it apart from every other. */
static uint8_t *view_data(const blob *stone) {
    const uint8_t *data = blob_length_bits(stone) == 0 ? NULL : blob_data(stone);
    return (uint8_t *)(data == NULL ? (const uint8_t *)stone : data);
}

static size_t view_length(const blob *stone) {
    size_t bits = blob_length_bits(stone);
    return bits / 8 + (bits % 8 != 0);
}

static bool make_view_room(struct runtime_state *state) {
    if (state->view_count < state->view_slots)
        return true;
    size_t old_slots = state->view_slots;
    size_t slots = old_slots == 0 ? FIRST_SLOTS : old_slots * 2;
    struct view_entry **table = calloc_of_runtime(state->runtime, slots, sizeof *table);
    if (table == NULL)
        return old_slots != 0; /* longer chains, but right */
    struct view_entry **old = state->views;
    state->views = table;
    state->view_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        for (struct view_entry *entry = old[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            struct view_entry **slot = slot_of(state, entry->data);
            entry->next = *slot;
            *slot = entry;
        }
    }
    js_free_rt(state->runtime, old);
    return true;
}

static void release_view(JSRuntime *runtime, void *opaque) {
    struct view_entry *entry = opaque;
    struct view_entry **place = slot_of(entry->state, entry->data);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    entry->state->view_count--;
    weight_remove(runtime, entry->stone);
    blob_destroy(entry->stone);
    js_free_rt(runtime, entry);
}

/* The engine's only way to touch the memory. */
BUFFER_RELEASE(engine_releases, release_view)

static struct view_entry *find_stone(struct runtime_state *state, const blob *stone) {
    if (state->view_slots == 0)
        return NULL;
    struct view_entry *entry = *slot_of(state, view_data(stone));
    while (entry != NULL && entry->stone != stone)
        entry = entry->next;
    return entry;
}

JSValue view_new(JSContext *ctx, struct runtime_state *state, blob *owned_stone) {
    struct view_entry *entry = find_stone(state, owned_stone);
    if (entry != NULL) {
        blob_destroy(owned_stone);
        return JS_DupValue(ctx, object_at(entry->object));
    }
    if (view_length(owned_stone) > INT32_MAX) {
        blob_destroy(owned_stone);
        return throw_status(ctx, DRYSTONE_LIMIT_EXCEEDED,
                            "the stone is longer than the engine's ArrayBuffers can be (2 GiB)");
    }
    if (!make_view_room(state) || (entry = js_malloc_rt(state->runtime, sizeof *entry)) == NULL) {
        blob_destroy(owned_stone);
        return JS_ThrowOutOfMemory(ctx);
    }
    *entry = (struct view_entry){ .state = state, .stone = owned_stone, .data = view_data(owned_stone) };
    JSValue buffer = new_buffer_over(ctx, view_data(owned_stone), view_length(owned_stone), engine_releases, entry);
    if (JS_IsException(buffer)) { /* then the engine has not called us */
        js_free_rt(state->runtime, entry);
        blob_destroy(owned_stone);
        return buffer;
    }
    make_buffer_immutable(buffer);
    struct view_entry **slot = slot_of(state, entry->data);
    entry->object = object_address(buffer);
    entry->next = *slot;
    *slot = entry;
    state->view_count++;
    weight_add(state, entry->stone);
    return buffer;
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
    struct view_entry *entry = *slot_of(state, data);
    while (entry != NULL && entry->object != object_address(value))
        entry = entry->next;
    return entry == NULL ? NULL : entry->stone;
}

void view_table_free(struct runtime_state *state) {
    js_free_rt(state->runtime, state->views);
    state->views = NULL;
    state->view_slots = 0;
}
