/* The records and arrays of messages that have objects in a runtime: the table of stone_place.c. */
#ifndef DRYSTONE_QUICKJS_STONE_PLACES_H
#define DRYSTONE_QUICKJS_STONE_PLACES_H

#include "compat.h"

struct key_list;
struct stone_place;

struct stone_places {
    struct stone_place **table; /* a hash table by place */
    size_t slots, count;
    size_t held;                 /* all places, also those that are not in the table */
    JSAtom name;                 /* stone_array.c: the private name of an array's place; JS_ATOM_NULL until used */
    struct key_list **key_lists; /* key_list.c; NULL until used */
};

#endif
