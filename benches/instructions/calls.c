/* Hot calls, each in a separate function, whose instructions callgrind counts: `cargo xtask bench --instructions`.
 * A function `count_NAME` makes the call TIMES times; the objects it needs are made before. */
#include <drystone.h>
#include <drystone_inline.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define TIMES 1000
#define ENTRIES 10000
#define SEEDED 20
#define COUNTED __attribute__((noinline, noclone)) void

/* Ends the program: counts of a failing call would be meaningless. */
#define DONE(call) do { if ((call) != DRYSTONE_OK) { fprintf(stderr, "line %d: %s\n", __LINE__, #call); exit(1); } } while (0)
#define EACH for (int turn = 0; turn < TIMES; turn += 1)

static const uint8_t bytes[64] = {1, 2, 3};
static blob *stone, *message, *document, *document_bytes, *nota, *json, *fields;
static wota_writer *writer;
static wota_view small_record, record, elements;
static mailbox *box;
static bucket_heap *heap;
static bucket_memory *memory;
static uint32_t map, set, growing, map_of_texts, seeded[SEEDED];
static arena *bump;
static uint64_t sum;
static char keys[TIMES][16];

/* Replaces the C library's function: with the same seeds, maps have the same collisions in each run. */
ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
    (void)flags;
    memset(bytes, 0x5A, length);
    return (ssize_t)length;
}

static bucket_value integer(int64_t value)
{
    bucket_value made = {.tag = 'i'};
    made.as.i = value;
    return made;
}

/* ---- Stones ---- */

COUNTED count_blob_new(void) { EACH blob_destroy(blob_new(512)); }
COUNTED count_blob_from_bytes(void) { EACH blob_destroy(blob_from_bytes(bytes, sizeof bytes)); }
COUNTED count_blob_incref_and_destroy(void) { EACH { blob_incref(stone); blob_destroy(stone); } }

COUNTED count_blob_slice(void)
{
    EACH {
        blob *slice;
        DONE(blob_slice(stone, 8, 256, &slice));
        blob_destroy(slice);
    }
}

COUNTED count_blob_write_fit(void)
{
    blob *bits = blob_with_capacity(TIMES * 13);
    EACH DONE(blob_write_fit(bits, turn & 1023, 13));
    blob_destroy(bits);
}

COUNTED count_blob_read_fit(void)
{
    int64_t value;
    EACH { DONE(blob_read_fit(fields, (size_t)turn * 13, 13, &value)); sum += (uint64_t)value; }
}

/* ---- Messages ---- */

static void write_small(blob **made)
{
    DONE(wota_write_record(writer, 6));
    DONE(wota_write_text(writer, "kind", 4));
    DONE(wota_write_text(writer, "letter", 6));
    DONE(wota_write_text(writer, "number", 6));
    DONE(wota_write_integer(writer, 7));
    DONE(wota_write_text(writer, "weight", 6));
    DONE(wota_write_number(writer, 0.5));
    DONE(wota_write_text(writer, "urgent", 6));
    DONE(wota_write_symbol(writer, WOTA_FALSE));
    DONE(wota_write_text(writer, "from", 4));
    DONE(wota_write_text(writer, "harbour", 7));
    DONE(wota_write_text(writer, "stone", 5));
    DONE(wota_write_blob(writer, stone));
    DONE(wota_writer_finish(writer, made));
}

COUNTED count_write_six_fields(void)
{
    EACH {
        blob *made;
        write_small(&made);
        blob_destroy(made);
    }
}

COUNTED count_wota_read_text(void)
{
    EACH {
        wota_reader reader;
        uint64_t pairs;
        char text[64];
        size_t length;
        DONE(wota_reader_init(&reader, message, NULL));
        DONE(wota_read_record(&reader, &pairs));
        DONE(wota_read_text(&reader, text, sizeof text, &length));
        sum += length;
    }
}

COUNTED count_wota_find(void)
{
    EACH {
        wota_reader reader;
        int64_t value;
        DONE(wota_reader_init(&reader, message, NULL));
        DONE(wota_find(&reader, "number", 6));
        DONE(wota_read_integer(&reader, &value));
        sum += (uint64_t)value;
    }
}

COUNTED count_wota_view_field_of_6(void)
{
    wota_view found;
    EACH DONE(wota_view_field(&small_record, "from", 4, &found));
}

COUNTED count_wota_view_field_of_1000(void)
{
    wota_view found;
    EACH DONE(wota_view_field(&record, keys[turn], strlen(keys[turn]), &found));
}

COUNTED count_wota_view_element(void)
{
    wota_view found;
    EACH DONE(wota_view_element(&elements, (uint64_t)turn * 7 % ENTRIES, &found));
}

/* The document is some 64 KiB of JSON. */

COUNTED count_document_wota_skip(void)
{
    wota_reader reader;
    DONE(wota_reader_init(&reader, document, NULL));
    DONE(wota_skip(&reader));
}

COUNTED count_document_wota_from_bytes(void)
{
    blob *made;
    DONE(wota_from_bytes(blob_data(document_bytes), blob_length_bits(document_bytes) / 8, WOTA_CLASSIC, NULL, &made));
    blob_destroy(made);
}

COUNTED count_document_wota_decode(void)
{
    arena_scope scope;
    const wota_value *root;
    DONE(arena_scope_enter(bump, ARENA_NO_BUDGET, &scope));
    DONE(wota_decode(document, bump, &root));
    DONE(arena_scope_exit(bump, scope));
}

COUNTED count_document_nota_from_message(void)
{
    blob *made;
    DONE(nota_from_message(document, &made));
    blob_destroy(made);
}

COUNTED count_document_nota_to_message(void)
{
    blob *made;
    DONE(nota_to_message(blob_data(nota), blob_length_bits(nota) / 8, NULL, &made));
    blob_destroy(made);
}

COUNTED count_document_wota_to_json(void)
{
    blob *made;
    DONE(wota_to_json(document, false, &made));
    blob_destroy(made);
}

COUNTED count_document_wota_from_json(void)
{
    blob *made;
    DONE(wota_from_json((const char *)blob_data(json), blob_length_bits(json) / 8, NULL, &made, NULL));
    blob_destroy(made);
}

/* ---- Mailboxes ---- */

COUNTED count_mailbox_post_and_take(void)
{
    EACH {
        blob *letter;
        blob_incref(stone);
        DONE(mailbox_post(box, stone));
        DONE(mailbox_take(box, 0, &letter));
        blob_destroy(letter);
    }
}

/* ---- Bucket maps ---- */

COUNTED count_bucket_map_get(void)
{
    EACH {
        bucket_value key = integer(turn * 7919 % ENTRIES), found;
        DONE(bucket_map_get(memory, map, &key, 'i', &found));
        sum += (uint64_t)found.as.i;
    }
}

COUNTED count_bucket_table_get(void)
{
    bucket_table table;
    DONE(bucket_map_open(memory, map, &table));
    EACH {
        bucket_value key = integer(turn * 7919 % ENTRIES), found;
        DONE(bucket_table_get(&table, &key, 'i', &found));
        sum += (uint64_t)found.as.i;
    }
}

COUNTED count_bucket_table_get_integer(void)
{
    bucket_table table;
    DONE(bucket_map_open(memory, map, &table));
    EACH {
        int64_t found;
        DONE(bucket_table_get_integer(&table, turn * 7919 % ENTRIES, &found));
        sum += (uint64_t)found;
    }
}

COUNTED count_bucket_table_get_inline(void)
{
    bucket_table table;
    DONE(bucket_map_open(memory, map, &table));
    EACH {
        bucket_value key = integer(turn * 7919 % ENTRIES), found;
        DONE(bucket_table_get_inline(&table, &key, 'i', &found));
        sum += (uint64_t)found.as.i;
    }
}

COUNTED count_bucket_table_get_integer_inline(void)
{
    bucket_table table;
    DONE(bucket_map_open(memory, map, &table));
    EACH {
        int64_t found;
        DONE(bucket_table_get_integer_inline(&table, turn * 7919 % ENTRIES, &found));
        sum += (uint64_t)found;
    }
}

/* Uses many maps, because the length of an unsuccessful lookup depends on the seed. */
COUNTED count_bucket_map_get_absent(void)
{
    EACH {
        bucket_value key = integer(-1 - turn), found;
        sum += bucket_map_get(memory, seeded[turn % SEEDED], &key, 'i', &found) == DRYSTONE_NOT_FOUND;
    }
}

COUNTED count_bucket_set_contains(void)
{
    EACH {
        bucket_value element = integer(turn * 7919 % ENTRIES);
        bool contains;
        DONE(bucket_set_contains(memory, set, &element, &contains));
        sum += contains;
    }
}

COUNTED count_bucket_map_insert_in_place(void)
{
    EACH {
        bucket_value key = integer(turn), value = integer(turn);
        DONE(bucket_map_insert_in_place(memory, growing, &key, &value));
    }
}

COUNTED count_bucket_map_set_known_key(void)
{
    EACH {
        bucket_value key = integer(turn), value = integer(-turn);
        DONE(bucket_map_set(memory, &growing, &key, &value));
    }
}

COUNTED count_bucket_map_delete_and_set_text(void)
{
    EACH {
        bucket_value value = integer(turn);
        DONE(bucket_map_delete_text(memory, &map_of_texts, keys[turn], strlen(keys[turn])));
        DONE(bucket_map_set_text(memory, &map_of_texts, keys[turn], strlen(keys[turn]), &value));
    }
}

COUNTED count_bucket_map_next(void)
{
    uint32_t cursor = 0;
    bucket_value key, value;
    EACH DONE(bucket_map_next(memory, growing, 'i', 'i', &cursor, &key, &value));
}

COUNTED count_bucket_map_insert_version(void)
{
    EACH {
        bucket_value key = integer(TIMES + turn), value = integer(turn);
        uint32_t next;
        DONE(bucket_map_insert(memory, growing, &key, &value, &next));
        DONE(bucket_release(memory, growing));
        growing = next;
    }
}

COUNTED count_bucket_map_remove_in_place(void)
{
    EACH {
        bucket_value key = integer(turn);
        DONE(bucket_map_remove_in_place(memory, growing, &key));
    }
}

/* ---- Arenas ---- */

COUNTED count_arena_alloc_by_call(void) { EACH sum += arena_alloc(bump, 24) != NULL; }
COUNTED count_arena_alloc_inline(void) { EACH sum += arena_alloc_inline(bump, 24) != NULL; }

COUNTED count_arena_scope(void)
{
    EACH {
        arena_scope scope;
        DONE(arena_scope_enter(bump, ARENA_NO_BUDGET, &scope));
        sum += arena_alloc(bump, 24) != NULL;
        DONE(arena_scope_exit(bump, scope));
    }
}

/* ---- Numbers ---- */

COUNTED count_dec64_to_text(void)
{
    char text[64];
    size_t length;
    EACH { DONE(dec64_to_text((int64_t)(turn + 1) * 25600 - 2, text, sizeof text, &length)); sum += length; }
}

/* ---- Preparation ---- */

static void make_document(void)
{
    static char text[1 << 17];
    size_t at = 0;
    text[at++] = '[';
    for (int number = 0; number < 400; number += 1)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "%s{\"id\":%d,\"name\":\"number %d\",\"price\":%d.25,\"tags\":[\"quiet\",\"caf\xC3\xA9\",%d],"
                               "\"owner\":{\"email\":\"someone@example.org\",\"visible\":%s},\"notes\":null}",
                               number == 0 ? "" : ",", number, number * 37, number * 3, number % 7,
                               number % 3 == 0 ? "true" : "false");
    text[at++] = ']';
    DONE(wota_from_json(text, at, NULL, &document, NULL));
    DONE(wota_to_bytes(document, &document_bytes));
    DONE(nota_from_message(document, &nota));
    DONE(wota_to_json(document, false, &json));
}

static void make_views(void)
{
    blob *made;
    wota_view found;
    DONE(wota_write_record(writer, TIMES));
    for (int number = 0; number < TIMES; number += 1) {
        snprintf(keys[number], sizeof keys[number], "field %d", number * 7919 % TIMES);
        DONE(wota_write_text(writer, keys[number], strlen(keys[number])));
        DONE(wota_write_integer(writer, number));
    }
    DONE(wota_writer_finish(writer, &made));
    DONE(wota_view_of(made, 0, &record));
    DONE(wota_view_field(&record, keys[TIMES - 1], strlen(keys[TIMES - 1]), &found));
    DONE(wota_write_array(writer, ENTRIES));
    for (int number = 0; number < ENTRIES; number += 1)
        DONE(wota_write_integer(writer, number));
    DONE(wota_writer_finish(writer, &made));
    DONE(wota_view_of(made, 0, &elements));
    DONE(wota_view_element(&elements, ENTRIES - 1, &found));
    DONE(wota_view_of(message, 0, &small_record));
}

static void make_maps(void)
{
    DONE(bucket_heap_new(1 << 20, 1 << 26, &heap));
    memory = bucket_heap_memory(heap);
    DONE(bucket_map_new(memory, &map));
    DONE(bucket_set_new(memory, &set));
    DONE(bucket_map_new(memory, &growing));
    DONE(bucket_map_new(memory, &map_of_texts));
    EACH {
        bucket_value value = integer(turn);
        DONE(bucket_map_set_text(memory, &map_of_texts, keys[turn], strlen(keys[turn]), &value));
    }
    for (int number = 0; number < ENTRIES; number += 1) {
        bucket_value key = integer(number);
        DONE(bucket_map_set(memory, &map, &key, &key));
        DONE(bucket_set_put(memory, &set, &key));
    }
    for (int turn = 0; turn < SEEDED; turn += 1) {
        DONE(bucket_map_new(memory, &seeded[turn]));
        for (int number = 0; number < ENTRIES; number += 1) {
            bucket_value key = integer(number);
            DONE(bucket_map_set(memory, &seeded[turn], &key, &key));
        }
    }
}

int main(void)
{
    stone = blob_from_bytes(bytes, sizeof bytes);
    DONE(blob_make_stone(stone));
    fields = blob_new(TIMES * 13);
    DONE(blob_make_stone(fields));
    DONE(wota_writer_new(WOTA_CLASSIC, &writer));
    write_small(&message);
    DONE(mailbox_new(0, &box));
    DONE(arena_new(NULL, &bump));
    make_document();
    make_views();
    make_maps();
    count_blob_new();
    count_blob_from_bytes();
    count_blob_incref_and_destroy();
    count_blob_slice();
    count_blob_write_fit();
    count_blob_read_fit();
    count_write_six_fields();
    count_wota_read_text();
    count_wota_find();
    count_wota_view_field_of_6();
    count_wota_view_field_of_1000();
    count_wota_view_element();
    count_document_wota_skip();
    count_document_wota_from_bytes();
    count_document_wota_decode();
    count_document_nota_from_message();
    count_document_nota_to_message();
    count_document_wota_to_json();
    count_document_wota_from_json();
    count_mailbox_post_and_take();
    count_bucket_map_get();
    count_bucket_table_get();
    count_bucket_table_get_integer();
    count_bucket_table_get_inline();
    count_bucket_table_get_integer_inline();
    count_bucket_map_get_absent();
    count_bucket_set_contains();
    count_bucket_map_insert_in_place();
    count_bucket_map_set_known_key();
    count_bucket_map_delete_and_set_text();
    count_bucket_map_next();
    count_bucket_map_insert_version();
    count_bucket_map_remove_in_place();
    count_arena_alloc_by_call();
    count_arena_alloc_inline();
    count_arena_scope();
    count_dec64_to_text();
    /* Everything is left to the system: nothing that follows is counted. */
    return sum == 0;
}
