/* Bucket maps and sets as stones: complete, read by many threads, held by messages, never changed. */
#include "bucket.h"

#include <pthread.h>

static bucket_heap *heap;
static bucket_memory *memory;

static blob *stone_of_map(uint32_t map, char key_tag, char value_tag)
{
    blob *stone = NULL;
    CHECK_OK(bucket_map_to_stone(memory, map, (uint8_t)key_tag, (uint8_t)value_tag, &stone));
    CHECK(blob_is_stone(stone));
    CHECK_EQUAL(1, blob_refcount(stone));
    return stone;
}

static uint32_t memory_of(const blob *stone, bucket_memory *of)
{
    uint32_t wrapper = 0;
    CHECK_OK(bucket_memory_of_stone(stone, of, &wrapper));
    CHECK(of->base == blob_data(stone) && of->length == blob_length_bits(stone) / 8);
    CHECK(of->alloc == NULL && of->push_root == NULL && of->pop_roots == NULL && of->usable_size == NULL);
    CHECK(of->flags == 0 && of->context == NULL);
    CHECK_OK(bucket_verify(of, wrapper));
    return wrapper;
}

/* Every small size, with texts; the heap is freed before the stone is read. */
static void every_size(void)
{
    char name[32];
    for (uint32_t size = 0; size < test_size(150, 40); size += 1) {
        heap = new_heap(0);
        memory = bucket_heap_memory(heap);
        uint32_t map = new_map(memory), cursor = 0;
        for (uint32_t number = 0; number < size + 2; number += 1) {
            snprintf(name, sizeof name, "%.*s%u", (int)(number % 20), "some more characters", number);
            bucket_value key = new_text(memory, name), value = new_text(memory, number % 3 == 0 ? "" : name);
            CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
            if (number < 2)
                CHECK_OK(bucket_map_remove_in_place(memory, map, &key));
        }
        blob *stone = stone_of_map(map, 's', 's');
        bucket_heap_free(heap);
        bucket_memory of;
        uint32_t wrapper = memory_of(stone, &of);
        uint8_t key_tag = 0, value_tag = 0;
        CHECK_OK(bucket_stone_tags(stone, &key_tag, &value_tag));
        CHECK(key_tag == 's' && value_tag == 's');
        CHECK_EQUAL(size, size_of(&of, wrapper));
        for (uint32_t number = 2; number < size + 2; number += 1) {
            bucket_value key, value, found;
            snprintf(name, sizeof name, "%.*s%u", (int)(number % 20), "some more characters", number);
            CHECK_OK(bucket_map_next(&of, wrapper, 's', 's', &cursor, &key, &value));
            check_text(&of, key, name);
            check_text(&of, value, number % 3 == 0 ? "" : name);
            CHECK_OK(bucket_map_get_text(&of, wrapper, name, strlen(name), 's', &found));
            CHECK_EQUAL(field_of(value), field_of(found));
            CHECK_OK(bucket_map_get(&of, wrapper, &key, 's', &found));
            CHECK_EQUAL(field_of(value), field_of(found));
        }
        bucket_value none;
        CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get_text(&of, wrapper, "nowhere", 7, 's', &none));
        CHECK_STATUS(DRYSTONE_END, bucket_map_next(&of, wrapper, 's', 's', &cursor, &none, &none));
        /* Packed: less than four times the size of the entries. */
        CHECK(of.length < 250 + size * 4 * (SLOT_BYTES + ENTRY_BYTES + 32));
        blob_destroy(stone);
    }
}

static void every_tag(void)
{
    static const char letters[] = "ifsb";
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    bucket_value values[4] = {of_integer(-7), of_number(-0.0), new_text(memory, "a text"), of_bits(0x80000001u)};
    for (int key = 0; key < 4; key += 1) {
        uint32_t set = 0, wrapper = 0;
        blob *stone = NULL;
        bucket_memory of;
        uint8_t tags[2];
        bucket_value found;
        for (int value = 0; value < 4; value += 1) {
            uint32_t map = 0;
            CHECK_OK(bucket_map_from_entries(memory, &values[key], &values[value], 1, &map));
            stone = stone_of_map(map, letters[key], letters[value]);
            wrapper = memory_of(stone, &of);
            CHECK_OK(bucket_stone_tags(stone, &tags[0], &tags[1]));
            CHECK(tags[0] == letters[key] && tags[1] == letters[value]);
            if (key == 2)
                CHECK_OK(bucket_map_get_text(&of, wrapper, "a text", 6, tags[1], &found));
            else
                CHECK_OK(bucket_map_get(&of, wrapper, &values[key], tags[1], &found));
            if (value == 2)
                check_text(&of, found, "a text");
            else
                CHECK_EQUAL(field_of(values[value]), field_of(found));
            /* Integers are never read as pointers to texts, whatever the tag says. */
            blob_destroy(stone);
            stone = NULL;
            drystone_status status = bucket_map_to_stone(memory, map, 's', 's', &stone);
            CHECK((status == DRYSTONE_OK) == (stone != NULL));
            blob_destroy(stone);
        }
        CHECK_OK(bucket_set_from_elements(memory, &values[key], 1, &set));
        CHECK_OK(bucket_set_to_stone(memory, set, (uint8_t)letters[key], &stone));
        wrapper = memory_of(stone, &of);
        CHECK_OK(bucket_stone_tags(stone, &tags[0], &tags[1]));
        CHECK(tags[0] == letters[key] && tags[1] == 0);
        uint32_t size = 0;
        CHECK_OK(bucket_set_size(&of, wrapper, &size));
        CHECK_EQUAL(1, size);
        CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_size(&of, wrapper, &size));
        CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_to_stone(memory, set, 'i', 'i', &stone));
        blob_destroy(stone);
    }
    bucket_heap_free(heap);
}

static uint32_t hundred(void)
{
    uint32_t map = new_map(memory);
    for (int64_t number = 0; number < 100; number += 1) {
        bucket_value key = of_integer(number), value = of_integer(number * number);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
    }
    return map;
}

/* No call changes a stone, and a stone of a stone is the same map. */
static void unchangeable(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    blob *stone = stone_of_map(hundred(), 'i', 'i'), *again = NULL;
    bucket_memory of, copy;
    uint32_t map = memory_of(stone, &of), out = 77;
    bucket_value key = of_integer(5), string = of_integer(77);
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert(&of, map, &key, &key, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert_in_place(&of, map, &key, &key));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove(&of, map, &key, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove_in_place(&of, map, &key));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_from_entries(&of, &key, &key, 1, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_new(&of, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_new(&of, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_add(&of, map, &key, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_add_in_place(&of, map, &key));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_remove(&of, map, &key, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_remove_in_place(&of, map, &key));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_set_from_elements(&of, &key, 1, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_string_new(&of, "a", 1, &string));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_string_release(&of, &string));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_release(&of, map));
    CHECK(out == 77 && string.as.i == 77);
    CHECK_OK(bucket_map_to_stone(&of, map, 'i', 'i', &again));
    uint32_t same = memory_of(again, &copy);
    uint64_t one[100], other[100];
    CHECK_OK(bucket_map_values(&of, map, one, 100, &out));
    CHECK_OK(bucket_map_values(&copy, same, other, 100, &out));
    CHECK_BYTES(one, other, sizeof one);
    blob_destroy(again);
    blob_destroy(stone);
    bucket_heap_free(heap);
}

/* Blobs that are not stones of maps, and stones cut or damaged: each gives a status, and the outputs stay unchanged. */
static void not_ours(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    blob *stone = stone_of_map(hundred(), 'i', 'i');
    size_t size = blob_length_bits(stone) / 8;
    bucket_memory of = {.length = 77};
    uint32_t map = 77;
    uint8_t tags[2] = {77, 77};
    blob *antestone = blob_from_bytes(blob_data(stone), size), *empty = stone_of("", 0);
    CHECK_STATUS(DRYSTONE_NOT_STONE, bucket_memory_of_stone(antestone, &of, &map));
    CHECK_STATUS(DRYSTONE_NOT_STONE, bucket_stone_tags(antestone, &tags[0], &tags[1]));
    CHECK_OK(blob_make_stone(antestone));
    CHECK_OK(bucket_memory_of_stone(antestone, &of, &map));
    CHECK_OK(bucket_verify(&of, map));
    of.length = map = 77;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_memory_of_stone(empty, &of, &map));
    blob_destroy(antestone);
    blob_destroy(empty);
    blob *message = message_of_integer(1);
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_memory_of_stone(message, &of, &map));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_stone_tags(message, &tags[0], &tags[1]));
    blob_destroy(message);
    CHECK(of.length == 77 && map == 77 && tags[0] == 77 && tags[1] == 77);
    for (size_t length = 0; length < size; length += 1) {
        blob *cut = stone_of(blob_data(stone), length);
        drystone_status status = bucket_memory_of_stone(cut, &of, &map);
        CHECK_STATUS(length < 24 ? DRYSTONE_MALFORMED : DRYSTONE_OK, status);
        if (status == DRYSTONE_OK)
            CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(&of, map));
        blob_destroy(cut);
    }
    /* The magic number, the version, the tag, the type letters. */
    static const size_t places[] = {0, 5, 6, 7, 8, 11, 20, 21};
    uint8_t *bytes = malloc(size);
    CHECK(bytes != NULL);
    for (size_t place = 0; place < sizeof places / sizeof places[0]; place += 1) {
        memcpy(bytes, blob_data(stone), size);
        bytes[places[place]] ^= 0x21;
        blob *damaged = stone_of(bytes, size);
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_memory_of_stone(damaged, &of, &map));
        CHECK_STATUS(DRYSTONE_MALFORMED, bucket_stone_tags(damaged, &tags[0], &tags[1]));
        blob_destroy(damaged);
    }
    free(bytes);
    /* A slice of a stone shares its bytes; after a prefix it starts at an odd byte. */
    blob *joined = blob_from_bytes((const uint8_t *)"123", 3), *slice = NULL;
    CHECK_OK(blob_write_blob(joined, stone));
    CHECK_OK(blob_make_stone(joined));
    CHECK_OK(blob_slice(joined, 24, 24 + size * 8, &slice));
    map = memory_of(slice, &of);
    CHECK_EQUAL(100, size_of(&of, map));
    blob_destroy(slice);
    blob_destroy(joined);
    blob_destroy(stone);
    bucket_heap_free(heap);
}

static void *read_all(void *argument)
{
    wota_reader reader;
    uint64_t count = 0;
    blob *stone = NULL;
    CHECK_OK(wota_reader_init(&reader, argument, NULL));
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &stone));
    bucket_memory of;
    uint32_t map = memory_of(stone, &of);
    for (size_t round = 0; round < test_size(50, 5); round += 1) {
        for (int64_t number = 0; number < 110; number += 1) {
            bucket_value key = of_integer(number), found;
            CHECK_STATUS(number < 100 ? DRYSTONE_OK : DRYSTONE_NOT_FOUND, bucket_map_get(&of, map, &key, 'i', &found));
            if (number < 100)
                CHECK_EQUAL(number * number, found.as.i);
        }
    }
    blob_destroy(stone);
    blob_destroy(argument);
    return NULL;
}

/* A message holds the stone; each thread drops its own count of the message. */
static void many_threads(void)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    blob *stone = stone_of_map(hundred(), 'i', 'i');
    bucket_heap_free(heap);
    blob *message = message_holding(&stone, 1);
    CHECK_EQUAL(2, blob_refcount(stone));
    blob_destroy(stone);
    for (int thread = 0; thread < THREADS; thread += 1) {
        blob_incref(message);
        CHECK_EQUAL(0, pthread_create(&threads[thread], NULL, read_all, message));
    }
    blob_destroy(message);
    for (int thread = 0; thread < THREADS; thread += 1)
        CHECK_EQUAL(0, pthread_join(threads[thread], NULL));
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* The caller's limit, and the default one: overlapping strings of a small memory do not make a huge stone. */
static void limits(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    static const char letters[1 << 16];
    bucket_value text, element = of_integer(1);
    CHECK_OK(bucket_string_new(memory, letters, sizeof letters, &text));
    uint32_t map = new_map(memory), set = 0;
    CHECK_OK(bucket_set_from_elements(memory, &element, 1, &set));
    for (uint32_t number = 0; number < 4000; number += 1) {
        bucket_value key = of_integer(number), part = of_text(text.as.s.ptr + number, sizeof letters - 4000);
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &part));
    }
    blob *stone = NULL;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_map_to_stone(memory, map, 'i', 's', &stone));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_map_to_stone_limited(memory, map, 'i', 's', 0, &stone));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_map_to_stone_limited(memory, map, 'i', 's', 1 << 24, &stone));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_set_to_stone_limited(memory, set, 'i', 100, &stone));
    CHECK(stone == NULL);
    CHECK_OK(bucket_set_to_stone_limited(memory, set, 'i', 1000, &stone));
    size_t size = blob_length_bits(stone) / 8;
    blob_destroy(stone);
    stone = NULL;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_set_to_stone_limited(memory, set, 'i', size - 1, &stone));
    CHECK_OK(bucket_set_to_stone_limited(memory, set, 'i', size, &stone));
    blob_destroy(stone);
    CHECK_OK(bucket_map_to_stone_limited(memory, map, 'i', 'i', 1 << 18, &stone));
    blob_destroy(stone);
    bucket_heap_free(heap);
}

int main(void)
{
    every_size();
    limits();
    every_tag();
    unchangeable();
    not_ours();
    many_threads();
    return test_end("bucket_stone");
}
