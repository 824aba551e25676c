/* Changes of the version in a variable: in place, or as a copy if others share it; and iterations during changes. */
#include "bucket.h"

static bucket_heap *heap;
static bucket_memory *memory;

static drystone_status set_in(uint32_t *map, int64_t key, int64_t value)
{
    bucket_value one = of_integer(key), other = of_integer(value);
    return bucket_map_set(memory, map, &one, &other);
}

static drystone_status delete_in(uint32_t *map, int64_t key)
{
    bucket_value one = of_integer(key);
    return bucket_map_delete(memory, map, &one);
}

static void versions(void)
{
    uint32_t map = new_map(memory), first = map, other = 0, same = 0;
    CHECK_STATUS(DRYSTONE_NOT_FOUND, delete_in(&map, 1));
    CHECK_OK(set_in(&map, 1, 10));
    CHECK_OK(set_in(&map, 2, 20));
    CHECK_EQUAL(first, map);
    CHECK_OK(bucket_share(memory, map, &other));
    CHECK(other != map);
    CHECK_OK(set_in(&map, 3, 30));
    CHECK_OK(set_in(&other, 4, 40));
    CHECK_OK(set_in(&map, 1, 11));
    CHECK_OK(delete_in(&other, 2));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, delete_in(&other, 2));
    CHECK_EQUAL(first, map);
    CHECK_ENTRIES(memory, map, {1, 11}, {2, 20}, {3, 30});
    CHECK_ENTRIES(memory, other, {1, 10}, {4, 40});
    CHECK_OK(bucket_map_clear(memory, &other));
    CHECK_EQUAL(0, size_of(memory, other));
    CHECK_ENTRIES(memory, map, {1, 11}, {2, 20}, {3, 30});
    /* A wrapper with two users stays with the other user. */
    same = insert(memory, map, of_integer(1), of_integer(11));
    CHECK_EQUAL(map, same);
    CHECK_OK(set_in(&same, 5, 50));
    CHECK(map != same);
    CHECK_ENTRIES(memory, map, {1, 11}, {2, 20}, {3, 30});
    CHECK_ENTRIES(memory, same, {1, 11}, {2, 20}, {3, 30}, {5, 50});
    CHECK_OK(bucket_release(memory, same));
    CHECK_OK(bucket_release(memory, other));
    CHECK_OK(bucket_release(memory, map));
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

static void check_next(uint32_t walk, int64_t key)
{
    bucket_value found, value;
    CHECK_OK(bucket_walk_next(memory, walk, 'i', 'i', &found, &value));
    CHECK_EQUAL(key, found.as.i);
    CHECK_EQUAL(10 * key, value.as.i);
}

static void walks(void)
{
    uint32_t map = new_map(memory), walk = 0, other = 0;
    bucket_value key, value;
    for (int64_t number = 0; number < 6; number += 1)
        CHECK_OK(set_in(&map, number, 10 * number));
    CHECK_OK(bucket_walk_begin(memory, map, &walk));
    CHECK(walk != 0);
    check_next(walk, 0);
    check_next(walk, 1);
    CHECK_OK(bucket_walk_begin(memory, map, &other));
    /* Growing renumbers the slots. */
    for (int64_t number = 6; number < 1000; number += 1)
        CHECK_OK(set_in(&map, number, 10 * number));
    CHECK_OK(delete_in(&map, 0));
    CHECK_OK(delete_in(&map, 2));
    check_next(walk, 3);
    check_next(other, 1);
    check_next(other, 3);
    CHECK_OK(delete_in(&map, 3));
    CHECK_OK(set_in(&map, 3, 30));
    /* So does shrinking. */
    for (int64_t number = 4; number < 990; number += 1)
        CHECK_OK(delete_in(&map, number));
    for (int64_t number = 990; number < 1000; number += 1)
        check_next(walk, number);
    check_next(walk, 3);
    CHECK_STATUS(DRYSTONE_END, bucket_walk_next(memory, walk, 'i', 'i', &key, &value));
    CHECK_OK(set_in(&map, 7, 70));
    check_next(walk, 7);
    check_next(other, 990);
    CHECK_OK(bucket_map_clear(memory, &map));
    CHECK_OK(set_in(&map, 8, 80));
    check_next(walk, 8);
    check_next(other, 8);
    CHECK_OK(bucket_walk_end(memory, walk));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_walk_end(memory, walk));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_walk_next(memory, walk, 'i', 'i', &key, &value));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_walk_next(memory, other, 'i', 'x', &key, &value));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_walk_end(memory, 0));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_walk_begin(memory, map + 8, &walk));
    CHECK_OK(bucket_release(memory, map));
    CHECK_STATUS(DRYSTONE_END, bucket_walk_next(memory, other, 'i', 'i', &key, &value));
    CHECK_OK(bucket_walk_end(memory, other));
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

static void sets_of_texts(void)
{
    uint32_t set = 0, other = 0, walk = 0, size = 0;
    bucket_value one = new_text(memory, "one"), two = new_text(memory, "two"), element;
    CHECK_OK(bucket_set_new(memory, &set));
    CHECK_OK(bucket_set_put(memory, &set, &one));
    CHECK_OK(bucket_share(memory, set, &other));
    CHECK_OK(bucket_set_put(memory, &set, &two));
    CHECK_OK(bucket_set_delete_text(memory, &set, "one", 3));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_set_delete_text(memory, &set, "one", 3));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_set_delete(memory, &other, &two));
    CHECK_OK(bucket_walk_begin(memory, set, &walk));
    CHECK_OK(bucket_walk_next(memory, walk, 's', 0, &element, NULL));
    check_text(memory, element, "two");
    CHECK_STATUS(DRYSTONE_END, bucket_walk_next(memory, walk, 's', 0, &element, NULL));
    CHECK_OK(bucket_walk_end(memory, walk));
    CHECK_OK(bucket_set_delete(memory, &set, &two));
    CHECK_OK(bucket_set_size(memory, other, &size));
    CHECK_EQUAL(1, size);
    CHECK_OK(bucket_set_clear(memory, &other));
    CHECK_OK(bucket_set_size(memory, other, &size));
    CHECK_EQUAL(0, size);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, set_in(&set, 1, 1));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_delete_text(memory, &set, "one", 3));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_map_set_text(memory, &set, "one", 3, &one));
    CHECK_OK(bucket_release(memory, set));
    CHECK_OK(bucket_release(memory, other));
    CHECK_OK(bucket_string_release(memory, &one));
    CHECK_OK(bucket_string_release(memory, &two));
}

/* Keys from outside the memory: the first version gets a copy, which later ones have too. */
static void texts_from_outside(void)
{
    uint32_t map = 0, other = 0, set = 0, size = 0;
    bucket_value value = of_integer(1), found;
    char key[] = "key";
    CHECK_OK(bucket_map_new(memory, &map));
    CHECK_OK(bucket_map_set_text(memory, &map, key, 3, &value));
    CHECK_OK(bucket_map_set_text(memory, &map, "", 0, &value));
    key[0] = 'K'; /* nobody keeps the caller's bytes */
    CHECK_OK(bucket_share(memory, map, &other));
    value = of_integer(2);
    CHECK_OK(bucket_map_set_text(memory, &map, "key", 3, &value));
    CHECK_OK(bucket_map_set_text(memory, &map, key, 3, &value));
    CHECK_OK(bucket_map_size(memory, map, &size));
    CHECK_EQUAL(3, size);
    CHECK_OK(bucket_map_size(memory, other, &size));
    CHECK_EQUAL(2, size);
    CHECK_OK(bucket_map_get_text(memory, other, "key", 3, 'i', &found));
    CHECK_EQUAL(1, found.as.i);
    CHECK_OK(bucket_map_get_text(memory, map, "key", 3, 'i', &found));
    CHECK_EQUAL(2, found.as.i);
    CHECK_OK(bucket_set_new(memory, &set));
    CHECK_OK(bucket_set_put_text(memory, &set, "key", 3));
    CHECK_OK(bucket_set_put_text(memory, &set, "key", 3));
    CHECK_OK(bucket_set_size(memory, set, &size));
    CHECK_EQUAL(1, size);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_set_put_text(memory, &map, "key", 3));
    CHECK_OK(bucket_release(memory, map));
    CHECK_OK(bucket_release(memory, other));
    CHECK_OK(bucket_release(memory, set));
}

/* Memories that do not know how many versions share a bucket. */
static void other_memories(void)
{
    bucket_memory plain = {.alloc = bump_alloc};
    bucket_value one = of_integer(1);
    uint32_t map = new_map(&plain), before = map, version = 0, walk = 77;
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_map_set(&plain, &map, &one, &one));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_map_set_text(&plain, &map, "a", 1, &one));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_map_delete(&plain, &map, &one));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_map_clear(&plain, &map));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_walk_begin(&plain, map, &walk));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_walk_next(&plain, 1, 'i', 'i', &one, &one));
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_walk_end(&plain, 1));
    CHECK(map == before && walk == 77);
    CHECK_OK(bucket_share(&plain, map, &version));
    CHECK(version != map && size_of(&plain, version) == 0);
    plain.alloc = NULL;
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_set(&plain, &map, &one, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_set_text(&plain, &map, "a", 1, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_share(&plain, map, &version));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_walk_begin(&plain, map, &walk));
}

int main(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    versions();
    walks();
    sets_of_texts();
    texts_from_outside();
    other_memories();
    bucket_heap_free(heap);
    return test_end("bucket_own");
}
