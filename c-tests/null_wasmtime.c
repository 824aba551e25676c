/* NULL for every pointer: hosts for wasmtime. wasmtime is not needed: its functions are not called. */
#include "null.h"

static bucket_wasmtime *host;
static bucket_wasmtime_calls calls;
static bucket_wasmtime_options options;
static bucket_heap *heap;
static bucket_memory *memory;
static bucket_import *map_new;
static const uint8_t word_type[] = {0};

/* The targets of wasmtime's pointers; never read. */
static char object[64];

static void never(void) { CHECK(false); }

static void set_up(void)
{
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    /* The sizes of wasmtime 50. */
    calls = (bucket_wasmtime_calls){
        sizeof calls, 16, 24, 24, 32, 32, 16, never, never, never, never, never, never, never, never, never,
        never, never, never, never, never, never, never, never, never, never, never,
    };
    CHECK_OK(bucket_heap_new(0, 0, &heap));
    memory = bucket_heap_memory(heap);
    CHECK_OK(bucket_import_new("map_new", 7, NULL, 0, word_type, 1, NULL, &map_new));
    CHECK_OK(bucket_wasmtime_new(&calls, &options, &host));
}

static void tear_down(void)
{
    CHECK_OK(bucket_wasmtime_take_status(host));
    bucket_wasmtime_free(host);
    bucket_import_free(map_new);
    bucket_heap_free(heap);
}

static void null_bucket_wasmtime_new(void)
{
    bucket_wasmtime *out = host;
    REFUSED(bucket_wasmtime_new(NULL, &options, &out));
    REFUSED(bucket_wasmtime_new(&calls, &options, NULL));
    CHECK(out == host);
    NULLED(CHECK_OK(bucket_wasmtime_new(&calls, NULL, &out)));
    bucket_wasmtime_free(out);
    out = host;

    /* Every function except the newest ones is required, and every size is checked. */
    for (size_t place = 0; place < offsetof(bucket_wasmtime_calls, trap_new_code); place += sizeof(size_t)) {
        bucket_wasmtime_calls other = calls;
        memset((char *)&other + place, 0, sizeof(size_t));
        bool is_size = place >= sizeof(size_t) && place <= offsetof(bucket_wasmtime_calls, raw_size);
        CHECK_STATUS(is_size ? DRYSTONE_UNSUPPORTED : DRYSTONE_INVALID_ARGUMENT,
                     bucket_wasmtime_new(&other, &options, &out));
    }
    bucket_wasmtime_options wrong = options;
    wrong.struct_size -= 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_new(&calls, &wrong, &out));
    wrong = options;
    wrong.flags = 0x80000000u;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_new(&calls, &wrong, &out));
    wrong = options;
    wrong.size_header_offset = -4;
    wrong.size_header_shift = 32;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_new(&calls, &wrong, &out));
    wrong.size_header_shift = 1;
    wrong.usable_size = "usable_size";
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_new(&calls, &wrong, &out));
    CHECK(out == host);
}

/* Structs of the size that they had before fields were added. */
static void older_structs(void)
{
    bucket_wasmtime *out = NULL;
    bucket_wasmtime_calls older_calls = calls;
    bucket_wasmtime_options older_options = options;
    older_calls.struct_size = offsetof(bucket_wasmtime_calls, trap_new_code);
    older_options.struct_size = offsetof(bucket_wasmtime_options, size_header_offset);
    /* The bytes after it are not read. */
    older_options.size_header_offset = 1;
    older_options.size_header_shift = 99;
    older_options.trap_codes = 1;
    CHECK_OK(bucket_wasmtime_new(&older_calls, &older_options, &out));
    bucket_wasmtime_free(out);
    out = NULL;
    older_calls.struct_size = offsetof(bucket_wasmtime_calls, func_new_unchecked);
    CHECK_OK(bucket_wasmtime_new(&older_calls, &older_options, &out));
    bucket_wasmtime_free(out);
    out = NULL;
    older_calls.struct_size = offsetof(bucket_wasmtime_calls, trap_new_code);
    bucket_wasmtime_options trapping = options;
    trapping.trap_codes = 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_new(&older_calls, &trapping, &out));
    CHECK(out == NULL);
    CHECK_OK(bucket_wasmtime_new(&calls, &trapping, &out));
    bucket_wasmtime_free(out);
}

static void null_bucket_wasmtime_free(void) { NULLED(bucket_wasmtime_free(NULL)); }

static void null_bucket_wasmtime_define(void)
{
    static const char name[] = "map_new";
    size_t length = sizeof name - 1;
    REFUSED(bucket_wasmtime_define(NULL, object, "env", 3, name, length, object));
    REFUSED(bucket_wasmtime_define(host, NULL, "env", 3, name, length, object));
    REFUSED(bucket_wasmtime_define(host, object, NULL, 3, name, length, object));
    REFUSED(bucket_wasmtime_define(host, object, "env", 3, NULL, length, object));
    REFUSED(bucket_wasmtime_define(host, object, "env", 3, name, length, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_wasmtime_define(host, object, "\xFF", 1, name, length, object));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_wasmtime_define(host, object, "env", 3, NULL, 0, object));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_wasmtime_define(host, object, "env", 3, name, length - 1, object));
}

static void null_bucket_wasmtime_define_import(void)
{
    REFUSED(bucket_wasmtime_define_import(NULL, object, "env", 3, "new", 3, object, map_new));
    REFUSED(bucket_wasmtime_define_import(host, NULL, "env", 3, "new", 3, object, map_new));
    REFUSED(bucket_wasmtime_define_import(host, object, NULL, 3, "new", 3, object, map_new));
    REFUSED(bucket_wasmtime_define_import(host, object, "env", 3, NULL, 3, object, map_new));
    REFUSED(bucket_wasmtime_define_import(host, object, "env", 3, "new", 3, NULL, map_new));
    REFUSED(bucket_wasmtime_define_import(host, object, "env", 3, "new", 3, object, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT,
                 bucket_wasmtime_define_import(host, object, "env", 3, "\xFF", 1, object, map_new));
}

static void null_bucket_import_new(void)
{
    bucket_import *out = map_new;
    const uint8_t types[] = {0, 1};
    REFUSED(bucket_import_new(NULL, 7, NULL, 0, types, 1, NULL, &out));
    REFUSED(bucket_import_new("map_size", 8, NULL, 1, types, 1, NULL, &out));
    REFUSED(bucket_import_new("map_size", 8, types, 1, NULL, 1, NULL, &out));
    REFUSED(bucket_import_new("map_size", 8, types, 1, types, 1, NULL, NULL));
    bucket_layout layout = {.struct_size = sizeof layout - 1};
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_import_new("map_size", 8, types, 1, types, 1, &layout, &out));
    /* Invalid tags, and blocks of size 0. */
    layout.struct_size = sizeof layout;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_import_new("map_size", 8, types, 1, types, 1, &layout, &out));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, bucket_import_new("map_length", 10, types, 1, types, 1, NULL, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, bucket_import_new("map_size", 8, types, 2, types, 1, NULL, &out));
    CHECK(out == map_new);
    NULLED(CHECK_OK(bucket_import_new("map_size", 8, types, 1, types + 1, 1, NULL, &out)));
    bucket_import_free(out);
}

static void null_bucket_import_free(void) { NULLED(bucket_import_free(NULL)); }

static void null_bucket_import_call(void)
{
    uint64_t results[] = {7, 7, 7};
    uint64_t map = 0;
    bucket_import *size = NULL;
    REFUSED(bucket_import_call(NULL, map_new, NULL, 0, results));
    REFUSED(bucket_import_call(memory, NULL, NULL, 0, results));
    REFUSED(bucket_import_call(memory, map_new, NULL, 1, results));
    REFUSED(bucket_import_call(memory, map_new, NULL, 0, NULL));
    CHECK_EQUAL(7, results[0]);
    CHECK_OK(bucket_import_call(memory, map_new, NULL, 0, results));
    /* As many are written as the import has results. */
    CHECK(results[0] != 7 && results[1] == 7);
    map = results[0] | UINT64_C(0xFFFFFFFF00000000);
    CHECK_OK(bucket_import_new("map_size", 8, word_type, 1, word_type, 1, NULL, &size));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_import_call(memory, size, &map, 0, results));
    CHECK_OK(bucket_import_call(memory, size, &map, 1, results));
    CHECK_EQUAL(0, results[0]);
    bucket_import_free(size);
}

static void null_bucket_import_refusal(void)
{
    CHECK(strcmp(bucket_import_refusal(DRYSTONE_MALFORMED), "out of bounds memory access") == 0);
    CHECK(strlen(bucket_import_refusal(-1)) > 0);
}

static void null_bucket_import_trap_code(void)
{
    CHECK_EQUAL(1, bucket_import_trap_code(DRYSTONE_MALFORMED));
    CHECK_EQUAL(9, bucket_import_trap_code(-1));
}

static void null_bucket_wasmtime_attach(void)
{
    REFUSED(bucket_wasmtime_attach(NULL, object, object));
    REFUSED(bucket_wasmtime_attach(host, NULL, object));
    REFUSED(bucket_wasmtime_attach(host, object, NULL));
}

static void null_bucket_wasmtime_take_status(void) { REFUSED(bucket_wasmtime_take_status(NULL)); }

static const struct null_function functions[] = {
    ENTRY(bucket_wasmtime_new),           ENTRY(bucket_wasmtime_free),   ENTRY(bucket_wasmtime_define),
    ENTRY(bucket_wasmtime_define_import), ENTRY(bucket_wasmtime_attach), ENTRY(bucket_wasmtime_take_status),
    ENTRY(bucket_import_new),             ENTRY(bucket_import_free),     ENTRY(bucket_import_call),
    ENTRY(bucket_import_refusal),         ENTRY(bucket_import_trap_code),
};

int main(int count, char **arguments)
{
    set_up();
    older_structs();
    tear_down();
    return null_main("null_wasmtime", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
