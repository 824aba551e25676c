/* Shared by the programs about arenas: a backing that counts, checks and fails, and short names. Include it once, in
 * the file with main. */
#ifndef DRYSTONE_TEST_ARENA_H
#define DRYSTONE_TEST_ARENA_H

#include "random.h"
#include "test.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_TEST_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_TEST_SANITIZED true
#endif
#endif
#ifndef ARENA_TEST_SANITIZED
#define ARENA_TEST_SANITIZED false
#endif

/* AddressSanitizer puts bytes of its own between blocks, so that addresses differ from what arithmetic predicts. */
static const bool with_red_zones = ARENA_TEST_SANITIZED;

enum { BACKED_BLOCKS = 4096 };

/* An allocator that records its blocks. From request number refuse_from on, that many requests fail. */
struct counting {
    struct {
        void *block;
        size_t size;
        size_t align;
    } given[BACKED_BLOCKS];
    size_t blocks;
    size_t bytes;
    size_t requests;
    size_t returns;
    size_t refuse_from; /* 0: none */
    size_t refuse_count;
};

static inline void *counting_alloc(void *context, size_t size, size_t align)
{
    struct counting *counting = context;
    counting->requests += 1;
    CHECK(size != 0 && align != 0 && (align & (align - 1)) == 0);
    if (counting->refuse_from != 0 && counting->requests >= counting->refuse_from &&
        counting->requests - counting->refuse_from < counting->refuse_count)
        return NULL;
    void *block = NULL;
    if (size > PTRDIFF_MAX / 2 || posix_memalign(&block, align < sizeof(void *) ? sizeof(void *) : align, size) != 0)
        return NULL;
    CHECK(counting->blocks < BACKED_BLOCKS);
    counting->given[counting->blocks].block = block;
    counting->given[counting->blocks].size = size;
    counting->given[counting->blocks].align = align;
    counting->blocks += 1;
    counting->bytes += size;
    return block;
}

static inline void counting_free(void *context, void *block, size_t size, size_t align)
{
    struct counting *counting = context;
    size_t place = 0;
    while (place < counting->blocks && counting->given[place].block != block)
        place += 1;
    CHECK(place < counting->blocks);
    CHECK_EQUAL(counting->given[place].size, size);
    CHECK_EQUAL(counting->given[place].align, align);
    counting->blocks -= 1;
    counting->given[place] = counting->given[counting->blocks];
    counting->bytes -= size;
    counting->returns += 1;
    free(block);
}

static inline arena *new_arena(const arena_options *options)
{
    arena *made = NULL;
    CHECK_OK(arena_new(options, &made));
    CHECK(made != NULL);
    return made;
}

static inline arena *default_arena(void) { return new_arena(NULL); }

static inline arena *fixed_arena(void *buffer, size_t length)
{
    arena *made = NULL;
    CHECK_OK(arena_new_fixed(buffer, length, &made));
    CHECK(made != NULL);
    return made;
}

static inline arena_statistics_t stats_of(const arena *region)
{
    arena_statistics_t stats = {.struct_size = sizeof stats};
    CHECK_OK(arena_statistics(region, &stats));
    CHECK_EQUAL(sizeof stats, stats.struct_size);
    CHECK(stats.used <= stats.peak && stats.spare <= stats.footprint);
    return stats;
}

static inline size_t used_of(const arena *region) { return stats_of(region).used; }

static inline arena_scope enter(arena *region, size_t budget)
{
    arena_scope scope = 0;
    CHECK_OK(arena_scope_enter(region, budget, &scope));
    CHECK(scope != 0);
    return scope;
}

/* A block that must not be NULL, filled so that overlaps are detected. */
static inline void *block_of(arena *region, size_t size)
{
    void *block = arena_alloc(region, size);
    CHECK(block != NULL && (uintptr_t)block % 16 == 0);
    memset(block, 0xA5, size);
    return block;
}

static inline bool filled_with(const void *block, int byte, size_t size)
{
    const unsigned char *bytes = block;
    for (size_t place = 0; place < size; place += 1)
        if (bytes[place] != byte)
            return false;
    return true;
}

/* The request failed for this reason, which is then cleared, and nothing else has happened. */
#define FAILED(expected, region, request)                           \
    do {                                                            \
        arena_statistics_t failed_before = stats_of(region);             \
        CHECK_OK(arena_error(region));                              \
        CHECK((request) == NULL);                                   \
        CHECK_STATUS(expected, arena_error(region));                \
        arena_statistics_t failed_after = stats_of(region);              \
        CHECK_EQUAL(failed_before.failures + 1, failed_after.failures); \
        failed_after.failures -= 1;                                 \
        CHECK(memcmp(&failed_before, &failed_after, sizeof failed_after) == 0); \
        arena_clear_error(region);                                  \
    } while (0)

/* A module of lists of texts of numbers, of three kinds of elements, in 64 KiB. */
struct text {
    char *bytes;
    size_t length;
};

static inline void decode_module(arena *region, size_t seed)
{
    arena_scope scope = enter(region, ARENA_MODULE_BUDGET);
    struct text **lists = arena_alloc_array(region, 20, sizeof *lists, _Alignof(struct text *));
    double *numbers = NULL;
    size_t count = 0;
    for (size_t list = 0; list < 20; list += 1) {
        lists[list] = arena_alloc_array(region, 30, sizeof **lists, _Alignof(struct text));
        CHECK(lists[list] != NULL);
        for (size_t place = 0; place < 30; place += 1) {
            char name[32];
            int length = snprintf(name, sizeof name, "%zu of %zu in %zu", place, list, seed);
            lists[list][place].bytes = arena_strndup(region, name, (size_t)length);
            lists[list][place].length = (size_t)length;
            CHECK(lists[list][place].bytes != NULL);
        }
        numbers = arena_realloc(region, numbers, count * sizeof *numbers, (count + 10) * sizeof *numbers, 8);
        CHECK(numbers != NULL && (uintptr_t)numbers % 8 == 0);
        for (size_t end = count + 10; count < end; count += 1)
            numbers[count] = (double)(count + seed);
    }
    for (size_t list = 0; list < 20; list += 1) {
        for (size_t place = 0; place < 30; place += 1) {
            char name[32];
            int length = snprintf(name, sizeof name, "%zu of %zu in %zu", place, list, seed);
            CHECK_EQUAL(length, lists[list][place].length);
            CHECK_BYTES(name, lists[list][place].bytes, (size_t)length + 1);
        }
    }
    for (size_t place = 0; place < count; place += 1)
        CHECK(numbers[place] == (double)(place + seed));
    CHECK(arena_scope_used(region, scope) <= ARENA_MODULE_BUDGET);
    CHECK_OK(arena_scope_exit(region, scope));
    CHECK_EQUAL(0, used_of(region));
}

#endif
