/* Messages as trees in an arena: the pattern in the header, lookups, budgets, trees made by hand. */
#include "test.h"

static arena *new_arena(void)
{
    arena *made = NULL;
    CHECK_OK(arena_new(NULL, &made));
    CHECK(made != NULL);
    return made;
}

static void write_text(wota_writer *writer, const char *text)
{
    CHECK_OK(wota_write_text(writer, text, strlen(text)));
}

/* {"name": "é and more", "numbers": [1, 2.5, null], "data": stone, "address": private "x", "": {}} */
static blob *picture_message(blob *stone)
{
    wota_writer *writer = new_writer();
    CHECK_OK(wota_write_record(writer, 5));
    write_text(writer, "name");
    write_text(writer, "\xC3\xA9 and more");
    write_text(writer, "numbers");
    CHECK_OK(wota_write_array(writer, 3));
    CHECK_OK(wota_write_integer(writer, 1));
    CHECK_OK(wota_write_number(writer, 2.5));
    CHECK_OK(wota_write_symbol(writer, WOTA_NULL));
    write_text(writer, "data");
    CHECK_OK(wota_write_blob(writer, stone));
    write_text(writer, "address");
    CHECK_OK(wota_write_symbol(writer, WOTA_PRIVATE));
    write_text(writer, "x");
    write_text(writer, "");
    CHECK_OK(wota_write_record(writer, 0));
    blob *message = finish(writer);
    wota_writer_free(writer);
    return message;
}

static void check_text(const wota_value *value, const char *expected)
{
    CHECK(value != NULL);
    CHECK_EQUAL(WOTA_TEXT, value->type);
    CHECK_EQUAL(strlen(expected), value->as.text.length);
    CHECK_BYTES(expected, value->as.text.utf8, strlen(expected));
}

static const wota_value *field(const wota_value *record, const char *key)
{
    return wota_value_find(record, key, strlen(key));
}

static void check_picture(const wota_value *root, const blob *stone)
{
    CHECK_EQUAL(WOTA_RECORD, root->type);
    CHECK_EQUAL(5, root->as.record.count);
    CHECK_BYTES("numbers", root->as.record.keys[1].utf8, 7);
    check_text(field(root, "name"), "\xC3\xA9 and more");
    const wota_value *numbers = field(root, "numbers");
    CHECK(numbers == &root->as.record.values[1]);
    CHECK_EQUAL(WOTA_ARRAY, numbers->type);
    CHECK_EQUAL(3, numbers->as.array.count);
    const wota_value *items = numbers->as.array.items;
    CHECK(items[0].type == WOTA_INTEGER && items[0].as.integer == 1);
    CHECK(items[1].type == WOTA_FLOAT && bits_of_double(items[1].as.number) == bits_of_double(2.5));
    CHECK(items[2].type == WOTA_SYMBOL && items[2].as.symbol.code == WOTA_NULL && items[2].as.symbol.value == NULL);
    const wota_value *data = field(root, "data");
    CHECK_EQUAL(WOTA_BLOB, data->type);
    CHECK(data->as.stone == stone);
    const wota_value *address = field(root, "address");
    CHECK(address->type == WOTA_SYMBOL && address->as.symbol.code == WOTA_PRIVATE);
    check_text(address->as.symbol.value, "x");
    CHECK_EQUAL(WOTA_RECORD, field(root, "")->type);
    CHECK_EQUAL(0, field(root, "")->as.record.count);
    CHECK(field(root, "nam") == NULL);
    CHECK(field(numbers, "name") == NULL);
}

/* Enter, decode, use, exit; and commit to keep the tree in the enclosing scope. */
static void the_pattern(void)
{
    blob *stone = stone_of("stone", 5);
    blob *message = picture_message(stone);
    arena *memory = new_arena();
    for (int round = 0; round < 3; round += 1) {
        arena_scope scope = 0;
        const wota_value *root = NULL;
        CHECK_OK(arena_scope_enter(memory, 65536, &scope));
        CHECK_OK(wota_decode(message, memory, &root));
        CHECK_EQUAL(3, blob_refcount(stone));
        check_picture(root, stone);
        CHECK_OK(arena_scope_exit(memory, scope));
        CHECK_EQUAL(2, blob_refcount(stone));
    }
    arena_scope outer = 0;
    arena_scope inner = 0;
    const wota_value *root = NULL;
    CHECK_OK(arena_scope_enter(memory, 65536, &outer));
    CHECK_OK(arena_scope_enter(memory, 10000, &inner));
    CHECK_OK(wota_decode(message, memory, &root));
    CHECK_OK(arena_scope_commit(memory, inner));
    /* The tree does not need the message. */
    blob_destroy(message);
    CHECK_EQUAL(2, blob_refcount(stone));
    check_picture(root, stone);
    blob *again = NULL;
    CHECK_OK(wota_encode(root, WOTA_CLASSIC, &again));
    CHECK_OK(arena_scope_exit(memory, outer));
    CHECK_EQUAL(2, blob_refcount(stone));
    CHECK_EQUAL(1, wota_held_count(again));
    arena_free(memory);
    blob_destroy(again);
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(stone);
}

/* With any budget that is too small the call fails and frees everything. */
static void budgets(void)
{
    blob *stone = stone_of("stone", 5);
    blob *message = picture_message(stone);
    arena *memory = new_arena();
    size_t budget = 0;
    drystone_status status = DRYSTONE_OVER_BUDGET;
    for (; status == DRYSTONE_OVER_BUDGET; budget += 1) {
        arena_scope scope = 0;
        const wota_value *root = NULL;
        CHECK_OK(arena_scope_enter(memory, budget, &scope));
        status = wota_decode(message, memory, &root);
        if (status == DRYSTONE_OVER_BUDGET) {
            CHECK(root == NULL);
            CHECK_EQUAL(0, arena_scope_used(memory, scope));
            CHECK_EQUAL(2, blob_refcount(stone));
            CHECK_STATUS(DRYSTONE_OVER_BUDGET, arena_error(memory));
            arena_clear_error(memory);
        }
        CHECK_OK(arena_scope_exit(memory, scope));
    }
    CHECK_OK(status);
    CHECK(budget > 200);
    arena_free(memory);
    blob_destroy(message);
    blob_destroy(stone);
}

static void large_records(void)
{
    enum { COUNT = 1000 };
    wota_writer *writer = new_writer();
    char key[32];
    CHECK_OK(wota_write_record(writer, COUNT));
    for (int number = 0; number < COUNT; number += 1) {
        snprintf(key, sizeof key, "key %d", number);
        write_text(writer, key);
        CHECK_OK(wota_write_integer(writer, number));
    }
    blob *message = finish(writer);
    wota_writer_free(writer);
    arena *memory = new_arena();
    const wota_value *root = NULL;
    CHECK_OK(wota_decode(message, memory, &root));
    CHECK_EQUAL(1, root->indexed);
    for (int number = 0; number < COUNT; number += 1) {
        snprintf(key, sizeof key, "key %d", number);
        const wota_value *found = field(root, key);
        CHECK(found != NULL && found->type == WOTA_INTEGER && found->as.integer == number);
    }
    CHECK(field(root, "key 1000") == NULL);
    arena_free(memory);
    blob_destroy(message);
}

static void made_by_hand(void)
{
    wota_value one = {.type = WOTA_INTEGER, .as.integer = 1};
    wota_text_slice key = {"k", 1};
    wota_value record = {.type = WOTA_RECORD, .as.record = {&key, &one, 1}};
    wota_value system = {.type = WOTA_SYMBOL, .as.symbol = {WOTA_SYSTEM, &record}};
    CHECK(field(&record, "k") == &one);
    blob *message = NULL;
    CHECK_OK(wota_encode(&system, WOTA_DEC64, &message));
    blob_destroy(message);
    message = NULL;
    struct {
        wota_value value;
        drystone_status status;
    } wrong[] = {
        {{.type = 6}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = -1}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_STONE}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_SYMBOL, .as.symbol = {1, NULL}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_SYMBOL, .as.symbol = {-1, NULL}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_SYMBOL, .as.symbol = {WOTA_PRIVATE, NULL}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_TEXT, .as.text = {NULL, 1}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_TEXT, .as.text = {"\xFF", 1}}, DRYSTONE_MALFORMED},
        {{.type = WOTA_ARRAY, .as.array = {NULL, 1}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_ARRAY, .as.array = {&one, SIZE_MAX}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_RECORD, .as.record = {&key, NULL, 1}}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_BLOB, .as.stone = NULL}, DRYSTONE_INVALID_ARGUMENT},
        {{.type = WOTA_INTEGER, .as.integer = INT64_MAX}, DRYSTONE_OUT_OF_RANGE},
    };
    for (size_t place = 0; place < sizeof wrong / sizeof wrong[0]; place += 1) {
        CHECK_STATUS(wrong[place].status, wota_encode(&wrong[place].value, WOTA_CLASSIC, &message));
        CHECK(message == NULL);
    }
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, wota_encode(&one, 7, &message));
}

static void no_messages(void)
{
    arena *memory = new_arena();
    const wota_value *root = NULL;
    blob *stone = stone_of("stone", 5);
    blob *antestone = blob_new(64);
    CHECK_STATUS(DRYSTONE_WRONG_TYPE, wota_decode(stone, memory, &root));
    CHECK_STATUS(DRYSTONE_NOT_STONE, wota_decode(antestone, memory, &root));
    CHECK(root == NULL);
    arena_free(memory);
    blob_destroy(antestone);
    blob_destroy(stone);
}

int main(void)
{
    the_pattern();
    budgets();
    large_records();
    made_by_hand();
    no_messages();
    return test_end("tree");
}
