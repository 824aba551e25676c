/* References to values: their words, the calls that follow them, limits, and offsets that are not those of a value. */
#include "test.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

/* {"name": "stone", "list": [1, 2.5, bytes]} */
static blob *sample(blob *bytes)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 2));
    CHECK_OK(wota_write_text(writer, "name", 4));
    CHECK_OK(wota_write_text(writer, "stone", 5));
    CHECK_OK(wota_write_text(writer, "list", 4));
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_number(writer, 2.5));
    CHECK_OK(wota_write_blob(writer, bytes));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static size_t offset_of(const blob *message, const char *key)
{
    wota_reader reader;
    CHECK_OK(wota_reader_init(&reader, message, NULL));
    CHECK_OK(wota_find(&reader, key, strlen(key)));
    return wota_reader_offset(&reader);
}

static void references(void)
{
    blob *bytes = stone_of("bytes", 5);
    blob *held = sample(bytes);
    size_t list = offset_of(held, "list");
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 2));
    CHECK_OK(wota_write_text(writer, "all", 3));
    CHECK_OK(wota_write_value(writer, held, 0));
    CHECK_OK(wota_write_text(writer, "list", 4));
    CHECK_OK(wota_write_value(writer, held, list));
    CHECK_EQUAL(3, blob_refcount(held));
    CHECK_EQUAL(2, blob_refcount(bytes));
    blob *outer = finish(writer);
    CHECK_EQUAL(2, wota_held_count(outer));
    const uint64_t words[] = {0x203, 0x305, 0x000000610000006C, 0x0000006C00000000, 0x009, 0,
                              0x405, 0x0000006C00000069, 0x0000007300000074, (uint64_t)list << 8 | 9, 1};
    check_words(outer, words, 11);

    wota_reader reader, inner;
    wota_type type = -1;
    blob *message = NULL;
    size_t offset = 77;
    CHECK_OK(wota_reader_init(&reader, outer, NULL));
    CHECK_OK(wota_find(&reader, "all", 3));
    CHECK_OK(wota_read_type(&reader, &type));
    CHECK_EQUAL(WOTA_VALUE, type);
    wota_item item;
    size_t count = 77;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_read_items(&reader, &item, 1, NULL, 0, &count));
    inner = reader;
    CHECK_OK(wota_skip(&inner));
    CHECK_EQUAL(6, wota_reader_offset(&inner));
    inner = reader;
    CHECK_OK(wota_read_value(&inner, &message, &offset));
    CHECK(message == held && offset == 0);
    CHECK_EQUAL(6, wota_reader_offset(&inner));
    blob_destroy(message);
    CHECK_OK(wota_enter(&reader, &inner));
    CHECK_EQUAL(6, wota_reader_offset(&reader));
    CHECK_OK(wota_find(&inner, "name", 4));
    char text[8];
    CHECK_OK(wota_read_text(&inner, text, sizeof text, &offset));
    CHECK_BYTES("stone", text, 5);
    /* Values after references are found by skipping them, and a reader may enter a reference. */
    CHECK_OK(wota_reader_init(&reader, outer, NULL));
    CHECK_OK(wota_find(&reader, "list", 4));
    CHECK_OK(wota_enter(&reader, &reader));
    uint64_t elements = 0;
    CHECK_OK(wota_read_array(&reader, &elements));
    CHECK_EQUAL(3, elements);
    message = untouched;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_read_value(&reader, &message, &offset));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_enter(&reader, &inner));
    CHECK(message == untouched && offset == 5);

    /* The message alone keeps all of it. */
    blob_destroy(held);
    CHECK_EQUAL(2, blob_refcount(bytes));
    blob *flat = NULL;
    CHECK_OK(wota_transcode(outer, WOTA_CLASSIC, &flat));
    CHECK_EQUAL(2, wota_held_count(flat));
    uint64_t flattened = 0;
    CHECK_OK(wota_flattened_words(outer, NULL, &flattened));
    CHECK_EQUAL(flattened * 64, blob_length_bits(flat));
    blob *one = NULL, *other = NULL;
    CHECK_OK(wota_to_bytes(outer, &one));
    CHECK_OK(wota_to_bytes(flat, &other));
    CHECK(blob_equal(one, other));
    blob_destroy(one);
    blob_destroy(other);
    CHECK_OK(nota_from_message(outer, &one));
    CHECK_OK(nota_from_message(flat, &other));
    CHECK(blob_equal(one, other));
    blob_destroy(one);
    blob_destroy(other);
    blob_destroy(flat);

    arena *memory = NULL;
    CHECK_OK(arena_new(0, &memory));
    const wota_value *root = NULL;
    CHECK_OK(wota_decode(outer, memory, &root));
    const wota_value *found = wota_value_find(wota_value_find(root, "all", 3), "name", 4);
    CHECK(found != NULL && found->type == WOTA_TEXT && found->as.text.length == 5);
    CHECK_EQUAL(3, wota_value_find(root, "list", 4)->as.array.count);
    blob_destroy(outer);
    CHECK_EQUAL(3, blob_refcount(bytes));
    arena_free(memory);
    CHECK_EQUAL(1, blob_refcount(bytes));
    blob_destroy(bytes);
    wota_writer_free(writer);
}

static void wrong_offsets(void)
{
    blob *bytes = stone_of("bytes", 5);
    blob *antestone = blob_new(64);
    blob *held = sample(bytes);
    wota_writer *writer = new_writer();
    size_t starts = 0;
    size_t words = blob_length_bits(held) / 64;
    for (size_t offset = 0; offset < words + 3; offset += 1) {
        drystone_status status = wota_write_value(writer, held, offset);
        CHECK(status == DRYSTONE_OK || status == DRYSTONE_OUT_OF_RANGE);
        starts += status == DRYSTONE_OK;
        wota_writer_reset(writer);
    }
    CHECK_EQUAL(8, starts);
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_write_value(writer, held, SIZE_MAX));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_write_value(writer, bytes, 0));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_write_value(writer, antestone, 0));
    CHECK_OK(wota_write_record(writer, 1));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_write_value(writer, held, 1));
    CHECK_EQUAL(1, blob_refcount(held));
    wota_writer_free(writer);
    blob_destroy(held);
    blob_destroy(antestone);
    blob_destroy(bytes);
}

static void too_much(void)
{
    blob *top = message_tower(30, 10);
    blob *out = untouched;
    uint64_t words = 77;
    arena *memory = NULL;
    const wota_value *root = NULL;
    CHECK_OK(arena_new(0, &memory));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_flattened_words(top, NULL, &words));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_to_bytes(top, &out));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_transcode(top, WOTA_DEC64, &out));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_from_message(top, &out));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_decode(top, memory, &root));
    CHECK(out == untouched && words == 77 && root == NULL);
    blob_destroy(top);

    top = message_tower(3, 10);
    CHECK_OK(wota_flattened_words(top, NULL, &words));
    CHECK_EQUAL(1111, words);
    wota_limits limits = {.struct_size = sizeof limits, .max_depth = 3, .max_words = 1111};
    CHECK_OK(wota_flattened_words(top, &limits, &words));
    limits.max_words = 1110;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_flattened_words(top, &limits, &words));
    limits.max_words = 0;
    limits.max_depth = 2;
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_flattened_words(top, &limits, &words));
    blob_destroy(top);

    /* Any depth: freed without recursion, refused where all levels would have to be open at once. */
    top = message_tower(test_size(200000, 70000), 1);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_to_bytes(top, &out));
    blob_destroy(top);
    arena_free(memory);
}

/* Ten mentions of a stone and two of a message are one part each, and are restored as such. */
static void parts(void)
{
    blob *bytes = stone_of("bytes", 5);
    blob *held = sample(bytes);
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, 12));
    for (int time = 0; time < 10; time += 1)
        CHECK_OK(wota_write_blob(writer, bytes));
    CHECK_OK(wota_write_value(writer, held, 0));
    CHECK_OK(wota_write_value(writer, held, 1));
    blob *outer = finish(writer);
    wota_writer_free(writer);
    wota_parts *parts = NULL;
    CHECK_OK(wota_to_parts(outer, 0, &parts));
    CHECK_EQUAL(3, wota_parts_count(parts));
    blob *all[3];
    for (size_t part = 0; part < 3; part += 1)
        all[part] = wota_parts_get(parts, part);
    CHECK((all[1] == bytes && all[2] == held) || (all[1] == held && all[2] == bytes));
    blob *back = untouched;
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_from_parts(all, 2, NULL, &back));
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_from_parts(all + 1, 2, NULL, &back));
    wota_limits limits = {.struct_size = sizeof limits, .max_words = 10};
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_from_parts(all, 3, &limits, &back));
    CHECK(back == untouched);
    CHECK_OK(wota_from_parts(all, 3, NULL, &back));
    CHECK(blob_equal(back, outer));
    CHECK_EQUAL(12, wota_held_count(back));
    wota_parts_free(parts);
    blob_destroy(outer);
    blob_destroy(held);
    CHECK_EQUAL(13, blob_refcount(bytes));
    wota_view view;
    CHECK_OK(wota_view_of(back, 0, &view));
    CHECK_OK(wota_view_element(&view, 10, &view));
    CHECK_OK(wota_view_field(&view, "name", 4, &view));
    char text[8];
    size_t length = 0;
    CHECK_OK(wota_view_text(&view, text, sizeof text, &length));
    CHECK_BYTES("stone", text, 5);
    blob_destroy(back);
    CHECK_EQUAL(1, blob_refcount(bytes));
    CHECK_OK(wota_to_parts(held = message_of_integer(1), SIZE_MAX, &parts));
    CHECK_EQUAL(1, wota_parts_count(parts));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_to_parts(bytes, 0, &parts));
    wota_parts_free(parts);
    blob_destroy(held);
    blob_destroy(bytes);
}

int main(void)
{
    parts();
    references();
    wrong_offsets();
    too_much();
    return test_end("values");
}
