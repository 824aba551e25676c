/* The layout of bucket maps and sets, byte by byte: maps that we write for others, and maps from others. */
#include "bucket.h"

static bucket_heap *heap;
static bucket_memory *memory;

static void check_slot(uint32_t bucket, uint32_t slot, uint32_t occupancy, uint64_t key, uint64_t value)
{
    size_t at = slot_at(bucket, slot);
    CHECK_EQUAL(occupancy, half_at(memory, at));
    CHECK_EQUAL(key, word_at(memory, at + 4));
    CHECK_EQUAL(value, word_at(memory, at + 12));
}

static uint32_t check_wrapper(uint32_t wrapper, uint32_t tag, uint32_t second)
{
    CHECK_EQUAL(tag, half_at(memory, wrapper));
    CHECK_EQUAL(second, half_at(memory, wrapper + 4));
    return half_at(memory, wrapper + 8);
}

/* The next power of two that is at least 8 and twice the count. */
static uint32_t capacity_for(uint32_t count)
{
    uint32_t capacity = 8;
    while (capacity < 2 * count)
        capacity *= 2;
    return capacity;
}

static void small(void)
{
    uint32_t map = new_map(memory), set = 0;
    CHECK_EQUAL(0, check_wrapper(map, map_tag, ours));
    CHECK_OK(bucket_set_new(memory, &set));
    CHECK_EQUAL(0, check_wrapper(set, set_tag, ours));
    bucket_value keys[4] = {of_integer(-2), of_integer(0), of_integer(INT64_MAX), of_integer(5)};
    bucket_value values[4] = {of_number(1.5), of_bits(0xFFFFFFFFu), new_text(memory, "text"), of_integer(-1)};
    uint32_t all[5] = {map}, bucket = 0;
    for (uint32_t place = 0; place < 4; place += 1) {
        all[place + 1] = insert(memory, all[place], keys[place], values[place]);
        uint32_t now = check_wrapper(all[place + 1], map_tag, ours | (place + 1));
        /* From the second version on they share one bucket. */
        CHECK(place == 0 || now == bucket);
        bucket = now;
        CHECK_EQUAL(8, half_at(memory, bucket));
        CHECK_EQUAL(place + 1, half_at(memory, bucket + 4));
        for (uint32_t slot = 0; slot < 8; slot += 1)
            check_slot(bucket, slot, slot <= place, slot <= place ? field_of(keys[slot]) : 0,
                       slot <= place ? field_of(values[slot]) : 0);
    }
    CHECK_EQUAL(bucket, check_wrapper(all[1], map_tag, ours | 1));
    CHECK_OK(bucket_map_remove_in_place(memory, all[4], &keys[1]));
    CHECK_EQUAL(3, half_at(memory, bucket + 4));
    check_slot(bucket, 1, 0, 0, 0);
    check_slot(bucket, 2, 1, INT64_MAX, field_of(values[2]));
    /* A set leaves the value fields 0. */
    CHECK_OK(bucket_set_add_in_place(memory, set, &values[0]));
    CHECK_OK(bucket_set_add_in_place(memory, set, &values[3]));
    bucket = check_wrapper(set, set_tag, ours | 2);
    check_slot(bucket, 0, 1, bits_of_double(1.5), 0);
    check_slot(bucket, 1, 1, UINT64_MAX, 0);
}

/* After more than eight slots: an index entry for each live slot, a tombstone for each emptied one, the seed, the
 * number of used slots. */
static void check_index(uint32_t bucket, uint32_t used, uint32_t emptied)
{
    uint32_t capacity = half_at(memory, bucket);
    size_t index = slot_at(bucket, capacity);
    bool seen[4096] = {false};
    uint32_t entries = 0, left = 0;
    CHECK(capacity <= 4096);
    for (uint32_t place = 0; place < capacity; place += 1) {
        uint32_t entry = half_at(memory, index + (size_t)ENTRY_BYTES * place);
        if (entry == 0)
            continue;
        if (entry == UINT32_MAX) {
            left += 1;
            continue;
        }
        CHECK((entry & 0x80000000u) != 0);
        uint32_t slot = entry & (capacity - 1);
        CHECK(slot < used && !seen[slot]);
        CHECK_EQUAL(1, half_at(memory, slot_at(bucket, slot)));
        seen[slot] = true;
        entries += 1;
    }
    CHECK_EQUAL(emptied, left);
    CHECK_EQUAL(used, entries + left);
    CHECK_EQUAL(used, half_at(memory, index + (size_t)ENTRY_BYTES * capacity + 8));
}

static void indexed(void)
{
    uint32_t map = new_map(memory), last = map, bucket = 0;
    uint64_t seeds = 0;
    for (uint32_t count = 1; count <= 1000; count += 1) {
        uint32_t next = insert(memory, last, of_integer(count), of_integer(-(int64_t)count));
        uint32_t now = check_wrapper(next, map_tag, ours | count), capacity = half_at(memory, now);
        CHECK(capacity >= 8 && (capacity & (capacity - 1)) == 0 && capacity >= count);
        CHECK_EQUAL(count, half_at(memory, now + 4));
        check_slot(now, count - 1, 1, count, (uint64_t) - (int64_t)count);
        if (capacity > 8)
            check_index(now, count, 0);
        if (now != bucket && capacity > 8) {
            CHECK_EQUAL(capacity_for(count), capacity);
            seeds |= word_at(memory, slot_at(now, capacity) + (size_t)ENTRY_BYTES * capacity);
        }
        bucket = now;
        last = next;
    }
    CHECK(seeds != 0);
    /* The index entry of an emptied slot becomes a tombstone, and the number of used slots does not change. */
    for (int64_t key = 1; key <= 500; key += 1) {
        bucket_value gone = of_integer(key);
        CHECK_OK(bucket_map_remove_in_place(memory, last, &gone));
    }
    CHECK_EQUAL(500, half_at(memory, bucket + 4));
    CHECK_EQUAL(ours | 1000, half_at(memory, last + 4));
    check_slot(bucket, 0, 0, 0, 0);
    check_slot(bucket, 500, 1, 501, (uint64_t)-501);
    check_index(bucket, 1000, 500);
    /* A copy is packed. */
    uint32_t copy = insert(memory, last, of_integer(501), of_integer(0));
    bucket = check_wrapper(copy, map_tag, ours | 500);
    check_slot(bucket, 0, 1, 501, 0);
    check_index(bucket, 500, 0);
    /* Two maps do not have the same seed. */
    uint32_t other = insert(memory, last, of_integer(501), of_integer(0)), second = half_at(memory, other + 8);
    size_t trailer = slot_at(0, half_at(memory, bucket)) + (size_t)ENTRY_BYTES * half_at(memory, bucket);
    CHECK(half_at(memory, bucket) == half_at(memory, second));
    CHECK(word_at(memory, bucket + trailer) != word_at(memory, second + trailer));
}

/* For readers of the plain layout: no view, no index, at least half of the slots empty. */
static void plain(void)
{
    memory->flags |= BUCKET_PLAIN;
    uint32_t map = new_map(memory), bucket = 0, built = 0, in_place = new_map(memory);
    bucket_value keys[40];
    CHECK_EQUAL(0, check_wrapper(map, map_tag, 0));
    for (uint32_t count = 1; count <= 40; count += 1) {
        keys[count - 1] = of_integer(count);
        uint32_t next = insert(memory, map, of_integer(count), of_integer(0)), before = bucket;
        bucket = check_wrapper(next, map_tag, 0);
        CHECK(bucket != before);
        CHECK_EQUAL(capacity_for(count), half_at(memory, bucket));
        CHECK_EQUAL(count, half_at(memory, bucket + 4));
        for (uint32_t slot = 0; slot < capacity_for(count); slot += 1)
            check_slot(bucket, slot, slot < count, slot < count ? slot + 1 : 0, 0);
        CHECK_OK(bucket_map_from_entries(memory, keys, keys, count, &built));
        bucket = check_wrapper(built, map_tag, 0);
        CHECK_EQUAL(capacity_for(count), half_at(memory, bucket));
        CHECK_EQUAL(count, half_at(memory, bucket + 4));
        CHECK_OK(bucket_map_insert_in_place(memory, in_place, &keys[count - 1], &keys[0]));
        bucket = check_wrapper(in_place, map_tag, 0);
        CHECK(half_at(memory, bucket) >= capacity_for(count));
        CHECK_EQUAL(count, half_at(memory, bucket + 4));
        CHECK_OK(bucket_verify(memory, in_place));
        map = next;
    }
    uint32_t gone = without(memory, map, of_integer(7));
    bucket = check_wrapper(gone, map_tag, 0);
    CHECK_EQUAL(39, half_at(memory, bucket + 4));
    check_slot(bucket, 6, 1, 8, 0);
    uint32_t empty = new_map(memory);
    uint32_t one = insert(memory, empty, of_integer(1), of_integer(1));
    CHECK_EQUAL(0, check_wrapper(without(memory, one, of_integer(1)), map_tag, 0));
    /* A plain map from others gets our layout when it is next copied, and vice versa. */
    memory->flags &= ~(uint32_t)BUCKET_PLAIN;
    uint32_t mixed = insert(memory, map, of_integer(99), of_integer(99));
    bucket = check_wrapper(mixed, map_tag, ours | 41);
    check_index(bucket, 41, 0);
    CHECK_OK(bucket_map_insert_in_place(memory, in_place, &(bucket_value){.tag = 'i', .as = {.i = 77}}, &keys[0]));
    check_index(check_wrapper(in_place, map_tag, ours | 41), 41, 0);
    CHECK_OK(bucket_verify(memory, in_place));
    memory->flags |= BUCKET_PLAIN;
    check_wrapper(insert(memory, mixed, of_integer(100), of_integer(0)), map_tag, 0);
    CHECK_OK(bucket_map_insert_in_place(memory, mixed, &(bucket_value){.tag = 'i', .as = {.i = 100}}, &keys[0]));
    CHECK_EQUAL(capacity_for(42), half_at(memory, check_wrapper(mixed, map_tag, 0)));
    memory->flags &= ~(uint32_t)BUCKET_PLAIN;
}

/* A map as other programs write it: live slots anywhere, rubbish in the empty ones. */
static uint32_t foreign(uint32_t tag)
{
    uint32_t block = memory->alloc(memory, WRAPPER_BYTES);
    uint32_t bucket = memory->alloc(memory, HEADER_BYTES + 16 * SLOT_BYTES);
    CHECK(block != 0 && bucket != 0);
    store_wrapper(memory->base + block, tag, 0, bucket);
    store_half(memory->base + bucket, 16);
    store_half(memory->base + bucket + 4, 3);
    for (uint32_t slot = 0; slot < 16; slot += 1) {
        store_slot(memory->base, bucket, slot, 40 + slot, tag == map_tag ? 4 * slot : 0);
        if (slot != 2 && slot != 3 && slot != 15)
            store_half(memory->base + slot_at(bucket, slot), 0);
    }
    return block;
}

static void made_by_others(void)
{
    uint32_t map = foreign(map_tag), set = foreign(set_tag), size = 0;
    bucket_value key = of_integer(43), value = of_integer(99), dead = of_integer(44);
    CHECK_ENTRIES(memory, map, {42, 8}, {43, 12}, {55, 60});
    uint32_t more = insert(memory, map, of_integer(1), of_integer(2)), less = without(memory, map, key);
    uint32_t other = insert(memory, map, key, value), same = insert(memory, map, key, of_integer(12));
    CHECK_EQUAL(map, same);
    CHECK_ENTRIES(memory, more, {42, 8}, {43, 12}, {55, 60}, {1, 2});
    CHECK_ENTRIES(memory, less, {42, 8}, {55, 60});
    CHECK_ENTRIES(memory, other, {42, 8}, {43, 99}, {55, 60});
    CHECK_ENTRIES(memory, map, {42, 8}, {43, 12}, {55, 60});
    check_wrapper(more, map_tag, ours | 4);
    uint32_t bucket = check_wrapper(map, map_tag, 0);
    /* Changes in place keep its layout, except for a new key: the last slot is taken. */
    CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    CHECK_OK(bucket_map_remove_in_place(memory, map, &dead));
    CHECK_EQUAL(bucket, check_wrapper(map, map_tag, 0));
    check_slot(bucket, 3, 1, 43, 99);
    CHECK_OK(bucket_map_remove_in_place(memory, map, &key));
    check_slot(bucket, 3, 0, 0, 0);
    CHECK_EQUAL(2, half_at(memory, bucket + 4));
    CHECK_ENTRIES(memory, map, {42, 8}, {55, 60});
    memory->flags |= BUCKET_PLAIN;
    CHECK_OK(bucket_map_insert_in_place(memory, map, &dead, &value));
    memory->flags &= ~(uint32_t)BUCKET_PLAIN;
    CHECK_EQUAL(8, half_at(memory, check_wrapper(map, map_tag, 0)));
    CHECK_ENTRIES(memory, map, {42, 8}, {55, 60}, {44, 99});
    CHECK_OK(bucket_set_size(memory, set, &size));
    CHECK_EQUAL(3, size);
    CHECK_OK(bucket_set_add_in_place(memory, set, &dead));
    CHECK_OK(bucket_set_size(memory, set, &size));
    CHECK_EQUAL(4, size);
    CHECK_OK(bucket_verify(memory, set));
    check_wrapper(set, set_tag, ours | 4);
    /* A capacity smaller than we would choose can be read too. */
    uint32_t few = foreign(map_tag);
    bucket = half_at(memory, few + 8);
    store_half(memory->base + bucket, 4);
    store_half(memory->base + bucket + 4, 2);
    CHECK_ENTRIES(memory, few, {42, 8}, {43, 12});
    CHECK_ENTRIES(memory, insert(memory, few, of_integer(7), of_integer(7)), {42, 8}, {43, 12}, {7, 7});
}

/* A decimal is not a map or a set: every call returns WRONG_TYPE. */
static void decimal(void)
{
    uint32_t wrapper = foreign(decimal_tag), out = 77, cursor = 0;
    bucket_value one = of_integer(1), found = of_integer(77);
    uint64_t field = 77;
    bool contains = true;
    blob *stone = NULL;
    size_t used = bucket_heap_used(heap);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_verify(memory, wrapper));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_size(memory, wrapper, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_get(memory, wrapper, &one, 'i', &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_get_text(memory, wrapper, "a", 1, 'i', &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_contains(memory, wrapper, &one, &contains));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_contains_text(memory, wrapper, "a", 1, &contains));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_insert(memory, wrapper, &one, &one, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_insert_in_place(memory, wrapper, &one, &one));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_remove(memory, wrapper, &one, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_remove_in_place(memory, wrapper, &one));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_next(memory, wrapper, 'i', 'i', &cursor, &found, &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_keys(memory, wrapper, &field, 1, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_values(memory, wrapper, &field, 1, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_to_stone(memory, wrapper, 'i', 'i', &stone));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_size(memory, wrapper, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_contains(memory, wrapper, &one, &contains));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_contains_text(memory, wrapper, "a", 1, &contains));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_add(memory, wrapper, &one, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_add_in_place(memory, wrapper, &one));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_remove(memory, wrapper, &one, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_remove_in_place(memory, wrapper, &one));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_next(memory, wrapper, 'i', &cursor, &found));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_elements(memory, wrapper, &field, 1, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_to_stone(memory, wrapper, 'i', &stone));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, wrapper));
    CHECK(out == 77 && found.as.i == 77 && contains && field == 77 && stone == NULL && cursor == 0);
    CHECK_EQUAL(used, bucket_heap_used(heap));
}

/* Invalid maps: every kind of call recognises each of these. */
static void malformed(void)
{
    static const struct {
        uint32_t place; /* in bytes; 12 and more count from the bucket */
        uint32_t value;
    } wrong[] = {
        {0, 0},           {0, 0xFEEDC000u}, {0, 0xFEEDC004u}, {4, 1},
        {4, 0x7FFFFFFFu}, {4, 0x80000011u}, {4, UINT32_MAX},  {8, UINT32_MAX},
        {8, 0xFFFFFF00u}, {12, 0},          {12, 3},          {12, 15},
        {12, 1u << 28},   {12, 1u << 31},   {12, UINT32_MAX}, {16, 17},
        {16, UINT32_MAX},
    };
    for (size_t place = 0; place < sizeof wrong / sizeof wrong[0]; place += 1) {
        uint32_t map = foreign(map_tag), bucket = half_at(memory, map + 8), out = 77, cursor = 0;
        bucket_value key = of_integer(42), found = of_integer(77);
        bool contains = true;
        blob *stone = NULL;
        uint32_t at = wrong[place].place;
        store_half(memory->base + (at < 12 ? map + at : bucket + at - 12), wrong[place].value);
        size_t used = bucket_heap_used(heap);
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, map));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_size(memory, map, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_get(memory, map, &key, 'i', &found));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_contains(memory, map, &key, &contains));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert(memory, map, &key, &key, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert_in_place(memory, map, &key, &key));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_remove(memory, map, &key, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_remove_in_place(memory, map, &key));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_next(memory, map, 'i', 'i', &cursor, &found, &found));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_to_stone(memory, map, 'i', 'i', &stone));
        CHECK(out == 77 && found.as.i == 77 && contains && stone == NULL && cursor == 0);
        CHECK_EQUAL(used, bucket_heap_used(heap));
    }
    /* A header with too small a count: a plain bucket is read up to its count. */
    for (uint32_t count = 0; count < 3; count += 1) {
        uint32_t map = foreign(map_tag), found = 77;
        uint64_t fields[3] = {77, 77, 77};
        bucket_value last = of_integer(55);
        bool contains = true;
        store_half(memory->base + half_at(memory, map + 8) + 4, count);
        CHECK_OK(bucket_verify(memory, map));
        CHECK_EQUAL(count, size_of(memory, map));
        CHECK_OK(bucket_map_keys(memory, map, fields, 3, &found));
        CHECK_EQUAL(count, found);
        CHECK_EQUAL(count > 0 ? 42 : 77, fields[0]);
        CHECK_EQUAL(count > 1 ? 43 : 77, fields[1]);
        CHECK_EQUAL(77, fields[2]);
        CHECK_OK(bucket_map_contains(memory, map, &last, &contains));
        CHECK(!contains);
        uint32_t more = insert(memory, map, last, last);
        CHECK_OK(bucket_verify(memory, more));
        CHECK_EQUAL(count + 1, size_of(memory, more));
    }
    /* A header with too large a count: calls that only read the header believe it, a copy detects it. */
    uint32_t map = foreign(map_tag), bucket = half_at(memory, map + 8), out = 77;
    bucket_value key = of_integer(42);
    uint64_t fields[16] = {77, 77, 77};
    for (uint32_t count = 4; count <= 16; count += 1) {
        store_half(memory->base + bucket + 4, count);
        size_t used = bucket_heap_used(heap);
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, map));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert(memory, map, &key, &key, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_remove(memory, map, &key, &out));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_keys(memory, map, fields, 16, &out));
        CHECK(fields[0] == 77 && fields[1] == 77 && fields[2] == 77 && out == 77);
        CHECK_EQUAL(used, bucket_heap_used(heap));
    }
    /* Neither live nor empty. */
    map = foreign(map_tag);
    bucket = half_at(memory, map + 8);
    store_half(memory->base + slot_at(bucket, 0), 2);
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, map));
}

/* A key that only the newer version has, removed in place while the older version is still in use: the caller broke
 * the promise, the older version's size is wrong, and verifying detects it. */
static void broken_promise(void)
{
    uint32_t older = new_map(memory), out = 77;
    for (int64_t number = 0; number < 20; number += 1) {
        bucket_value key = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, older, &key, &key));
    }
    bucket_value last = of_integer(20);
    uint32_t newer = insert(memory, older, last, last);
    CHECK_EQUAL(half_at(memory, older + 8), half_at(memory, newer + 8));
    CHECK_OK(bucket_verify(memory, older));
    CHECK_OK(bucket_map_remove_in_place(memory, newer, &last));
    CHECK_OK(bucket_verify(memory, newer));
    CHECK_EQUAL(20, size_of(memory, newer));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, older));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_insert(memory, older, &last, &last, &out));
    CHECK_EQUAL(77, out);
}

/* An index that does not match the live slots: verifying detects it, and other calls still terminate. */
static void wrong_index(void)
{
    uint32_t map = new_map(memory), left = UINT32_MAX;
    for (int64_t number = 0; number < 20; number += 1) {
        bucket_value key = of_integer(number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &key));
    }
    bucket_value gone = of_integer(7), found = of_integer(77);
    CHECK_OK(bucket_map_remove_in_place(memory, map, &gone));
    CHECK_OK(bucket_verify(memory, map));
    uint32_t bucket = half_at(memory, map + 8), capacity = half_at(memory, bucket);
    size_t index = slot_at(bucket, capacity);
    for (uint32_t place = 0; place < capacity; place += 1) {
        size_t at = index + (size_t)ENTRY_BYTES * place;
        uint32_t entry = half_at(memory, at);
        if (entry == 0)
            continue;
        left = entry == UINT32_MAX ? place : left;
        uint32_t wrong[4] = {0, UINT32_MAX, 0x80000000u | 7, entry ^ 1};
        for (size_t each = 0; each < sizeof wrong / sizeof wrong[0]; each += 1) {
            if (wrong[each] == entry)
                continue;
            store_half(memory->base + at, wrong[each]);
            CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, map));
            CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get(memory, map, &gone, 'i', &found));
            CHECK_EQUAL(77, found.as.i);
        }
        store_half(memory->base + at, entry);
        CHECK_OK(bucket_verify(memory, map));
    }
    CHECK(left != UINT32_MAX);
    /* Our buckets have at least eight slots. */
    map = new_map(memory);
    CHECK_OK(bucket_map_insert_in_place(memory, map, &gone, &gone));
    store_half(memory->base + half_at(memory, map + 8), 4);
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(memory, map));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_get(memory, map, &gone, 'i', &found));
}

int main(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    small();
    indexed();
    plain();
    made_by_others();
    decimal();
    malformed();
    broken_promise();
    wrong_index();
    bucket_heap_free(heap);
    return test_end("bucket_layout");
}
