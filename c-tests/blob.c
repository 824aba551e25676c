/* Blobs: making them, turning to stone, appending bytes, ranges, equality, and who frees the bytes. */
#include "test.h"

#include <pthread.h>

static void check_blob(const blob *b, size_t bits, bool stone, int32_t count)
{
    CHECK(b != NULL);
    CHECK_EQUAL(bits, blob_length_bits(b));
    CHECK(blob_is_stone(b) == stone);
    CHECK_EQUAL(count, blob_refcount(b));
}

static bool bit_of(const blob *b, size_t place)
{
    return (blob_data(b)[place / 8] >> (7 - place % 8) & 1) != 0;
}

static void makes(void)
{
    static const size_t lengths[] = {0, 1, 7, 8, 9, 63, 64, 65, 1000003};
    for (size_t place = 0; place < sizeof lengths / sizeof lengths[0]; place += 1) {
        size_t bits = lengths[place];
        blob *b = blob_new(bits);
        check_blob(b, bits, false, 1);
        for (size_t byte = 0; byte < (bits + 7) / 8; byte += 1)
            CHECK_EQUAL(0, blob_data(b)[byte]);
        CHECK(!wota_is_message(b));
        CHECK_EQUAL(0, wota_held_count(b));
        blob_destroy(b);

        b = blob_with_capacity(bits);
        check_blob(b, 0, false, 1);
        blob_destroy(b);
    }

    uint8_t bytes[3] = {1, 2, 3};
    blob *b = blob_from_bytes(bytes, sizeof bytes);
    check_blob(b, 24, false, 1);
    bytes[0] = 99;
    CHECK_EQUAL(1, blob_data(b)[0]);
    blob_destroy(b);

    b = blob_from_bytes(NULL, 0);
    check_blob(b, 0, false, 1);
    blob_destroy(b);
}

static void more_than_memory(void)
{
    CHECK(blob_new(SIZE_MAX) == NULL);
    CHECK(blob_new(SIZE_MAX - 6) == NULL);
    CHECK(blob_with_capacity(SIZE_MAX) == NULL);
    CHECK(blob_new(SIZE_MAX / 2) == NULL);

    /* A byte count whose bits do not fit a size_t is refused before any byte is read. */
    static const uint8_t byte[1] = {0};
    CHECK(blob_from_bytes(byte, SIZE_MAX) == NULL);
    CHECK(blob_from_bytes(byte, SIZE_MAX / 8 + 1) == NULL);
    blob *b = blob_from_bytes(byte, 1);
    CHECK(blob_write_bytes(b, byte, SIZE_MAX) != DRYSTONE_OK);
    CHECK(blob_write_bytes(b, byte, SIZE_MAX / 8) != DRYSTONE_OK);
    check_blob(b, 8, false, 1);
    blob_destroy(b);
}

static void counts(void)
{
    blob *b = blob_new(8);
    uint64_t created = drystone_blobs_created();
    size_t alive = drystone_blobs_alive();
    for (int32_t count = 2; count <= 100; count += 1) {
        blob_incref(b);
        CHECK_EQUAL(count, blob_refcount(b));
    }
    for (int32_t count = 99; count >= 1; count -= 1) {
        blob_destroy(b);
        CHECK_EQUAL(count, blob_refcount(b));
    }
    CHECK_EQUAL(created, drystone_blobs_created());
    CHECK_EQUAL(alive, drystone_blobs_alive());
    uint64_t released = drystone_blobs_released();
    blob_destroy(b);
    CHECK_EQUAL(released + 1, drystone_blobs_released());
    CHECK_EQUAL(alive - 1, drystone_blobs_alive());
    b = blob_new(8);
    CHECK_EQUAL(created + 1, drystone_blobs_created());
    blob_destroy(b);
}

static void turns_to_stone(void)
{
    blob *b = blob_with_capacity(1 << 20);
    CHECK_OK(blob_write_bytes(b, (const uint8_t *)"pebble", 6));
    check_blob(b, 48, false, 1);
    CHECK_OK(blob_make_stone(b));
    check_blob(b, 48, true, 1);
    CHECK_BYTES("pebble", blob_data(b), 6);

    const uint8_t *data = blob_data(b);
    CHECK_OK(blob_make_stone(b));
    CHECK(blob_data(b) == data);
    blob_incref(b);
    CHECK_OK(blob_make_stone(b));
    check_blob(b, 48, true, 2);
    blob_destroy(b);

    CHECK_STATUS(DRYSTONE_IS_STONE, blob_write_bytes(b, (const uint8_t *)"x", 1));
    check_blob(b, 48, true, 1);
    CHECK(blob_data(b) == data);
    CHECK_BYTES("pebble", data, 6);
    blob_destroy(b);

    /* A shared blob can become stone, for all its holders. */
    b = blob_from_bytes((const uint8_t *)"shared", 6);
    blob_incref(b);
    CHECK_OK(blob_make_stone(b));
    check_blob(b, 48, true, 2);
    blob_destroy(b);
    CHECK_BYTES("shared", blob_data(b), 6);
    blob_destroy(b);

    b = blob_new(0);
    CHECK_OK(blob_make_stone(b));
    check_blob(b, 0, true, 1);
    blob_destroy(b);
}

static void shared_antestone_refuses_writes(void)
{
    blob *b = blob_from_bytes((const uint8_t *)"abc", 3);
    blob_incref(b);
    CHECK_STATUS(DRYSTONE_BUSY, blob_write_bytes(b, (const uint8_t *)"d", 1));
    check_blob(b, 24, false, 2);
    CHECK_BYTES("abc", blob_data(b), 3);
    blob_destroy(b);
    CHECK_OK(blob_write_bytes(b, (const uint8_t *)"d", 1));
    check_blob(b, 32, false, 1);
    CHECK_BYTES("abcd", blob_data(b), 4);
    blob_destroy(b);
}

static void appends(void)
{
    /* Grows from nothing, piece by piece, without losing what was there. */
    size_t total = test_size(1 << 20, 1 << 14);
    uint8_t piece[61];
    blob *b = blob_with_capacity(0);
    size_t written = 0;
    while (written < total) {
        size_t count = written % sizeof piece + 1;
        for (size_t place = 0; place < count; place += 1)
            piece[place] = (uint8_t)((written + place) * 7);
        CHECK_OK(blob_write_bytes(b, piece, count));
        written += count;
        CHECK_EQUAL(written * 8, blob_length_bits(b));
    }
    bool same = true;
    for (size_t place = 0; place < written; place += 1)
        same = same && blob_data(b)[place] == (uint8_t)(place * 7);
    CHECK(same);

    CHECK_OK(blob_write_bytes(b, NULL, 0));
    CHECK_EQUAL(written * 8, blob_length_bits(b));
    blob_destroy(b);

    /* The bytes may be the blob's own, even when it has to move to grow. */
    b = blob_from_bytes((const uint8_t *)"own bytes ", 10);
    for (int times = 0; times < 10; times += 1)
        CHECK_OK(blob_write_bytes(b, blob_data(b), blob_length_bits(b) / 8));
    CHECK_EQUAL(10 * 1024 * 8, blob_length_bits(b));
    for (size_t place = 0; place < 1024; place += 1)
        CHECK_BYTES("own bytes ", blob_data(b) + place * 10, 10);
    blob_destroy(b);

    /* After a length that is not a whole byte the bits are shifted, and those after them stay zero. */
    b = blob_new(3);
    static const uint8_t ones[2] = {0xFF, 0x81};
    CHECK_OK(blob_write_bytes(b, ones, 2));
    check_blob(b, 19, false, 1);
    CHECK_EQUAL(0x1F, blob_data(b)[0]);
    CHECK_EQUAL(0xF0, blob_data(b)[1]);
    CHECK_EQUAL(0x20, blob_data(b)[2]);
    blob_destroy(b);
}

static void slices(void)
{
    uint8_t bytes[64];
    for (size_t place = 0; place < sizeof bytes; place += 1)
        bytes[place] = (uint8_t)(place * 37 + 11);
    blob *stone = stone_of(bytes, sizeof bytes);
    for (size_t from = 0; from <= 40; from += 1) {
        for (size_t to = from; to <= 70; to += 3) {
            blob *slice = NULL;
            CHECK_OK(blob_slice(stone, from, to, &slice));
            CHECK(blob_is_stone(slice));
            CHECK_EQUAL(to - from, blob_length_bits(slice));
            for (size_t place = from; place < to; place += 1)
                CHECK(bit_of(slice, place - from) == bit_of(stone, place));
            if (from % 8 == 0 && from < to) {
                CHECK(blob_data(slice) == blob_data(stone) + from / 8);
                CHECK_EQUAL(2, blob_refcount(stone));
            }
            blob_destroy(slice);
            CHECK_EQUAL(1, blob_refcount(stone));
        }
    }

    /* A slice outlives the blob it was cut from, and so does a slice of a slice. */
    blob *half = NULL;
    blob *quarter = NULL;
    CHECK_OK(blob_slice(stone, 256, 512, &half));
    CHECK_OK(blob_slice(half, 128, 256, &quarter));
    blob_destroy(stone);
    blob_destroy(half);
    CHECK_EQUAL(128, blob_length_bits(quarter));
    const blob *whole = NULL;
    CHECK_EQUAL(sizeof bytes, blob_kept_bytes(quarter, &whole));
    CHECK(whole != quarter && blob_kept_bytes(whole, NULL) == sizeof bytes);
    CHECK_BYTES(bytes + 48, blob_data(quarter), 16);
    blob_destroy(quarter);
}

static void refused_ranges(void)
{
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *out = untouched;
    blob *b = blob_new(100);
    CHECK_STATUS(DRYSTONE_NOT_STONE, blob_slice(b, 0, 8, &out));
    for (int stone = 0; stone < 2; stone += 1) {
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, 9, 8, &out));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, 0, 101, &out));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, 101, 101, &out));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, 0, SIZE_MAX, &out));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, SIZE_MAX, SIZE_MAX, &out));
        CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_copy(b, SIZE_MAX, 0, &out));
        CHECK_OK(blob_make_stone(b));
    }
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_slice(b, 9, 8, &out));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_slice(b, 0, 101, &out));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_slice(b, 101, 101, &out));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_slice(b, 0, SIZE_MAX, &out));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, blob_slice(b, SIZE_MAX, SIZE_MAX, &out));
    CHECK(out == untouched);
    check_blob(b, 100, true, 1);

    CHECK_OK(blob_slice(b, 100, 100, &out));
    check_blob(out, 0, true, 1);
    blob_destroy(out);
    CHECK_OK(blob_copy(b, 100, 100, &out));
    check_blob(out, 0, false, 1);
    blob_destroy(out);
    blob_destroy(b);
}

static void copies(void)
{
    static const uint8_t bytes[8] = {0xDE, 0xAD, 0xBE, 0xEF, 0x01, 0x23, 0x45, 0x67};
    blob *b = blob_from_bytes(bytes, sizeof bytes);
    for (int stone = 0; stone < 2; stone += 1) {
        for (size_t from = 0; from <= 20; from += 1) {
            for (size_t to = from; to <= 64; to += 5) {
                blob *copy = NULL;
                CHECK_OK(blob_copy(b, from, to, &copy));
                check_blob(copy, to - from, false, 1);
                for (size_t place = from; place < to; place += 1)
                    CHECK(bit_of(copy, place - from) == bit_of(b, place));
                /* A copy is independent: writing to it does not change the source. */
                CHECK_OK(blob_write_bytes(copy, bytes, 1));
                CHECK_EQUAL(to - from + 8, blob_length_bits(copy));
                CHECK(bit_of(copy, to - from));
                blob_destroy(copy);
            }
        }
        check_blob(b, 64, stone == 1, 1);
        CHECK_BYTES(bytes, blob_data(b), sizeof bytes);
        CHECK_OK(blob_make_stone(b));
    }
    blob_destroy(b);
}

static void equality(void)
{
    static const uint8_t bytes[5] = {0xF0, 0xE3, 0x20, 0xFF, 0x00};
    blob *b = blob_from_bytes(bytes, sizeof bytes);
    blob *stone = stone_of(bytes, sizeof bytes);
    blob *slice = NULL;
    blob *copy = NULL;
    CHECK(blob_equal(b, b));
    CHECK(blob_equal(b, stone) && blob_equal(stone, b));
    for (size_t bits = 0; bits < 40; bits += 1) {
        /* The last bits of the slice's shared bytes are beyond it; the copy has zeros there. */
        CHECK_OK(blob_slice(stone, 0, bits, &slice));
        CHECK_OK(blob_copy(b, 0, bits, &copy));
        CHECK(blob_equal(slice, copy) && blob_equal(copy, slice));
        CHECK(!blob_equal(slice, stone) && !blob_equal(stone, copy));
        blob_destroy(slice);
        blob_destroy(copy);
    }
    for (size_t bit = 0; bit < 40; bit += 1) {
        uint8_t other[5];
        memcpy(other, bytes, sizeof other);
        other[bit / 8] = (uint8_t)(other[bit / 8] ^ (0x80 >> bit % 8));
        copy = blob_from_bytes(other, sizeof other);
        CHECK(!blob_equal(copy, stone));
        blob_destroy(copy);
    }
    blob_destroy(b);
    blob_destroy(stone);

    b = blob_new(0);
    stone = blob_wrap(NULL, 0);
    CHECK(blob_equal(b, stone));
    blob_destroy(b);
    blob_destroy(stone);
}

static void borrowed(void)
{
    uint8_t bytes[16] = "a borrowed stone";
    blob *b = blob_wrap(bytes, 128);
    check_blob(b, 128, true, 1);
    CHECK(blob_data(b) == bytes);
    CHECK_OK(blob_make_stone(b));
    CHECK(blob_data(b) == bytes);
    CHECK_STATUS(DRYSTONE_IS_STONE, blob_write_bytes(b, bytes, 1));
    blob *slice = NULL;
    CHECK_OK(blob_slice(b, 16, 80, &slice));
    blob_destroy(b);
    CHECK(blob_data(slice) == bytes + 2);
    blob_destroy(slice);
    CHECK_BYTES("a borrowed stone", bytes, sizeof bytes);

    b = blob_wrap(NULL, 0);
    check_blob(b, 0, true, 1);
    blob_destroy(b);
}

struct owner {
    uint8_t *data;
    size_t bits;
    int releases;
    pthread_t thread;
    blob *held;
};

static void count_release(void *context, uint8_t *data, size_t bits)
{
    struct owner *owner = context;
    CHECK(data == owner->data);
    CHECK_EQUAL(owner->bits, bits);
    owner->releases += 1;
    owner->thread = pthread_self();
    blob_destroy(owner->held);
    owner->held = NULL;
}

static void *destroy_on_thread(void *b)
{
    blob_destroy(b);
    return NULL;
}

static void released_by_callback(void)
{
    uint8_t bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct owner owner = {.data = bytes, .bits = 65};
    blob *b = blob_wrap_owned(bytes, 65, count_release, &owner);
    check_blob(b, 65, true, 1);
    CHECK(blob_data(b) == bytes);
    blob_incref(b);
    blob_destroy(b);
    CHECK_EQUAL(0, owner.releases);

    /* The callback does not run while anything uses the bytes. */
    blob *slice = NULL;
    CHECK_OK(blob_slice(b, 8, 16, &slice));
    blob *message = message_holding(&slice, 1);
    blob_destroy(b);
    CHECK_EQUAL(0, owner.releases);
    blob_destroy(slice);
    CHECK_EQUAL(0, owner.releases);
    blob_destroy(message);
    CHECK_EQUAL(1, owner.releases);

    /* It runs on the thread that drops the last count. */
    owner = (struct owner){.data = bytes, .bits = 72};
    b = blob_wrap_owned(bytes, 72, count_release, &owner);
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, destroy_on_thread, b));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(1, owner.releases);
    CHECK(pthread_equal(owner.thread, thread) && !pthread_equal(owner.thread, pthread_self()));

    /* Even an empty range has an owner. */
    owner = (struct owner){.data = NULL, .bits = 0};
    b = blob_wrap_owned(NULL, 0, count_release, &owner);
    check_blob(b, 0, true, 1);
    blob_destroy(b);
    CHECK_EQUAL(1, owner.releases);

    /* A call that fails takes over the bytes all the same. */
    owner = (struct owner){.data = NULL, .bits = 8};
    CHECK(blob_wrap_owned(NULL, 8, count_release, &owner) == NULL);
    CHECK_EQUAL(1, owner.releases);
}

static void callback_frees_a_blob(void)
{
    uint8_t bytes[1] = {1};
    struct owner inner = {.data = bytes, .bits = 8};
    struct owner outer = {.data = bytes, .bits = 8, .held = blob_wrap_owned(bytes, 8, count_release, &inner)};
    blob *b = blob_wrap_owned(bytes, 8, count_release, &outer);
    blob *message = message_holding(&b, 1);
    blob_destroy(b);
    blob_destroy(message);
    CHECK_EQUAL(1, outer.releases);
    CHECK_EQUAL(1, inner.releases);
}

int main(void)
{
    makes();
    more_than_memory();
    counts();
    turns_to_stone();
    shared_antestone_refuses_writes();
    appends();
    slices();
    refused_ranges();
    copies();
    equality();
    borrowed();
    released_by_callback();
    callback_frees_a_blob();
    return test_end("blob");
}
