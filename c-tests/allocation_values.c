/* As allocation.c, for references to values, views, and messages in parts. */
#include "allocation.h"

enum { FIELDS = 100 };

/* What the operations work on. */
static struct {
    blob *stone;
    blob *held;
    blob *outer;
    blob *out;
    wota_writer *writer;
    wota_parts *parts;
    wota_parts *out_parts;
    uint64_t words;
    size_t done;
    int counts;
} state;

static void allocation_start(void) { memset(&state, 0, sizeof state); }

/* A record of many fields, each an array with a stone; and an array of references to the record, and of the record as
 * a stone. */
static void with_messages(void)
{
    char key[16];
    state.stone = stone_of("a stone of some bytes", 21);
    state.writer = new_writer();
    CHECK_OK(wota_write_record(state.writer, FIELDS));
    for (int field = 0; field < FIELDS; field += 1) {
        int length = snprintf(key, sizeof key, "key %d", field);
        CHECK_OK(wota_write_text(state.writer, key, (size_t)length));
        CHECK_OK(wota_write_array(state.writer, 2));
        CHECK_OK(wota_write_integer(state.writer, field));
        CHECK_OK(wota_write_blob(state.writer, state.stone));
    }
    state.held = finish(state.writer);
    CHECK_OK(wota_write_array(state.writer, 3));
    CHECK_OK(wota_write_value(state.writer, state.held, 0));
    CHECK_OK(wota_write_value(state.writer, state.held, 1));
    CHECK_OK(wota_write_blob(state.writer, state.held));
    state.outer = finish(state.writer);
}

static void with_parts(void)
{
    with_messages();
    CHECK_OK(wota_to_parts(state.outer, 64 * 8, &state.parts));
    CHECK_EQUAL(2, wota_parts_count(state.parts));
    state.counts = blob_refcount(state.held);
}

static void unchanged(void)
{
    CHECK(state.out == NULL && state.out_parts == NULL && state.words == 0);
    CHECK_EQUAL(1, blob_refcount(state.outer));
    CHECK_EQUAL(FIELDS + 1, blob_refcount(state.stone));
    CHECK_EQUAL(state.counts == 0 ? 4 : state.counts, blob_refcount(state.held));
}

static void drop_all(void)
{
    blob_destroy(state.out);
    wota_parts_free(state.parts);
    wota_parts_free(state.out_parts);
    blob_destroy(state.outer);
    CHECK_EQUAL(1, blob_refcount(state.held));
    blob_destroy(state.held);
    CHECK_EQUAL(1, blob_refcount(state.stone));
    blob_destroy(state.stone);
    wota_writer_free(state.writer);
}

/* Each failure loses only one value. */
static drystone_status write_values(void)
{
    if (state.done == 0) {
        drystone_status status = wota_write_array(state.writer, 500);
        if (status != DRYSTONE_OK)
            return status;
        state.done = 1;
    }
    wota_view view;
    CHECK_OK(wota_view_of(state.outer, 0, &view));
    for (; state.done <= 500; state.done += 1) {
        drystone_status status = state.done % 2 == 0 ? wota_write_value(state.writer, state.held, 0)
                                                     : wota_write_view(state.writer, &view);
        if (status != DRYSTONE_OK)
            return status;
    }
    return wota_writer_finish(state.writer, &state.out);
}

static void some_written(void)
{
    CHECK(state.out == NULL);
    CHECK(blob_refcount(state.outer) + blob_refcount(state.held) <= 5 + 500);
}

static void all_written(void)
{
    CHECK_EQUAL(500, wota_held_count(state.out));
    CHECK_EQUAL(251, blob_refcount(state.outer));
    drop_all();
}

static drystone_status flattened_words(void) { return wota_flattened_words(state.outer, NULL, &state.words); }
static drystone_status to_bytes(void) { return wota_to_bytes(state.outer, &state.out); }
static drystone_status transcode(void) { return wota_transcode(state.outer, WOTA_DEC64, &state.out); }
static drystone_status to_nota(void) { return nota_from_message(state.outer, &state.out); }
static drystone_status to_parts(void) { return wota_to_parts(state.outer, 0, &state.out_parts); }

static drystone_status from_parts(void)
{
    blob *parts[] = {wota_parts_get(state.parts, 0), wota_parts_get(state.parts, 1)};
    return wota_from_parts(parts, 2, NULL, &state.out);
}

static void check_parts(void)
{
    CHECK(blob_equal(state.out, state.outer));
    drop_all();
}

/* A view that cannot allocate an index searches linearly, without an error. */
static drystone_status look(void)
{
    wota_view root, record, field, value;
    char key[16];
    int64_t integer = -1;
    CHECK_OK(wota_view_of(state.outer, 0, &root));
    CHECK_OK(wota_view_element(&root, 0, &record));
    for (int number = 0; number < FIELDS; number += 1) {
        int length = snprintf(key, sizeof key, "key %d", number);
        CHECK_OK(wota_view_field(&record, key, (size_t)length, &field));
        CHECK_OK(wota_view_element(&field, 0, &value));
        CHECK_OK(wota_view_integer(&value, &integer));
        CHECK_EQUAL(number, integer);
    }
    return DRYSTONE_OK;
}

static const struct operation operations[] = {
    {"wota_write_value", with_messages, write_values, some_written, all_written, 0, false},
    {"wota_flattened_words", with_messages, flattened_words, unchanged, drop_all, 0, false},
    {"wota_to_bytes", with_messages, to_bytes, unchanged, drop_all, 0, false},
    {"wota_transcode", with_messages, transcode, unchanged, drop_all, 0, false},
    {"nota_from_message", with_messages, to_nota, unchanged, drop_all, 0, false},
    {"wota_view_field", with_messages, look, unchanged, drop_all, 0, true},
    {"wota_to_parts", with_messages, to_parts, unchanged, drop_all, 0, false},
    {"wota_from_parts", with_parts, from_parts, unchanged, check_parts, 0, false},
};

int main(void) { return allocation_main("allocation_values", operations, sizeof operations / sizeof operations[0]); }
