/* Messages as text: JSON both ways, and the dump for bug reports. */
#include "test.h"

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static blob *from_json(const char *text)
{
    /* In a block of exactly its size, so that reading one byte more is detected. */
    size_t length = strlen(text);
    size_t offset = 12345;
    char *block = malloc(length);
    blob *message = NULL;
    CHECK(block != NULL);
    memcpy(block, text, length);
    CHECK_OK(wota_from_json(block, length, NULL, &message, &offset));
    free(block);
    CHECK_EQUAL(12345, offset);
    CHECK(wota_is_message(message));
    return message;
}

static void json_is(const blob *message, bool pretty, const char *expected)
{
    blob *text = NULL;
    CHECK_OK(wota_to_json(message, pretty, &text));
    CHECK(blob_is_stone(text) && !wota_is_message(text));
    if (blob_length_bits(text) / 8 != strlen(expected) || memcmp(blob_data(text), expected, strlen(expected)) != 0)
        fprintf(stderr, "%.*s\n", (int)(blob_length_bits(text) / 8), (const char *)blob_data(text));
    CHECK_EQUAL(strlen(expected) * 8, blob_length_bits(text));
    CHECK_BYTES(expected, blob_data(text), strlen(expected));
    blob_destroy(text);
}

/* Texts that are the JSON of a message, on one line as it is written. */
static void there_and_back(void)
{
    static const char *const texts[] = {
        "null", "true", "false", "0", "-1", "36028797018963967", "-36028797018963968", "0.5", "-1.01", "\"\"",
        "\"cat\"", "[]", "{}", "[1,[2,[]],{}]", "{\"z\":1,\"a\":{\"\":null}}", "\"\\u0000\\n\\\"\\\\\"",
        "\"caf\xC3\xA9 \xF0\x9F\x92\xA9\"", "{\"$blob\":\"\"}", "{\"$blob\":\"/w==\"}",
        "{\"$blob\":\"8OMggA==\",\"bits\":25}", "{\"$private\":\"actor\"}", "{\"$private\":{\"$private\":[1]}}",
        "{\"$system\":{\"kind\":\"stop\"}}", "{\"$system\":{}}", "{\"$$blob\":1}",
        "{\"$$private\":1,\"$$system\":2,\"$$$blob\":3}", "{\"$other\":1,\"$\":2,\"$$\":3,\"blob\":4}",
        "[{\"$blob\":\"YWJj\"},{\"$private\":null}]",
    };
    for (size_t place = 0; place < sizeof texts / sizeof texts[0]; place += 1) {
        test_case = texts[place];
        blob *message = from_json(texts[place]);
        json_is(message, false, texts[place]);
        blob *pretty = NULL;
        blob *again = NULL;
        CHECK_OK(wota_to_json(message, true, &pretty));
        CHECK_OK(wota_from_json((const char *)blob_data(pretty), blob_length_bits(pretty) / 8, NULL, &again, NULL));
        CHECK(blob_equal(message, again));
        blob_destroy(pretty);
        blob_destroy(again);
        /* The other dialect gives the same text. */
        CHECK_OK(wota_transcode(message, WOTA_DEC64, &again));
        json_is(again, false, texts[place]);
        blob_destroy(again);
        blob_destroy(message);
    }
    test_case = "";
    blob *message = from_json("{\"a\":[1,{\"$blob\":\"gA==\",\"bits\":1}],\"b\":{},\"c\":{\"$private\":[]}}");
    json_is(message, true,
            "{\n  \"a\": [\n    1,\n    {\"$blob\":\"gA==\",\"bits\":1}\n  ],\n  \"b\": {},\n"
            "  \"c\": {\"$private\":[]}\n}");
    blob_destroy(message);
}

static void words_of_json(void)
{
    static const struct {
        const char *text;
        uint64_t words[6];
        size_t count;
    } cases[] = {{" [ 1 , 2 ]\n", {0x202, 0x100, 0x200}, 3},
                 {"-0.0", {1, 0x8000000000000000}, 2},
                 {"36028797018963968", {1, 0x4360000000000000}, 2},
                 {"1e400", {0}, 0},
                 {"1e2", {0x6400}, 1},
                 {"0.1", {1, 0x3FB999999999999A}, 2},
                 {"\"\\ud83d\\udca9\"", {0x105, 0x0001F4A900000000}, 2},
                 {"{\"$private\":5}", {0x807, 0x500}, 2},
                 {"{\"$blob\":\"oA==\",\"bits\":3}", {0x304, 0xA000000000000000}, 2}};
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        test_case = cases[place].text;
        if (cases[place].count == 0) {
            blob *out = untouched;
            CHECK_STATUS(DRYSTONE_MALFORMED, wota_from_json(test_case, strlen(test_case), NULL, &out, NULL));
            CHECK(out == untouched);
            continue;
        }
        blob *message = from_json(cases[place].text);
        check_words(message, cases[place].words, cases[place].count);
        blob_destroy(message);
    }
    test_case = "";
}

static void refused_texts(void)
{
    static const struct {
        const char *text;
        drystone_status status;
    } cases[] = {
        {"", DRYSTONE_TRUNCATED}, {" ", DRYSTONE_TRUNCATED}, {"[", DRYSTONE_TRUNCATED}, {"[1,", DRYSTONE_TRUNCATED},
        {"{\"a\"", DRYSTONE_TRUNCATED}, {"{\"a\":", DRYSTONE_TRUNCATED}, {"\"abc", DRYSTONE_TRUNCATED},
        {"tru", DRYSTONE_TRUNCATED}, {"{\"$blob\":", DRYSTONE_TRUNCATED}, {"1 2", DRYSTONE_MALFORMED},
        {"[1]]", DRYSTONE_MALFORMED}, {"[1,]", DRYSTONE_MALFORMED}, {"nul1", DRYSTONE_MALFORMED},
        {"{1:2}", DRYSTONE_MALFORMED}, {"{a:2}", DRYSTONE_MALFORMED}, {"'a'", DRYSTONE_MALFORMED},
        {"01", DRYSTONE_MALFORMED}, {"NaN", DRYSTONE_MALFORMED}, {"-", DRYSTONE_TRUNCATED},
        {"1.", DRYSTONE_TRUNCATED}, {"\"\xFF\"", DRYSTONE_MALFORMED}, {"\"\n\"", DRYSTONE_MALFORMED},
        {"\"\\ud83d\"", DRYSTONE_MALFORMED}, {"\"\\x41\"", DRYSTONE_MALFORMED},
        {"{\"a\":1,\"a\":2}", DRYSTONE_MALFORMED}, {"[{\"b\":{\"\":1,\"\":1}}]", DRYSTONE_MALFORMED},
        {"{\"$blob\":1}", DRYSTONE_MALFORMED}, {"{\"$blob\":\"?\"}", DRYSTONE_MALFORMED},
        {"{\"$blob\":\"/w\"}", DRYSTONE_MALFORMED}, {"{\"$blob\":\"/w==\",\"bits\":9}", DRYSTONE_MALFORMED},
        {"{\"$blob\":\"/w==\",\"bits\":0}", DRYSTONE_MALFORMED},
        {"{\"$blob\":\"/w==\",\"bits\":-1}", DRYSTONE_MALFORMED},
        {"{\"$blob\":\"/w==\",\"bits\":8,\"more\":1}", DRYSTONE_MALFORMED},
        {"{\"$blob\":\"/w==\",\"length\":8}", DRYSTONE_MALFORMED}, {"{\"$private\":1,\"a\":2}", DRYSTONE_MALFORMED},
        {"{\"$system\":1}", DRYSTONE_MALFORMED}, {"{\"$system\":{\"$blob\":\"\"}}", DRYSTONE_MALFORMED},
    };
    for (size_t place = 0; place < sizeof cases / sizeof cases[0]; place += 1) {
        blob *out = untouched;
        size_t offset = SIZE_MAX;
        size_t length = strlen(cases[place].text);
        test_case = cases[place].text;
        CHECK_STATUS(cases[place].status, wota_from_json(cases[place].text, length, NULL, &out, &offset));
        CHECK(out == untouched);
        CHECK(offset <= length);
        CHECK_STATUS(cases[place].status, wota_from_json(cases[place].text, length, NULL, &out, NULL));
    }
    test_case = "";
}

static drystone_status nested(size_t depth, const wota_limits *limits)
{
    char *text = malloc(2 * depth);
    blob *message = NULL;
    CHECK(text != NULL);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    drystone_status status = wota_from_json(text, 2 * depth, limits, &message, NULL);
    blob_destroy(message);
    free(text);
    return status;
}

static void limits(void)
{
    wota_limits limits = {.struct_size = sizeof limits, .max_depth = 3, .max_words = 5};
    blob *out = untouched;
    CHECK_OK(nested(120, NULL));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nested(121, NULL));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nested(100000, NULL));
    CHECK_OK(nested(3, &limits));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, nested(4, &limits));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_from_json("[1,2,3,4,5]", 11, &limits, &out, NULL));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, wota_from_json("\"123456789\"", 11, &limits, &out, NULL));
    limits.struct_size = 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_from_json("1", 1, &limits, &out, NULL));
    CHECK(out == untouched);
    limits.struct_size = sizeof limits;
    CHECK_OK(wota_from_json("[1,2,3,4]", 9, &limits, &out, NULL));
    blob_destroy(out);
}

static void refused_messages(void)
{
    static const uint64_t not_finite[] = {0x7FF8000000000000, 0x7FF0000000000000, 0xFFF0000000000000};
    blob *out = untouched;
    wota_writer *writer = new_writer();
    for (size_t place = 0; place < 3; place += 1) {
        CHECK_OK(wota_write_number(writer, double_of_bits(not_finite[place])));
        blob *message = finish(writer);
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_to_json(message, false, &out));
        blob_destroy(message);
    }
    for (int key = 0; key < 2; key += 1) {
        CHECK_OK(wota_write_record(writer, 1));
        CHECK_OK(wota_write_text(writer, key == 1 ? "\xED\xA0\xBD" : "a", key == 1 ? 3 : 1));
        CHECK_OK(wota_write_text(writer, key == 0 ? "\xED\xA0\xBD" : "a", key == 0 ? 3 : 1));
        blob *message = finish(writer);
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, wota_to_json(message, true, &out));
        blob_destroy(message);
    }
    CHECK_OK(wota_write_record(writer, 2));
    for (int pair = 0; pair < 2; pair += 1) {
        CHECK_OK(wota_write_text(writer, "same", 4));
        CHECK_OK(wota_write_integer(writer, pair));
    }
    blob *message = finish(writer);
    CHECK_STATUS(DRYSTONE_MALFORMED, wota_to_json(message, false, &out));
    CHECK(out == untouched);
    /* The dump accepts invalid messages, too. */
    CHECK_OK(wota_dump(message, &out));
    blob_destroy(out);
    out = untouched;
    blob_destroy(message);
    blob *stone = stone_of("12345678", 8);
    blob *antestone = blob_new(64);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_to_json(stone, false, &out));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_to_json(antestone, false, &out));
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_dump(stone, &out));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_dump(antestone, &out));
    CHECK(out == untouched);

    /* Stones are written as their bits. */
    message = message_holding(&stone, 1);
    json_is(message, false, "[{\"$blob\":\"MTIzNDU2Nzg=\"}]");
    CHECK_EQUAL(2, blob_refcount(stone));
    blob_destroy(message);
    blob_destroy(stone);
    blob_destroy(antestone);
    wota_writer_free(writer);
}

/* Whether a line of the dump starts with this offset and contains all of these words. */
static void line_says(const char *dump, size_t offset, uint64_t word, const char *what)
{
    for (const char *line = dump; line != NULL && *line != '\0';) {
        char copy[512];
        size_t length = strcspn(line, "\n");
        char digits[20];
        CHECK(length < sizeof copy);
        memcpy(copy, line, length);
        copy[length] = '\0';
        snprintf(digits, sizeof digits, "%016" PRIX64, word);
        if (strtoull(copy, NULL, 10) == offset) {
            CHECK(strstr(copy, digits) != NULL);
            CHECK(strstr(copy, what) != NULL);
            return;
        }
        line += length + (line[length] == '\n');
    }
    test_fail(__FILE__, __LINE__, what);
}

static void dumps(void)
{
    static const wota_dialect dialects[] = {WOTA_CLASSIC, WOTA_DEC64};
    blob *stone = stone_of("s", 1);
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 2));
    CHECK_OK(wota_write_text(writer, "key", 3));
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_integer(writer, -5));
    CHECK_OK(wota_write_number(writer, .5));
    CHECK_OK(wota_write_blob(writer, stone));
    CHECK_OK(wota_write_text(writer, "b", 1));
    CHECK_OK(wota_write_symbol(writer, WOTA_NULL));
    blob *message = finish(writer);
    for (int place = 0; place < 2; place += 1) {
        bool classic = dialects[place] == WOTA_CLASSIC;
        blob *other = NULL;
        blob *dump = NULL;
        CHECK_OK(wota_transcode(message, dialects[place], &other));
        CHECK_OK(wota_dump(other, &dump));
        size_t length = blob_length_bits(dump) / 8;
        char *text = malloc(length + 1);
        CHECK(text != NULL && blob_is_stone(dump));
        memcpy(text, blob_data(dump), length);
        text[length] = '\0';
        CHECK_EQUAL(length, strlen(text));
        line_says(text, 0, classic ? 0x203 : 0x2280, "record");
        line_says(text, 1, classic ? 0x305 : 0x3480, "key");
        line_says(text, 4, classic ? 0x302 : 0x3180, "array");
        line_says(text, 5, (uint64_t)-5 << 8, "-5");
        line_says(text, 6, classic ? 1 : 0x5FF, classic ? "0.5" : "5e-1");
        line_says(text, classic ? 8 : 7, classic ? 0x808 : 0x8880, "stone");
        line_says(text, classic ? 12 : 11, classic ? 7 : 0x680, "null");
        free(text);
        blob_destroy(dump);
        blob_destroy(other);
    }
    blob_destroy(message);
    blob_destroy(stone);
    wota_writer_free(writer);
}

int main(void)
{
    there_and_back();
    words_of_json();
    refused_texts();
    limits();
    refused_messages();
    dumps();
    return test_end("text_forms");
}
