/* A table of the runtime leads from objects back to stones. It knows an object by its address, from its creation until the
   engine frees it. So nothing is added to the object that a program could see, copy or forge, and a stone has one such
   object per runtime. */
#include "view_table.h"

#include "part.h"
#include "runtime.h"

#define FIRST_VIEW_SLOTS 64 /* a power of two, as every later size */

static struct view_entry **slot_of(struct runtime_state *state, const uint8_t *data) {
    uint64_t mixed = (uint64_t)(uintptr_t)data * UINT64_C(0x9E3779B97F4A7C15);
    return &state->views[(mixed >> 32) & (state->view_slots - 1)];
}

/* An empty stone may have no memory, which the engine would replace by its own: its own address, of which
   no byte is read, tells it apart from every other. */
uint8_t *view_data(const blob *stone) {
    const uint8_t *data = blob_length_bits(stone) == 0 ? NULL : blob_data(stone);
    return (uint8_t *)(data == NULL ? (const uint8_t *)stone : data);
}

static bool make_view_room(struct runtime_state *state) {
    if (state->view_count < state->view_slots)
        return true;
    size_t old_slots = state->view_slots;
    size_t slots = old_slots == 0 ? FIRST_VIEW_SLOTS : old_slots * 2;
    struct view_entry **table = calloc_of_runtime(state->runtime, slots, sizeof *table);
    if (table == NULL)
        return old_slots != 0; /* longer chains, but correct */
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

struct view_entry *view_entry_new(struct runtime_state *state, blob *stone) {
    struct view_entry *entry = make_view_room(state) ? js_malloc_rt(state->runtime, sizeof *entry) : NULL;
    if (entry != NULL)
        *entry = (struct view_entry){ .state = state, .stone = stone, .data = view_data(stone) };
    return entry;
}

void view_enter(struct view_entry *entry, JSValueConst object) {
    struct view_entry **slot = slot_of(entry->state, entry->data);
    entry->object = object_address(object);
    entry->next = *slot;
    *slot = entry;
    entry->state->view_count++;
}

void view_leave(struct view_entry *entry) {
    struct view_entry **place = slot_of(entry->state, entry->data);
    while (*place != entry)
        place = &(*place)->next;
    *place = entry->next;
    entry->state->view_count--;
    js_free_rt(entry->state->runtime, entry);
}

struct view_entry *view_of_stone(struct runtime_state *state, const blob *stone) {
    if (state->view_count == 0)
        return NULL;
    struct view_entry *entry = *slot_of(state, view_data(stone));
    while (entry != NULL && entry->stone != stone)
        entry = entry->next;
    return entry;
}

struct view_entry *view_at(struct runtime_state *state, const uint8_t *data, JSValueConst object) {
    if (state->view_count == 0)
        return NULL;
    struct view_entry *entry = *slot_of(state, data);
    while (entry != NULL && entry->object != object_address(object))
        entry = entry->next;
    return entry;
}

static void view_table_free(struct runtime_state *state) {
    for (size_t slot = 0; slot < state->view_slots; slot++)
        while (state->views[slot] != NULL)
            view_leave(state->views[slot]);
    js_free_rt(state->runtime, state->views);
    state->views = NULL;
    state->view_slots = 0;
}

static const struct part view_part = { .runtime_end = view_table_free };
