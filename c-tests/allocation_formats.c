/* As allocation.c, for bit fields, DEC64 numbers, Nota, and text. */
#include "allocation.h"

/* What the operations work on. */
static struct {
    blob *antestone;
    blob *other;
    blob *message;
    blob *out;
    wota_writer *words;
    nota_writer *writer;
    nota_writer *out_writer;
    nota_feeder *feeder;
    nota_feeder *out_feeder;
    uint8_t *bytes;
    size_t count;
    size_t done;
    size_t stones;
} state;

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static void allocation_start(void) { memset(&state, 0, sizeof state); }

static void nothing(void) {}

static void drop_all(void)
{
    blob_destroy(state.antestone);
    blob_destroy(state.other);
    blob_destroy(state.message);
    blob_destroy(state.out);
    wota_writer_free(state.words);
    nota_writer_free(state.writer);
    nota_writer_free(state.out_writer);
    nota_feeder_free(state.feeder);
    nota_feeder_free(state.out_feeder);
    free(state.bytes);
}

static void no_output(void) { CHECK(state.out == NULL && state.out_writer == NULL && state.out_feeder == NULL); }

/* Bit fields: an antestone whose block is full, so that every write has to allocate. */

static drystone_status make_filled(void)
{
    state.out = blob_new_filled(1000, true);
    return state.out == NULL ? DRYSTONE_NO_MEMORY : DRYSTONE_OK;
}

static void with_full_antestone(void)
{
    static const uint8_t fives[1024] = {0x55, 0x55, 0x55};
    state.other = stone_of(fives, sizeof fives);
    state.antestone = blob_from_bytes(fives, sizeof fives);
    CHECK(state.antestone != NULL);
}

static void antestone_unchanged(void)
{
    CHECK(!blob_is_stone(state.antestone));
    CHECK(blob_equal(state.antestone, state.other));
    CHECK_EQUAL(1, blob_refcount(state.antestone));
}

static void antestone_longer(void)
{
    CHECK(blob_length_bits(state.antestone) > 8192);
    CHECK_BYTES(blob_data(state.other), blob_data(state.antestone), 1024);
    drop_all();
}

static drystone_status write_bit(void) { return blob_write_bit(state.antestone, true); }
static drystone_status write_fit(void) { return blob_write_fit(state.antestone, -1, 56); }
static drystone_status write_kim(void) { return blob_write_kim(state.antestone, -5000); }
static drystone_status write_dec64(void) { return blob_write_dec64(state.antestone, 0x1FF); }
static drystone_status write_text(void) { return blob_write_text(state.antestone, "a text", 6); }
static drystone_status write_other(void) { return blob_write_blob(state.antestone, state.other); }
static drystone_status write_itself(void) { return blob_write_blob(state.antestone, state.antestone); }
static drystone_status write_pad(void) { return blob_write_pad(state.antestone, 100000); }

static drystone_status write_wide_text(void)
{
    static char text[3000];
    for (size_t place = 0; place < sizeof text; place += 3)
        memcpy(text + place, "\xE6\x9D\xB1", 3);
    return blob_write_text(state.antestone, text, sizeof text);
}

/* Messages with DEC64 numbers */

static void with_numbers(void)
{
    CHECK_OK(wota_writer_new(WOTA_DEC64, &state.words));
    CHECK_OK(wota_write_array(state.words, 1000));
}

/* Each failure loses only one value. */
static drystone_status write_numbers(void)
{
    for (; state.done < 1000; state.done += 1) {
        drystone_status status = state.done % 2 == 0 ? wota_write_dec64(state.words, 0x1FF)
                                                     : wota_write_number_nearest(state.words, .1);
        if (status != DRYSTONE_OK)
            return status;
    }
    return DRYSTONE_OK;
}

static void check_numbers(void)
{
    blob *message = finish(state.words);
    CHECK_EQUAL(1001 * 64, blob_length_bits(message));
    for (size_t place = 1; place <= 1000; place += 1) {
        uint64_t word;
        memcpy(&word, blob_data(message) + place * 8, sizeof word);
        CHECK_EQUAL(0x1FF, word);
    }
    blob_destroy(message);
    drop_all();
}

/* Deeply nested, with texts of both kinds, stones, inline bits, and more keys than any small table holds. */
static void with_message(void)
{
    char key[16];
    static const uint8_t zeros[600];
    state.other = stone_of("a stone", 7);
    state.words = new_writer();
    size_t levels = test_size(500, 100);
    int pairs = (int)test_size(300, 70);
    for (size_t level = 0; level < levels; level += 1)
        CHECK_OK(wota_write_array(state.words, 1));
    CHECK_OK(wota_write_record(state.words, (uint64_t)pairs));
    state.stones = (size_t)pairs / 5;
    for (int pair = 0; pair < pairs; pair += 1) {
        int length = snprintf(key, sizeof key, "key %d", pair * 7919 % pairs);
        CHECK_OK(wota_write_text(state.words, key, (size_t)length));
        switch (pair % 5) {
        case 0: CHECK_OK(wota_write_integer(state.words, pair)); break;
        case 1: CHECK_OK(wota_write_number(state.words, pair + .5)); break;
        case 2: CHECK_OK(wota_write_text(state.words, "caf\xC3\xA9", 5)); break;
        case 3: CHECK_OK(wota_write_blob(state.words, state.other)); break;
        default: CHECK_OK(wota_write_blob_bytes(state.words, zeros, sizeof zeros * 8 - 3)); break;
        }
    }
    state.message = finish(state.words);
}

static void message_unchanged(void)
{
    CHECK(state.out == NULL);
    CHECK_EQUAL(state.stones + 1, blob_refcount(state.other));
    CHECK_EQUAL(1, blob_refcount(state.message));
    CHECK_EQUAL(state.stones, wota_held_count(state.message));
}

static drystone_status transcode(void) { return wota_transcode(state.message, WOTA_DEC64, &state.out); }
static drystone_status to_nearest(void) { return wota_transcode(state.message, WOTA_DEC64 | WOTA_NEAREST, &state.out); }

static void check_transcoded(void)
{
    CHECK_EQUAL(state.stones, wota_held_count(state.out));
    CHECK_EQUAL(2 * state.stones + 1, blob_refcount(state.other));
    blob_destroy(state.out);
    state.out = NULL;
    message_unchanged();
    drop_all();
}

/* Texts that are not UTF-8, as a whole or where they are cut. */
static void with_broken_texts(void)
{
    state.words = new_writer();
    CHECK_OK(wota_write_array(state.words, 9));
    CHECK_OK(wota_write_text(state.words, "lone \xED\xA0\xBD and more", 17));
    static char text[1000];
    for (size_t before = 0; before < 8; before += 1) {
        memset(text, 'a', before);
        for (size_t place = before; place + 3 <= sizeof text; place += 3)
            memcpy(text + place, "\xE6\x9D\xB1", 3);
        CHECK_OK(wota_write_text(state.words, text, before + (sizeof text - before) / 3 * 3));
    }
    state.message = finish(state.words);
}

static drystone_status to_nota(void) { return nota_from_message(state.message, &state.out); }
static drystone_status to_json(void) { return wota_to_json(state.message, true, &state.out); }
static drystone_status to_pickle(void) { return wota_to_pickle(state.message, &state.out); }
/* The record in the innermost array: what comes before its first stone. */
static drystone_status to_pickled_children(void)
{
    wota_view view;
    wota_type type = WOTA_ARRAY;
    uint64_t count = 77;
    CHECK_OK(wota_view_of(state.message, 0, &view));
    for (; type == WOTA_ARRAY; CHECK_OK(wota_view_type(&view, &type)))
        CHECK_OK(wota_view_children(&view, &view));
    CHECK_OK(wota_view_children(&view, &view));
    drystone_status status = wota_view_next_pickle(&view, 100, 100, 1000, &state.out, &count);
    CHECK_EQUAL(status == DRYSTONE_OK ? 7 : 77, count);
    return status;
}

static drystone_status dump(void) { return wota_dump(state.message, &state.out); }

/* Levels, more keys than any small table holds, texts with escapes, a blob. */
static void with_json(void)
{
    enum { LEVELS = 100, PAIRS = 70, ROOM = 100 };
    state.bytes = malloc(LEVELS * 2 + PAIRS * ROOM + 2);
    CHECK(state.bytes != NULL);
    char *at = (char *)state.bytes;
    memset(at, '[', LEVELS);
    at += LEVELS;
    *at++ = '{';
    for (int pair = 0; pair < PAIRS; pair += 1)
        at += snprintf(at, ROOM, "%s\"\\u00e9 %d\":[\"caf\\u00e9\",1.5,{\"$blob\":\"8OMggA==\",\"bits\":25},{\"$private\":null}]",
                       pair == 0 ? "" : ",", pair);
    *at++ = '}';
    memset(at, ']', LEVELS);
    state.count = (size_t)(at + LEVELS - (char *)state.bytes);
}

static drystone_status from_json(void)
{
    size_t offset = SIZE_MAX;
    drystone_status status = wota_from_json((const char *)state.bytes, state.count, NULL, &state.out, &offset);
    CHECK((status == DRYSTONE_OK) == (offset == SIZE_MAX));
    return status;
}

/* Levels, more keys than any small table holds, tuples, texts that are not ASCII, bytes. */
static void with_pickle(void)
{
    enum { LEVELS = 100, PAIRS = 70, ROOM = 40 };
    static const char tuple[] = "\x8C\x05" "caf\xC3\xA9" "G\x3F\xF8\0\0\0\0\0\0" "C\x03" "abc" "\x87";
    state.bytes = malloc(LEVELS * 3 + PAIRS * ROOM + 4);
    CHECK(state.bytes != NULL);
    char *at = (char *)state.bytes;
    for (int level = 0; level < LEVELS; level += 1)
        at = (char *)memcpy(at, "](", 2) + 2;
    at = (char *)memcpy(at, "}(", 2) + 2;
    for (int pair = 0; pair < PAIRS; pair += 1) {
        at += snprintf(at, ROOM, "\x8C\x04\xC3\xA9%02d", pair);
        at = (char *)memcpy(at, tuple, sizeof tuple - 1) + sizeof tuple - 1;
    }
    *at++ = 'u';
    memset(at, 'e', LEVELS);
    at[LEVELS] = '.';
    state.count = (size_t)(at + LEVELS + 1 - (char *)state.bytes);
}

static drystone_status from_pickle(void)
{
    size_t offset = SIZE_MAX;
    drystone_status status = wota_from_pickle(state.bytes, state.count, NULL, &state.out, &offset);
    CHECK((status == DRYSTONE_OK) == (offset == SIZE_MAX));
    return status;
}

/* Nota */

static drystone_status make_writer(void) { return nota_writer_new(&state.out_writer); }
static drystone_status make_feeder(void) { return nota_feeder_new(NULL, &state.out_feeder); }

static void with_writer(void)
{
    with_full_antestone();
    CHECK_OK(nota_writer_new(&state.writer));
    CHECK_OK(nota_write_array(state.writer, 2));
    CHECK_OK(nota_write_integer(state.writer, 1));
}

static void writer_unchanged(void)
{
    blob *nota = untouched;
    antestone_unchanged();
    CHECK_STATUS(DRYSTONE_TRUNCATED, nota_writer_finish(state.writer, &nota));
    CHECK(nota == untouched);
}

static void finish_writer(void)
{
    blob *nota = NULL;
    CHECK_OK(nota_writer_finish(state.writer, &nota));
    CHECK(blob_length_bits(nota) > 1024 * 8);
    CHECK_BYTES("\x22\x61", blob_data(nota), 2);
    CHECK_OK(nota_validate(blob_data(nota), blob_length_bits(nota) / 8, NULL, NULL));
    blob_destroy(nota);
    drop_all();
}

static drystone_status nota_text(void)
{
    static char text[3000];
    memset(text, 'a', sizeof text);
    return nota_write_text(state.writer, text, sizeof text);
}

static drystone_status nota_wide_text(void)
{
    static char text[3000];
    for (size_t place = 0; place < sizeof text; place += 3)
        memcpy(text + place, "\xE6\x9D\xB1", 3);
    return nota_write_text(state.writer, text, sizeof text);
}

static drystone_status nota_blob(void) { return nota_write_blob(state.writer, state.antestone); }
static drystone_status nota_bytes(void)
{
    return nota_write_blob_bytes(state.writer, blob_data(state.other), blob_length_bits(state.other));
}

static void with_empty_writer(void) { CHECK_OK(nota_writer_new(&state.writer)); }

/* Nested arrays, each after a symbol: every failure loses only one value. */
static drystone_status write_many(void)
{
    for (; state.done < 1000; state.done += 1) {
        drystone_status status = state.done % 2 == 0 ? nota_write_array(state.writer, 2)
                                                     : nota_write_symbol(state.writer, WOTA_TRUE);
        if (status != DRYSTONE_OK)
            return status;
    }
    return DRYSTONE_OK;
}

static void check_many(void)
{
    CHECK_OK(nota_write_symbol(state.writer, WOTA_NULL));
    blob *nota = NULL;
    CHECK_OK(nota_writer_finish(state.writer, &nota));
    CHECK_EQUAL(1001 * 8, blob_length_bits(nota));
    for (size_t place = 0; place < 1000; place += 1)
        CHECK_EQUAL(place % 2 == 0 ? 0x22 : 0x73, blob_data(nota)[place]);
    blob_destroy(nota);
    drop_all();
}

static void with_complete_writer(void)
{
    with_writer();
    CHECK_OK(nota_write_integer(state.writer, 2));
}

static drystone_status finish_nota(void) { return nota_writer_finish(state.writer, &state.out); }

static void check_nota(void)
{
    CHECK_EQUAL(24, blob_length_bits(state.out));
    CHECK_BYTES("\x22\x61\x62", blob_data(state.out), 3);
    drop_all();
}

/* The bytes of the message above. */
static void with_bytes(void)
{
    with_message();
    blob *nota = NULL;
    CHECK_OK(nota_from_message(state.message, &nota));
    state.count = blob_length_bits(nota) / 8;
    state.bytes = malloc(state.count);
    CHECK(state.bytes != NULL);
    memcpy(state.bytes, blob_data(nota), state.count);
    blob_destroy(nota);
}

static drystone_status check_bytes(void) { return nota_validate(state.bytes, state.count, NULL, NULL); }
static drystone_status to_message(void) { return nota_to_message(state.bytes, state.count, NULL, &state.out); }

static drystone_status read_bytes(void)
{
    nota_reader reader;
    return nota_reader_init(&reader, state.bytes, state.count, NULL);
}

static const uint8_t a_blob[] = {0x21, 0x80, 0x19, 0xF0, 0xE3, 0x20, 0x80};

static drystone_status read_blob(void)
{
    nota_reader reader;
    uint64_t count;
    CHECK_OK(nota_reader_init(&reader, a_blob, sizeof a_blob, NULL));
    CHECK_OK(nota_read_array(&reader, &count));
    drystone_status status = nota_read_blob(&reader, &state.out);
    CHECK_EQUAL(status == DRYSTONE_OK ? sizeof a_blob : 1, nota_reader_offset(&reader));
    return status;
}

static void with_feeder(void)
{
    with_bytes();
    CHECK_OK(nota_feeder_new(NULL, &state.feeder));
}

/* After a failure the value has to be fed again from its start. */
static drystone_status feed(void)
{
    for (size_t place = 0; place < state.count;) {
        size_t now = state.count - place < 1000 ? state.count - place : 1000;
        size_t taken = 0;
        drystone_status status = nota_feeder_feed(state.feeder, state.bytes + place, now, &taken);
        if (status != DRYSTONE_OK && status != DRYSTONE_TRUNCATED)
            return status;
        CHECK_EQUAL(now, taken);
        place += now;
    }
    return DRYSTONE_OK;
}

static void reset_feeder(void) { nota_feeder_reset(state.feeder); }

static void take_fed(void)
{
    CHECK_OK(nota_feeder_take(state.feeder, NULL, &state.out));
    drop_all();
}

static void with_fed(void)
{
    with_feeder();
    CHECK_OK(feed());
}

static drystone_status take(void) { return nota_feeder_take(state.feeder, NULL, &state.out); }

static const struct operation operations[] = {
    {"blob_new_filled", nothing, make_filled, no_output, drop_all, 0, false},
    {"blob_write_bit", with_full_antestone, write_bit, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_fit", with_full_antestone, write_fit, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_kim", with_full_antestone, write_kim, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_dec64", with_full_antestone, write_dec64, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_text", with_full_antestone, write_text, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_text, wide", with_full_antestone, write_wide_text, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_blob", with_full_antestone, write_other, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_blob, itself", with_full_antestone, write_itself, antestone_unchanged, antestone_longer, 0, false},
    {"blob_write_pad", with_full_antestone, write_pad, antestone_unchanged, antestone_longer, 0, false},
    {"wota_write_dec64, many", with_numbers, write_numbers, nothing, check_numbers, 0, false},
    {"wota_transcode", with_message, transcode, message_unchanged, check_transcoded, 0, false},
    {"wota_transcode, nearest", with_message, to_nearest, message_unchanged, check_transcoded, 0, false},
    {"nota_from_message", with_message, to_nota, message_unchanged, drop_all, 0, false},
    {"wota_to_json", with_message, to_json, message_unchanged, drop_all, 0, false},
    {"wota_from_json", with_json, from_json, no_output, drop_all, 0, false},
    {"wota_to_pickle", with_message, to_pickle, message_unchanged, drop_all, 0, false},
    {"wota_view_next_pickle", with_message, to_pickled_children, message_unchanged, drop_all, 0, false},
    {"wota_from_pickle", with_pickle, from_pickle, no_output, drop_all, 0, false},
    {"wota_dump", with_message, dump, message_unchanged, drop_all, 0, false},
    {"wota_dump, broken texts", with_broken_texts, dump, no_output, drop_all, 0, false},
    {"nota_writer_new", nothing, make_writer, no_output, drop_all, 0, false},
    {"nota_write_text", with_writer, nota_text, writer_unchanged, finish_writer, 0, false},
    {"nota_write_text, wide", with_writer, nota_wide_text, writer_unchanged, finish_writer, 0, false},
    {"nota_write_blob", with_writer, nota_blob, writer_unchanged, finish_writer, 0, false},
    {"nota_write_blob_bytes", with_writer, nota_bytes, writer_unchanged, finish_writer, 0, false},
    {"nota_write_array, many and deep", with_empty_writer, write_many, nothing, check_many, 0, false},
    {"nota_writer_finish", with_complete_writer, finish_nota, no_output, check_nota, 0, false},
    {"nota_validate", with_bytes, check_bytes, no_output, drop_all, 0, false},
    {"nota_to_message", with_bytes, to_message, no_output, drop_all, 0, false},
    {"nota_reader_init", with_bytes, read_bytes, no_output, drop_all, 0, false},
    {"nota_read_blob", nothing, read_blob, no_output, drop_all, 0, false},
    {"nota_feeder_new", nothing, make_feeder, no_output, drop_all, 0, false},
    {"nota_feeder_feed", with_feeder, feed, reset_feeder, take_fed, 0, false},
    {"nota_feeder_take", with_fed, take, no_output, drop_all, 0, false},
};

int main(void) { return allocation_main("allocation_formats", operations, sizeof operations / sizeof operations[0]); }
