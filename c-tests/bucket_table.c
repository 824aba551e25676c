/* Opened maps and sets: whatever has changed since, they answer as the calls without a table do, inlined or not. */
#include <drystone_inline.h>

#include "bucket.h"

#if defined(__x86_64__) && defined(__LP64__) && !defined(DRYSTONE_INLINE_SEARCH)
#error "this program is to test the inlined calls"
#endif

static const char outside[] = "a text that is nowhere in the memory";

/* Both ways to look up, with every tag of a value. */
static void check_same(const bucket_table *table, const bucket_memory *memory, uint32_t map, bucket_value key)
{
    static const uint8_t tags[4] = {'i', 'f', 's', 'b'};
    bool expected = false, contains = false;
    CHECK_OK(bucket_map_contains(memory, map, &key, &expected));
    CHECK_OK(bucket_table_contains(table, &key, &contains));
    CHECK(contains == expected);
    for (int tag = 0; tag < 4; tag += 1) {
        bucket_value one = of_integer(77), other = of_integer(77), inlined = of_integer(77);
        drystone_status status = bucket_map_get(memory, map, &key, tags[tag], &one);
        CHECK_STATUS(status, bucket_table_get(table, &key, tags[tag], &other));
        CHECK_STATUS(status, bucket_table_get_inline(table, &key, tags[tag], &inlined));
        CHECK(one.tag == other.tag && one.tag == inlined.tag);
        CHECK_EQUAL(field_of(one), field_of(other));
        CHECK_EQUAL(field_of(one), field_of(inlined));
        CHECK_EQUAL(other.as.i, inlined.as.i);
        CHECK_EQUAL(expected, status == DRYSTONE_OK);
    }
    if (key.tag == 'i') {
        bucket_value one = of_integer(77);
        int64_t value = 77, inlined = 77;
        drystone_status status = bucket_table_get(table, &key, 'i', &one);
        CHECK_STATUS(status, bucket_table_get_integer(table, key.as.i, &value));
        CHECK_STATUS(status, bucket_table_get_integer_inline(table, key.as.i, &inlined));
        CHECK_EQUAL(one.as.i, value);
        CHECK_EQUAL(one.as.i, inlined);
    }
}

static bucket_value key_of(bucket_memory *memory, uint8_t tag, int number)
{
    char text[40];
    switch (tag) {
    case 'i': return of_integer((int64_t)number << 20);
    case 'f': return of_number(number == 0 ? -0.0 : number / 2.0);
    case 'b': return of_bits((uint32_t)number << 8);
    default: snprintf(text, sizeof text, "%d is a number, %d", number, number); return new_text(memory, text);
    }
}

enum { KEYS = 40, MOST = 300 };

/* Tables opened at every size, and used after every later change. */
static void after_changes(uint8_t tag)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    bucket_table tables[KEYS];
    bucket_value keys[KEYS], value = of_integer(0);
    uint32_t map = new_map(memory);
    for (int number = 0; number < KEYS; number += 1)
        keys[number] = key_of(memory, tag, number);
    for (int size = 0; size < KEYS; size += 1) {
        value.as.i = size;
        CHECK_OK(bucket_map_open(memory, map, &tables[size]));
        CHECK_OK(bucket_map_insert_in_place(memory, map, &keys[size], &value));
        for (int opened = 0; opened <= size; opened += 1)
            for (int number = 0; number < KEYS; number += 3)
                check_same(&tables[opened], memory, map, keys[number]);
    }
    /* Entries overwritten, removed, inserted again, and all replaced: every table sees each change. */
    for (int number = 0; number < KEYS; number += 1) {
        value.as.i = 1000 + number;
        if (number % 3 == 0)
            CHECK_OK(bucket_map_remove_in_place(memory, map, &keys[number]));
        if (number % 2 == 0)
            CHECK_OK(bucket_map_insert_in_place(memory, map, &keys[number], &value));
        for (int opened = 0; opened < KEYS; opened += 7)
            for (int other = 0; other < KEYS; other += 1)
                check_same(&tables[opened], memory, map, keys[other]);
        CHECK_OK(bucket_map_open(memory, map, &tables[number]));
    }
    /* An older version does not change; a newer one shares its bucket. */
    uint32_t newer = insert(memory, map, keys[0], of_integer(5));
    bucket_table older = tables[KEYS - 1];
    CHECK_OK(bucket_map_open(memory, newer, &tables[0]));
    for (int number = 0; number < KEYS; number += 1) {
        check_same(&older, memory, map, keys[number]);
        check_same(&tables[0], memory, newer, keys[number]);
    }
    /* The block of the old bucket is allocated again with the same size, and the wrapper has the same content: only
     * the seed differs. */
    CHECK_OK(bucket_release(memory, newer));
    CHECK_OK(bucket_map_open(memory, map, &tables[1]));
    CHECK_OK(bucket_map_clear(memory, &map));
    for (int number = KEYS - 1; number >= 0; number -= 1) {
        value.as.i = -number;
        CHECK_OK(bucket_map_insert_in_place(memory, map, &keys[number], &value));
        for (int other = 0; other < KEYS; other += 1)
            check_same(&tables[1], memory, map, keys[other]);
    }
    bucket_heap_free(heap);
}

/* The same entries in a bucket of the same size at the same address. */
static void another_bucket_in_its_place(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    bucket_value keys[2][20], found = of_integer(77);
    bucket_table table;
    uint32_t map = 0, again = 0;
    for (int number = 0; number < 20; number += 1) {
        keys[0][number] = of_integer(number);
        keys[1][number] = of_integer(100 - number);
    }
    CHECK_OK(bucket_map_from_entries(memory, keys[0], keys[0], 20, &map));
    CHECK_OK(bucket_map_open(memory, map, &table));
    uint32_t bucket = half_at(memory, map + 8);
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_map_from_entries(memory, keys[1], keys[1], 20, &again));
    CHECK_EQUAL(map, again);
    CHECK_EQUAL(bucket, half_at(memory, again + 8));
    for (int number = 0; number < 20; number += 1) {
        CHECK_OK(bucket_table_get(&table, &keys[1][number], 'i', &found));
        CHECK_EQUAL(keys[1][number].as.i, found.as.i);
        CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_table_get(&table, &keys[0][number], 'i', &found));
        check_same(&table, memory, again, keys[0][number]);
        check_same(&table, memory, again, keys[1][number]);
    }
    bucket_heap_free(heap);
}

/* Many keys: the entries of some others match them. */
static void many_keys(void)
{
    enum { MANY = 50000 };
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    bucket_value key = of_integer(0), value = of_integer(0);
    uint32_t map = new_map(memory);
    bucket_table table;
    for (int64_t number = 0; number < MANY; number += 1) {
        key.as.i = number * 7919;
        value.as.i = -number;
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    }
    CHECK_OK(bucket_map_open(memory, map, &table));
    for (int64_t number = 0; number < MANY; number += 1) {
        int64_t found = 77;
        CHECK_OK(bucket_table_get_integer_inline(&table, number * 7919, &found));
        CHECK_EQUAL(-number, found);
        CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_table_get_integer_inline(&table, number * 7919 + 1, &found));
        CHECK_EQUAL(-number, found);
    }
    bucket_heap_free(heap);
}

/* The index of a bucket has the entries of all versions. */
static void of_versions(void)
{
    enum { VERSIONS = 60 };
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t maps[VERSIONS] = {new_map(memory)};
    bucket_table tables[VERSIONS];
    for (int version = 1; version < VERSIONS; version += 1)
        maps[version] = insert(memory, maps[version - 1], of_integer(version), of_integer(-version));
    for (int version = 0; version < VERSIONS; version += 1) {
        CHECK_OK(bucket_map_open(memory, maps[version], &tables[version]));
        for (int key = 0; key <= VERSIONS; key += 1)
            check_same(&tables[version], memory, maps[version], of_integer(key));
    }
    bucket_heap_free(heap);
}

/* Smaller buckets come to lie at the place of a larger one, behind which its seed is still there. */
static void smaller_buckets_in_its_place(uint64_t seed)
{
    enum { OPENED = 20 };
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t maps[2] = {new_map(memory), new_map(memory)}, of[OPENED] = {0};
    bucket_table tables[OPENED];
    struct random source = random_of(seed);
    size_t opened = 0;
    for (int64_t step = 0; step < 10000; step += 1) {
        uint64_t random = random_next(&source);
        uint32_t *map = &maps[random >> 8 & 1], copy = 0;
        bucket_value key = of_integer((int64_t)(random >> 24) % 12), value = of_integer(step);
        if (random % 64 == 0) {
            CHECK_OK(bucket_share(memory, *map, &copy));
            CHECK_OK(bucket_map_set(memory, map, &key, &value));
            CHECK_OK(bucket_release(memory, copy));
        } else if (random % 64 < 5) {
            of[opened % OPENED] = *map;
            CHECK_OK(bucket_map_open(memory, *map, &tables[opened % OPENED]));
            opened += 1;
        } else if (random % 64 < 35) {
            CHECK_OK(bucket_map_set(memory, map, &key, &value));
        } else {
            drystone_status status = bucket_map_delete(memory, map, &key);
            CHECK(status == DRYSTONE_OK || status == DRYSTONE_NOT_FOUND);
        }
        for (size_t which = 0; which < OPENED; which += 1)
            if (of[which] == maps[0] || of[which] == maps[1])
                check_same(&tables[which], memory, of[which], key);
    }
    bucket_heap_free(heap);
}

/* A memory that moves at each allocation, and whose old bytes are freed. */
static uint32_t moving_top;
static uint32_t move(bucket_memory *memory, uint32_t size)
{
    uint32_t block = moving_top;
    size_t length = block + (size + 7u) / 8 * 8;
    uint8_t *moved = calloc(1, length);
    CHECK(moved != NULL);
    memcpy(moved, memory->base, memory->length);
    free(memory->base);
    memory->base = moved;
    memory->length = length;
    moving_top = (uint32_t)length;
    return block;
}

static void in_a_memory_that_moves(uint32_t flags)
{
    bucket_memory memory = {.base = calloc(1, 16), .length = 16, .flags = flags, .alloc = move};
    bucket_table table, first;
    moving_top = 16;
    uint32_t map = new_map(&memory), set = 0;
    CHECK_OK(bucket_map_open(&memory, map, &first));
    CHECK_OK(bucket_set_new(&memory, &set));
    for (int number = 0; number < MOST; number += 1) {
        bucket_value key = of_integer(number * INT64_C(7919)), last = of_integer((number - 1) * INT64_C(7919));
        bool contains = true;
        CHECK_OK(bucket_set_open(&memory, set, &table));
        CHECK_OK(bucket_map_insert_in_place(&memory, map, &key, &key));
        CHECK_OK(bucket_set_add_in_place(&memory, set, &key));
        check_same(&first, &memory, map, key);
        check_same(&first, &memory, map, last);
        if (number % 50 == 20) {
            /* It moves, and the map is the same. */
            CHECK_OK(bucket_map_open(&memory, map, &first));
            (void)new_text(&memory, outside);
            check_same(&first, &memory, map, key);
        }
        CHECK_OK(bucket_table_contains(&table, &key, &contains));
        CHECK(contains);
        CHECK_OK(bucket_table_contains_text(&table, outside, sizeof outside - 1, &contains));
        CHECK(!contains);
    }
    free(memory.base);
}

/* Moving without growing, to a copy that has changed since, and shrinking in place. */
static void at_another_place_or_shorter(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t map = new_map(memory);
    uint8_t *copies[2];
    for (int which = 0; which < 2; which += 1) {
        for (int number = 0; number < KEYS; number += 1) {
            bucket_value key = of_integer(number), value = of_integer(number + 100 * which);
            CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
        }
        copies[which] = malloc(memory->length);
        CHECK(copies[which] != NULL);
        memcpy(copies[which], memory->base, memory->length);
    }
    bucket_memory moved = {.base = copies[0], .length = memory->length};
    bucket_table table;
    CHECK_OK(bucket_map_open(&moved, map, &table));
    for (int which = 1; which >= 0; which -= 1) {
        moved.base = copies[which];
        for (int number = 0; number <= KEYS; number += 1)
            check_same(&table, &moved, map, of_integer(number));
    }
    /* The beginning of the bucket is still there. */
    moved.length = half_at(memory, map + 8) + 100;
    bucket_value key = of_integer(1), found = of_integer(77);
    int64_t value = 77;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_table_get(&table, &key, 'i', &found));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_table_get_integer(&table, 1, &value));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_table_get_inline(&table, &key, 'i', &found));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_table_get_integer_inline(&table, 1, &value));
    CHECK(found.as.i == 77 && value == 77);
    moved.length = memory->length;
    check_same(&table, &moved, map, key);
    free(copies[0]);
    free(copies[1]);
    bucket_heap_free(heap);
}

/* A heap grows without moving: other maps need the room. */
static void in_a_heap_that_grows(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t map = new_map(memory), other = new_map(memory);
    bucket_table table;
    for (int number = 0; number < KEYS; number += 1) {
        bucket_value key = of_integer(number), value = of_integer(-number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    }
    CHECK_OK(bucket_map_open(memory, map, &table));
    size_t before = memory->length;
    for (int number = 0; number < 2000; number += 1) {
        bucket_value key = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, other, &key, &key));
    }
    CHECK(memory->length > before);
    for (int number = 0; number <= KEYS; number += 1)
        check_same(&table, memory, map, of_integer(number));
    bucket_value first = of_integer(0), changed = of_integer(5);
    CHECK_OK(bucket_map_insert_in_place(memory, map, &first, &changed));
    CHECK_OK(bucket_map_remove_in_place(memory, map, &changed));
    for (int number = 0; number <= KEYS; number += 1)
        check_same(&table, memory, map, of_integer(number));
    bucket_heap_free(heap);
}

static void of_texts_and_stones(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap), frozen;
    uint32_t map = new_map(memory), wrapper = 0;
    blob *stone = NULL;
    for (int number = 0; number < MOST; number += 1) {
        bucket_value key = key_of(memory, 's', number), value = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    }
    CHECK_OK(bucket_map_to_stone(memory, map, 's', 'i', &stone));
    CHECK_OK(bucket_memory_of_stone(stone, &frozen, &wrapper));
    bucket_table tables[2];
    CHECK_OK(bucket_map_open(memory, map, &tables[0]));
    CHECK_OK(bucket_map_open(&frozen, wrapper, &tables[1]));
    for (int which = 0; which < 2; which += 1) {
        bucket_value found = of_integer(77);
        bool contains = false;
        for (int number = 0; number < MOST; number += 1) {
            char text[40];
            int length = snprintf(text, sizeof text, "%d is a number, %d", number, number);
            CHECK_OK(bucket_table_get_text(&tables[which], text, (size_t)length, 'i', &found));
            CHECK_EQUAL(number, found.as.i);
            CHECK_OK(bucket_table_contains_text(&tables[which], text, (size_t)length, &contains));
            CHECK(contains);
        }
        CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_table_get_text(&tables[which], NULL, 0, 'i', &found));
        CHECK_OK(bucket_table_contains_text(&tables[which], outside, sizeof outside - 1, &contains));
        CHECK(!contains);
    }
    blob_destroy(stone);
    bucket_heap_free(heap);
}

/* Arguments that are not a map, a set, a table or a tag: nothing is written. */
static void refused(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    bucket_value one = of_integer(1), found = of_integer(77), unknown = {.tag = 'I'};
    bool contains = true;
    uint32_t map = new_map(memory), set = 0;
    bucket_table table, none, before;
    memset(&none, 0, sizeof none);
    memset(&table, 0x5A, sizeof table);
    before = table;
    CHECK_OK(bucket_set_from_elements(memory, &one, 1, &set));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_open(memory, set, &table));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_open(memory, map, &table));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_open(memory, map + 4, &table));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_open(memory, UINT32_MAX, &table));
    CHECK(memcmp(&table, &before, sizeof table) == 0);
    for (int which = 0; which < 2; which += 1) {
        const bucket_table *bad = which == 0 ? &none : &before;
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get(bad, &one, 'i', &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_integer(bad, 1, &found.as.i));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_inline(bad, &one, 'i', &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_integer_inline(bad, 1, &found.as.i));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_text(bad, "a", 1, 'i', &found));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_contains(bad, &one, &contains));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_contains_text(bad, "a", 1, &contains));
    }
    CHECK_OK(bucket_set_open(memory, set, &table));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_table_get(&table, &one, 'i', &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_table_get_integer(&table, 1, &found.as.i));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_table_get_inline(&table, &one, 'i', &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_table_get_integer_inline(&table, 1, &found.as.i));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_table_get_text(&table, "a", 1, 'i', &found));
    CHECK_OK(bucket_map_open(memory, map, &table));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get(&table, &unknown, 'i', &found));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get(&table, &one, 'I', &found));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_inline(&table, &unknown, 'i', &found));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_inline(&table, &one, 'I', &found));
    for (int64_t number = 0; number < 20; number += 1) {
        bucket_value key = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &key));
    }
    CHECK_OK(bucket_map_open(memory, map, &table));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_inline(&table, &one, 'I', &found));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_get_text(&table, "a", 1, 0, &found));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_table_contains(&table, &unknown, &contains));
    CHECK(contains && found.tag == 'i' && found.as.i == 77);
    bucket_heap_free(heap);
}

int main(void)
{
    static const uint8_t tags[4] = {'i', 'f', 's', 'b'};
    for (int tag = 0; tag < 4; tag += 1)
        after_changes(tags[tag]);
    another_bucket_in_its_place();
    for (uint64_t seed = 2; seed <= 4; seed += 1)
        smaller_buckets_in_its_place(seed);
    of_versions();
    many_keys();
    in_a_memory_that_moves(0);
    in_a_memory_that_moves(BUCKET_PLAIN);
    at_another_place_or_shorter();
    in_a_heap_that_grows();
    of_texts_and_stones();
    refused();
    return test_end("bucket_table");
}
