/* The frozen prefix of a blob: compiled engines read these fields at these offsets, so they never change. */
#include "test.h"

#include <stddef.h>

_Static_assert(offsetof(blob, data) == 0, "data comes first");
_Static_assert(offsetof(blob, length_bits) == sizeof(void *), "length_bits follows the pointer");
_Static_assert(offsetof(blob, refcount) == sizeof(void *) + sizeof(size_t), "refcount follows the length");
_Static_assert(offsetof(blob, stone) == sizeof(void *) + sizeof(size_t) + 4, "stone follows the count");
_Static_assert(sizeof(((blob *)NULL)->data) == sizeof(uint8_t *), "data is a pointer");
_Static_assert(sizeof(((blob *)NULL)->length_bits) == sizeof(size_t), "length_bits is a size_t");
_Static_assert(sizeof(((blob *)NULL)->refcount) == 4, "refcount has 32 bits");
_Static_assert(sizeof(((blob *)NULL)->stone) == sizeof(bool), "stone is a bool");
_Static_assert(_Generic(((blob *)NULL)->data, uint8_t *: 1, default: 0), "data is a uint8_t *");
_Static_assert(_Generic(((blob *)NULL)->refcount, int32_t: 1, default: 0), "refcount is an int32_t");
_Static_assert(_Generic(((blob *)NULL)->stone, bool: 1, default: 0), "stone is a bool");

_Static_assert(sizeof(wota_reader) == 96, "a reader is twelve words on the caller's stack");
_Static_assert(offsetof(wota_limits, struct_size) == 0, "the size of the limits comes first");
_Static_assert(offsetof(wota_limits, max_depth) == sizeof(size_t), "then the depth");
_Static_assert(offsetof(wota_limits, max_words) == 16, "then the words");
_Static_assert(sizeof(drystone_status) == 4 && sizeof(wota_type) == 4 && sizeof(wota_dialect) == 4,
               "types that programs store have 32 bits");

/* Values and memories of bucket maps are the caller's own structs. */
_Static_assert(sizeof(bucket_text) == 8 && offsetof(bucket_text, ptr) == 0 && offsetof(bucket_text, len) == 4,
               "a string is a pointer and a length");
_Static_assert(sizeof(bucket_field) == 8, "a field has 64 bits");
_Static_assert(sizeof(bucket_value) == 16 && offsetof(bucket_value, tag) == 0 && offsetof(bucket_value, as) == 8,
               "a value is a tag and a field");
_Static_assert(offsetof(bucket_memory, base) == 0, "the base comes first");
_Static_assert(offsetof(bucket_memory, length) == sizeof(void *), "then the length");
_Static_assert(offsetof(bucket_memory, context) == 2 * sizeof(void *), "then the context");
_Static_assert(offsetof(bucket_memory, flags) == 3 * sizeof(void *), "then the flags");
_Static_assert(offsetof(bucket_memory, alloc) == 4 * sizeof(void *), "then the functions: alloc");
_Static_assert(offsetof(bucket_memory, push_root) == 5 * sizeof(void *), "push_root");
_Static_assert(offsetof(bucket_memory, pop_roots) == 6 * sizeof(void *), "pop_roots");
_Static_assert(offsetof(bucket_memory, usable_size) == 7 * sizeof(void *), "usable_size");
_Static_assert(sizeof(bucket_memory) == 8 * sizeof(void *), "and no more");
_Static_assert(BUCKET_PLAIN == 1 && BUCKET_COPY_STRINGS == 2 && BUCKET_ZEROED == 4, "flags never change");

/* Structs that programs pass to arenas and get from them; later versions only append fields. */
_Static_assert(sizeof(arena_scope) == 8, "a scope is a number");
_Static_assert(offsetof(arena_options, struct_size) == 0, "the size of the options comes first");
_Static_assert(offsetof(arena_options, initial_chunk) == sizeof(size_t) &&
                   offsetof(arena_options, max_chunk) == 2 * sizeof(size_t) &&
                   offsetof(arena_options, footprint_limit) == 3 * sizeof(size_t) &&
                   offsetof(arena_options, budget) == 4 * sizeof(size_t) &&
                   offsetof(arena_options, max_depth) == 5 * sizeof(size_t) &&
                   offsetof(arena_options, flags) == 5 * sizeof(size_t) + 4 &&
                   offsetof(arena_options, backing) == 5 * sizeof(size_t) + 8 &&
                   offsetof(arena_options, shared) == 5 * sizeof(size_t) + 8 + sizeof(void *),
               "options stay where they are");
_Static_assert(offsetof(arena_backing, alloc) == 0 && offsetof(arena_backing, free) == sizeof(void *) &&
                   offsetof(arena_backing, context) == 2 * sizeof(void *) &&
                   sizeof(arena_backing) == 3 * sizeof(void *),
               "a backing is three pointers");
_Static_assert(offsetof(arena_statistics_t, struct_size) == 0 && offsetof(arena_statistics_t, used) == sizeof(size_t) &&
                   offsetof(arena_statistics_t, peak) == 2 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, footprint) == 3 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, chunks) == 4 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, spare) == 5 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, abandoned) == 6 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, large) == 7 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, depth) == 8 * sizeof(size_t) &&
                   offsetof(arena_statistics_t, failures) == 9 * sizeof(size_t),
               "statistics stay where they are");
_Static_assert(ARENA_CHECKED == 1 && ARENA_SCRUB == 2 && ARENA_ZERO == 4, "flag numbers never change");
_Static_assert(ARENA_RETAIN_ALL == 0 && ARENA_RETAIN_LARGEST == 1 && ARENA_RETAIN_LIMIT == 2 &&
                   ARENA_RETAIN_NONE == 3,
               "what a reset keeps is a number for ever");
_Static_assert(ARENA_NO_BUDGET == SIZE_MAX && ARENA_MODULE_BUDGET == 65536, "budgets");

/* Numbers never change: compiled programs contain them. */
_Static_assert(DRYSTONE_OK == 0, "success is zero");
_Static_assert(DRYSTONE_NO_MEMORY == 1, "status numbers never change");
_Static_assert(DRYSTONE_INVALID_ARGUMENT == 2, "status numbers never change");
_Static_assert(DRYSTONE_OUT_OF_RANGE == 3, "status numbers never change");
_Static_assert(DRYSTONE_IS_STONE == 4, "status numbers never change");
_Static_assert(DRYSTONE_NOT_STONE == 5, "status numbers never change");
_Static_assert(DRYSTONE_TRUNCATED == 6, "status numbers never change");
_Static_assert(DRYSTONE_MALFORMED == 7, "status numbers never change");
_Static_assert(DRYSTONE_LIMIT_EXCEEDED == 8, "status numbers never change");
_Static_assert(DRYSTONE_WRONG_TYPE == 9, "status numbers never change");
_Static_assert(DRYSTONE_NOT_FOUND == 10, "status numbers never change");
_Static_assert(DRYSTONE_END == 11, "status numbers never change");
_Static_assert(DRYSTONE_CLOSED == 12, "status numbers never change");
_Static_assert(DRYSTONE_STALE_SCOPE == 13, "status numbers never change");
_Static_assert(DRYSTONE_OVER_BUDGET == 14, "status numbers never change");
_Static_assert(DRYSTONE_FOREIGN_REFERENCE == 15, "status numbers never change");
_Static_assert(DRYSTONE_BUSY == 16, "status numbers never change");
_Static_assert(DRYSTONE_UNSUPPORTED == 17, "status numbers never change");
_Static_assert(DRYSTONE_WRONG_THREAD == 18, "status numbers never change");
_Static_assert(WOTA_INTEGER == 0 && WOTA_FLOAT == 1 && WOTA_ARRAY == 2 && WOTA_RECORD == 3 && WOTA_BLOB == 4 &&
                   WOTA_TEXT == 5 && WOTA_SYMBOL == 7 && WOTA_STONE == 8,
               "type numbers never change");
_Static_assert(WOTA_NULL == 0 && WOTA_FALSE == 2 && WOTA_TRUE == 3 && WOTA_PRIVATE == 8 && WOTA_SYSTEM == 9,
               "symbol numbers never change");
_Static_assert(WOTA_CLASSIC == 0 && WOTA_DEC64 == 1, "dialect numbers never change");
_Static_assert(WOTA_NEAREST == 256, "a flag beside the dialects, which stays clear of their numbers");
_Static_assert(DEC64_NULL == 128, "the null of DEC64");
_Static_assert(sizeof(nota_reader) == 96 && sizeof(wota_reader) == 96, "readers lie on callers' stacks");

/* The fields agree with the functions, for every kind of blob. */
static void prefix_agrees(blob *b)
{
    CHECK(b != NULL);
    for (int32_t count = 1; count <= 3; count += 1) {
        CHECK(b->data == blob_data(b));
        CHECK_EQUAL(b->length_bits, blob_length_bits(b));
        CHECK_EQUAL(count, b->refcount);
        CHECK_EQUAL(count, blob_refcount(b));
        CHECK(b->stone == blob_is_stone(b));
        blob_incref(b);
    }
    for (int times = 0; times < 3; times += 1)
        blob_destroy(b);
    CHECK_EQUAL(1, b->refcount);
}

/* The two words of an arena that inlined code reads: the position, and the end of the bytes that need no call, or
 * NULL. */
static void arena_words(void)
{
    static _Alignas(16) char buffer[4096];
    arena *region = NULL;
    arena_scope scope = 0;
    CHECK_OK(arena_new_fixed(buffer, sizeof buffer, &region));
    CHECK_OK(arena_scope_enter(region, 100, &scope));
    char *words[2];
    memcpy(words, region, sizeof words);
    char *block = arena_alloc_aligned(region, 10, 1);
    CHECK(block == words[0] + 1);
    /* With AddressSanitizer every block needs a call. */
    CHECK(words[1] == NULL || words[1] == words[0] + 100);
    arena_free(region);
}

int main(void)
{
    arena_words();
    static uint8_t bytes[4] = {1, 2, 3, 4};
    blob *b = blob_with_capacity(100);
    prefix_agrees(b);
    CHECK_OK(blob_write_bytes(b, bytes, 4));
    prefix_agrees(b);
    CHECK_EQUAL(32, b->length_bits);
    CHECK(!b->stone);
    CHECK_OK(blob_make_stone(b));
    prefix_agrees(b);
    CHECK(b->stone);

    blob *slice = NULL;
    CHECK_OK(blob_slice(b, 8, 20, &slice));
    prefix_agrees(slice);
    CHECK(slice->data == b->data + 1 && slice->length_bits == 12 && slice->stone);
    blob_destroy(slice);

    blob *message = message_holding(&b, 1);
    prefix_agrees(message);
    CHECK(message->stone && message->length_bits == 3 * 64);
    CHECK_EQUAL(0, (uintptr_t)message->data % 8);
    CHECK_EQUAL(2, b->refcount);
    blob_destroy(message);
    blob_destroy(b);

    b = blob_wrap(bytes, 32);
    prefix_agrees(b);
    CHECK(b->data == bytes && b->stone);
    blob_destroy(b);
    return test_end("layout");
}
