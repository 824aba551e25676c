/* JSON text as nested maps on a heap and in a guest's memory, and back. */
#include "bucket.h"

static void there_and_back(bucket_memory *memory, const char *text)
{
    bucket_value value;
    blob *printed = NULL;
    CHECK_OK(bucket_json_parse(memory, text, strlen(text), &value, NULL));
    CHECK_EQUAL('i', value.tag);
    CHECK_OK(bucket_json_print(memory, &value, &printed));
    CHECK(blob_is_stone(printed));
    CHECK_EQUAL(strlen(text) * 8, blob_length_bits(printed));
    CHECK_BYTES(text, blob_data(printed), strlen(text));
    blob_destroy(printed);
}

static void text_comes_back(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    there_and_back(memory, "null");
    there_and_back(memory, "[true,false,-1.5,\"\xC3\xA9\",[],{}]");
    there_and_back(memory, "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"\":\"\"}");
    bucket_heap_free(heap);
}

/* The values of the constants. */
static void words(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    const char *text = "{\"list\":[null,true,0.5,\"text\"]}";
    bucket_value value;
    CHECK_OK(bucket_json_parse(memory, text, strlen(text), &value, NULL));
    CHECK_EQUAL(BUCKET_JSON_OBJECT, (uint64_t)value.as.i >> 32);
    uint32_t map = (uint32_t)value.as.i;
    CHECK_OK(bucket_verify(memory, map));
    CHECK_OK(bucket_map_get_text(memory, map, "list", 4, 'i', &value));
    CHECK_EQUAL(BUCKET_JSON_ARRAY, (uint64_t)value.as.i >> 32);
    const uint8_t *block = memory->base + (uint32_t)value.as.i;
    uint32_t length;
    memcpy(&length, block, sizeof length);
    CHECK_EQUAL(4, length);
    CHECK_EQUAL((uint64_t)BUCKET_JSON_NULL << 32, load_word(block + 8));
    CHECK_EQUAL(((uint64_t)BUCKET_JSON_LOGICAL << 32) + 1, load_word(block + 16));
    CHECK_EQUAL(bits_of_double(0.5), load_word(block + 24));
    uint64_t word = load_word(block + 32);
    CHECK_EQUAL(BUCKET_JSON_TEXT, word >> 32);
    CHECK_BYTES("\x04\x00\x00\x00text", memory->base + (uint32_t)word, 8);
    bucket_heap_free(heap);
}

static void bad_text(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    struct {
        const char *text;
        drystone_status status;
        size_t offset;
    } cases[] = {
        {"", DRYSTONE_TRUNCATED, 0},
        {"[1,", DRYSTONE_TRUNCATED, 3},
        {"[1 2]", DRYSTONE_MALFORMED, 3},
        {"nul", DRYSTONE_TRUNCATED, 3},
        {"1 1", DRYSTONE_MALFORMED, 2},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        size_t offset = 77;
        bucket_value value = of_integer(5);
        test_case = cases[place].text;
        CHECK_STATUS(cases[place].status,
                     bucket_json_parse(memory, cases[place].text, strlen(cases[place].text), &value, &offset));
        CHECK_EQUAL(cases[place].offset, offset);
        CHECK(value.tag == 'i' && value.as.i == 5);
    }
    test_case = "";
    char deep[300];
    memset(deep, '[', sizeof deep);
    bucket_value value;
    CHECK(bucket_json_parse(memory, deep, sizeof deep, &value, NULL) != DRYSTONE_OK);
    bucket_heap_free(heap);
}

static void bad_memory(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    const uint32_t kinds[] = {BUCKET_JSON_NULL, BUCKET_JSON_LOGICAL, BUCKET_JSON_TEXT, BUCKET_JSON_ARRAY,
                              BUCKET_JSON_OBJECT, 0xFFFC0005, 0x7FF00000, 0xFFFFFFFF};
    const uint32_t offsets[] = {0, 2, 64, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF};
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind += 1) {
        for (size_t place = 0; place < sizeof offsets / sizeof offsets[0]; place += 1) {
            bucket_value value = of_integer((int64_t)((uint64_t)kinds[kind] << 32 | offsets[place]));
            blob *printed = NULL;
            if (bucket_json_print(memory, &value, &printed) == DRYSTONE_OK)
                blob_destroy(printed);
        }
    }
    bucket_value text = {.tag = 's', .as.s = {0, 0}};
    blob *printed = NULL;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, bucket_json_print(memory, &text, &printed));
    bucket_heap_free(heap);
}

static void too_little_memory(void)
{
    bucket_heap *heap = NULL;
    CHECK_OK(bucket_heap_new(0, 4096, &heap));
    bucket_memory *memory = bucket_heap_memory(heap);
    const char *text = "{\"a\":[\"some text that takes place\",1,2,3,4,5,6,7,8,9]}";
    drystone_status status = DRYSTONE_OK;
    size_t used = 0;
    for (int round = 0; status == DRYSTONE_OK && round < 1000; round += 1) {
        bucket_value value;
        used = bucket_heap_used(heap);
        status = bucket_json_parse(memory, text, strlen(text), &value, NULL);
    }
    CHECK_STATUS(DRYSTONE_NO_MEMORY, status);
    CHECK_EQUAL(used, bucket_heap_used(heap));
    bucket_heap_free(heap);
}

/* A text that is refused leaves the heap unchanged, however often it is parsed. */
static void refused_texts(void)
{
    bucket_heap *heap = NULL;
    CHECK_OK(bucket_heap_new(0, 1 << 16, &heap));
    bucket_memory *memory = bucket_heap_memory(heap);
    char deep[242];
    memset(deep, '[', sizeof deep / 2);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    for (int round = 0; round < 400; round += 1) {
        bucket_value value;
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_json_parse(memory, deep, sizeof deep, &value, NULL));
        CHECK_EQUAL(0, bucket_heap_used(heap));
    }
    bucket_heap_free(heap);
}

static void limits(void)
{
    bucket_heap *heap = new_heap(0);
    bucket_memory *memory = bucket_heap_memory(heap);
    const char *text = "{\"a\":[1,2,\"three\"]}";
    size_t length = strlen(text);
    bucket_value value;
    CHECK_OK(bucket_json_parse(memory, text, length, &value, NULL));
    blob *printed = NULL;
    for (size_t limit = 1; limit < length; limit += 1)
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, bucket_json_print_limited(memory, &value, limit, &printed));
    CHECK(printed == NULL);
    const size_t enough[] = {0, length, length + 1, SIZE_MAX};
    for (size_t place = 0; place < sizeof enough / sizeof enough[0]; place += 1) {
        CHECK_OK(bucket_json_print_limited(memory, &value, enough[place], &printed));
        CHECK_BYTES(text, blob_data(printed), length);
        blob_destroy(printed);
    }
    bucket_heap_free(heap);
}

int main(void)
{
    text_comes_back();
    words();
    bad_text();
    bad_memory();
    too_little_memory();
    refused_texts();
    limits();
    return test_end("bucket_json");
}
