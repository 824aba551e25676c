/* Shared by the programs that try NULL on bucket maps and sets: a map and a set of one entry, and outputs that must
 * not change. */
#ifndef DRYSTONE_NULL_BUCKET_H
#define DRYSTONE_NULL_BUCKET_H

#include "bucket.h"
#include "null.h"

static bucket_heap *heap;
static bucket_memory *memory;
static uint32_t map;
static uint32_t set;
static uint32_t unchanged;
static blob *stone;
static bucket_value key;
static bucket_value stored;
static bucket_value found;
static bucket_value second;

static inline bool is_untouched(const bucket_value *value)
{
    return value->tag == 'i' && value->as.i == 0x5A5A5A5A5A5A5A5A;
}

static inline void set_up(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    stored = new_text(memory, "text");
    /* Read as a text, it would not be empty. */
    key = of_integer(INT64_C(1) << 40);
    CHECK_OK(bucket_map_new(memory, &map));
    CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &stored));
    CHECK_OK(bucket_set_from_elements(memory, &key, 1, &set));
    CHECK_OK(bucket_map_to_stone(memory, map, 'i', 's', &stone));
    found = second = of_integer(0x5A5A5A5A5A5A5A5A);
    unchanged = 77;
}

static inline void tear_down(void)
{
    uint32_t size = 0;
    CHECK(is_untouched(&found) && is_untouched(&second));
    CHECK_EQUAL(77, unchanged);
    CHECK_OK(bucket_verify(memory, map));
    CHECK_EQUAL(1, size_of(memory, map));
    CHECK_OK(bucket_set_size(memory, set, &size));
    CHECK_EQUAL(1, size);
    CHECK_OK(bucket_map_get(memory, map, &key, 's', &found));
    check_text(memory, found, "text");
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(stone);
    bucket_heap_free(heap);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

#endif
