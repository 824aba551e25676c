/* NULL for every pointer: the memory of bucket maps, its strings, its stones, JSON. And a memory whose
 * functions or bytes are NULL. */
#include "null_bucket.h"

static void null_bucket_heap_new(void) { REFUSED(bucket_heap_new(0, 0, NULL)); }
static void null_bucket_heap_free(void) { NULLED(bucket_heap_free(NULL)); }
static void null_bucket_heap_memory(void) { NULLED(CHECK(bucket_heap_memory(NULL) == NULL)); }
static void null_bucket_heap_used(void) { NULLED(CHECK_EQUAL(0, bucket_heap_used(NULL))); }
static void null_bucket_release(void) { REFUSED(bucket_release(NULL, map)); }

static void null_bucket_string_new(void)
{
    bucket_value empty = found;
    REFUSED(bucket_string_new(NULL, "a", 1, &found));
    REFUSED(bucket_string_new(memory, NULL, 1, &found));
    REFUSED(bucket_string_new(memory, "a", 1, NULL));
    CHECK_OK(bucket_string_new(memory, NULL, 0, &empty));
    CHECK(empty.tag == 's' && empty.as.s.len == 0);
}

static void null_bucket_string_release(void)
{
    REFUSED(bucket_string_release(NULL, &stored));
    REFUSED(bucket_string_release(memory, NULL));
}

static void null_bucket_string_data(void)
{
    const char *utf8 = "kept";
    REFUSED(bucket_string_data(NULL, &stored, &utf8, &unchanged));
    REFUSED(bucket_string_data(memory, NULL, &utf8, &unchanged));
    REFUSED(bucket_string_data(memory, &stored, NULL, &unchanged));
    REFUSED(bucket_string_data(memory, &stored, &utf8, NULL));
    CHECK(strcmp(utf8, "kept") == 0);
}

static void null_bucket_verify(void) { REFUSED(bucket_verify(NULL, map)); }

static void null_bucket_map_to_stone(void)
{
    blob *made = untouched;
    REFUSED(bucket_map_to_stone(NULL, map, 'i', 's', &made));
    REFUSED(bucket_map_to_stone(memory, map, 'i', 's', NULL));
    CHECK(made == untouched);
}

static void null_bucket_set_to_stone(void)
{
    blob *made = untouched;
    REFUSED(bucket_set_to_stone(NULL, set, 'i', &made));
    REFUSED(bucket_set_to_stone(memory, set, 'i', NULL));
    CHECK(made == untouched);
}

static void null_bucket_map_to_stone_limited(void)
{
    blob *made = untouched;
    REFUSED(bucket_map_to_stone_limited(NULL, map, 'i', 's', 100, &made));
    REFUSED(bucket_map_to_stone_limited(memory, map, 'i', 's', 100, NULL));
    CHECK(made == untouched);
}

static void null_bucket_set_to_stone_limited(void)
{
    blob *made = untouched;
    REFUSED(bucket_set_to_stone_limited(NULL, set, 'i', 100, &made));
    REFUSED(bucket_set_to_stone_limited(memory, set, 'i', 100, NULL));
    CHECK(made == untouched);
}

static void null_bucket_memory_of_stone(void)
{
    bucket_memory made, before;
    memset(&made, 0x5A, sizeof made);
    memcpy(&before, &made, sizeof made);
    REFUSED(bucket_memory_of_stone(NULL, &made, &unchanged));
    REFUSED(bucket_memory_of_stone(stone, NULL, &unchanged));
    REFUSED(bucket_memory_of_stone(stone, &made, NULL));
    CHECK(memcmp(&made, &before, sizeof made) == 0);
}

static void null_bucket_stone_tags(void)
{
    uint8_t one = 77, two = 77;
    REFUSED(bucket_stone_tags(NULL, &one, &two));
    REFUSED(bucket_stone_tags(stone, NULL, &two));
    REFUSED(bucket_stone_tags(stone, &one, NULL));
    CHECK(one == 77 && two == 77);
}

static void null_bucket_json_parse(void)
{
    size_t offset = 77;
    REFUSED(bucket_json_parse(NULL, "1", 1, &found, &offset));
    REFUSED(bucket_json_parse(memory, NULL, 1, &found, &offset));
    REFUSED(bucket_json_parse(memory, "1", 1, NULL, &offset));
    CHECK_EQUAL(77, offset);
    NULLED(CHECK_STATUS(DRYSTONE_MALFORMED, bucket_json_parse(memory, "x", 1, &found, NULL)));
}

static void null_bucket_json_print(void)
{
    blob *printed = untouched;
    REFUSED(bucket_json_print(NULL, &key, &printed));
    REFUSED(bucket_json_print(memory, NULL, &printed));
    REFUSED(bucket_json_print(memory, &key, NULL));
    CHECK(printed == untouched);
}

static void null_bucket_json_print_limited(void)
{
    blob *printed = untouched;
    REFUSED(bucket_json_print_limited(NULL, &key, 100, &printed));
    REFUSED(bucket_json_print_limited(memory, NULL, 100, &printed));
    REFUSED(bucket_json_print_limited(memory, &key, 100, NULL));
    CHECK(printed == untouched);
}

static const struct null_function functions[] = {
    ENTRY(bucket_json_parse), ENTRY(bucket_json_print), ENTRY(bucket_json_print_limited),
    ENTRY(bucket_map_to_stone_limited), ENTRY(bucket_set_to_stone_limited), ENTRY(bucket_heap_new),
    ENTRY(bucket_heap_free), ENTRY(bucket_heap_memory), ENTRY(bucket_heap_used), ENTRY(bucket_release),
    ENTRY(bucket_string_new), ENTRY(bucket_string_release), ENTRY(bucket_string_data), ENTRY(bucket_verify),
    ENTRY(bucket_map_to_stone), ENTRY(bucket_set_to_stone), ENTRY(bucket_memory_of_stone), ENTRY(bucket_stone_tags),
};

/* A memory without bytes, with a length of 0 and with another one. */
static void memory_without_bytes(void)
{
    bucket_memory none = {0};
    bool contains = true;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(&none, 8));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_contains(&none, 0, &key, &contains));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_new(&none, &unchanged));
    none.length = 100;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_verify(&none, 8));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_contains(&none, 0, &key, &contains));
    CHECK(contains);
}

/* A memory whose only function is alloc can be changed; without alloc it can only be read. */
static void memory_without_functions(void)
{
    bucket_memory plain = {.alloc = bump_alloc};
    uint32_t made = 0;
    CHECK_OK(bucket_map_new(&plain, &made));
    for (int64_t number = 0; number < 12; number += 1) {
        bucket_value entry = of_integer(number);
        CHECK_OK(bucket_map_insert(&plain, made, &entry, &entry, &made));
    }
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_release(&plain, made));
    bucket_value string = new_text(&plain, "a");
    CHECK_STATUS(DRYSTONE_UNSUPPORTED, bucket_string_release(&plain, &string));
    plain.alloc = NULL;
    CHECK_EQUAL(12, size_of(&plain, made));
    CHECK_OK(bucket_verify(&plain, made));
    bucket_value one = of_integer(1), changed = of_integer(77);
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert(&plain, made, &one, &one, &unchanged));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert_in_place(&plain, made, &one, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove(&plain, made, &one, &unchanged));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove_in_place(&plain, made, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_from_entries(&plain, &one, &one, 1, &unchanged));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_release(&plain, made));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_string_new(&plain, "a", 1, &changed));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_string_release(&plain, &string));
    CHECK_EQUAL(77, changed.as.i);
}

int main(int count, char **arguments)
{
    set_up();
    memory_without_bytes();
    memory_without_functions();
    tear_down();
    return null_main("null_bucket_memory", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
