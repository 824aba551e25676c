/* Shared by the programs about bucket maps and sets: values, strings, and numbers in raw memory. */
#ifndef DRYSTONE_BUCKET_H
#define DRYSTONE_BUCKET_H

#include "random.h"
#include "test.h"

static const uint32_t map_tag = 0xFEEDC001u;
static const uint32_t set_tag = 0xFEEDC002u;
static const uint32_t decimal_tag = 0xFEEDC003u;
static const uint32_t ours = 0x80000000u;

enum { WRAPPER_BYTES = 12, HEADER_BYTES = 8, SLOT_BYTES = 20, ENTRY_BYTES = 4, TRAILER_BYTES = 12 };

static inline bucket_value of_integer(int64_t value) { return (bucket_value){.tag = 'i', .as = {.i = value}}; }
static inline bucket_value of_number(double value) { return (bucket_value){.tag = 'f', .as = {.f = value}}; }
static inline bucket_value of_bits(uint32_t value) { return (bucket_value){.tag = 'b', .as = {.b = value}}; }

static inline bucket_value of_text(uint32_t pointer, uint32_t length)
{
    return (bucket_value){.tag = 's', .as = {.s = {pointer, length}}};
}

/* A string in a block of its own. */
static inline bucket_value new_text(bucket_memory *memory, const char *text)
{
    bucket_value value = of_integer(-1);
    CHECK_OK(bucket_string_new(memory, text, (uint32_t)strlen(text), &value));
    CHECK_EQUAL('s', value.tag);
    CHECK_EQUAL(strlen(text), value.as.s.len);
    return value;
}

static inline void check_text(const bucket_memory *memory, bucket_value value, const char *expected)
{
    const char *utf8 = NULL;
    uint32_t length = 77;
    CHECK_OK(bucket_string_data(memory, &value, &utf8, &length));
    CHECK(utf8 != NULL);
    CHECK_EQUAL(strlen(expected), length);
    CHECK_BYTES(expected, utf8, length);
}

/* The 64 bits of a value in a slot. */
static inline uint64_t field_of(bucket_value value)
{
    switch (value.tag) {
    case 'i': return (uint64_t)value.as.i;
    case 'f': return bits_of_double(value.as.f);
    case 's': return (uint64_t)value.as.s.len << 32 | value.as.s.ptr;
    default: return value.as.b;
    }
}

static inline uint32_t load_half(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline void store_half(uint8_t *bytes, uint32_t half)
{
    for (int place = 0; place < 4; place += 1)
        bytes[place] = (uint8_t)(half >> (8 * place));
}

/* Four bytes of the memory. */
static inline uint32_t half_at(const bucket_memory *memory, size_t offset)
{
    CHECK(offset + 4 <= memory->length);
    return load_half(memory->base + offset);
}

static inline uint64_t word_at(const bucket_memory *memory, size_t offset)
{
    CHECK(offset + 8 <= memory->length);
    return load_word(memory->base + offset);
}

static inline size_t slot_at(uint32_t bucket, uint32_t slot)
{
    return (size_t)bucket + HEADER_BYTES + (size_t)SLOT_BYTES * slot;
}

static inline void store_slot(uint8_t *base, uint32_t bucket, uint32_t slot, uint64_t key, uint64_t value)
{
    uint8_t *at = base + slot_at(bucket, slot);
    store_half(at, 1);
    store_word(at + 4, key);
    store_word(at + 12, value);
}

static inline void store_wrapper(uint8_t *at, uint32_t tag, uint32_t view, uint32_t bucket)
{
    store_half(at, tag);
    store_half(at + 4, view);
    store_half(at + 8, bucket);
}

static inline bucket_heap *new_heap(size_t maximum)
{
    bucket_heap *heap = NULL;
    CHECK_OK(bucket_heap_new(0, maximum, &heap));
    CHECK(heap != NULL);
    CHECK_EQUAL(0, bucket_heap_used(heap));
    return heap;
}

/* A memory of 4 KiB whose only function is `alloc`, which never reuses a block; a program has one. */
static inline uint32_t bump_alloc(bucket_memory *memory, uint32_t size)
{
    static uint8_t room[4096];
    static uint32_t next_block = 16;
    uint32_t block = next_block;
    memory->base = room;
    memory->length = sizeof room;
    next_block += (size + 7) / 8 * 8;
    return next_block <= sizeof room ? block : 0;
}

static inline uint32_t new_map(bucket_memory *memory)
{
    uint32_t map = 0;
    CHECK_OK(bucket_map_new(memory, &map));
    CHECK(map != 0);
    return map;
}

static inline uint32_t size_of(const bucket_memory *memory, uint32_t map)
{
    uint32_t size = 77;
    CHECK_OK(bucket_map_size(memory, map, &size));
    return size;
}

static inline uint32_t insert(bucket_memory *memory, uint32_t map, bucket_value key, bucket_value value)
{
    uint32_t changed = 0;
    CHECK_OK(bucket_map_insert(memory, map, &key, &value, &changed));
    return changed;
}

static inline uint32_t without(bucket_memory *memory, uint32_t map, bucket_value key)
{
    uint32_t changed = 0;
    CHECK_OK(bucket_map_remove(memory, map, &key, &changed));
    return changed;
}

/* The entries in their order, whole numbers from keys and values with tag `i`; and each is found by its key. */
static inline void check_entries(const bucket_memory *memory, uint32_t map, const int64_t (*entries)[2], uint32_t count)
{
    uint32_t cursor = 0;
    bucket_value key, value, found;
    CHECK_OK(bucket_verify(memory, map));
    CHECK_EQUAL(count, size_of(memory, map));
    for (uint32_t place = 0; place < count; place += 1) {
        CHECK_OK(bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value));
        CHECK(key.tag == 'i' && value.tag == 'i');
        CHECK_EQUAL(entries[place][0], key.as.i);
        CHECK_EQUAL(entries[place][1], value.as.i);
        CHECK_OK(bucket_map_get(memory, map, &key, 'i', &found));
        CHECK_EQUAL(entries[place][1], found.as.i);
    }
    CHECK_STATUS(DRYSTONE_END, bucket_map_next(memory, map, 'i', 'i', &cursor, &key, &value));
}

#define CHECK_ENTRIES(memory, map, ...)                                                             \
    do {                                                                                            \
        const int64_t expected_entries[][2] = {__VA_ARGS__};                                        \
        check_entries(memory, map, expected_entries,                                                \
                      (uint32_t)(sizeof expected_entries / sizeof expected_entries[0]));            \
    } while (0)

#endif
