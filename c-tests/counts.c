/* The upper end of a reference count: past 2^30 it saturates, and the blob is immortal.
 *
 * Getting there by counting takes minutes, so this test breaks the header's rule and writes the frozen prefix
 * field `refcount`, which is where the library keeps the count. Nothing else may do that. */
#include "test.h"

enum { LIMIT = 1 << 30 };

/* Writes the count as it would be after that many increments. */
static void count_is(blob *b, int32_t count)
{
    b->refcount = count;
    CHECK_EQUAL(count, blob_refcount(b));
}

static void below_the_limit(void)
{
    blob *b = stone_of("counted", 7);
    count_is(b, LIMIT - 2);
    blob_incref(b);
    CHECK_EQUAL(LIMIT - 1, blob_refcount(b));
    blob_destroy(b);
    blob_destroy(b);
    CHECK_EQUAL(LIMIT - 3, blob_refcount(b));
    /* Still an ordinary blob: dropping its last count frees it. */
    count_is(b, 2);
    blob_destroy(b);
    CHECK_EQUAL(1, blob_refcount(b));
    CHECK_EQUAL(1, drystone_blobs_alive());
    blob_destroy(b);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void past_the_limit(void)
{
    blob *b = stone_of("immortal", 8);
    count_is(b, LIMIT - 1);
    for (int times = 0; times < 3; times += 1)
        blob_incref(b);
    CHECK_EQUAL(INT32_MAX, blob_refcount(b));

    /* No number of increments or decrements changes it, or frees the blob. */
    for (int times = 0; times < 10000; times += 1)
        blob_destroy(b);
    CHECK_EQUAL(INT32_MAX, blob_refcount(b));
    for (int times = 0; times < 10000; times += 1)
        blob_incref(b);
    CHECK_EQUAL(INT32_MAX, blob_refcount(b));
    CHECK_EQUAL(1, drystone_blobs_alive());
    CHECK_BYTES("immortal", blob_data(b), 8);

    /* At both ends of its range it is reset. */
    b->refcount = INT32_MAX - 2;
    for (int times = 0; times < 10; times += 1) {
        blob_incref(b);
        CHECK_EQUAL(INT32_MAX, blob_refcount(b));
    }
    b->refcount = LIMIT + 2;
    for (int times = 0; times < 10; times += 1) {
        blob_destroy(b);
        CHECK_EQUAL(INT32_MAX, blob_refcount(b));
    }

    /* Other holders of counts: messages, slices, readers. */
    blob *message = message_holding((blob *const[]){b, b}, 2);
    blob *slice = NULL;
    blob *read = NULL;
    wota_reader reader;
    uint64_t count;
    CHECK_OK(blob_slice(b, 8, 16, &slice));
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_read_blob(&reader, &read));
    CHECK(read == b);
    blob_destroy(read);
    blob_destroy(slice);
    blob_destroy(message);
    CHECK_EQUAL(INT32_MAX, blob_refcount(b));
    CHECK_EQUAL(1, drystone_blobs_alive());

    /* It is still a usable stone. */
    CHECK(blob_is_stone(b));
    CHECK_STATUS(DRYSTONE_IS_STONE, blob_write_bytes(b, (const uint8_t *)"x", 1));

    /* End of the test: set the count to one again, and free the blob. */
    count_is(b, 1);
    blob_destroy(b);
}

/* The release callback of an immortal blob never runs: its memory is in use until the process ends. */
static void count_release(void *context, uint8_t *data, size_t bits)
{
    (void)data;
    (void)bits;
    *(int *)context += 1;
}

static void releases_never(void)
{
    static uint8_t byte = 1;
    int releases = 0;
    blob *b = blob_wrap_owned(&byte, 8, count_release, &releases);
    count_is(b, LIMIT - 1);
    for (int times = 0; times < 3; times += 1)
        blob_incref(b);
    for (int times = 0; times < 100; times += 1)
        blob_destroy(b);
    CHECK_EQUAL(0, releases);
    count_is(b, 1);
    blob_destroy(b);
    CHECK_EQUAL(1, releases);
}

int main(void)
{
    below_the_limit();
    past_the_limit();
    releases_never();
    return test_end("counts");
}
