/* NULL for every pointer, as in null.c: bucket maps and sets. And NULL where a memory has functions, or its bytes. */
#include "bucket.h"
#include "null.h"

static bucket_heap *heap;
static bucket_memory *memory;
static uint32_t map;
static uint32_t set;
static uint32_t out;
static blob *stone;
static bucket_value key;
static bucket_value text;
static bucket_value found;
static bucket_value other;

static bool is_untouched(const bucket_value *value)
{
    return value->tag == 'i' && value->as.i == 0x5A5A5A5A5A5A5A5A;
}

static void set_up(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    text = new_text(memory, "text");
    /* As a text it would not be the empty one. */
    key = of_integer(INT64_C(1) << 40);
    CHECK_OK(bucket_map_new(memory, &map));
    CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &text));
    CHECK_OK(bucket_set_from_elements(memory, &key, 1, &set));
    CHECK_OK(bucket_map_to_stone(memory, map, 'i', 's', &stone));
    found = other = of_integer(0x5A5A5A5A5A5A5A5A);
    out = 77;
}

static void tear_down(void)
{
    uint32_t size = 0;
    CHECK(is_untouched(&found) && is_untouched(&other));
    CHECK_EQUAL(77, out);
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
    REFUSED(bucket_string_release(NULL, &text));
    REFUSED(bucket_string_release(memory, NULL));
}

static void null_bucket_string_data(void)
{
    const char *utf8 = "kept";
    REFUSED(bucket_string_data(NULL, &text, &utf8, &out));
    REFUSED(bucket_string_data(memory, NULL, &utf8, &out));
    REFUSED(bucket_string_data(memory, &text, NULL, &out));
    REFUSED(bucket_string_data(memory, &text, &utf8, NULL));
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
    REFUSED(bucket_memory_of_stone(NULL, &made, &out));
    REFUSED(bucket_memory_of_stone(stone, NULL, &out));
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

/* The calls that give a number of 32 bits. */
static void null_bucket_map_new(void)
{
    REFUSED(bucket_map_new(NULL, &out));
    REFUSED(bucket_map_new(memory, NULL));
}

static void null_bucket_set_new(void)
{
    REFUSED(bucket_set_new(NULL, &out));
    REFUSED(bucket_set_new(memory, NULL));
}

static void null_bucket_map_size(void)
{
    REFUSED(bucket_map_size(NULL, map, &out));
    REFUSED(bucket_map_size(memory, map, NULL));
}

static void null_bucket_set_size(void)
{
    REFUSED(bucket_set_size(NULL, set, &out));
    REFUSED(bucket_set_size(memory, set, NULL));
}

static void null_bucket_map_get(void)
{
    REFUSED(bucket_map_get(NULL, map, &key, 's', &found));
    REFUSED(bucket_map_get(memory, map, NULL, 's', &found));
    REFUSED(bucket_map_get(memory, map, &key, 's', NULL));
}

static void null_bucket_map_open(void)
{
    bucket_table table, before;
    memset(&table, 0x5A, sizeof table);
    before = table;
    REFUSED(bucket_map_open(NULL, map, &table));
    REFUSED(bucket_map_open(memory, map, NULL));
    CHECK(memcmp(&table, &before, sizeof table) == 0);
}

static void null_bucket_set_open(void)
{
    bucket_table table, before;
    memset(&table, 0x5A, sizeof table);
    before = table;
    REFUSED(bucket_set_open(NULL, set, &table));
    REFUSED(bucket_set_open(memory, set, NULL));
    CHECK(memcmp(&table, &before, sizeof table) == 0);
}

static bucket_table opened_map(void)
{
    bucket_table table;
    CHECK_OK(bucket_map_open(memory, map, &table));
    return table;
}

static void null_bucket_table_get(void)
{
    bucket_table table = opened_map();
    REFUSED(bucket_table_get(NULL, &key, 's', &found));
    REFUSED(bucket_table_get(&table, NULL, 's', &found));
    REFUSED(bucket_table_get(&table, &key, 's', NULL));
}

static void null_bucket_table_get_text(void)
{
    bucket_table table = opened_map();
    REFUSED(bucket_table_get_text(NULL, "a", 1, 's', &found));
    REFUSED(bucket_table_get_text(&table, NULL, 1, 's', &found));
    REFUSED(bucket_table_get_text(&table, "a", 1, 's', NULL));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_table_get_text(&table, NULL, 0, 's', &found));
}

static void null_bucket_table_contains(void)
{
    bucket_table table = opened_map();
    bool contains = true;
    REFUSED(bucket_table_contains(NULL, &key, &contains));
    REFUSED(bucket_table_contains(&table, NULL, &contains));
    REFUSED(bucket_table_contains(&table, &key, NULL));
    CHECK(contains);
}

static void null_bucket_table_contains_text(void)
{
    bucket_table table = opened_map();
    bool contains = true;
    REFUSED(bucket_table_contains_text(NULL, "a", 1, &contains));
    REFUSED(bucket_table_contains_text(&table, NULL, 1, &contains));
    REFUSED(bucket_table_contains_text(&table, "a", 1, NULL));
    CHECK(contains);
    CHECK_OK(bucket_table_contains_text(&table, NULL, 0, &contains));
    CHECK(!contains);
}

static void null_bucket_map_get_text(void)
{
    REFUSED(bucket_map_get_text(NULL, map, "a", 1, 's', &found));
    REFUSED(bucket_map_get_text(memory, map, NULL, 1, 's', &found));
    REFUSED(bucket_map_get_text(memory, map, "a", 1, 's', NULL));
    /* The empty string needs no bytes. */
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_map_get_text(memory, map, NULL, 0, 's', &found));
}

/* The calls that say whether something is there. */
#define NULL_CONTAINS(function, table)                                    \
    static void null_##function(void)                                     \
    {                                                                     \
        bool contains = true;                                             \
        REFUSED(function(NULL, table, &text, &contains));                 \
        REFUSED(function(memory, table, NULL, &contains));                \
        REFUSED(function(memory, table, &key, NULL));                     \
        CHECK(contains);                                                  \
    }
#define NULL_CONTAINS_TEXT(function, table)                               \
    static void null_##function(void)                                     \
    {                                                                     \
        bool contains = true;                                             \
        REFUSED(function(NULL, table, "a", 1, &contains));                \
        REFUSED(function(memory, table, NULL, 1, &contains));             \
        REFUSED(function(memory, table, "a", 1, NULL));                   \
        CHECK(contains);                                                  \
        CHECK_OK(function(memory, table, NULL, 0, &contains));            \
        CHECK(!contains);                                                 \
    }
NULL_CONTAINS(bucket_map_contains, map)
NULL_CONTAINS(bucket_set_contains, set)
NULL_CONTAINS_TEXT(bucket_map_contains_text, map)
NULL_CONTAINS_TEXT(bucket_set_contains_text, set)

static void null_bucket_map_insert(void)
{
    REFUSED(bucket_map_insert(NULL, map, &key, &key, &out));
    REFUSED(bucket_map_insert(memory, map, NULL, &key, &out));
    REFUSED(bucket_map_insert(memory, map, &key, NULL, &out));
    REFUSED(bucket_map_insert(memory, map, &key, &key, NULL));
}

static void null_bucket_map_insert_in_place(void)
{
    REFUSED(bucket_map_insert_in_place(NULL, map, &key, &key));
    REFUSED(bucket_map_insert_in_place(memory, map, NULL, &key));
    REFUSED(bucket_map_insert_in_place(memory, map, &key, NULL));
}

/* The calls with a key or element and a new version. */
#define NULL_CHANGE(function, table)                                      \
    static void null_##function(void)                                     \
    {                                                                     \
        REFUSED(function(NULL, table, &key, &out));                       \
        REFUSED(function(memory, table, NULL, &out));                     \
        REFUSED(function(memory, table, &key, NULL));                     \
    }
#define NULL_CHANGE_IN_PLACE(function, table)                             \
    static void null_##function(void)                                     \
    {                                                                     \
        REFUSED(function(NULL, table, &key));                             \
        REFUSED(function(memory, table, NULL));                           \
    }
NULL_CHANGE(bucket_map_remove, map)
NULL_CHANGE(bucket_set_add, set)
NULL_CHANGE(bucket_set_remove, set)
NULL_CHANGE_IN_PLACE(bucket_map_remove_in_place, map)
NULL_CHANGE_IN_PLACE(bucket_set_add_in_place, set)
NULL_CHANGE_IN_PLACE(bucket_set_remove_in_place, set)

static void null_bucket_map_from_entries(void)
{
    uint32_t empty = 0;
    REFUSED(bucket_map_from_entries(NULL, &key, &key, 1, &out));
    REFUSED(bucket_map_from_entries(memory, NULL, &key, 1, &out));
    REFUSED(bucket_map_from_entries(memory, &key, NULL, 1, &out));
    REFUSED(bucket_map_from_entries(memory, &key, &key, 1, NULL));
    CHECK_OK(bucket_map_from_entries(memory, NULL, NULL, 0, &empty));
    CHECK_EQUAL(0, size_of(memory, empty));
}

static void null_bucket_set_from_elements(void)
{
    uint32_t empty = 0;
    REFUSED(bucket_set_from_elements(NULL, &key, 1, &out));
    REFUSED(bucket_set_from_elements(memory, NULL, 1, &out));
    REFUSED(bucket_set_from_elements(memory, &key, 1, NULL));
    CHECK_OK(bucket_set_from_elements(memory, NULL, 0, &empty));
    CHECK_OK(bucket_verify(memory, empty));
}

static void null_bucket_map_next(void)
{
    uint32_t cursor = 0;
    REFUSED(bucket_map_next(NULL, map, 'i', 's', &cursor, &found, &other));
    REFUSED(bucket_map_next(memory, map, 'i', 's', NULL, &found, &other));
    REFUSED(bucket_map_next(memory, map, 'i', 's', &cursor, NULL, &other));
    REFUSED(bucket_map_next(memory, map, 'i', 's', &cursor, &found, NULL));
    CHECK_EQUAL(0, cursor);
}

static void null_bucket_set_next(void)
{
    uint32_t cursor = 0;
    REFUSED(bucket_set_next(NULL, set, 'i', &cursor, &found));
    REFUSED(bucket_set_next(memory, set, 'i', NULL, &found));
    REFUSED(bucket_set_next(memory, set, 'i', &cursor, NULL));
    CHECK_EQUAL(0, cursor);
}

#define NULL_COLUMN(function, table)                                      \
    static void null_##function(void)                                     \
    {                                                                     \
        uint64_t fields[2] = {77, 77};                                    \
        REFUSED(function(NULL, table, fields, 2, &out));                  \
        REFUSED(function(memory, table, NULL, 2, &out));                  \
        REFUSED(function(memory, table, fields, 2, NULL));                \
        CHECK(fields[0] == 77 && fields[1] == 77);                        \
        uint32_t count = 0;                                               \
        CHECK_OK(function(memory, table, NULL, 0, &count));               \
        CHECK_EQUAL(1, count);                                            \
    }
NULL_COLUMN(bucket_map_keys, map)
NULL_COLUMN(bucket_map_values, map)
NULL_COLUMN(bucket_set_elements, set)

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

static void null_bucket_share(void)
{
    REFUSED(bucket_share(NULL, map, &out));
    REFUSED(bucket_share(memory, map, NULL));
}

/* The calls that change what a variable has. */
static void null_bucket_map_set(void)
{
    REFUSED(bucket_map_set(NULL, &map, &key, &key));
    REFUSED(bucket_map_set(memory, NULL, &key, &key));
    REFUSED(bucket_map_set(memory, &map, NULL, &key));
    REFUSED(bucket_map_set(memory, &map, &key, NULL));
}

#define NULL_CHANGE_OWN(function, table)                                  \
    static void null_##function(void)                                     \
    {                                                                     \
        REFUSED(function(NULL, &table, &key));                            \
        REFUSED(function(memory, NULL, &key));                            \
        REFUSED(function(memory, &table, NULL));                          \
    }
#define NULL_DELETE_TEXT(function, table)                                 \
    static void null_##function(void)                                     \
    {                                                                     \
        REFUSED(function(NULL, &table, "a", 1));                          \
        REFUSED(function(memory, NULL, "a", 1));                          \
        REFUSED(function(memory, &table, NULL, 1));                       \
        CHECK_STATUS(DRYSTONE_NOT_FOUND, function(memory, &table, NULL, 0)); \
    }
#define NULL_CLEAR(function, table)                                       \
    static void null_##function(void)                                     \
    {                                                                     \
        REFUSED(function(NULL, &table));                                  \
        REFUSED(function(memory, NULL));                                  \
    }
NULL_CHANGE_OWN(bucket_map_delete, map)
NULL_CHANGE_OWN(bucket_set_put, set)
NULL_CHANGE_OWN(bucket_set_delete, set)
NULL_DELETE_TEXT(bucket_map_delete_text, map)
NULL_DELETE_TEXT(bucket_set_delete_text, set)
NULL_CLEAR(bucket_map_clear, map)
NULL_CLEAR(bucket_set_clear, set)

static void null_bucket_walk_begin(void)
{
    REFUSED(bucket_walk_begin(NULL, map, &out));
    REFUSED(bucket_walk_begin(memory, map, NULL));
}

static void null_bucket_walk_next(void)
{
    uint32_t walk = 0;
    bucket_value first;
    CHECK_OK(bucket_walk_begin(memory, map, &walk));
    REFUSED(bucket_walk_next(NULL, walk, 'i', 's', &found, &other));
    REFUSED(bucket_walk_next(memory, walk, 'i', 's', NULL, &other));
    /* Without a place for the value only the key is given. */
    NULLED(CHECK_OK(bucket_walk_next(memory, walk, 'i', 0, &first, NULL)));
    CHECK_EQUAL(key.as.i, first.as.i);
    CHECK_OK(bucket_walk_end(memory, walk));
}

static void null_bucket_walk_end(void) { REFUSED(bucket_walk_end(NULL, 1)); }

static const struct null_function functions[] = {
    ENTRY(bucket_map_open), ENTRY(bucket_set_open), ENTRY(bucket_table_get), ENTRY(bucket_table_get_text),
    ENTRY(bucket_table_contains), ENTRY(bucket_table_contains_text),
    ENTRY(bucket_share), ENTRY(bucket_map_set), ENTRY(bucket_map_delete), ENTRY(bucket_map_delete_text),
    ENTRY(bucket_map_clear), ENTRY(bucket_set_put), ENTRY(bucket_set_delete), ENTRY(bucket_set_delete_text),
    ENTRY(bucket_set_clear), ENTRY(bucket_walk_begin), ENTRY(bucket_walk_next), ENTRY(bucket_walk_end),
    ENTRY(bucket_json_parse), ENTRY(bucket_json_print), ENTRY(bucket_json_print_limited),
    ENTRY(bucket_map_to_stone_limited), ENTRY(bucket_set_to_stone_limited),
    ENTRY(bucket_heap_new), ENTRY(bucket_heap_free), ENTRY(bucket_heap_memory), ENTRY(bucket_heap_used),
    ENTRY(bucket_release), ENTRY(bucket_string_new), ENTRY(bucket_string_release), ENTRY(bucket_string_data),
    ENTRY(bucket_verify), ENTRY(bucket_map_to_stone), ENTRY(bucket_set_to_stone), ENTRY(bucket_memory_of_stone),
    ENTRY(bucket_stone_tags), ENTRY(bucket_map_new), ENTRY(bucket_map_size), ENTRY(bucket_map_get),
    ENTRY(bucket_map_get_text), ENTRY(bucket_map_contains), ENTRY(bucket_map_contains_text), ENTRY(bucket_map_insert),
    ENTRY(bucket_map_insert_in_place), ENTRY(bucket_map_remove), ENTRY(bucket_map_remove_in_place),
    ENTRY(bucket_map_from_entries), ENTRY(bucket_map_next), ENTRY(bucket_map_keys), ENTRY(bucket_map_values),
    ENTRY(bucket_set_new), ENTRY(bucket_set_size), ENTRY(bucket_set_contains), ENTRY(bucket_set_contains_text),
    ENTRY(bucket_set_add), ENTRY(bucket_set_add_in_place), ENTRY(bucket_set_remove),
    ENTRY(bucket_set_remove_in_place), ENTRY(bucket_set_from_elements), ENTRY(bucket_set_next),
    ENTRY(bucket_set_elements),
};

/* A memory that has no bytes yet, or only says so. */
static void memory_without_bytes(void)
{
    bucket_memory none = {0};
    bool contains = true;
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_verify(&none, 8));
    CHECK_STATUS(DRYSTONE_MALFORMED, bucket_map_contains(&none, 0, &key, &contains));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_new(&none, &out));
    none.length = 100;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_verify(&none, 8));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_map_contains(&none, 0, &key, &contains));
    CHECK(contains);
}

static uint8_t room[4096];
static uint32_t next_block = 16;

static uint32_t bump(bucket_memory *from, uint32_t size)
{
    uint32_t block = next_block;
    from->base = room;
    from->length = sizeof room;
    next_block += (size + 7) / 8 * 8;
    return next_block <= sizeof room ? block : 0;
}

/* A memory whose only function is alloc does everything; without it, it can be read. */
static void memory_without_functions(void)
{
    bucket_memory plain = {.alloc = bump};
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
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert(&plain, made, &one, &one, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_insert_in_place(&plain, made, &one, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove(&plain, made, &one, &out));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_remove_in_place(&plain, made, &one));
    CHECK_STATUS(DRYSTONE_IS_STONE, bucket_map_from_entries(&plain, &one, &one, 1, &out));
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
    return null_main("null_bucket", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
