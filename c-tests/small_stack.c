/* Every call that processes a whole input, on a stack of 16 KiB: inputs as deep as the limits allow, a million deep,
 * and with more keys than any small table holds. Prints the stack use of each. */
#include "small_stack.h"

#include "bucket.h"
#include "deep_input.h"

enum { WRITER_DEEPEST = 512 };

/* For calls that may succeed or be refused. */
static void whatever(drystone_status status)
{
    (void)status;
}

static struct bytes *const good_wota[] = {&input.wota_arrays, &input.wota_records, &input.wota_keys};
static struct bytes *const good_nota[] = {&input.nota_arrays, &input.nota_records};
static blob *const *const messages[] = {&input.arrays, &input.records, &input.keys};

#define EACH(place, list) for (size_t place = 0; place < sizeof list / sizeof list[0]; place += 1)

/* Wota */

static void validate(void *argument)
{
    (void)argument;
    EACH(place, good_wota)
        CHECK_OK(wota_validate(good_wota[place]->start, good_wota[place]->count, WOTA_CLASSIC, &deep, NULL));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED,
                 wota_validate(input.wota_million.start, input.wota_million.count, WOTA_CLASSIC, &deep, NULL));
    CHECK(wota_validate(input.wota_million.start, input.wota_million.count, WOTA_DEC64, &deep, NULL) != DRYSTONE_OK);
}

static void bytes_in_and_out(void *argument)
{
    (void)argument;
    EACH(place, good_wota)
    {
        blob *message = NULL, *bytes = NULL;
        CHECK_OK(wota_from_bytes(good_wota[place]->start, good_wota[place]->count, WOTA_CLASSIC, &deep, &message));
        CHECK_OK(wota_to_bytes(message, &bytes));
        CHECK_EQUAL(good_wota[place]->count * 8, blob_length_bits(bytes));
        blob_destroy(message);
        blob_destroy(bytes);
    }
}

static void read_wota(void *argument)
{
    (void)argument;
    wota_reader reader;
    uint64_t count = 1;
    EACH(place, good_wota)
    {
        CHECK_OK(wota_reader_init_bytes(&reader, good_wota[place]->start, good_wota[place]->count, WOTA_CLASSIC, &deep));
        CHECK_OK(wota_skip(&reader));
        CHECK_EQUAL(good_wota[place]->count / 8, wota_reader_offset(&reader));
    }
    CHECK_OK(wota_reader_init(&reader, input.arrays, &deep));
    while (wota_read_array(&reader, &count) == DRYSTONE_OK)
        CHECK_EQUAL(1, count);
    CHECK_OK(wota_reader_init(&reader, input.keys, &deep));
    CHECK_STATUS(DRYSTONE_NOT_FOUND, wota_find(&reader, "none", 4));
    CHECK_OK(wota_reader_init(&reader, input.keys, &deep));
    static wota_item items[64];
    static char text[256];
    size_t read = 0;
    CHECK_OK(wota_read_items(&reader, items, 64, text, sizeof text, &read));
}

static void transcode(void *argument)
{
    (void)argument;
    EACH(place, messages)
    {
        blob *once = NULL, *twice = NULL;
        CHECK_OK(wota_transcode(*messages[place], WOTA_DEC64 | WOTA_NEAREST, &once));
        CHECK_OK(wota_transcode(once, WOTA_CLASSIC, &twice));
        CHECK(blob_equal(*messages[place], twice));
        blob_destroy(once);
        blob_destroy(twice);
    }
}

static void dump(void *argument)
{
    (void)argument;
    EACH(place, messages)
    {
        blob *text = NULL;
        CHECK_OK(wota_dump(*messages[place], &text));
        blob_destroy(text);
    }
}

static void trees(void *argument)
{
    (void)argument;
    EACH(place, messages)
    {
        arena *arena = NULL;
        const wota_value *root = NULL;
        blob *again = NULL;
        CHECK_OK(arena_new(NULL, &arena));
        CHECK_OK(wota_decode(*messages[place], arena, &root));
        drystone_status status = wota_encode(root, WOTA_CLASSIC, &again);
        /* Writers stop at 512. */
        CHECK_STATUS(place == 2 ? DRYSTONE_OK : DRYSTONE_LIMIT_EXCEEDED, status);
        CHECK(place != 2 || wota_value_find(root, "none", 4) == NULL);
        blob_destroy(again);
        arena_free(arena);
    }
}

static void write_wota(void *argument)
{
    (void)argument;
    for (int dialect = 0; dialect < 2; dialect += 1) {
        wota_writer *writer = NULL;
        CHECK_OK(wota_writer_new(dialect == 0 ? WOTA_CLASSIC : WOTA_DEC64, &writer));
        for (int level = 0; level < WRITER_DEEPEST; level += 1)
            CHECK_OK(wota_write_array(writer, 1));
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_write_array(writer, 1));
        CHECK_OK(wota_write_number(writer, 0.1));
        blob_destroy(finish(writer));
        CHECK_OK(wota_write_array(writer, 7));
        CHECK_OK(wota_write_text(writer, (const char *)input.json_keys.start, input.json_keys.count));
        CHECK_OK(wota_write_blob(writer, input.keys));
        CHECK_OK(wota_write_blob_copy(writer, input.keys));
        CHECK_OK(wota_write_blob_bytes(writer, input.wota_keys.start, input.wota_keys.count * 8 - 3));
        CHECK_OK(wota_write_integer(writer, -1));
        CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
        wota_writer_free(writer);
    }
}

/* JSON */

static void from_json(void *argument)
{
    static const struct {
        const struct bytes *text;
        drystone_status message;
    } cases[] = {
        {&input.json_deepest, DRYSTONE_OK}, {&input.json_keys, DRYSTONE_OK}, {&input.json_escapes, DRYSTONE_OK},
        {&input.json_number, DRYSTONE_OK}, {&input.json_arrays, DRYSTONE_LIMIT_EXCEEDED},
        {&input.json_objects, DRYSTONE_LIMIT_EXCEEDED},
    };
    (void)argument;
    EACH(place, cases)
    {
        blob *message = NULL;
        size_t offset = 0;
        const char *text = (const char *)cases[place].text->start;
        size_t length = cases[place].text->count;
        CHECK_STATUS(cases[place].message, wota_from_json(text, length, &deep, &message, &offset));
        blob_destroy(message);
    }
}

static void to_json(void *argument)
{
    (void)argument;
    EACH(place, messages)
    {
        blob *text = NULL;
        CHECK_OK(wota_to_json_limited(*messages[place], place % 2 == 0, SIZE_MAX, &text));
        blob_destroy(text);
    }
}

static void to_pickle(void *argument)
{
    (void)argument;
    EACH(place, messages)
    {
        blob *pickle = NULL;
        CHECK_OK(wota_to_pickle(*messages[place], &pickle));
        blob_destroy(pickle);
    }
}

static void from_pickle(void *argument)
{
    static const struct {
        const struct bytes *pickle;
        drystone_status message;
    } cases[] = {
        {&input.pickle_lists, DRYSTONE_MALFORMED}, {&input.pickle_tuples, DRYSTONE_LIMIT_EXCEEDED},
        {&input.pickle_marks, DRYSTONE_TRUNCATED},
    };
    (void)argument;
    EACH(place, cases)
    {
        blob *message = NULL;
        size_t offset = 0;
        const struct bytes *pickle = cases[place].pickle;
        CHECK_STATUS(cases[place].message, wota_from_pickle(pickle->start, pickle->count, &deep, &message, &offset));
    }
}

static void bucket_json(void *argument)
{
    static const struct bytes *const texts[] = {&input.json_deepest, &input.json_keys, &input.json_escapes,
                                                &input.json_number, &input.json_arrays, &input.json_objects};
    (void)argument;
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    EACH(place, texts)
    {
        bucket_value value;
        blob *printed = NULL;
        size_t offset = 0;
        drystone_status status =
            bucket_json_parse(memory, (const char *)texts[place]->start, texts[place]->count, &value, &offset);
        CHECK_STATUS(place < 4 ? DRYSTONE_OK : DRYSTONE_LIMIT_EXCEEDED, status);
        if (place < 4)
            CHECK_OK(bucket_json_print(memory, &value, &printed));
        blob_destroy(printed);
    }
    /* An array that is its own element. */
    bucket_value value;
    blob *printed = NULL;
    CHECK_OK(bucket_json_parse(memory, "[1,2]", 5, &value, NULL));
    store_word(memory->base + (uint32_t)value.as.i + 8, (uint64_t)value.as.i);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_json_print(memory, &value, &printed));
    bucket_heap_free(heap);
}

/* Nota */

static void nota(void *argument)
{
    (void)argument;
    EACH(place, good_nota)
    {
        const struct bytes *bytes = good_nota[place];
        blob *message = NULL, *again = NULL;
        nota_reader reader;
        CHECK_OK(nota_validate(bytes->start, bytes->count, &deep, NULL));
        CHECK_OK(nota_to_message(bytes->start, bytes->count, &deep, &message));
        CHECK_OK(nota_from_message(message, &again));
        CHECK_EQUAL(bytes->count * 8, blob_length_bits(again));
        CHECK_OK(nota_reader_init(&reader, bytes->start, bytes->count, &deep));
        CHECK_OK(nota_skip(&reader));
        CHECK_OK(nota_reader_init(&reader, bytes->start, bytes->count, &deep));
        CHECK_STATUS(place == 0 ? DRYSTONE_WRONG_TYPE : DRYSTONE_NOT_FOUND, nota_find(&reader, "none", 4));
        blob_destroy(message);
        blob_destroy(again);
    }
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nota_validate(input.nota_million.start, input.nota_million.count, &deep, NULL));
    blob *text = NULL;
    CHECK_OK(nota_from_message(input.keys, &text));
    CHECK_OK(nota_validate(blob_data(text), blob_length_bits(text) / 8, &deep, NULL));
    blob_destroy(text);
}

static void write_nota(void *argument)
{
    (void)argument;
    nota_writer *writer = NULL;
    blob *bytes = NULL;
    CHECK_OK(nota_writer_new(&writer));
    for (int level = 0; level < WRITER_DEEPEST; level += 1)
        CHECK_OK(nota_write_array(writer, 1));
    CHECK_OK(nota_write_number(writer, 0.1));
    CHECK_OK(nota_writer_finish(writer, &bytes));
    blob_destroy(bytes);
    CHECK_OK(nota_write_array(writer, 3));
    CHECK_OK(nota_write_text(writer, (const char *)input.json_keys.start, input.json_keys.count));
    CHECK_OK(nota_write_blob(writer, input.keys));
    nota_writer_free(writer);
}

static void feed(void *argument)
{
    (void)argument;
    const struct bytes *all[] = {&input.nota_arrays, &input.nota_records, &input.nota_million};
    EACH(place, all)
    {
        nota_feeder *feeder = NULL;
        blob *message = NULL;
        drystone_status status = DRYSTONE_TRUNCATED;
        CHECK_OK(nota_feeder_new(&deep, &feeder));
        for (size_t at = 0; at < all[place]->count && status == DRYSTONE_TRUNCATED; at += 1) {
            size_t taken = 0;
            status = nota_feeder_feed(feeder, all[place]->start + at, 1, &taken);
        }
        CHECK_OK(status);
        /* The depth is checked when the value is taken. */
        status = nota_feeder_take(feeder, &deep, &message);
        CHECK_STATUS(place < 2 ? DRYSTONE_OK : DRYSTONE_LIMIT_EXCEEDED, status);
        blob_destroy(message);
        nota_feeder_free(feeder);
    }
}

/* Maps and sets: with an index, frozen, verified, swept; text keys and integers. */

static void maps(void *argument)
{
    (void)argument;
    int64_t count = (int64_t)test_size(20000, 1000);
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    uint32_t map = new_map(memory), set = 0, other = 0, size = 0;
    CHECK_OK(bucket_set_new(memory, &set));
    char text[16];
    for (int64_t number = 0; number < count; number += 1) {
        bucket_value key, value = of_integer(number);
        int length = snprintf(text, sizeof text, "key %d", (int)number);
        CHECK_OK(bucket_string_new(memory, text, (uint32_t)length, &key));
        CHECK_OK(bucket_map_insert_in_place(memory, map, &key, &value));
        CHECK_OK(bucket_set_add_in_place(memory, set, &value));
        CHECK_OK(bucket_string_release(memory, &key));
    }
    CHECK_OK(bucket_verify(memory, map));
    CHECK_OK(bucket_verify(memory, set));
    bucket_value key = new_text(memory, "another"), value = of_integer(1), found;
    CHECK_OK(bucket_map_insert(memory, map, &key, &value, &other));
    CHECK_OK(bucket_map_get(memory, other, &key, 'i', &found));
    CHECK_OK(bucket_map_remove(memory, other, &key, &map));
    CHECK_OK(bucket_map_get_text(memory, map, "key 7", 5, 'i', &found));
    CHECK_OK(bucket_map_size(memory, map, &size));
    CHECK_EQUAL(count, size);
    blob *stone = NULL;
    bucket_memory frozen;
    CHECK_OK(bucket_map_to_stone(memory, map, 's', 'i', &stone));
    CHECK_OK(bucket_memory_of_stone(stone, &frozen, &other));
    CHECK_OK(bucket_verify(&frozen, other));
    blob_destroy(stone);
    CHECK_OK(bucket_set_to_stone(memory, set, 'i', &stone));
    blob_destroy(stone);
    bucket_heap_free(heap);
}

/* Blobs and numbers */

static void fields(void *argument)
{
    (void)argument;
    blob *b = blob_new(3);
    CHECK(b != NULL);
    CHECK_OK(blob_write_text(b, (const char *)input.json_keys.start, input.json_keys.count));
    CHECK_OK(blob_write_blob(b, b));
    CHECK_OK(blob_write_bytes(b, blob_data(b), 1000));
    CHECK_OK(blob_write_pad(b, 4096));
    CHECK_OK(blob_make_stone(b));
    size_t length = 0, bits = 0;
    char *text = malloc(input.json_keys.count);
    CHECK_OK(blob_read_text(b, 3, text, input.json_keys.count, &length, &bits));
    free(text);
    blob_destroy(b);
    int64_t number = dec64_from_double(0.1);
    char digits[64];
    CHECK_OK(dec64_to_text(number, digits, sizeof digits, &length));
    CHECK_OK(dec64_from_text((const char *)input.json_number.start, 1, &number));
    (void)dec64_from_text((const char *)input.json_number.start, input.json_number.count, &number);
}

/* Messages that hold messages, in a mailbox. */
static void letters(void *argument)
{
    (void)argument;
    wota_writer *writer = new_writer();
    mailbox *box = NULL;
    CHECK_OK(mailbox_new(0, &box));
    blob *last = message_of_integer(1);
    for (size_t link = 0; link < input.million / 10; link += 1) {
        CHECK_OK(wota_write_blob(writer, last));
        blob *message = finish(writer);
        blob_destroy(last);
        last = message;
    }
    wota_writer_free(writer);
    /* The calls may refuse this as too much. */
    blob *out[3] = {NULL};
    whatever(wota_to_json(last, false, &out[0]));
    whatever(wota_to_bytes(last, &out[1]));
    whatever(nota_from_message(last, &out[2]));
    for (size_t text = 0; text < 3; text += 1)
        blob_destroy(out[text]);
    (void)blob_kept_bytes(last, NULL);
    CHECK_OK(mailbox_post(box, last));
    mailbox_destroy(box);
}

static void values_by_reference(void *argument)
{
    (void)argument;
    static const size_t links[] = {400, 60000, 60};
    EACH(place, links)
    {
        blob *message = message_tower(test_size(links[place], links[place] / 10 + 54), place == 2 ? 2 : 1);
        blob *out[6] = {NULL};
        uint64_t words = 0;
        wota_reader reader;
        arena *arena = NULL;
        const wota_value *root = NULL;
        /* The calls may refuse this as too much. */
        (void)wota_flattened_words(message, &deep, &words);
        whatever(wota_to_bytes(message, &out[0]));
        whatever(wota_to_json(message, false, &out[1]));
        whatever(nota_from_message(message, &out[2]));
        whatever(wota_transcode(message, WOTA_DEC64, &out[3]));
        CHECK_OK(arena_new(NULL, &arena));
        arena_set_footprint_limit(arena, 1 << 24);
        if (wota_decode(message, arena, &root) == DRYSTONE_OK)
            whatever(wota_encode(root, WOTA_CLASSIC, &out[4]));
        arena_free(arena);
        CHECK_OK(wota_dump(message, &out[5]));
        wota_parts *parts = NULL;
        blob *again = NULL;
        CHECK_OK(wota_to_parts(message, SIZE_MAX, &parts));
        CHECK_EQUAL(1, wota_parts_count(parts));
        blob *first = wota_parts_get(parts, 0);
        CHECK_OK(wota_from_parts(&first, 1, NULL, &again));
        wota_view view;
        CHECK_OK(wota_view_of(again, 0, &view));
        while (wota_view_element(&view, 0, &view) == DRYSTONE_OK)
            continue;
        int64_t bottom = 0;
        CHECK_OK(wota_view_integer(&view, &bottom));
        CHECK_EQUAL(1, bottom);
        blob_destroy(again);
        wota_parts_free(parts);
        if (wota_reader_init(&reader, message, &deep) == DRYSTONE_OK)
            CHECK_OK(wota_skip(&reader));
        CHECK(place != 0 || (out[0] != NULL && out[1] != NULL && out[2] != NULL && out[4] != NULL));
        for (size_t text = 0; text < 6; text += 1)
            blob_destroy(out[text]);
        blob_destroy(message);
    }
}

static void nothing(void *argument) { (void)argument; }

int main(void)
{
    static const struct {
        const char *name;
        void (*body)(void *argument);
    } calls[] = {
        {"nothing", nothing}, {"wota_validate", validate}, {"wota_from_bytes, wota_to_bytes", bytes_in_and_out},
        {"wota_read_…", read_wota}, {"wota_transcode", transcode}, {"wota_dump", dump},
        {"wota_decode, wota_encode", trees}, {"wota_write_…", write_wota}, {"wota_from_json", from_json},
        {"wota_to_json", to_json}, {"wota_to_pickle", to_pickle}, {"wota_from_pickle", from_pickle},
        {"bucket_json_…", bucket_json}, {"nota_…", nota}, {"nota_write_…", write_nota}, {"nota_feeder_feed", feed},
        {"bucket_…", maps}, {"blob_write_…, dec64_…", fields}, {"mailbox_destroy", letters},
        {"wota_write_value", values_by_reference},
    };
    make_inputs();
    EACH(place, calls)
    {
        test_case = calls[place].name;
        size_t used = on_small_stack(calls[place].body, NULL);
        printf("%s: %zu bytes of stack\n", calls[place].name, used);
    }
    test_case = "";
    free_inputs();
    return test_end("small_stack");
}
