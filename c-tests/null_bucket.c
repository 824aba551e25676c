/* NULL for every pointer: the calls on bucket maps and sets. */
#include "null_bucket.h"

/* The calls that return a 32-bit number. */
static void null_bucket_map_new(void)
{
    REFUSED(bucket_map_new(NULL, &unchanged));
    REFUSED(bucket_map_new(memory, NULL));
}

static void null_bucket_set_new(void)
{
    REFUSED(bucket_set_new(NULL, &unchanged));
    REFUSED(bucket_set_new(memory, NULL));
}

static void null_bucket_map_size(void)
{
    REFUSED(bucket_map_size(NULL, map, &unchanged));
    REFUSED(bucket_map_size(memory, map, NULL));
}

static void null_bucket_set_size(void)
{
    REFUSED(bucket_set_size(NULL, set, &unchanged));
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

static void null_bucket_table_get_integer(void)
{
    bucket_table table = opened_map();
    int64_t value = 77;
    REFUSED(bucket_table_get_integer(NULL, 1, &value));
    REFUSED(bucket_table_get_integer(&table, 1, NULL));
    CHECK_EQUAL(77, value);
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

/* The calls that return whether an entry exists. */
#define NULL_CONTAINS(function, table)                                    \
    static void null_##function(void)                                     \
    {                                                                     \
        bool contains = true;                                             \
        REFUSED(function(NULL, table, &stored, &contains));               \
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
    REFUSED(bucket_map_insert(NULL, map, &key, &key, &unchanged));
    REFUSED(bucket_map_insert(memory, map, NULL, &key, &unchanged));
    REFUSED(bucket_map_insert(memory, map, &key, NULL, &unchanged));
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
        REFUSED(function(NULL, table, &key, &unchanged));                 \
        REFUSED(function(memory, table, NULL, &unchanged));               \
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
    REFUSED(bucket_map_from_entries(NULL, &key, &key, 1, &unchanged));
    REFUSED(bucket_map_from_entries(memory, NULL, &key, 1, &unchanged));
    REFUSED(bucket_map_from_entries(memory, &key, NULL, 1, &unchanged));
    REFUSED(bucket_map_from_entries(memory, &key, &key, 1, NULL));
    CHECK_OK(bucket_map_from_entries(memory, NULL, NULL, 0, &empty));
    CHECK_EQUAL(0, size_of(memory, empty));
}

static void null_bucket_set_from_elements(void)
{
    uint32_t empty = 0;
    REFUSED(bucket_set_from_elements(NULL, &key, 1, &unchanged));
    REFUSED(bucket_set_from_elements(memory, NULL, 1, &unchanged));
    REFUSED(bucket_set_from_elements(memory, &key, 1, NULL));
    CHECK_OK(bucket_set_from_elements(memory, NULL, 0, &empty));
    CHECK_OK(bucket_verify(memory, empty));
}

static void null_bucket_map_next(void)
{
    uint32_t cursor = 0;
    REFUSED(bucket_map_next(NULL, map, 'i', 's', &cursor, &found, &second));
    REFUSED(bucket_map_next(memory, map, 'i', 's', NULL, &found, &second));
    REFUSED(bucket_map_next(memory, map, 'i', 's', &cursor, NULL, &second));
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
        REFUSED(function(NULL, table, fields, 2, &unchanged));            \
        REFUSED(function(memory, table, NULL, 2, &unchanged));            \
        REFUSED(function(memory, table, fields, 2, NULL));                \
        CHECK(fields[0] == 77 && fields[1] == 77);                        \
        uint32_t count = 0;                                               \
        CHECK_OK(function(memory, table, NULL, 0, &count));               \
        CHECK_EQUAL(1, count);                                            \
    }
NULL_COLUMN(bucket_map_keys, map)
NULL_COLUMN(bucket_map_values, map)
NULL_COLUMN(bucket_set_elements, set)

static void null_bucket_share(void)
{
    REFUSED(bucket_share(NULL, map, &unchanged));
    REFUSED(bucket_share(memory, map, NULL));
}

/* The calls that change the version in a variable. */
static void null_bucket_map_set(void)
{
    REFUSED(bucket_map_set(NULL, &map, &key, &key));
    REFUSED(bucket_map_set(memory, NULL, &key, &key));
    REFUSED(bucket_map_set(memory, &map, NULL, &key));
    REFUSED(bucket_map_set(memory, &map, &key, NULL));
}

static void null_bucket_map_set_text(void)
{
    REFUSED(bucket_map_set_text(NULL, &map, "a", 1, &key));
    REFUSED(bucket_map_set_text(memory, NULL, "a", 1, &key));
    REFUSED(bucket_map_set_text(memory, &map, NULL, 1, &key));
    REFUSED(bucket_map_set_text(memory, &map, "a", 1, NULL));
}

static void null_bucket_set_put_text(void)
{
    REFUSED(bucket_set_put_text(NULL, &set, "a", 1));
    REFUSED(bucket_set_put_text(memory, NULL, "a", 1));
    REFUSED(bucket_set_put_text(memory, &set, NULL, 1));
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
    REFUSED(bucket_walk_begin(NULL, map, &unchanged));
    REFUSED(bucket_walk_begin(memory, map, NULL));
}

static void null_bucket_walk_next(void)
{
    uint32_t walk = 0;
    bucket_value first;
    CHECK_OK(bucket_walk_begin(memory, map, &walk));
    REFUSED(bucket_walk_next(NULL, walk, 'i', 's', &found, &second));
    REFUSED(bucket_walk_next(memory, walk, 'i', 's', NULL, &second));
    /* Without an output for the value only the key is returned. */
    NULLED(CHECK_OK(bucket_walk_next(memory, walk, 'i', 0, &first, NULL)));
    CHECK_EQUAL(key.as.i, first.as.i);
    CHECK_OK(bucket_walk_end(memory, walk));
}

static void null_bucket_walk_end(void) { REFUSED(bucket_walk_end(NULL, 1)); }

static const struct null_function functions[] = {
    ENTRY(bucket_map_open), ENTRY(bucket_set_open), ENTRY(bucket_table_get), ENTRY(bucket_table_get_integer),
    ENTRY(bucket_table_get_text),
    ENTRY(bucket_table_contains), ENTRY(bucket_table_contains_text), ENTRY(bucket_share), ENTRY(bucket_map_set),
    ENTRY(bucket_map_set_text), ENTRY(bucket_set_put_text),
    ENTRY(bucket_map_delete), ENTRY(bucket_map_delete_text), ENTRY(bucket_map_clear), ENTRY(bucket_set_put),
    ENTRY(bucket_set_delete), ENTRY(bucket_set_delete_text), ENTRY(bucket_set_clear), ENTRY(bucket_walk_begin),
    ENTRY(bucket_walk_next), ENTRY(bucket_walk_end), ENTRY(bucket_map_new), ENTRY(bucket_map_size),
    ENTRY(bucket_map_get), ENTRY(bucket_map_get_text), ENTRY(bucket_map_contains), ENTRY(bucket_map_contains_text),
    ENTRY(bucket_map_insert), ENTRY(bucket_map_insert_in_place), ENTRY(bucket_map_remove),
    ENTRY(bucket_map_remove_in_place), ENTRY(bucket_map_from_entries), ENTRY(bucket_map_next), ENTRY(bucket_map_keys),
    ENTRY(bucket_map_values), ENTRY(bucket_set_new), ENTRY(bucket_set_size), ENTRY(bucket_set_contains),
    ENTRY(bucket_set_contains_text), ENTRY(bucket_set_add), ENTRY(bucket_set_add_in_place), ENTRY(bucket_set_remove),
    ENTRY(bucket_set_remove_in_place), ENTRY(bucket_set_from_elements), ENTRY(bucket_set_next),
    ENTRY(bucket_set_elements),
};

int main(int count, char **arguments)
{
    return null_main("null_bucket", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
