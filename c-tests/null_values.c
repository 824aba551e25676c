/* NULL for every pointer, as in null.c: references to values. */
#include "null.h"

static blob *held;
static blob *outer;
static wota_writer *writer;
static wota_reader reader;

static void set_up(void)
{
    held = message_of_integer(7);
    writer = new_writer();
    CHECK_OK(wota_write_value(writer, held, 0));
    outer = finish(writer);
    CHECK_OK(wota_reader_init(&reader, outer, NULL));
    CHECK_OK(wota_write_array(writer, 1));
}

static void tear_down(void)
{
    CHECK_EQUAL(2, blob_refcount(held));
    CHECK_EQUAL(1, blob_refcount(outer));
    CHECK_EQUAL(0, wota_reader_offset(&reader));
    CHECK_OK(wota_write_integer(writer, 2));
    blob *written = finish(writer);
    static const uint64_t words[] = {0x102, 0x200};
    check_words(written, words, 2);
    blob_destroy(written);
    wota_writer_free(writer);
    blob_destroy(outer);
    blob_destroy(held);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void null_wota_write_value(void)
{
    REFUSED(wota_write_value(NULL, held, 0));
    REFUSED(wota_write_value(writer, NULL, 0));
}

static void null_wota_read_value(void)
{
    blob *message = untouched;
    size_t offset = 77;
    wota_reader none;
    memset(&none, 0, sizeof none);
    REFUSED(wota_read_value(NULL, &message, &offset));
    REFUSED(wota_read_value(&reader, NULL, &offset));
    REFUSED(wota_read_value(&reader, &message, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_value(&none, &message, &offset));
    CHECK(message == untouched && offset == 77);
}

static void null_wota_enter(void)
{
    wota_reader inner, none;
    memset(&inner, 0x5A, sizeof inner);
    memset(&none, 0, sizeof none);
    wota_reader before = inner;
    REFUSED(wota_enter(NULL, &inner));
    REFUSED(wota_enter(&reader, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_enter(&none, &inner));
    CHECK(memcmp(&inner, &before, sizeof inner) == 0);
}

static void null_wota_flattened_words(void)
{
    uint64_t words = 77;
    REFUSED(wota_flattened_words(NULL, NULL, &words));
    REFUSED(wota_flattened_words(outer, NULL, NULL));
    CHECK_EQUAL(77, words);
    NULLED(CHECK_OK(wota_flattened_words(outer, NULL, &words)));
    CHECK_EQUAL(1, words);
}

static const struct null_function functions[] = {
    ENTRY(wota_write_value),
    ENTRY(wota_read_value),
    ENTRY(wota_enter),
    ENTRY(wota_flattened_words),
};

int main(int count, char **arguments)
{
    return null_main("null_values", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
