/* Views: what is found and what is refused, through references too; threads that build one index at once; no lost
 * counts. */
#include "test.h"

#include <pthread.h>

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static void text_at(const wota_view *view, const char *expected)
{
    char buffer[32];
    size_t length = 0;
    CHECK_OK(wota_view_text(view, NULL, 0, &length));
    CHECK_EQUAL(strlen(expected), length);
    CHECK_OK(wota_view_text(view, buffer, sizeof buffer, &length));
    CHECK_EQUAL(strlen(expected), length);
    CHECK_BYTES(expected, buffer, length);
    if (length > 1) {
        length = 77;
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_text(view, buffer, 1, &length));
        CHECK_EQUAL(77, length);
    }
}

/* {"name": "stone", "list": [-1, 2.5, bytes], "address": private 7} */
static blob *sample(blob *bytes)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 3));
    CHECK_OK(wota_write_text(writer, "name", 4));
    CHECK_OK(wota_write_text(writer, "stone", 5));
    CHECK_OK(wota_write_text(writer, "list", 4));
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_integer(writer, -1));
    CHECK_OK(wota_write_number(writer, 2.5));
    CHECK_OK(wota_write_blob(writer, bytes));
    CHECK_OK(wota_write_text(writer, "address", 7));
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    CHECK_OK(wota_write_integer(writer, 7));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static void values(void)
{
    blob *bytes = stone_of("bytes", 5);
    blob *message = sample(bytes);
    wota_view root, list, view, key;
    wota_type type = -1;
    uint64_t count = 77;
    int64_t integer = 77;
    double number = 77;
    int32_t symbol = 77;
    blob *out = untouched;
    CHECK_OK(wota_view_of(message, 0, &root));
    CHECK_OK(wota_view_type(&root, &type));
    CHECK_EQUAL(WOTA_RECORD, type);
    CHECK_OK(wota_view_count(&root, &count));
    CHECK_EQUAL(3, count);
    CHECK_OK(wota_view_field(&root, "list", 4, &list));
    CHECK_OK(wota_view_count(&list, &count));
    CHECK_EQUAL(3, count);
    CHECK_OK(wota_view_element(&list, 0, &view));
    CHECK_OK(wota_view_integer(&view, &integer));
    CHECK_EQUAL(-1, integer);
    CHECK_OK(wota_view_number(&view, &number));
    CHECK(number == -1);
    CHECK_OK(wota_view_element(&list, 1, &view));
    CHECK_OK(wota_view_number(&view, &number));
    CHECK(number == 2.5);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_integer(&view, &integer));
    CHECK_OK(wota_view_element(&list, 2, &view));
    CHECK_OK(wota_view_type(&view, &type));
    CHECK_EQUAL(WOTA_STONE, type);
    CHECK_OK(wota_view_blob(&view, &out));
    CHECK(out == bytes);
    blob_destroy(out);
    out = untouched;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_count(&view, &count));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_element(&list, 3, &view));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_element(&list, UINT64_MAX, &view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_element(&root, 0, &view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_field(&list, "list", 4, &view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_field_at(&list, 0, &key, &view));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_blob(&list, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_symbol(&list, &symbol));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_view_field(&root, "lis", 3, &view));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_view_field(&root, "", 0, &view));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_view_field(&root, "\xFF", 1, &view));
    CHECK_OK(wota_view_type(&view, &type));
    CHECK_EQUAL(WOTA_STONE, type); /* as it was */
    CHECK_OK(wota_view_field_at(&root, 0, &key, &view));
    text_at(&key, "name");
    text_at(&view, "stone");
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_field_at(&root, 3, &key, &view));
    CHECK_OK(wota_view_field(&root, "address", 7, &view));
    CHECK_OK(wota_view_symbol(&view, &symbol));
    CHECK_EQUAL(WOTA_PRIVATE, symbol);
    CHECK_OK(wota_view_count(&view, &count));
    CHECK_EQUAL(1, count);
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_element(&view, 1, &key));
    /* An output may be the view itself. */
    CHECK_OK(wota_view_element(&view, 0, &view));
    CHECK_OK(wota_view_integer(&view, &integer));
    CHECK_EQUAL(7, integer);
    CHECK(out == untouched && symbol == WOTA_PRIVATE);

    /* Each child in turn. */
    wota_view next;
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_children(&view, &next));
    CHECK_OK(wota_view_children(&root, &next));
    for (uint64_t place = 0; place < 3; place += 1) {
        wota_view key_at, value_at;
        size_t offset_of[2] = {0, 1};
        CHECK_OK(wota_view_field_at(&root, place, &key_at, &value_at));
        for (int part = 0; part < 2; part += 1) {
            CHECK_OK(wota_view_next(&next, &view));
            for (int each = 0; each < 2; each += 1) {
                CHECK_OK(wota_view_place(each == 0 ? &view : part == 0 ? &key_at : &value_at, &out, &offset_of[each]));
                blob_destroy(out);
            }
            CHECK_EQUAL(offset_of[0], offset_of[1]);
        }
    }
    out = untouched;
    CHECK_STATUS(DRYSTONE_END, wota_view_next(&next, &key));
    CHECK_STATUS(DRYSTONE_END, wota_view_next(&next, &key));
    wota_item items[6];
    char text[16];
    size_t read = 77;
    CHECK_OK(wota_view_children(&root, &next));
    CHECK_OK(wota_view_next_items(&next, items, 6, text, sizeof text, &read));
    CHECK_EQUAL(3, read); /* "name", "stone", "list", and then the list */
    CHECK(items[1].type == WOTA_TEXT && items[1].length == 5 && memcmp(text + items[1].as.text, "stone", 5) == 0);
    CHECK_OK(wota_view_next_items(&next, items, 3, text, sizeof text, &read));
    CHECK_EQUAL(0, read);
    CHECK_OK(wota_view_next(&next, &key));
    CHECK_OK(wota_view_count(&key, &count));
    CHECK_EQUAL(3, count);
    CHECK_OK(wota_view_next_items(&next, items, 2, text, 3, &read));
    CHECK_EQUAL(0, read); /* no room for the text */
    CHECK_OK(wota_view_next_items(&next, items, 2, text, sizeof text, &read));
    CHECK_EQUAL(1, read); /* a symbol with a payload is none of these */
    CHECK_OK(wota_view_field_at(&root, 2, &next, &key)); /* from a key on */
    CHECK_OK(wota_view_next_items(&next, items, 2, text, sizeof text, &read));
    CHECK_EQUAL(1, read);
    CHECK(items[0].length == 7 && memcmp(text + items[0].as.text, "address", 7) == 0);
    CHECK_OK(wota_view_children(&list, &next));
    CHECK_OK(wota_view_next_items(&next, items, 3, text, sizeof text, &read));
    CHECK_EQUAL(2, read); /* before the stone */
    CHECK(items[0].as.integer == -1 && items[1].as.number == 2.5);

    /* A part of it in another message, seen through that message. */
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_array(writer, 2));
    CHECK_OK(wota_write_view(writer, &list));
    size_t offset = 77;
    CHECK_OK(wota_view_place(&list, &out, &offset));
    CHECK(out == message);
    CHECK_EQUAL(3, blob_refcount(message));
    CHECK_OK(wota_write_value(writer, out, offset));
    blob_destroy(out);
    blob *outer = finish(writer);
    blob_destroy(message);
    CHECK_OK(wota_view_of(outer, 0, &root));
    for (uint64_t place = 0; place < 2; place += 1) {
        CHECK_OK(wota_view_element(&root, place, &view));
        CHECK_OK(wota_view_type(&view, &type));
        CHECK_EQUAL(WOTA_ARRAY, type);
        size_t again = 0;
        CHECK_OK(wota_view_place(&view, &out, &again));
        CHECK(out == message && again == offset);
        blob_destroy(out);
        if (place == 0)
            CHECK_OK(wota_view_children(&root, &next));
        CHECK_OK(wota_view_next(&next, &view));
        CHECK_OK(wota_view_place(&view, &out, &again));
        CHECK(out == message && again == offset); /* through the reference */
        blob_destroy(out);
        wota_reader reader;
        CHECK_OK(wota_view_reader(&view, &reader));
        CHECK_OK(wota_read_array(&reader, &count));
        CHECK_OK(wota_read_integer(&reader, &integer));
        CHECK_EQUAL(-1, integer);
    }
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_view_of(bytes, 0, &view));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_view_of(outer, 2, &view));
    blob *antestone = blob_new(64);
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_view_of(antestone, 0, &view));
    blob_destroy(antestone);
    blob_destroy(outer);
    blob_destroy(bytes);
    wota_writer_free(writer);
}

enum { THREADS = 4, FIELDS = 3000, LISTS = 40 };

/* {"key 0": [0, 1, ...], ...}: a large record of arrays, every one of which gets an index. */
static blob *large(void)
{
    wota_writer *writer = new_writer();
    char key[16];
    CHECK_OK(wota_write_record(writer, FIELDS));
    for (int64_t field = 0; field < FIELDS; field += 1) {
        int length = snprintf(key, sizeof key, "key %d", (int)field);
        CHECK_OK(wota_write_text(writer, key, (size_t)length));
        CHECK_OK(wota_write_array(writer, LISTS));
        for (int64_t element = 0; element < LISTS; element += 1)
            CHECK_OK(wota_write_integer(writer, field * LISTS + element));
    }
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

struct race {
    blob *message;
    pthread_barrier_t *start;
    int64_t first;
    int64_t step;
};

static void *look(void *argument)
{
    const struct race *race = argument;
    wota_view root, list, view;
    char key[16];
    int64_t integer = -1;
    pthread_barrier_wait(race->start);
    CHECK_OK(wota_view_of(race->message, 0, &root));
    for (int64_t turn = 0; turn < FIELDS; turn += race->step) {
        int64_t field = (race->first + turn) % FIELDS;
        int length = snprintf(key, sizeof key, "key %d", (int)field);
        CHECK_OK(wota_view_field(&root, key, (size_t)length, &list));
        CHECK_OK(wota_view_element(&list, LISTS - 1, &view));
        CHECK_OK(wota_view_integer(&view, &integer));
        CHECK_EQUAL((field + 1) * LISTS - 1, integer);
    }
    return NULL;
}

static void races(size_t times, int64_t step)
{
    for (size_t time = 0; time < times; time += 1) {
        pthread_t threads[THREADS];
        pthread_barrier_t start;
        struct race each[THREADS];
        blob *message = large();
        CHECK_EQUAL(0, pthread_barrier_init(&start, NULL, THREADS));
        for (int thread = 0; thread < THREADS; thread += 1) {
            each[thread] = (struct race){message, &start, thread % 2 * (FIELDS / 2), step};
            CHECK_EQUAL(0, pthread_create(&threads[thread], NULL, look, &each[thread]));
        }
        for (int thread = 0; thread < THREADS; thread += 1)
            CHECK_EQUAL(0, pthread_join(threads[thread], NULL));
        CHECK_EQUAL(0, pthread_barrier_destroy(&start));
        CHECK_EQUAL(1, blob_refcount(message));
        blob_destroy(message);
    }
}

int main(void)
{
    values();
    races(test_size(30, 3), (int64_t)test_size(1, 40));
    return test_end("views");
}
