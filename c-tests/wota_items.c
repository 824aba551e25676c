/* Many values in one call: the same as with single calls, at every capacity of both buffers, and no writes beyond
 * them. */
#include "test.h"

enum { GUARD = 0x5C };

static blob *sample(blob *stone)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 4));
    CHECK_OK(wota_write_text(writer, "integers", 8));
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_integer(writer, -7));
    CHECK_OK(wota_write_integer(writer, INT64_C(1) << 54));
    CHECK_OK(wota_write_number(writer, 2.5));
    CHECK_OK(wota_write_text(writer, "a text that is rather long, longer than a block", 47));
    CHECK_OK(wota_write_symbol(writer, WOTA_TRUE));
    CHECK_OK(wota_write_text(writer, "", 0));
    CHECK_OK(wota_write_blob(writer, stone));
    CHECK_OK(wota_write_text(writer, "na\xC3\xAFve \xF0\x9F\x92\xA9", 11));
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_text(writer, "address", 7));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

/* The item equals the result of a single call. */
static void check_item(wota_reader *single, const wota_item *item, const char *texts)
{
    wota_type type;
    CHECK_OK(wota_read_type(single, &type));
    CHECK_EQUAL((uint64_t)type, (uint64_t)item->type);
    int64_t integer;
    double number;
    uint64_t count;
    int32_t symbol;
    char text[64];
    size_t length;
    switch (type) {
    case WOTA_INTEGER:
        CHECK_OK(wota_read_integer(single, &integer));
        CHECK(integer == item->as.integer);
        break;
    case WOTA_FLOAT:
        CHECK_OK(wota_read_number(single, &number));
        CHECK(number == item->as.number);
        break;
    case WOTA_ARRAY:
        CHECK_OK(wota_read_array(single, &count));
        CHECK_EQUAL(count, item->as.count);
        break;
    case WOTA_RECORD:
        CHECK_OK(wota_read_record(single, &count));
        CHECK_EQUAL(count, item->as.count);
        break;
    case WOTA_SYMBOL:
        CHECK_OK(wota_read_symbol(single, &symbol));
        CHECK(symbol == item->as.symbol);
        break;
    default:
        CHECK_EQUAL(WOTA_TEXT, (uint64_t)type);
        CHECK_OK(wota_read_text(single, text, sizeof text, &length));
        CHECK_EQUAL(length, item->length);
        CHECK(memcmp(text, texts + item->as.text, length) == 0);
        return;
    }
    CHECK_EQUAL(0, item->length);
}

static void at_capacities(const blob *message, size_t capacity, size_t room)
{
    wota_reader single, reader;
    CHECK_OK(wota_reader_init(&single, message, NULL));
    reader = single;
    /* exactly as large as stated, for the memory tools */
    wota_item *items = malloc(capacity * sizeof *items);
    char *texts = malloc(room == 0 ? 1 : room);
    CHECK(items != NULL && texts != NULL);
    for (;;) {
        size_t count = 99;
        drystone_status status = wota_read_items(&reader, items, capacity, room == 0 ? NULL : texts, room, &count);
        if (status == DRYSTONE_OK) {
            CHECK(count >= 1 && count <= capacity);
            for (size_t i = 0; i < count; i += 1)
                check_item(&single, &items[i], texts);
        } else {
            CHECK_EQUAL(99, count);
            CHECK_EQUAL(wota_reader_offset(&single), wota_reader_offset(&reader));
            if (status == DRYSTONE_END)
                break;
            wota_type type;
            CHECK_OK(wota_read_type(&reader, &type));
            if (status == DRYSTONE_OUT_OF_RANGE) {
                size_t length;
                CHECK_OK(wota_read_text(&reader, NULL, 0, &length));
                CHECK(length > room);
            } else {
                CHECK_STATUS(DRYSTONE_WRONG_TYPE, status);
                CHECK(type == WOTA_STONE);
            }
            CHECK_OK(wota_skip(&reader));
            CHECK_OK(wota_skip(&single));
        }
        CHECK_EQUAL(wota_reader_offset(&single), wota_reader_offset(&reader));
    }
    free(items);
    free(texts);
}

/* NULLs are refused in null_messages.c. */
static void more_places_than_there_can_be(const blob *message)
{
    wota_reader reader;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    wota_item item;
    char text[16];
    size_t count = 99;
    memset(text, GUARD, sizeof text);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_read_items(&reader, &item, SIZE_MAX, text, sizeof text, &count));
    CHECK_EQUAL(99, count);
    CHECK_EQUAL(0, wota_reader_offset(&reader));
    for (size_t i = 0; i < sizeof text; i += 1)
        CHECK(text[i] == GUARD);
}

int main(void)
{
    blob *stone = stone_of("stone", 5);
    blob *message = sample(stone);
    for (size_t capacity = 1; capacity < 20; capacity += 1)
        for (size_t room = 0; room < 120; room += 1)
            at_capacities(message, capacity, room);
    more_places_than_there_can_be(message);
    blob_destroy(message);
    blob_destroy(stone);
    return test_end("wota_items");
}
