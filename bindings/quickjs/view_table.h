/* The table of the objects that stand for the bytes of stones; view.h says what they are. */
#ifndef DRYSTONE_QUICKJS_VIEW_TABLE_H
#define DRYSTONE_QUICKJS_VIEW_TABLE_H

#include "compat.h"
#include "drystone.h"

struct runtime_state;

struct view_entry {
    struct view_entry *next;
    struct runtime_state *state;
    blob *stone; /* the object's count, if it has no other */
    const uint8_t *data;
    void *object; /* not counted */
};

/* The address by which the table knows a stone. */
static uint8_t *view_data(const blob *stone);

/* A new entry, which view_enter adds to the table. NULL: no memory. */
static struct view_entry *view_entry_new(struct runtime_state *state, blob *stone);
static void view_enter(struct view_entry *entry, JSValueConst object);
/* Removes the entry from the table and frees it. */
static void view_leave(struct view_entry *entry);

static struct view_entry *view_of_stone(struct runtime_state *state, const blob *stone);
static struct view_entry *view_at(struct runtime_state *state, const uint8_t *data, JSValueConst object);

#endif
