/* Inputs that are as deep as the limits allow, a million deep, or have more keys than any small table holds; and limits
 * that accept the first two. */
#ifndef DRYSTONE_DEEP_INPUT_H
#define DRYSTONE_DEEP_INPUT_H

#include "test.h"

enum { DEEPEST = 65535, JSON_DEEPEST = 120 };

static const wota_limits deep = {.struct_size = sizeof deep, .max_depth = 1000000, .max_words = UINT64_MAX};

struct bytes {
    uint8_t *start;
    size_t count;
};

static struct {
    size_t million;
    struct bytes wota_arrays;  /* as deep as the limits allow */
    struct bytes wota_records; /* the same, with keys */
    struct bytes wota_million;
    struct bytes wota_keys; /* one record of many keys, in a bad order for sorting */
    struct bytes nota_arrays;
    struct bytes nota_records;
    struct bytes nota_million;
    struct bytes json_deepest;
    struct bytes json_arrays; /* a million, and nothing else */
    struct bytes json_objects;
    struct bytes json_keys;
    struct bytes json_escapes; /* one text, longer than any stack */
    struct bytes json_number;
    struct bytes pickle_lists; /* nested lists */
    struct bytes pickle_tuples;
    struct bytes pickle_marks;
    blob *arrays;
    blob *records;
    blob *keys;
} input;

/* Copies of a pattern, and an end. */
static inline struct bytes repeated(const void *pattern, size_t size, size_t times, const void *end, size_t end_size)
{
    struct bytes made = {malloc(size * times + end_size + 1), size * times + end_size};
    CHECK(made.start != NULL);
    for (size_t place = 0; place < times; place += 1)
        memcpy(made.start + place * size, pattern, size);
    memcpy(made.start + times * size, end, end_size);
    return made;
}

static inline struct bytes repeated_text(const char *pattern, size_t times, const char *end)
{
    return repeated(pattern, strlen(pattern), times, end, strlen(end));
}

static inline struct bytes json_nested(size_t depth)
{
    struct bytes made = repeated_text("[", depth * 2, "");
    memset(made.start + depth, ']', depth);
    return made;
}

/* Each key is its number in two characters. */
static inline struct bytes wota_of_keys(size_t count)
{
    struct bytes made = {malloc((1 + count * 3) * 8), (1 + count * 3) * 8};
    CHECK(made.start != NULL);
    store_word(made.start, (uint64_t)count << 8 | 3);
    for (size_t place = 0; place < count; place += 1) {
        /* Alternately from both ends. */
        size_t number = place % 2 == 0 ? place : count - place;
        store_word(made.start + 8 + place * 24, 0x205);
        store_word(made.start + 16 + place * 24, (uint64_t)(number % 1000 + 0x4E00) << 32 | (number / 1000 + 0x4E00));
        store_word(made.start + 24 + place * 24, (uint64_t)place << 8);
    }
    return made;
}

static inline void make_inputs(void)
{
    static const uint8_t array[] = {0x02, 0x01, 0, 0, 0, 0, 0, 0}, integer[] = {0, 7, 0, 0, 0, 0, 0, 0};
    static const uint8_t record[] = {0x03, 0x01, 0, 0, 0, 0, 0, 0, 0x05, 0, 0, 0, 0, 0, 0, 0};
    input.million = test_size(1000000, 100000);
    input.wota_arrays = repeated(array, 8, DEEPEST, integer, 8);
    input.wota_records = repeated(record, 16, DEEPEST, integer, 8);
    input.wota_million = repeated(array, 8, input.million, integer, 8);
    input.wota_keys = wota_of_keys(test_size(100000, 5000));
    input.nota_arrays = repeated_text("\x21", DEEPEST, "\x67");
    input.nota_records = repeated_text("\x31\x11\x61", DEEPEST, "\x67");
    input.nota_million = repeated_text("\x21", input.million, "\x67");
    input.json_deepest = json_nested(JSON_DEEPEST);
    input.json_arrays = repeated_text("[", input.million, "");
    input.json_objects = repeated_text("{\"a\":", input.million, "");
    input.json_escapes = repeated_text("\\ud83d\\udca9", 100000, "\"");
    memcpy(input.json_escapes.start, "           \"", 12); /* instead of the first */
    input.json_number = repeated_text("1", 100000, ".5e-99999");
    input.json_keys = repeated_text("", 0, "");
    input.pickle_lists = repeated_text("]", input.million, "N.");
    input.pickle_tuples = repeated_text("N", input.million, ".");
    memset(input.pickle_tuples.start + 1, 0x85, input.million - 1);
    input.pickle_marks = repeated_text("](", input.million, "");
    CHECK_OK(wota_from_bytes(input.wota_arrays.start, input.wota_arrays.count, WOTA_CLASSIC, &deep, &input.arrays));
    CHECK_OK(wota_from_bytes(input.wota_records.start, input.wota_records.count, WOTA_CLASSIC, &deep, &input.records));
    CHECK_OK(wota_from_bytes(input.wota_keys.start, input.wota_keys.count, WOTA_CLASSIC, &deep, &input.keys));
    blob *text = NULL;
    CHECK_OK(wota_to_json(input.keys, false, &text));
    free(input.json_keys.start);
    input.json_keys = repeated(blob_data(text), blob_length_bits(text) / 8, 1, "", 0);
    blob_destroy(text);
}

static inline void free_inputs(void)
{
    struct bytes *all[] = {&input.wota_arrays, &input.wota_records, &input.wota_million, &input.wota_keys,
                           &input.nota_arrays, &input.nota_records, &input.nota_million, &input.json_deepest,
                           &input.json_arrays, &input.json_objects, &input.json_keys, &input.json_escapes,
                           &input.json_number, &input.pickle_lists, &input.pickle_tuples, &input.pickle_marks};
    for (size_t place = 0; place < sizeof all / sizeof all[0]; place += 1)
        free(all[place]->start);
    blob_destroy(input.arrays);
    blob_destroy(input.records);
    blob_destroy(input.keys);
}

#endif
