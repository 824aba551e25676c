/* What the files about views share. */
#ifndef DRYSTONE_QUICKJS_VIEW_H
#define DRYSTONE_QUICKJS_VIEW_H

#include "internal.h"

/* An object that stands for the bytes of a stone. */
struct view_entry {
    struct view_entry *next;
    struct runtime_state *state;
    blob *stone; /* the object's count, if it has no other */
    const uint8_t *data;
    void *object; /* not counted */
};

static uint8_t *view_data(const blob *stone);

/* NULL: no memory. Not in the table yet. */
static struct view_entry *view_entry_new(struct runtime_state *state, blob *stone);
static void view_enter(struct view_entry *entry, JSValueConst object);
/* Out of the table; frees it. */
static void view_leave(struct view_entry *entry);

static struct view_entry *view_of_stone(struct runtime_state *state, const blob *stone);
static struct view_entry *view_at(struct runtime_state *state, const uint8_t *data, JSValueConst object);

#endif
