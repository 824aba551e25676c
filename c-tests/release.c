/* Release functions that destroy further blobs: they run one after another on the same thread, each once, and all
 * before the outermost call returns. */
#include "small_stack.h"

struct link {
    blob *next[3];
    int number;
};

static pthread_t expected_thread;
static int running; /* release functions that have not returned */
static int released[16];
static int releases;
static uint8_t byte = 1;

static void release(void *context, uint8_t *data, size_t bits)
{
    struct link *link = context;
    CHECK(pthread_equal(expected_thread, pthread_self()));
    CHECK_EQUAL(0, running);
    CHECK(data == &byte && bits == 8);
    running += 1;
    for (size_t place = 0; place < 3; place += 1)
        blob_destroy(link->next[place]);
    if (releases < 16)
        released[releases] = link->number;
    releases += 1;
    running -= 1;
}

static blob *wrapped(struct link *link)
{
    blob *b = blob_wrap_owned(&byte, 8, release, link);
    CHECK(b != NULL);
    return b;
}

static void destroy(void *b)
{
    expected_thread = pthread_self();
    blob_destroy(b);
    CHECK_EQUAL(0, running);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void start(void)
{
    releases = 0;
    memset(released, 0, sizeof released);
}

/* Every release destroys the next blob. */
static void a_long_chain(void)
{
    size_t length = test_size(100000, 5000);
    struct link *links = calloc(length, sizeof *links);
    CHECK(links != NULL);
    blob *last = NULL;
    for (size_t place = 0; place < length; place += 1) {
        links[place].next[0] = last;
        last = wrapped(&links[place]);
    }
    start();
    on_small_stack(destroy, last);
    CHECK_EQUAL(length, releases);
    free(links);
}

/* The same with messages and slices between the blobs. */
static void a_chain_through_messages(void)
{
    size_t length = test_size(30000, 2000);
    struct link *links = calloc(length, sizeof *links);
    wota_writer *writer = new_writer();
    CHECK(links != NULL);
    blob *last = NULL;
    for (size_t place = 0; place < length; place += 1) {
        links[place].next[0] = last;
        blob *stone = wrapped(&links[place]);
        blob *slice = NULL;
        CHECK_OK(blob_slice(stone, 0, 8, &slice));
        CHECK_OK(wota_write_array(writer, 2));
        CHECK_OK(wota_write_blob(writer, stone));
        CHECK_OK(wota_write_blob(writer, slice));
        last = finish(writer);
        blob_destroy(stone);
        blob_destroy(slice);
    }
    wota_writer_free(writer);
    start();
    on_small_stack(destroy, last);
    CHECK_EQUAL(length, releases);
    free(links);
}

/* In the order in which the last counts were dropped: a tree is released level by level. */
static void the_order(void)
{
    struct link links[13];
    blob *blobs[13];
    memset(links, 0, sizeof links);
    for (int number = 12; number >= 0; number -= 1) {
        links[number].number = number;
        for (int branch = 0; branch < 3 && number < 4; branch += 1)
            links[number].next[branch] = blobs[number * 3 + branch + 1];
        blobs[number] = wrapped(&links[number]);
    }
    start();
    destroy(blobs[0]);
    CHECK_EQUAL(13, releases);
    for (int number = 0; number < 13; number += 1)
        CHECK_EQUAL(number, released[number]);
}

/* Blobs that a release function makes and destroys are released before the outermost call returns, but after the
 * function itself returns. */
static int rounds;

static void release_and_wrap(void *context, uint8_t *data, size_t bits)
{
    (void)bits;
    CHECK_EQUAL(0, running);
    running += 1;
    releases += 1;
    if (rounds > 0) {
        rounds -= 1;
        int before = releases;
        blob *again = blob_wrap_owned(data, 8, release_and_wrap, context);
        CHECK(again != NULL);
        blob_destroy(again);
        CHECK_EQUAL(before, releases);
    }
    running -= 1;
}

static void blobs_made_meanwhile(void)
{
    start();
    rounds = 1000;
    on_small_stack(destroy, blob_wrap_owned(&byte, 8, release_and_wrap, NULL));
    CHECK_EQUAL(1001, releases);
}

/* At the end of a thread: from destructors of thread-local data, with keys made before and after the library's. */
static void ending(void *b) { destroy(b); }

static pthread_key_t keys[2];

static void *end_with_blob(void *which)
{
    struct link *links = calloc(100, sizeof *links);
    blob *last = NULL;
    CHECK(links != NULL);
    for (size_t place = 0; place < 100; place += 1) {
        links[place].next[0] = last;
        last = wrapped(&links[place]);
    }
    CHECK_EQUAL(0, pthread_setspecific(*(pthread_key_t *)which, last));
    return links;
}

static void threads_that_end(void)
{
    for (size_t which = 0; which < 2; which += 1) {
        pthread_t thread;
        void *links = NULL;
        start();
        CHECK_EQUAL(0, pthread_create(&thread, NULL, end_with_blob, &keys[which]));
        CHECK_EQUAL(0, pthread_join(thread, &links));
        CHECK_EQUAL(100, releases);
        free(links);
    }
}

int main(void)
{
    CHECK_EQUAL(0, pthread_key_create(&keys[0], ending));
    a_long_chain();
    a_chain_through_messages();
    the_order();
    blobs_made_meanwhile();
    CHECK_EQUAL(0, pthread_key_create(&keys[1], ending));
    threads_that_end();
    return test_end("release");
}
