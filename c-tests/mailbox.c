/* Mailboxes: order, capacity, timeouts, closing, sweeping, names; alone and with many threads. */
#include "test.h"

#include <pthread.h>
#include <time.h>

enum { POSTERS = 4 };

static mailbox *new_mailbox(size_t capacity)
{
    mailbox *box = NULL;
    CHECK_OK(mailbox_new(capacity, &box));
    CHECK(box != NULL);
    return box;
}

static int64_t milliseconds(void)
{
    struct timespec now;
    CHECK_EQUAL(0, clock_gettime(CLOCK_MONOTONIC, &now));
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_for(int64_t wanted)
{
    struct timespec span = {.tv_sec = (time_t)(wanted / 1000), .tv_nsec = (long)(wanted % 1000) * 1000000};
    nanosleep(&span, NULL);
}

static void post_integer(mailbox *box, int64_t value)
{
    CHECK_OK(mailbox_post(box, message_of_integer(value)));
}

static int64_t take_integer(mailbox *box, int64_t timeout)
{
    blob *letter = NULL;
    CHECK_OK(mailbox_take(box, timeout, &letter));
    int64_t value = integer_of_message(letter);
    blob_destroy(letter);
    return value;
}

static void order(void)
{
    mailbox *box = new_mailbox(0);
    for (int64_t value = 0; value < 1000; value += 1) {
        CHECK_EQUAL(value, mailbox_length(box));
        post_integer(box, value);
    }
    for (int64_t value = 0; value < 1000; value += 1) {
        CHECK_EQUAL(1000 - value, mailbox_length(box));
        CHECK_EQUAL(value, take_integer(box, value % 2 == 0 ? 0 : -1));
    }
    CHECK_EQUAL(0, mailbox_length(box));
    mailbox_destroy(box);
}

/* Taking returns the same blob, with the one count that was posted. */
static void ownership(void)
{
    mailbox *box = new_mailbox(0);
    blob *letter = stone_of("letter", 6);
    blob *taken = NULL;
    blob_incref(letter);
    CHECK_OK(mailbox_post(box, letter));
    CHECK_EQUAL(2, blob_refcount(letter));
    CHECK_OK(mailbox_take(box, 0, &taken));
    CHECK(taken == letter);
    CHECK_EQUAL(2, blob_refcount(letter));
    blob_destroy(taken);
    blob_destroy(letter);

    /* A count keeps a mailbox and its letters alive. */
    mailbox_incref(box);
    post_integer(box, 1);
    mailbox_destroy(box);
    CHECK_EQUAL(1, mailbox_length(box));
    CHECK_EQUAL(1, take_integer(box, 0));
    mailbox_destroy(box);
}

static void timeouts(void)
{
    mailbox *box = new_mailbox(0);
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *letter = untouched;
    int64_t start = milliseconds();
    CHECK_STATUS(DRYSTONE_END, mailbox_take(box, 0, &letter));
    CHECK_STATUS(DRYSTONE_END, mailbox_take(box, 60, &letter));
    CHECK(milliseconds() - start >= 55);
    CHECK(letter == untouched);
    post_integer(box, 5);
    CHECK_EQUAL(5, take_integer(box, 60000));
    /* A timeout beyond any clock is the same as none. */
    post_integer(box, 6);
    CHECK_EQUAL(6, take_integer(box, INT64_MAX));
    post_integer(box, 7);
    CHECK_EQUAL(7, take_integer(box, INT64_MIN));
    mailbox_destroy(box);
}

static void capacity(void)
{
    mailbox *box = new_mailbox(2);
    blob *letter = stone_of("third", 5);
    post_integer(box, 1);
    post_integer(box, 2);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post(box, letter));
    CHECK_EQUAL(1, blob_refcount(letter));
    CHECK_EQUAL(2, mailbox_length(box));
    CHECK_EQUAL(1, take_integer(box, 0));
    CHECK_OK(mailbox_post(box, letter));
    CHECK_EQUAL(2, mailbox_length(box));
    mailbox_destroy(box);
}

static void closing(void)
{
    mailbox *box = new_mailbox(0);
    blob *untouched = (blob *)(uintptr_t)0x5A5A;
    blob *none = untouched;
    blob *letter = stone_of("late", 4);
    post_integer(box, 1);
    mailbox_close(box);
    mailbox_close(box);
    /* The letter still belongs to the caller. */
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post(box, letter));
    CHECK_EQUAL(1, blob_refcount(letter));
    CHECK_BYTES("late", blob_data(letter), 4);
    blob_destroy(letter);
    /* Earlier letters can still be taken. */
    CHECK_EQUAL(1, mailbox_length(box));
    CHECK_EQUAL(1, take_integer(box, -1));
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_take(box, 0, &none));
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_take(box, 60000, &none));
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_take(box, -1, &none));
    CHECK(none == untouched);
    mailbox_destroy(box);
}

static void sweep(void)
{
    mailbox *box = new_mailbox(0);
    blob *stone = stone_of("shared by all", 13);
    size_t count = test_size(10000, 500);
    for (size_t place = 0; place < count; place += 1) {
        blob *inner = message_holding((blob *const[]){stone, stone}, 2);
        blob *letter = message_holding((blob *const[]){inner, stone}, 2);
        blob_destroy(inner);
        CHECK_OK(mailbox_post(box, letter));
    }
    CHECK_EQUAL(3 * count + 1, blob_refcount(stone));
    CHECK_EQUAL(2 * count + 1, drystone_blobs_alive());
    mailbox_destroy(box);
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_EQUAL(1, drystone_blobs_alive());
    blob_destroy(stone);

    /* A closed mailbox is swept as well. */
    box = new_mailbox(3);
    post_integer(box, 1);
    post_integer(box, 2);
    mailbox_close(box);
    mailbox_destroy(box);
    CHECK_EQUAL(0, drystone_blobs_alive());

    /* Letters need not be messages, nor even stones. */
    box = new_mailbox(0);
    CHECK_OK(mailbox_post(box, blob_wrap(NULL, 0)));
    CHECK_OK(mailbox_post(box, blob_new(8)));
    mailbox_destroy(box);
}

struct traffic {
    mailbox *box;
    blob *stone;
    int64_t letters;
    int64_t poster;
    int64_t refused;
};

static void *post_many(void *argument)
{
    struct traffic *traffic = argument;
    wota_writer *writer = new_writer();
    for (int64_t value = 0; value < traffic->letters; value += 1) {
        CHECK_OK(wota_write_array(writer, 3));
        CHECK_OK(wota_write_integer(writer, traffic->poster));
        CHECK_OK(wota_write_integer(writer, value));
        CHECK_OK(wota_write_blob(writer, traffic->stone));
        blob *letter = finish(writer);
        drystone_status status = mailbox_post(traffic->box, letter);
        while (status == DRYSTONE_LIMIT_EXCEEDED) {
            traffic->refused += 1;
            pause_for(1);
            status = mailbox_post(traffic->box, letter);
        }
        CHECK_OK(status);
    }
    wota_writer_free(writer);
    mailbox_destroy(traffic->box);
    return NULL;
}

/* Many posters, one taker: nothing is lost or doubled, and each poster's letters keep their order. */
static void posters_and_taker(size_t limit)
{
    blob *stone = stone_of("the common stone", 16);
    mailbox *box = new_mailbox(limit);
    struct traffic traffic[POSTERS];
    pthread_t threads[POSTERS];
    /* Posters that find it full pause, which takes time. */
    int64_t letters = (int64_t)(limit == 0 ? test_size(20000, 300) : test_size(2000, 100));
    int64_t next[POSTERS] = {0};
    for (int64_t poster = 0; poster < POSTERS; poster += 1) {
        traffic[poster] = (struct traffic){.box = box, .stone = stone, .letters = letters, .poster = poster};
        mailbox_incref(box);
        CHECK_EQUAL(0, pthread_create(&threads[poster], NULL, post_many, &traffic[poster]));
    }
    for (int64_t taken = 0; taken < letters * POSTERS; taken += 1) {
        blob *letter = NULL;
        blob *found = NULL;
        wota_reader reader;
        uint64_t count;
        int64_t poster = -1;
        int64_t value = -1;
        CHECK_OK(mailbox_take(box, taken % 2 == 0 ? -1 : 60000, &letter));
        CHECK(limit == 0 || mailbox_length(box) <= limit);
        CHECK_OK(wota_reader_init(&reader, letter, NULL));
        CHECK_OK(wota_read_array(&reader, &count));
        CHECK_OK(wota_read_integer(&reader, &poster));
        CHECK_OK(wota_read_integer(&reader, &value));
        CHECK_OK(wota_read_blob(&reader, &found));
        CHECK(poster >= 0 && poster < POSTERS && found == stone);
        CHECK_EQUAL(next[poster], value);
        next[poster] += 1;
        blob_destroy(found);
        blob_destroy(letter);
    }
    for (int poster = 0; poster < POSTERS; poster += 1)
        CHECK_EQUAL(0, pthread_join(threads[poster], NULL));
    CHECK_EQUAL(0, mailbox_length(box));
    mailbox_destroy(box);
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(stone);
}

struct waiter {
    mailbox *box;
    drystone_status status;
    blob *letter;
};

static void *wait_for_letter(void *argument)
{
    struct waiter *waiter = argument;
    waiter->status = mailbox_take(waiter->box, -1, &waiter->letter);
    return NULL;
}

static void waking(void)
{
    mailbox *box = new_mailbox(0);
    struct waiter waiter = {.box = box, .status = DRYSTONE_BUSY};
    pthread_t thread;
    CHECK_EQUAL(0, pthread_create(&thread, NULL, wait_for_letter, &waiter));
    pause_for(50);
    post_integer(box, 11);
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_OK(waiter.status);
    CHECK_EQUAL(11, integer_of_message(waiter.letter));
    blob_destroy(waiter.letter);

    waiter = (struct waiter){.box = box, .status = DRYSTONE_BUSY};
    CHECK_EQUAL(0, pthread_create(&thread, NULL, wait_for_letter, &waiter));
    pause_for(50);
    mailbox_close(box);
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_STATUS(DRYSTONE_CLOSED, waiter.status);
    CHECK(waiter.letter == NULL);
    mailbox_destroy(box);
}

static void *close_box(void *argument)
{
    mailbox *box = argument;
    pause_for(20);
    mailbox_close(box);
    mailbox_destroy(box);
    return NULL;
}

/* Letters refused because the mailbox closed still belong to their posters; every letter is accounted for. */
static void closing_under_traffic(void)
{
    mailbox *box = new_mailbox(0);
    pthread_t thread;
    size_t posted = 0;
    mailbox_incref(box);
    CHECK_EQUAL(0, pthread_create(&thread, NULL, close_box, box));
    for (;;) {
        blob *letter = message_of_integer(1);
        drystone_status status = mailbox_post(box, letter);
        if (status == DRYSTONE_CLOSED) {
            CHECK_EQUAL(1, blob_refcount(letter));
            blob_destroy(letter);
            break;
        }
        CHECK_OK(status);
        posted += 1;
    }
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(posted, mailbox_length(box));
    CHECK_EQUAL(posted, drystone_blobs_alive());
    mailbox_destroy(box);
}

static void names(void)
{
    mailbox *first = NULL;
    mailbox *again = NULL;
    mailbox *other = NULL;
    CHECK_OK(mailbox_open("registry", 8, 1, &first));
    CHECK_OK(mailbox_open("registry", 8, 99, &again));
    CHECK(first == again);
    CHECK_OK(mailbox_open("registry2", 9, 0, &other));
    CHECK(other != first);
    post_integer(first, 1);
    CHECK_EQUAL(1, mailbox_length(again));
    CHECK_EQUAL(0, mailbox_length(other));
    /* The capacity of the first call counts. */
    blob *letter = message_of_integer(2);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post(again, letter));
    blob_destroy(letter);
    mailbox_destroy(other);
    mailbox_destroy(first);
    CHECK_EQUAL(1, take_integer(again, 0));
    post_integer(again, 3);
    /* Dropping the last count frees the name with the mailbox: the next mailbox of that name is new and empty. */
    mailbox_destroy(again);
    CHECK_OK(mailbox_open("registry", 8, 0, &first));
    CHECK_EQUAL(0, mailbox_length(first));
    mailbox_destroy(first);

    /* Closing frees the name at once, for the next caller. */
    CHECK_OK(mailbox_open("registry", 8, 0, &first));
    mailbox_close(first);
    CHECK_OK(mailbox_open("registry", 8, 0, &again));
    CHECK(again != first);
    post_integer(again, 4);
    mailbox_destroy(first);
    CHECK_OK(mailbox_open("registry", 8, 0, &other));
    CHECK(other == again);
    CHECK_EQUAL(4, take_integer(other, 0));
    mailbox_destroy(other);
    mailbox_destroy(again);

    /* A name is any bytes, including NULs, but at least one. */
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_open("", 0, 0, &first));
    CHECK_OK(mailbox_open("a\0b", 3, 0, &first));
    CHECK_OK(mailbox_open("a\0c", 3, 0, &again));
    CHECK_OK(mailbox_open("a", 1, 0, &other));
    CHECK(first != again && again != other && first != other);
    mailbox_destroy(first);
    mailbox_destroy(again);
    mailbox_destroy(other);
}

static void *open_and_post(void *argument)
{
    struct traffic *traffic = argument;
    char name[16];
    for (int64_t round = 0; round < traffic->letters; round += 1) {
        mailbox *box = NULL;
        int length = snprintf(name, sizeof name, "shared-%d", (int)(round % 3));
        CHECK_OK(mailbox_open(name, (size_t)length, 0, &box));
        post_integer(box, traffic->poster * 1000000 + round);
        if (round % 2 == 0)
            take_integer(box, 0);
        mailbox_destroy(box);
    }
    return NULL;
}

/* Many threads make, find and free names at once. A letter posted to a mailbox whose other counts go away goes to the
 * next mailbox of the name or is swept: a letter that was just posted can always be taken. */
static void names_from_many_threads(void)
{
    struct traffic traffic[POSTERS];
    pthread_t threads[POSTERS];
    for (int64_t poster = 0; poster < POSTERS; poster += 1) {
        traffic[poster] = (struct traffic){.letters = (int64_t)test_size(5000, 150), .poster = poster};
        CHECK_EQUAL(0, pthread_create(&threads[poster], NULL, open_and_post, &traffic[poster]));
    }
    for (int poster = 0; poster < POSTERS; poster += 1)
        CHECK_EQUAL(0, pthread_join(threads[poster], NULL));
    CHECK_EQUAL(0, drystone_blobs_alive());
}

int main(void)
{
    order();
    ownership();
    timeouts();
    capacity();
    closing();
    sweep();
    posters_and_taker(0);
    posters_and_taker(8);
    waking();
    closing_under_traffic();
    names();
    names_from_many_threads();
    return test_end("mailbox");
}
