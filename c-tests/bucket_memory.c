/* The heap of bucket maps: bytes in use, releasing, swept strings, the maximum. */
#include "bucket.h"

static bucket_heap *heap;
static bucket_memory *memory;

static void open_heap(size_t maximum)
{
    heap = new_heap(maximum);
    memory = bucket_heap_memory(heap);
    CHECK(memory != NULL && memory->base != NULL);
}

static void making(void)
{
    bucket_heap *none = (bucket_heap *)(uintptr_t)0x5A5A;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_heap_new(2, 1, &none));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_heap_new(SIZE_MAX, 0, &none));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_heap_new(SIZE_MAX, SIZE_MAX, &none));
    CHECK(none == (bucket_heap *)(uintptr_t)0x5A5A);
    /* A heap that is too small for any block. */
    for (size_t maximum = 1; maximum < 300; maximum += 1) {
        open_heap(maximum);
        uint32_t map = 77;
        drystone_status status = bucket_map_new(memory, &map);
        CHECK(status == DRYSTONE_OK || (status == DRYSTONE_NO_MEMORY && map == 77));
        CHECK(memory->length <= maximum);
        CHECK(status != DRYSTONE_OK || map + WRAPPER_BYTES <= maximum);
        bucket_heap_free(heap);
    }
    CHECK_OK(bucket_heap_new(1 << 20, 1 << 20, &heap));
    memory = bucket_heap_memory(heap);
    CHECK_EQUAL(1 << 20, memory->length);
    CHECK_EQUAL(0, memory->base[(1 << 20) - 1]);
    bucket_heap_free(heap);
}

static void releasing(void)
{
    open_heap(0);
    bucket_value one = of_integer(1);
    uint32_t map = new_map(memory);
    size_t empty = bucket_heap_used(heap);
    CHECK(empty >= WRAPPER_BYTES && empty <= 64);
    uint32_t with = insert(memory, map, one, one);
    CHECK(bucket_heap_used(heap) > empty + HEADER_BYTES + 8 * SLOT_BYTES);
    uint32_t more = insert(memory, with, of_integer(2), one);
    size_t all = bucket_heap_used(heap);

    /* Offsets that are not those of a map, wrong in every way. */
    uint32_t bucket = half_at(memory, with + 8);
    bucket_value text = new_text(memory, "FEEDC001");
    size_t used = bucket_heap_used(heap);
    uint32_t wrong[] = {0, 1, 7, 8, 63, 64, with + 1, with + 4, with + 8, bucket, bucket + 8, text.as.s.ptr,
                        (uint32_t)memory->length - 1, (uint32_t)memory->length, UINT32_MAX};
    for (size_t place = 0; place < sizeof wrong / sizeof wrong[0]; place += 1)
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, wrong[place]));
    bucket_value wrong_text[] = {of_text(map, 1), of_text(bucket, 1), of_text(text.as.s.ptr + 1, 1), of_text(0, 1),
                                 of_text(UINT32_MAX, UINT32_MAX), one};
    for (size_t place = 0; place < sizeof wrong_text / sizeof wrong_text[0]; place += 1)
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_string_release(memory, &wrong_text[place]));
    CHECK_EQUAL(used, bucket_heap_used(heap));
    CHECK_OK(bucket_string_release(memory, &text));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_string_release(memory, &text));

    /* The version that shares the bucket keeps it alive; the same wrapper twice has two users. */
    uint32_t same = insert(memory, with, one, one);
    CHECK_EQUAL(with, same);
    CHECK_OK(bucket_release(memory, with));
    CHECK_ENTRIES(memory, with, {1, 1});
    CHECK_OK(bucket_release(memory, with));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, with));
    CHECK_ENTRIES(memory, more, {1, 1}, {2, 1});
    CHECK_OK(bucket_release(memory, map));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, more));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, more));
    CHECK(bucket_heap_used(heap) < all);

    /* Blocks are reused: repeating the same work does not grow the heap. */
    size_t length = 0;
    for (int round = 0; round < 50; round += 1) {
        uint32_t last = new_map(memory);
        for (int64_t key = 0; key < 300; key += 1) {
            uint32_t next = insert(memory, last, of_integer(key), of_integer(round));
            CHECK_OK(bucket_release(memory, last));
            last = next;
        }
        CHECK_OK(bucket_release(memory, last));
        if (round == 1)
            length = memory->length;
    }
    CHECK_EQUAL(length, memory->length);
    bucket_heap_free(heap);
}

/* A string is freed when nobody holds it and no map contains it; not before, however much is allocated. */
static void strings(void)
{
    open_heap(0);
    enum { ROUNDS = 3000 };
    size_t rounds = test_size(ROUNDS, 600);
    uint32_t map = new_map(memory);
    bucket_value held = new_text(memory, "held"), key = new_text(memory, "a key of the map"),
                 value = new_text(memory, "a value of the map"), number = of_integer(1);
    check_text(memory, held, "held");
    uint32_t set = 0;
    bucket_value element = new_text(memory, "an element");
    CHECK_OK(bucket_set_from_elements(memory, &element, 1, &set));
    CHECK_OK(bucket_string_release(memory, &element));
    uint32_t other = insert(memory, map, key, value);
    CHECK_OK(bucket_map_insert_in_place(memory, map, &value, &key));
    CHECK_OK(bucket_string_release(memory, &key));
    CHECK_OK(bucket_string_release(memory, &value));
    size_t used = bucket_heap_used(heap), most = 0;
    static char large[1000];
    for (size_t round = 0; round < rounds; round += 1) {
        memset(large, 'a' + (int)(round % 26), sizeof large);
        bucket_value string;
        CHECK_OK(bucket_string_new(memory, large, sizeof large, &string));
        uint32_t changed = insert(memory, other, string, number);
        CHECK_OK(bucket_string_release(memory, &string));
        bucket_value found;
        CHECK_OK(bucket_map_get_text(memory, changed, large, sizeof large, 'i', &found));
        CHECK_OK(bucket_release(memory, changed));
        if (bucket_heap_used(heap) > most)
            most = bucket_heap_used(heap);
    }
    CHECK(most < used + 400 * sizeof large);
    check_text(memory, held, "held");
    check_text(memory, key, "a key of the map");
    check_text(memory, value, "a value of the map");
    check_text(memory, element, "an element");
    bool contains = false;
    CHECK_OK(bucket_set_contains_text(memory, set, "an element", 10, &contains));
    CHECK(contains);
    CHECK_OK(bucket_string_release(memory, &held));
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, other));
    CHECK_OK(bucket_release(memory, set));
    bucket_heap_free(heap);
}

/* Strings copied by an insert belong to the maps alone, and are freed with them. */
static void copied_strings(void)
{
    open_heap(0);
    memory->flags |= BUCKET_COPY_STRINGS;
    static char large[1000];
    size_t rounds = test_size(2000, 400), most = 0;
    for (size_t round = 0; round < rounds; round += 1) {
        memset(large, 'a', sizeof large);
        bucket_value string, again, found;
        CHECK_OK(bucket_string_new(memory, large, sizeof large, &string));
        uint32_t map = new_map(memory);
        uint32_t changed = insert(memory, map, string, string);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &string, &string));
        CHECK_OK(bucket_release(memory, map));
        CHECK_OK(bucket_map_from_entries(memory, &string, &string, 1, &map));
        memset(memory->base + string.as.s.ptr, 'b', sizeof large);
        CHECK_OK(bucket_map_get_text(memory, changed, large, sizeof large, 's', &found));
        CHECK(found.as.s.ptr != string.as.s.ptr);
        CHECK_OK(bucket_map_get_text(memory, map, large, sizeof large, 's', &again));
        CHECK(again.as.s.ptr != found.as.s.ptr);
        CHECK_OK(bucket_string_release(memory, &string));
        CHECK_OK(bucket_release(memory, changed));
        CHECK_OK(bucket_release(memory, map));
        if (bucket_heap_used(heap) > most)
            most = bucket_heap_used(heap);
    }
    CHECK(most < 400 * sizeof large);
    /* Enough bytes to start a sweep for strings while the map is still being built. */
    enum { COUNT = 300 };
    static bucket_value keys[COUNT], values[COUNT];
    uint32_t map = 0;
    for (int place = 0; place < COUNT; place += 1) {
        large[place] = 'c';
        CHECK_OK(bucket_string_new(memory, large, sizeof large, &keys[place]));
        values[place] = keys[place];
    }
    CHECK_OK(bucket_map_from_entries(memory, keys, values, COUNT, &map));
    CHECK_OK(bucket_verify(memory, map));
    memset(large, 'a', sizeof large);
    for (int place = 0; place < COUNT; place += 1) {
        bucket_value found;
        const char *utf8;
        uint32_t length;
        large[place] = 'c';
        memset(memory->base + keys[place].as.s.ptr, 'x', sizeof large);
        CHECK_OK(bucket_map_get_text(memory, map, large, sizeof large, 's', &found));
        CHECK_OK(bucket_string_data(memory, &found, &utf8, &length));
        CHECK_EQUAL(sizeof large, length);
        CHECK_BYTES(large, utf8, sizeof large);
    }
    bucket_heap_free(heap);
}

/* At the maximum calls fail; existing maps stay intact, and changes succeed again after something is released. */
static void maximum(void)
{
    for (size_t size = 1000; size < 200000; size = size * 3 / 2) {
        open_heap(size);
        uint32_t map = new_map(memory), in_place = new_map(memory), refused = 0, out = 77;
        int64_t count = 0, placed = 0;
        for (; refused < 20; count += 1) {
            bucket_value key = of_integer(count), value = of_integer(-count);
            drystone_status status = bucket_map_insert(memory, map, &key, &value, &out);
            if (status == DRYSTONE_OK) {
                CHECK_EQUAL(count - refused + 1, size_of(memory, out));
                CHECK_OK(bucket_release(memory, map));
                map = out;
            } else {
                CHECK_STATUS(DRYSTONE_NO_MEMORY, status);
                CHECK_EQUAL(count - refused, size_of(memory, map));
                refused += 1;
            }
            CHECK(memory->length <= size);
        }
        size_t used = bucket_heap_used(heap);
        CHECK_OK(bucket_verify(memory, map));
        bucket_value keys[2] = {of_integer(0), of_integer(1)}, string = of_integer(77);
        static const char large[200000];
        CHECK_STATUS(DRYSTONE_NO_MEMORY, bucket_string_new(memory, large, (uint32_t)size, &string));
        CHECK_EQUAL(77, string.as.i);
        CHECK_EQUAL(used, bucket_heap_used(heap));
        for (; placed < 10000; placed += 1) {
            bucket_value key = of_integer(placed);
            drystone_status status = bucket_map_insert_in_place(memory, in_place, &key, &key);
            if (status == DRYSTONE_NO_MEMORY)
                break;
            CHECK_OK(status);
        }
        CHECK_EQUAL(placed, size_of(memory, in_place));
        CHECK_OK(bucket_verify(memory, in_place));
        /* Removing in place needs no memory. */
        if (placed > 0)
            CHECK_OK(bucket_map_remove_in_place(memory, in_place, &keys[0]));
        CHECK_OK(bucket_release(memory, in_place));
        CHECK_OK(bucket_release(memory, map));
        CHECK_EQUAL(0, bucket_heap_used(heap));
        CHECK_OK(bucket_set_from_elements(memory, keys, 2, &map));
        CHECK_OK(bucket_release(memory, map));
        bucket_heap_free(heap);
    }
    /* Unreferenced strings are freed to make room. */
    open_heap(100000);
    static const char text[30000];
    for (int round = 0; round < 100; round += 1) {
        bucket_value string;
        CHECK_OK(bucket_string_new(memory, text, sizeof text, &string));
        CHECK_OK(bucket_string_release(memory, &string));
    }
    bucket_heap_free(heap);
}

/* Blocks that the caller allocates itself are like any others. */
static void own_blocks(void)
{
    open_heap(0);
    uint32_t block = memory->alloc(memory, 1000);
    CHECK(block != 0 && block + 1000 <= memory->length);
    for (size_t place = 0; place < 1000; place += 1)
        CHECK_EQUAL(0, memory->base[block + place]);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_release(memory, block));
    store_wrapper(memory->base + block, map_tag, 0, 0);
    uint32_t map = insert(memory, block, of_integer(1), of_integer(2));
    CHECK_ENTRIES(memory, map, {1, 2});
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, block));
    CHECK_EQUAL(0, bucket_heap_used(heap));
    CHECK_EQUAL(0, memory->alloc(memory, UINT32_MAX));
    /* It never moves. */
    const uint8_t *base = memory->base;
    size_t length = memory->length;
    CHECK(memory->alloc(memory, 1 << 24) != 0);
    CHECK(memory->base == base && memory->length > length);
    bucket_heap_free(heap);
}

int main(void)
{
    making();
    releasing();
    strings();
    copied_strings();
    maximum();
    own_blocks();
    return test_end("bucket_memory");
}
