/* As allocation.c, for bucket maps and sets. Maps in a linear memory allocate from its owner, not from the allocator;
 * bucket_guest.c makes those allocations fail. */
#include "allocation.h"
#include "bucket.h"

static struct {
    bucket_heap *heap;
    bucket_heap *out_heap;
    bucket_memory *memory;
    uint32_t map;
    uint32_t set;
    uint32_t changed;
    size_t used;
    blob *stone;
    bucket_value value;
} state;

static void allocation_start(void) { memset(&state, 0, sizeof state); }
static void nothing(void) {}

static void drop_all(void)
{
    blob_destroy(state.stone);
    bucket_heap_free(state.heap);
    bucket_heap_free(state.out_heap);
}

static void no_heap(void) { CHECK(state.out_heap == NULL); }
static drystone_status make_heap(void) { return bucket_heap_new(1 << 20, 0, &state.out_heap); }

static void use_heap(void)
{
    bucket_memory *memory = bucket_heap_memory(state.out_heap);
    uint32_t map = insert(memory, new_map(memory), of_integer(1), of_integer(2));
    CHECK_ENTRIES(memory, map, {1, 2});
    drop_all();
}

static void with_tables(void)
{
    state.heap = new_heap(0);
    state.memory = bucket_heap_memory(state.heap);
    state.map = new_map(state.memory);
    CHECK_OK(bucket_set_new(state.memory, &state.set));
    for (int64_t number = 0; number < 100; number += 1) {
        bucket_value key = of_integer(number), text = new_text(state.memory, "a text");
        CHECK_OK(bucket_map_insert_in_place(state.memory, state.map, &key, &text));
        CHECK_OK(bucket_set_add_in_place(state.memory, state.set, &key));
    }
    state.used = bucket_heap_used(state.heap);
}

static void tables_unchanged(void)
{
    CHECK(state.stone == NULL);
    CHECK_OK(bucket_verify(state.memory, state.map));
    CHECK_OK(bucket_verify(state.memory, state.set));
    CHECK_EQUAL(100, size_of(state.memory, state.map));
    CHECK_EQUAL(state.used, bucket_heap_used(state.heap));
}

static drystone_status map_to_stone(void)
{
    return bucket_map_to_stone(state.memory, state.map, 'i', 's', &state.stone);
}

static drystone_status set_to_stone(void) { return bucket_set_to_stone(state.memory, state.set, 'i', &state.stone); }

static void check_stone(void)
{
    bucket_memory of;
    uint32_t table = 0;
    CHECK_OK(bucket_memory_of_stone(state.stone, &of, &table));
    CHECK_OK(bucket_verify(&of, table));
    blob_destroy(state.stone);
    state.stone = NULL;
    tables_unchanged();
    drop_all();
}

/* Changes on a heap do not use the allocator. */
static drystone_status change(void)
{
    bucket_value key = of_integer(1000), value = of_integer(1);
    return bucket_map_insert(state.memory, state.map, &key, &value, &state.changed);
}

static void check_changed(void)
{
    CHECK_EQUAL(101, size_of(state.memory, state.changed));
    CHECK_EQUAL(100, size_of(state.memory, state.map));
    drop_all();
}

/* The heap keeps a record of each iteration. */
static drystone_status begin_walk(void) { return bucket_walk_begin(state.memory, state.map, &state.changed); }

static void use_walk(void)
{
    bucket_value key;
    CHECK_OK(bucket_walk_next(state.memory, state.changed, 'i', 0, &key, NULL));
    CHECK_EQUAL(0, key.as.i);
    CHECK_OK(bucket_walk_end(state.memory, state.changed));
    drop_all();
}

/* JSON: the parser's own state comes from the allocator, not from the memory. */
static const char json[] = "[[[{\"key\":[1,\"a text with an \\u00e9\",{\"a \\n key\":{}}],\"other\":[true,null]}]]]";

static void with_heap(void)
{
    state.memory = bucket_heap_memory(state.heap = new_heap(0));
    state.used = bucket_heap_used(state.heap);
}

static void nothing_kept(void) { CHECK_EQUAL(state.used, bucket_heap_used(state.heap)); }

static drystone_status parse_json(void)
{
    bucket_value value = of_integer(5);
    drystone_status status = bucket_json_parse(state.memory, json, sizeof json - 1, &value, NULL);
    if (status == DRYSTONE_OK)
        state.value = value;
    else
        CHECK(value.tag == 'i' && value.as.i == 5);
    return status;
}

static drystone_status print_json(void) { return bucket_json_print(state.memory, &state.value, &state.stone); }

static void with_parsed(void)
{
    with_heap();
    CHECK_OK(parse_json());
}

static void not_printed(void) { CHECK(state.stone == NULL); }

static void print_parsed(void)
{
    CHECK_OK(print_json());
    drop_all();
}

/* But the sweep for unreferenced strings does, once they amount to many bytes. */
static void with_loose_strings(void)
{
    static const char text[1 << 16];
    bucket_value string;
    with_tables();
    CHECK_OK(bucket_string_new(state.memory, text, sizeof text, &string));
    CHECK_OK(bucket_string_release(state.memory, &string));
    state.used = bucket_heap_used(state.heap);
}

/* A string that claims to be large and lies outside the memory: nothing is allocated. */
static void string_outside(const void *argument)
{
    (void)argument;
    static const uint32_t lengths[] = {1000000, 0x7FFFFFFF, 0xFFFFFF00u};
    with_tables();
    for (size_t place = 0; place < sizeof lengths / sizeof lengths[0]; place += 1) {
        bucket_value key = of_text(64, lengths[place]);
        uint32_t map = new_map(state.memory);
        map = insert(state.memory, map, of_integer(1), key);
        failing_allocator_start(1, true);
        drystone_status status = bucket_map_to_stone(state.memory, map, 'i', 's', &state.stone);
        CHECK_EQUAL(0, failing_allocator_stop());
        CHECK_STATUS(DRYSTONE_MALFORMED, status);
    }
    drop_all();
}

static const struct operation operations[] = {
    {"bucket_heap_new", nothing, make_heap, no_heap, use_heap, 0, false},
    {"bucket_map_to_stone", with_tables, map_to_stone, tables_unchanged, check_stone, 0, false},
    {"bucket_set_to_stone", with_tables, set_to_stone, tables_unchanged, check_stone, 0, false},
    {"bucket_map_insert", with_tables, change, tables_unchanged, check_changed, 0, true},
    {"bucket_walk_begin", with_tables, begin_walk, tables_unchanged, use_walk, 0, false},
    {"bucket_json_parse", with_heap, parse_json, nothing_kept, print_parsed, 0, false},
    {"bucket_json_print", with_parsed, print_json, not_printed, drop_all, 0, false},
    {"bucket_map_insert, sweeping", with_loose_strings, change, tables_unchanged, check_changed, 0, false},
};

int main(void)
{
    CHECK(failing_allocator_in_process("string_outside", string_outside, NULL));
    return allocation_main("allocation_bucket", operations, sizeof operations / sizeof operations[0]);
}
