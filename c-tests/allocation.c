/* Failing allocations, one at a time.
 *
 * Linked with the static library and -Wl,--wrap for the allocator's functions, so that the n-th request of an
 * operation can fail, for n = 1, 2, 3 … until the operation makes no more requests. Whichever request fails, the
 * operation returns NO_MEMORY or NULL (or succeeds without the memory), nothing has changed, the same call succeeds
 * when it is repeated, release callbacks have run exactly once, and every block is freed. Each operation runs in a
 * process of its own, so that allocations of the first call in a process fail too. This file tests blobs, messages and
 * mailboxes; the other formats are in allocation_formats.c. */
#include "allocation.h"

/* What the operations work on. */
static struct {
    blob *antestone;
    blob *stone;
    blob *message;
    wota_writer *writer;
    mailbox *box;
    blob *out;
    wota_writer *out_writer;
    mailbox *out_box;
    uint8_t *bytes;
    size_t count;
    int releases;
} state;

static uint8_t borrowed[8];
static const uint8_t large[4096] = {1};

static blob *const untouched = (blob *)(uintptr_t)0x5A5A;

static drystone_status status_of(const void *made) { return made == NULL ? DRYSTONE_NO_MEMORY : DRYSTONE_OK; }

static void nothing(void) {}

static void drop_all(void)
{
    blob_destroy(state.antestone);
    blob_destroy(state.stone);
    blob_destroy(state.message);
    blob_destroy(state.out);
    wota_writer_free(state.writer);
    wota_writer_free(state.out_writer);
    mailbox_destroy(state.box);
    mailbox_destroy(state.out_box);
    free(state.bytes);
}

/* Blobs */

static drystone_status make_blob(void) { return status_of(state.out = blob_new(1000)); }
static drystone_status make_empty_blob(void) { return status_of(state.out = blob_new(0)); }
static drystone_status make_with_capacity(void) { return status_of(state.out = blob_with_capacity(1000)); }

static drystone_status make_from_bytes(void) { return status_of(state.out = blob_from_bytes(borrowed, 8)); }
static drystone_status wrap(void) { return status_of(state.out = blob_wrap(borrowed, 64)); }

static void count_release(void *context, uint8_t *data, size_t bits)
{
    CHECK(context == &state && data == borrowed && bits == 64);
    state.releases += 1;
}

static drystone_status wrap_owned(void)
{
    state.releases = 0;
    return status_of(state.out = blob_wrap_owned(borrowed, 64, count_release, &state));
}

/* The call takes over the bytes: it releases them even when it fails. */
static void released_once(void)
{
    CHECK_EQUAL(1, state.releases);
    state.releases = 0;
}

static void drop_wrapped(void)
{
    CHECK_EQUAL(0, state.releases);
    blob_destroy(state.out);
    CHECK_EQUAL(1, state.releases);
}

static void with_antestone(void)
{
    state.antestone = blob_with_capacity(1000);
    CHECK_OK(blob_write_bytes(state.antestone, (const uint8_t *)"antestone", 9));
}

static void antestone_unchanged(void)
{
    CHECK(!blob_is_stone(state.antestone));
    CHECK_EQUAL(72, blob_length_bits(state.antestone));
    CHECK_BYTES("antestone", blob_data(state.antestone), 9);
    CHECK_EQUAL(1, blob_refcount(state.antestone));
}

static drystone_status make_stone(void)
{
    drystone_status status = blob_make_stone(state.antestone);
    CHECK_EQUAL(72, blob_length_bits(state.antestone));
    CHECK_BYTES("antestone", blob_data(state.antestone), 9);
    CHECK(blob_is_stone(state.antestone) == (status == DRYSTONE_OK));
    return status;
}

static drystone_status append(void) { return blob_write_bytes(state.antestone, large, sizeof large); }

static void with_stone(void)
{
    state.stone = stone_of("a stone of some bytes", 21);
}

static void stone_unchanged(void)
{
    CHECK_EQUAL(1, blob_refcount(state.stone));
    CHECK(state.out == NULL);
}

static drystone_status slice_shared(void) { return blob_slice(state.stone, 8, 100, &state.out); }
static drystone_status slice_copied(void) { return blob_slice(state.stone, 3, 100, &state.out); }
static drystone_status copy(void) { return blob_copy(state.stone, 3, 100, &state.out); }

/* Writing */

static drystone_status make_writer(void) { return wota_writer_new(WOTA_CLASSIC, &state.out_writer); }

/* A writer in the middle of [1, stone, …]; the operation is the next write. */
static void with_writer(void)
{
    with_stone();
    with_antestone();
    state.writer = new_writer();
    CHECK_OK(wota_write_array(state.writer, 3));
    CHECK_OK(wota_write_integer(state.writer, 1));
    CHECK_OK(wota_write_blob(state.writer, state.stone));
}

/* The failed call changed nothing: the writer is still in the middle of the array, so it cannot finish. */
static void writer_unchanged(void)
{
    blob *message = untouched;
    CHECK_EQUAL(2, blob_refcount(state.stone));
    antestone_unchanged();
    CHECK_STATUS(DRYSTONE_TRUNCATED, wota_writer_finish(state.writer, &message));
    CHECK(message == untouched);
}

static void finish_writer(void)
{
    static const uint64_t words[] = {0x302, 0x100, 21 * 8 << 8 | 8, 0};
    blob *message = finish(state.writer);
    CHECK(blob_length_bits(message) > sizeof words * 8);
    CHECK_BYTES(words, blob_data(message), sizeof words);
    blob_destroy(message);
    CHECK_EQUAL(1, blob_refcount(state.stone));
    drop_all();
}

static drystone_status write_text(void)
{
    static char text[4096];
    memset(text, 'a', sizeof text);
    return wota_write_text(state.writer, text, sizeof text);
}

static drystone_status write_wide_text(void)
{
    static char text[3000];
    for (size_t place = 0; place < sizeof text; place += 3)
        memcpy(text + place, "\xE6\x9D\xB1", 3);
    return wota_write_text(state.writer, text, sizeof text);
}

static drystone_status write_stone(void) { return wota_write_blob(state.writer, state.stone); }
static drystone_status write_antestone(void) { return wota_write_blob(state.writer, state.antestone); }
static drystone_status write_copy(void) { return wota_write_blob_copy(state.writer, state.stone); }

static drystone_status write_bytes(void) { return wota_write_blob_bytes(state.writer, large, sizeof large * 8); }

/* Many small values: the writer grows again and again, and each failure loses only one value. */
static size_t written;

static drystone_status write_many(void)
{
    if (written == 0)
        CHECK_OK(wota_write_array(state.writer, 1000));
    for (; written < 1000; written += 1) {
        drystone_status status = wota_write_integer(state.writer, (int64_t)written);
        if (status != DRYSTONE_OK)
            return status;
    }
    return DRYSTONE_OK;
}

static void with_empty_writer(void)
{
    written = 0;
    state.writer = new_writer();
    /* Writing the first word may allocate too, which is not part of this operation. */
    CHECK_OK(wota_write_array(state.writer, 1));
}

static void check_many(void)
{
    blob *message = finish(state.writer);
    CHECK_EQUAL(1002 * 64, blob_length_bits(message));
    for (size_t place = 0; place < 1000; place += 1) {
        uint64_t word;
        memcpy(&word, blob_data(message) + (place + 2) * 8, sizeof word);
        CHECK_EQUAL((uint64_t)place << 8, word);
    }
    blob_destroy(message);
    drop_all();
}

static drystone_status write_deep(void)
{
    for (; written < 511; written += 1) {
        drystone_status status = wota_write_array(state.writer, 1);
        if (status != DRYSTONE_OK)
            return status;
    }
    return DRYSTONE_OK;
}

static void check_deep(void)
{
    CHECK_OK(wota_write_integer(state.writer, 5));
    blob *message = finish(state.writer);
    CHECK_EQUAL(513 * 64, blob_length_bits(message));
    blob_destroy(message);
    drop_all();
}

static void with_complete_writer(void)
{
    with_writer();
    CHECK_OK(wota_write_integer(state.writer, 2));
}

static drystone_status finish_message(void) { return wota_writer_finish(state.writer, &state.out); }

static void complete_writer_unchanged(void)
{
    CHECK(state.out == NULL);
    CHECK_EQUAL(2, blob_refcount(state.stone));
}

static void check_message(void)
{
    static const uint64_t words[] = {0x302, 0x100, 21 * 8 << 8 | 8, 0, 0x200};
    check_words(state.out, words, 5);
    CHECK_EQUAL(1, wota_held_count(state.out));
    drop_all();
}

/* Reading, checking, leaving */

static void with_message(void)
{
    with_writer();
    CHECK_OK(wota_write_blob_copy(state.writer, state.stone));
    state.message = finish(state.writer);
}

static void message_unchanged(void)
{
    CHECK(state.out == NULL);
    CHECK_EQUAL(2, blob_refcount(state.stone));
    CHECK_EQUAL(1, blob_refcount(state.message));
}

static drystone_status read_inline(void)
{
    wota_reader reader;
    uint64_t count;
    CHECK_OK(wota_reader_init(&reader, state.message, NULL));
    CHECK_OK(wota_read_array(&reader, &count));
    CHECK_OK(wota_skip(&reader));
    CHECK_OK(wota_skip(&reader));
    size_t offset = wota_reader_offset(&reader);
    drystone_status status = wota_read_blob(&reader, &state.out);
    CHECK((wota_reader_offset(&reader) == offset) == (status != DRYSTONE_OK));
    return status;
}

static drystone_status to_bytes(void) { return wota_to_bytes(state.message, &state.out); }

/* Bytes that need memory to check: deeply nested, and with more keys than any small table holds. */
static void with_bytes(void)
{
    char key[16];
    wota_writer *writer = new_writer();
    for (int level = 0; level < 500; level += 1)
        CHECK_OK(wota_write_array(writer, 1));
    CHECK_OK(wota_write_record(writer, 300));
    for (int pair = 0; pair < 300; pair += 1) {
        int length = snprintf(key, sizeof key, "key %d", pair * 7919 % 300);
        CHECK_OK(wota_write_text(writer, key, (size_t)length));
        CHECK_OK(wota_write_integer(writer, pair));
    }
    blob *message = finish(writer);
    blob *bytes = NULL;
    CHECK_OK(wota_to_bytes(message, &bytes));
    state.count = blob_length_bits(bytes) / 8;
    state.bytes = malloc(state.count);
    memcpy(state.bytes, blob_data(bytes), state.count);
    blob_destroy(bytes);
    blob_destroy(message);
    wota_writer_free(writer);
}

static drystone_status check_bytes(void)
{
    return wota_validate(state.bytes, state.count, WOTA_CLASSIC, NULL, NULL);
}

static drystone_status from_bytes(void)
{
    return wota_from_bytes(state.bytes, state.count, WOTA_CLASSIC, NULL, &state.out);
}

static drystone_status read_bytes(void)
{
    wota_reader reader;
    return wota_reader_init_bytes(&reader, state.bytes, state.count, WOTA_CLASSIC, NULL);
}

static void no_output(void) { CHECK(state.out == NULL && state.out_writer == NULL && state.out_box == NULL); }

/* Mailboxes */

static drystone_status make_mailbox(void) { return mailbox_new(0, &state.out_box); }
static drystone_status open_mailbox(void) { return mailbox_open("a name", 6, 0, &state.out_box); }

static void with_mailbox(void)
{
    with_stone();
    CHECK_OK(mailbox_new(0, &state.box));
    written = 0;
}

/* Enough letters for the queue to grow several times. A letter that is not accepted still belongs to the poster. */
static drystone_status post_many(void)
{
    for (; written < 100; written += 1) {
        blob_incref(state.stone);
        drystone_status status = mailbox_post(state.box, state.stone);
        if (status != DRYSTONE_OK) {
            CHECK_EQUAL(written + 2, blob_refcount(state.stone));
            blob_destroy(state.stone);
            return status;
        }
    }
    return DRYSTONE_OK;
}

static void mailbox_unchanged(void)
{
    CHECK_EQUAL(written, mailbox_length(state.box));
    CHECK_EQUAL(written + 1, blob_refcount(state.stone));
}

/* Operations that must work without memory: counting, taking, freeing. They allocate nothing. */
static drystone_status free_everything(void)
{
    blob *letter = NULL;
    for (int times = 0; times < 100; times += 1) {
        blob_incref(state.stone);
        blob_destroy(state.stone);
    }
    CHECK_OK(mailbox_take(state.box, 0, &letter));
    blob_destroy(letter);
    wota_writer_reset(state.writer);
    wota_writer_free(state.writer);
    state.writer = NULL;
    mailbox_close(state.box);
    mailbox_destroy(state.box);
    state.box = NULL;
    blob_destroy(state.message);
    state.message = NULL;
    CHECK_EQUAL(0, failing_allocator_requests());
    return DRYSTONE_OK;
}

static void with_much_to_free(void)
{
    with_message();
    CHECK_OK(wota_write_array(state.writer, 2));
    CHECK_OK(wota_write_blob(state.writer, state.stone));
    CHECK_OK(mailbox_new(0, &state.box));
    for (int letter = 0; letter < 10; letter += 1) {
        blob *outer = state.message;
        blob_incref(outer);
        for (int level = 0; level < 20; level += 1) {
            blob *wrapped = message_holding((blob *const[]){outer, state.stone}, 2);
            blob_destroy(outer);
            outer = wrapped;
        }
        CHECK_OK(mailbox_post(state.box, outer));
    }
}

static void allocation_start(void) { memset(&state, 0, sizeof state); }

static const struct operation operations[] = {
    {"blob_new", nothing, make_blob, no_output, drop_all, 0, false},
    {"blob_new, no bits", nothing, make_empty_blob, no_output, drop_all, 0, false},
    {"blob_with_capacity", nothing, make_with_capacity, no_output, drop_all, 0, false},
    {"blob_from_bytes", nothing, make_from_bytes, no_output, drop_all, 0, false},
    {"blob_wrap", nothing, wrap, no_output, drop_all, 0, false},
    {"blob_wrap_owned", nothing, wrap_owned, released_once, drop_wrapped, 0, false},
    {"blob_make_stone", with_antestone, make_stone, antestone_unchanged, drop_all, 0, true},
    {"blob_write_bytes", with_antestone, append, antestone_unchanged, drop_all, 0, false},
    {"blob_slice, shared", with_stone, slice_shared, stone_unchanged, drop_all, 0, false},
    {"blob_slice, copied", with_stone, slice_copied, stone_unchanged, drop_all, 0, false},
    {"blob_copy", with_stone, copy, stone_unchanged, drop_all, 0, false},
    {"wota_writer_new", nothing, make_writer, no_output, drop_all, 0, false},
    {"wota_write_text", with_writer, write_text, writer_unchanged, finish_writer, 0, false},
    {"wota_write_text, wide", with_writer, write_wide_text, writer_unchanged, finish_writer, 0, false},
    {"wota_write_blob, stone", with_writer, write_stone, writer_unchanged, finish_writer, 0, true},
    {"wota_write_blob, antestone", with_writer, write_antestone, writer_unchanged, finish_writer, 0, true},
    {"wota_write_blob_copy", with_writer, write_copy, writer_unchanged, finish_writer, 0, true},
    {"wota_write_blob_bytes", with_writer, write_bytes, writer_unchanged, finish_writer, 0, false},
    {"wota_write_integer, many", with_empty_writer, write_many, nothing, check_many, 0, false},
    {"wota_write_array, deep", with_empty_writer, write_deep, nothing, check_deep, 0, false},
    {"wota_writer_finish", with_complete_writer, finish_message, complete_writer_unchanged, check_message, 0, false},
    {"wota_read_blob, inline", with_message, read_inline, message_unchanged, drop_all, 0, false},
    {"wota_to_bytes", with_message, to_bytes, message_unchanged, drop_all, 0, false},
    {"wota_validate", with_bytes, check_bytes, no_output, drop_all, 0, false},
    {"wota_from_bytes", with_bytes, from_bytes, no_output, drop_all, 0, false},
    {"wota_reader_init_bytes", with_bytes, read_bytes, no_output, drop_all, 0, false},
    {"mailbox_new", nothing, make_mailbox, no_output, drop_all, 0, false},
    {"mailbox_open", nothing, open_mailbox, no_output, drop_all, 1, false},
    {"mailbox_post", with_mailbox, post_many, mailbox_unchanged, drop_all, 0, false},
    {"freeing", with_much_to_free, free_everything, nothing, drop_all, 0, true},
};

int main(void) { return allocation_main("allocation", operations, sizeof operations / sizeof operations[0]); }
