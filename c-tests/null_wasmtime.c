/* NULL for every pointer, as in null.c: hosts for wasmtime. wasmtime is not needed: its functions are not called. */
#include "null.h"

static bucket_wasmtime *host;
static bucket_wasmtime_calls calls;
static bucket_wasmtime_options options;

/* What wasmtime's objects point at; nobody looks. */
static char object[64];

static void never(void) { CHECK(false); }

static void set_up(void)
{
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    /* The sizes of wasmtime 50. */
    calls = (bucket_wasmtime_calls){
        sizeof calls, 16, 24, 24, 32, 32, 16, never, never, never, never, never, never, never, never, never,
        never, never, never, never, never, never, never, never, never,
    };
    CHECK_OK(bucket_wasmtime_new(&calls, &options, &host));
}

static void tear_down(void)
{
    CHECK_OK(bucket_wasmtime_take_status(host));
    bucket_wasmtime_free(host);
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

    /* Each function is needed, and each size is looked at. */
    for (size_t place = 0; place < sizeof calls; place += sizeof(size_t)) {
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
    CHECK(out == host);
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

static void null_bucket_wasmtime_attach(void)
{
    REFUSED(bucket_wasmtime_attach(NULL, object, object));
    REFUSED(bucket_wasmtime_attach(host, NULL, object));
    REFUSED(bucket_wasmtime_attach(host, object, NULL));
}

static void null_bucket_wasmtime_take_status(void) { REFUSED(bucket_wasmtime_take_status(NULL)); }

static const struct null_function functions[] = {
    ENTRY(bucket_wasmtime_new),    ENTRY(bucket_wasmtime_free),        ENTRY(bucket_wasmtime_define),
    ENTRY(bucket_wasmtime_attach), ENTRY(bucket_wasmtime_take_status),
};

int main(int count, char **arguments)
{
    return null_main("null_wasmtime", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
