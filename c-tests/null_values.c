/* NULL for every pointer: references to values, views, parts. */
#include "null.h"

static blob *held;
static blob *outer;
static wota_writer *writer;
static wota_reader reader;
static wota_view view;
static wota_view untouched_view;

static void set_up(void)
{
    held = message_of_integer(7);
    writer = new_writer();
    CHECK_OK(wota_write_value(writer, held, 0));
    outer = finish(writer);
    CHECK_OK(wota_reader_init(&reader, outer, NULL));
    CHECK_OK(wota_view_of(outer, 0, &view));
    memset(&untouched_view, 0x5A, sizeof untouched_view);
    CHECK_OK(wota_write_array(writer, 1));
}

static void tear_down(void)
{
    CHECK_EQUAL(2, blob_refcount(held));
    CHECK_EQUAL(1, blob_refcount(outer));
    CHECK_EQUAL(0, wota_reader_offset(&reader));
    int64_t integer = 77;
    CHECK_OK(wota_view_integer(&view, &integer));
    CHECK_EQUAL(7, integer);
    for (size_t place = 0; place < sizeof untouched_view; place += 1)
        CHECK_EQUAL(0x5A, ((const uint8_t *)&untouched_view)[place]);
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

static wota_view zeroed(void)
{
    wota_view none;
    memset(&none, 0, sizeof none);
    return none;
}

NULL_READ(wota_view, view, wota_view_type, wota_type)
NULL_READ(wota_view, view, wota_view_count, uint64_t)
NULL_READ(wota_view, view, wota_view_integer, int64_t)
NULL_READ(wota_view, view, wota_view_number, double)
NULL_READ(wota_view, view, wota_view_symbol, int32_t)
NULL_READ(wota_view, view, wota_view_blob, blob *)
NULL_READ(wota_view, view, wota_view_reader, wota_reader)

static void null_wota_view_of(void)
{
    REFUSED(wota_view_of(NULL, 0, &untouched_view));
    REFUSED(wota_view_of(outer, 0, NULL));
}

static void null_wota_view_element(void)
{
    wota_view none = zeroed();
    REFUSED(wota_view_element(NULL, 0, &untouched_view));
    REFUSED(wota_view_element(&view, 0, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_element(&none, 0, &untouched_view));
}

static void null_wota_view_field(void)
{
    wota_view none = zeroed();
    REFUSED(wota_view_field(NULL, "a", 1, &untouched_view));
    REFUSED(wota_view_field(&view, NULL, 1, &untouched_view));
    REFUSED(wota_view_field(&view, "a", 1, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_field(&none, "a", 1, &untouched_view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_field(&view, NULL, 0, &untouched_view));
}

static void null_wota_view_field_at(void)
{
    wota_view none = zeroed();
    REFUSED(wota_view_field_at(NULL, 0, &untouched_view, &untouched_view));
    REFUSED(wota_view_field_at(&view, 0, NULL, &untouched_view));
    REFUSED(wota_view_field_at(&view, 0, &untouched_view, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_field_at(&none, 0, &untouched_view, &untouched_view));
}

/* Not compared bytewise, as some bytes are padding. */
static bool same_place(const wota_view *one, const wota_view *other)
{
    blob *messages[2] = {NULL, NULL};
    size_t offsets[2] = {0, 1};
    CHECK_OK(wota_view_place(one, &messages[0], &offsets[0]));
    CHECK_OK(wota_view_place(other, &messages[1], &offsets[1]));
    blob_destroy(messages[0]);
    blob_destroy(messages[1]);
    return messages[0] == messages[1] && offsets[0] == offsets[1];
}

static void null_wota_view_children(void)
{
    wota_view none = zeroed();
    REFUSED(wota_view_children(NULL, &untouched_view));
    REFUSED(wota_view_children(&view, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_children(&none, &untouched_view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_children(&view, &untouched_view));
}

static void null_wota_view_next(void)
{
    wota_view none = zeroed(), next = view;
    REFUSED(wota_view_next(NULL, &untouched_view));
    REFUSED(wota_view_next(&next, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_next(&none, &untouched_view));
    CHECK(same_place(&next, &view));
}

static void null_wota_view_next_items(void)
{
    wota_view none = zeroed(), next = view;
    wota_item items[2];
    char text[8];
    size_t count = 77;
    REFUSED(wota_view_next_items(NULL, items, 2, text, sizeof text, &count));
    REFUSED(wota_view_next_items(&next, NULL, 2, text, sizeof text, &count));
    REFUSED(wota_view_next_items(&next, items, 2, NULL, sizeof text, &count));
    REFUSED(wota_view_next_items(&next, items, 2, text, sizeof text, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_next_items(&none, items, 2, text, sizeof text, &count));
    CHECK(count == 77 && same_place(&next, &view));
}

static void null_wota_view_text(void)
{
    char buffer[8] = "kept";
    size_t length = 77;
    wota_view none = zeroed();
    REFUSED(wota_view_text(NULL, buffer, sizeof buffer, &length));
    REFUSED(wota_view_text(&view, NULL, sizeof buffer, &length));
    REFUSED(wota_view_text(&view, buffer, sizeof buffer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_text(&none, buffer, sizeof buffer, &length));
    CHECK(length == 77 && strcmp(buffer, "kept") == 0);
}

static void null_wota_view_place(void)
{
    blob *message = untouched;
    size_t offset = 77;
    wota_view none = zeroed();
    REFUSED(wota_view_place(NULL, &message, &offset));
    REFUSED(wota_view_place(&view, NULL, &offset));
    REFUSED(wota_view_place(&view, &message, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_view_place(&none, &message, &offset));
    CHECK(message == untouched && offset == 77);
}

static void null_wota_write_view(void)
{
    wota_view none = zeroed();
    REFUSED(wota_write_view(NULL, &view));
    REFUSED(wota_write_view(writer, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_write_view(writer, &none));
}

static void null_wota_to_parts(void)
{
    wota_parts *parts = NULL;
    REFUSED(wota_to_parts(NULL, 0, &parts));
    REFUSED(wota_to_parts(outer, 0, NULL));
    CHECK(parts == NULL);
}

static void null_wota_parts_count(void) { NULLED(CHECK_EQUAL(0, wota_parts_count(NULL))); }
static void null_wota_parts_get(void) { NULLED(CHECK(wota_parts_get(NULL, 0) == NULL)); }
static void null_wota_parts_free(void) { NULLED(wota_parts_free(NULL)); }

static void null_wota_from_parts(void)
{
    blob *out = untouched;
    wota_parts *parts = NULL;
    CHECK_OK(wota_to_parts(outer, 0, &parts));
    CHECK_EQUAL(2, wota_parts_count(parts));
    blob *all[] = {wota_parts_get(parts, 0), wota_parts_get(parts, 1)};
    blob *missing[] = {all[0], NULL};
    CHECK(wota_parts_get(parts, 2) == NULL);
    REFUSED(wota_from_parts(NULL, 2, NULL, &out));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_from_parts(NULL, 0, NULL, &out));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_from_parts(missing, 2, NULL, &out));
    REFUSED(wota_from_parts(all, 2, NULL, NULL));
    CHECK(out == untouched);
    NULLED(CHECK_OK(wota_from_parts(all, 2, NULL, &out)));
    blob_destroy(out);
    wota_parts_free(parts);
}

static const struct null_function functions[] = {
    ENTRY(wota_write_value),
    ENTRY(wota_read_value),
    ENTRY(wota_enter),
    ENTRY(wota_flattened_words),
    ENTRY(wota_view_of),
    ENTRY(wota_view_type),
    ENTRY(wota_view_count),
    ENTRY(wota_view_element),
    ENTRY(wota_view_field),
    ENTRY(wota_view_field_at),
    ENTRY(wota_view_children),
    ENTRY(wota_view_next),
    ENTRY(wota_view_next_items),
    ENTRY(wota_view_integer),
    ENTRY(wota_view_number),
    ENTRY(wota_view_symbol),
    ENTRY(wota_view_text),
    ENTRY(wota_view_blob),
    ENTRY(wota_view_place),
    ENTRY(wota_view_reader),
    ENTRY(wota_write_view),
    ENTRY(wota_to_parts),
    ENTRY(wota_parts_count),
    ENTRY(wota_parts_get),
    ENTRY(wota_parts_free),
    ENTRY(wota_from_parts),
};

int main(int count, char **arguments)
{
    return null_main("null_values", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
