/* The user's functions that the library calls (release functions, mailbox notifications), calling the library again
 * on the same objects. */
#include "test.h"

#include <pthread.h>
#include <sched.h>

static mailbox *new_mailbox(size_t capacity)
{
    mailbox *box = NULL;
    CHECK_OK(mailbox_new(capacity, &box));
    return box;
}

/* A writer that is written to while it drops the stones of discarded values. */
static wota_writer *shared_writer;
static int releases;

static void write_more(void *context, uint8_t *data, size_t bits)
{
    (void)context, (void)data, (void)bits;
    releases += 1;
    if (releases > 1)
        return;
    CHECK_OK(wota_write_array(shared_writer, 40));
    blob *stone = stone_of("stone", 5);
    for (int i = 0; i < 40; i += 1)
        CHECK_OK(wota_write_blob(shared_writer, stone));
    blob_destroy(stone);
}

static void resetting_a_writer(void)
{
    static uint8_t bytes[8];
    shared_writer = new_writer();
    releases = 0;
    CHECK_OK(wota_write_array(shared_writer, 4));
    for (int i = 0; i < 4; i += 1) {
        blob *stone = blob_wrap_owned(bytes, 64, write_more, NULL);
        CHECK_OK(wota_write_blob(shared_writer, stone));
        blob_destroy(stone);
    }
    wota_writer_reset(shared_writer);
    CHECK_EQUAL(4, releases);
    blob *message = finish(shared_writer);
    CHECK_EQUAL(40, wota_held_count(message));
    blob_destroy(message);
    wota_writer_free(shared_writer);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* An outbox that gets letters while it is committed or discarded. */
struct turn {
    mailbox_outbox *outbox;
    mailbox *other;
    int posts;
};

static void post_more(struct turn *turn)
{
    if (turn->posts == 0)
        return;
    turn->posts -= 1;
    for (int i = 0; i < 20; i += 1)
        CHECK_OK(mailbox_outbox_post(turn->outbox, turn->other, blob_new(8)));
}

static void post_on_ready(void *context) { post_more(context); }

static void post_on_release(void *context, uint8_t *data, size_t bits)
{
    (void)data, (void)bits;
    post_more(context);
}

static void committing_an_outbox(void)
{
    static uint8_t bytes[8];
    struct turn turn = {.other = new_mailbox(0), .posts = 1};
    mailbox *box = new_mailbox(0);
    size_t refused = 77;
    CHECK_OK(mailbox_outbox_new(&turn.outbox));
    CHECK_OK(mailbox_notify(box, post_on_ready, &turn));
    for (int i = 0; i < 4; i += 1)
        CHECK_OK(mailbox_outbox_post(turn.outbox, box, blob_new(8)));
    CHECK_OK(mailbox_outbox_commit(turn.outbox, &refused));
    CHECK(refused == 0 && mailbox_length(box) == 4 && mailbox_length(turn.other) == 0);
    CHECK_OK(mailbox_outbox_commit(turn.outbox, &refused));
    CHECK_EQUAL(20, mailbox_length(turn.other));

    /* Letters dropped by a discard and by a closed mailbox. */
    mailbox_close(box);
    for (int round = 0; round < 2; round += 1) {
        turn.posts = 4;
        for (int i = 0; i < 4; i += 1)
            CHECK_OK(mailbox_outbox_post(turn.outbox, box, blob_wrap_owned(bytes, 64, post_on_release, &turn)));
        if (round == 0) {
            mailbox_outbox_discard(turn.outbox);
        } else {
            CHECK_OK(mailbox_outbox_commit(turn.outbox, &refused));
            CHECK_EQUAL(4, refused);
        }
        CHECK_EQUAL(0, turn.posts);
        CHECK_OK(mailbox_outbox_commit(turn.outbox, &refused));
        CHECK(refused == 0 && mailbox_length(turn.other) == (size_t)(100 + 80 * round));
    }
    mailbox_outbox_free(turn.outbox);
    mailbox_destroy(box);
    mailbox_destroy(turn.other);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* The last count is dropped in the notification of a post. */
static void destroy_it(void *context) { mailbox_destroy(context); }

static void destroying_when_told(void)
{
    mailbox *box = new_mailbox(0);
    CHECK_OK(mailbox_notify(box, destroy_it, box));
    CHECK_OK(mailbox_post(box, blob_new(8)));
    CHECK_EQUAL(0, drystone_blobs_alive());
    box = new_mailbox(0);
    CHECK_OK(mailbox_post(box, blob_new(8)));
    CHECK_OK(mailbox_notify(box, destroy_it, box));
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* Two threads are in notifications, and each removes the notification that the other is in. */
struct meeting {
    mailbox *own, *others;
    atomic_int *there;
};

static void meet_and_remove(void *context)
{
    struct meeting *meeting = context;
    atomic_fetch_add(meeting->there, 1);
    while (atomic_load(meeting->there) < 2)
        sched_yield();
    CHECK_OK(mailbox_notify(meeting->others, NULL, NULL));
}

static void *post_one(void *argument)
{
    struct meeting *meeting = argument;
    CHECK_OK(mailbox_post(meeting->own, blob_new(8)));
    return NULL;
}

static void removing_each_other(void)
{
    atomic_int there = 0;
    mailbox *one = new_mailbox(0), *other = new_mailbox(0);
    struct meeting meetings[2] = {{one, other, &there}, {other, one, &there}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i += 1)
        CHECK_OK(mailbox_notify(meetings[i].own, meet_and_remove, &meetings[i]));
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, post_one, &meetings[i]));
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    mailbox_destroy(one);
    mailbox_destroy(other);
}

/* Every call that is refused counts once. */
static void refusals_are_counted(void)
{
    mailbox *box = new_mailbox(1);
    blob *letter = stone_of("letter", 6);
    CHECK_OK(mailbox_post(box, blob_new(8)));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_wait(box, letter, 5));
    mailbox_close(box);
    static const int64_t timeouts[] = {-1, 0, 10};
    for (int i = 0; i < 3; i += 1)
        CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post_wait(box, letter, timeouts[i]));
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post(box, letter));
    mailbox_statistics_t statistics = {.struct_size = sizeof statistics};
    CHECK_OK(mailbox_statistics(box, &statistics));
    CHECK_EQUAL(5, statistics.refused);
    blob_destroy(letter);
    mailbox_destroy(box);
}

int main(void)
{
    resetting_a_writer();
    committing_an_outbox();
    destroying_when_told();
    removing_each_other();
    refusals_are_counted();
    return test_end("reentrance");
}
