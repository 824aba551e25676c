/* Messages that hold messages, very deep and very wide, freed on a stack of 64 KiB: freeing does not recurse. */
#include "test.h"

#include <pthread.h>

/* Each link is a message whose one value is the message before it. */
static blob *chain(size_t links, blob *end)
{
    wota_writer *writer = new_writer();
    blob *last = end;
    for (size_t link = 0; link < links; link += 1) {
        CHECK_OK(wota_write_blob(writer, last));
        blob *message = finish(writer);
        blob_destroy(last);
        last = message;
    }
    wota_writer_free(writer);
    return last;
}

/* Half of the links are slices, which hold their source as messages hold their stones. */
static blob *chain_of_slices(size_t links)
{
    wota_writer *writer = new_writer();
    blob *last = stone_of("anchor", 6);
    for (size_t link = 0; link < links; link += 1) {
        blob *slice = NULL;
        CHECK_OK(blob_slice(last, 0, 48, &slice));
        blob_destroy(last);
        CHECK_OK(wota_write_blob(writer, slice));
        last = finish(writer);
        blob_destroy(slice);
    }
    wota_writer_free(writer);
    return last;
}

/* A tree: every message holds `width` messages of the level below. */
static blob *tree(int levels, size_t width)
{
    if (levels == 0)
        return stone_of("leaf", 4);
    blob *branches[64];
    CHECK(width <= 64);
    for (size_t place = 0; place < width; place += 1)
        branches[place] = tree(levels - 1, width);
    blob *message = message_holding(branches, width);
    for (size_t place = 0; place < width; place += 1)
        blob_destroy(branches[place]);
    return message;
}

static void *destroy(void *b)
{
    blob_destroy(b);
    return NULL;
}

static void *destroy_mailbox(void *box)
{
    mailbox_destroy(box);
    return NULL;
}

static void on_small_stack(void *(*body)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK_EQUAL(0, pthread_attr_init(&attributes));
    CHECK_EQUAL(0, pthread_attr_setstacksize(&attributes, 64 * 1024));
    CHECK_EQUAL(0, pthread_create(&thread, &attributes, body, argument));
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_EQUAL(0, pthread_attr_destroy(&attributes));
}

static int releases;

static void count_release(void *context, uint8_t *data, size_t bits)
{
    (void)context;
    (void)data;
    (void)bits;
    releases += 1;
}

int main(void)
{
    size_t links = test_size(1000000, 20000);
    static uint8_t byte = 1;

    blob *last = chain(links, blob_wrap_owned(&byte, 8, count_release, NULL));
    CHECK_EQUAL(links + 1, drystone_blobs_alive());
    on_small_stack(destroy, last);
    CHECK_EQUAL(0, drystone_blobs_alive());
    CHECK_EQUAL(1, releases);

    last = chain_of_slices(links / 4);
    on_small_stack(destroy, last);
    CHECK_EQUAL(0, drystone_blobs_alive());

    on_small_stack(destroy, tree(3, 40));
    CHECK_EQUAL(0, drystone_blobs_alive());

    /* A chain that is held in the middle is freed down to there and no further. */
    blob *lower = chain(1000, stone_of("end", 3));
    blob_incref(lower);
    blob *upper = chain(1000, lower);
    on_small_stack(destroy, upper);
    CHECK_EQUAL(1001, drystone_blobs_alive());
    CHECK_EQUAL(1, blob_refcount(lower));
    on_small_stack(destroy, lower);
    CHECK_EQUAL(0, drystone_blobs_alive());

    /* Sweeping a mailbox does not recurse either. */
    mailbox *box = NULL;
    CHECK_OK(mailbox_new(0, &box));
    for (int letter = 0; letter < 10; letter += 1)
        CHECK_OK(mailbox_post(box, chain(links / 100, stone_of("end", 3))));
    on_small_stack(destroy_mailbox, box);
    return test_end("chain");
}
