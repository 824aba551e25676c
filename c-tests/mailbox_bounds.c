/* Mailboxes with bounds, in letters and in bytes; waiting for room; urgent letters; many letters in one call; outboxes;
 * statistics; names for owners and for senders. */
#include "test.h"

#include <pthread.h>
#include <sched.h>

static mailbox *mailbox_with(size_t letters, uint64_t bytes)
{
    mailbox_options options = {.struct_size = sizeof options, .max_letters = letters, .max_bytes = bytes};
    mailbox *box = NULL;
    CHECK_OK(mailbox_new_with(&options, &box));
    return box;
}

static mailbox_statistics_t statistics_of(const mailbox *box)
{
    mailbox_statistics_t statistics = {.struct_size = sizeof statistics};
    CHECK_OK(mailbox_statistics(box, &statistics));
    return statistics;
}

static int64_t take_integer(mailbox *box)
{
    blob *letter = NULL;
    CHECK_OK(mailbox_take(box, 0, &letter));
    int64_t value = integer_of_message(letter);
    blob_destroy(letter);
    return value;
}

/* A letter keeps 24 bytes of words alive, and the stones they refer to. */
static void bytes(void)
{
    mailbox *box = mailbox_with(0, 1000);
    uint8_t content[600] = {1};
    blob *stone = stone_of(content, sizeof content);
    blob *message = message_holding(&stone, 1);
    CHECK_EQUAL(24 + 600, blob_kept_bytes(message, NULL));
    blob *same = message_holding(&stone, 1);
    CHECK_OK(mailbox_post(box, message));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post(box, same));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_urgent(box, same));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_wait(box, same, 0));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_wait(box, same, 20));
    CHECK_OK(mailbox_post(box, blob_new(376 * 8)));
    blob *one = blob_new(8);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post(box, one));
    CHECK_OK(mailbox_post(box, blob_new(0)));
    mailbox_statistics_t statistics = statistics_of(box);
    CHECK_EQUAL(3, statistics.posted);
    CHECK_EQUAL(5, statistics.refused);
    CHECK_EQUAL(1000, statistics.bytes);
    blob *taken = NULL;
    CHECK_OK(mailbox_take(box, 0, &taken));
    CHECK(taken == message);
    blob_destroy(taken);
    CHECK_EQUAL(376, statistics_of(box).bytes);
    CHECK_EQUAL(1000, statistics_of(box).peak_bytes);
    CHECK_OK(mailbox_post(box, same));
    CHECK_OK(mailbox_take(box, 0, &taken));
    blob_destroy(taken);
    CHECK_OK(mailbox_post(box, one));

    /* A letter that can never fit is refused at once. */
    blob *large = blob_new(1001 * 8);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_wait(box, large, -1));
    blob_destroy(large);
    mailbox_destroy(box);
    CHECK_EQUAL(1, blob_refcount(stone));
    blob_destroy(stone);
}

struct poster {
    mailbox *box;
    int64_t first, count;
    drystone_status end;
};

static void *post_all(void *argument)
{
    struct poster *poster = argument;
    poster->end = DRYSTONE_OK;
    for (int64_t value = 0; value < poster->count && poster->end == DRYSTONE_OK; value += 1) {
        blob *letter = message_of_integer(poster->first + value);
        poster->end = mailbox_post_wait(poster->box, letter, -1);
        if (poster->end != DRYSTONE_OK)
            blob_destroy(letter);
    }
    return NULL;
}

/* Three posters and a mailbox of two letters: each poster waits for room, and its letters keep their order. */
static void back_pressure(void)
{
    enum { POSTERS = 3 };
    int64_t count = (int)test_size(5000, 200);
    mailbox *box = mailbox_with(2, 0);
    pthread_t threads[POSTERS];
    struct poster posters[POSTERS];
    int64_t next[POSTERS];
    for (int i = 0; i < POSTERS; i += 1) {
        posters[i] = (struct poster){.box = box, .first = i * count, .count = count};
        next[i] = i * count;
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, post_all, &posters[i]));
    }
    for (int64_t i = 0; i < POSTERS * count; i += 1) {
        blob *letter = NULL;
        CHECK_OK(mailbox_take(box, -1, &letter));
        int64_t value = integer_of_message(letter);
        blob_destroy(letter);
        CHECK_EQUAL((uint64_t)next[value / count], (uint64_t)value);
        next[value / count] += 1;
    }
    for (int i = 0; i < POSTERS; i += 1) {
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
        CHECK_OK(posters[i].end);
    }
    mailbox_statistics_t statistics = statistics_of(box);
    CHECK_EQUAL((uint64_t)(POSTERS * count), statistics.posted);
    CHECK_EQUAL((uint64_t)(POSTERS * count), statistics.taken);
    CHECK_EQUAL(0, statistics.refused);
    CHECK(statistics.peak_letters >= 1 && statistics.peak_letters <= 2);
    mailbox_destroy(box);
}

/* Closing ends the wait, and the letter still belongs to the poster. */
static void closing_ends_waiting_for_room(void)
{
    mailbox *box = mailbox_with(1, 0);
    pthread_t thread;
    struct poster poster = {.box = box, .first = 0, .count = 2};
    CHECK_EQUAL(0, pthread_create(&thread, NULL, post_all, &poster));
    while (mailbox_length(box) == 0)
        sched_yield();
    mailbox_close(box);
    CHECK_EQUAL(0, pthread_join(thread, NULL));
    CHECK_STATUS(DRYSTONE_CLOSED, poster.end);
    CHECK_EQUAL(0, take_integer(box));
    mailbox_destroy(box);
}

static void urgent(void)
{
    mailbox *box = mailbox_with(5, 0);
    for (int64_t value = 1; value <= 2; value += 1)
        CHECK_OK(mailbox_post(box, message_of_integer(value)));
    CHECK_EQUAL(1, take_integer(box)); /* the second one is at the takers' side now */
    CHECK_OK(mailbox_post(box, message_of_integer(3)));
    for (int64_t value = 10; value <= 12; value += 1)
        CHECK_OK(mailbox_post_urgent(box, message_of_integer(value)));
    blob *letter = message_of_integer(13);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_post_urgent(box, letter));
    CHECK_EQUAL(5, mailbox_length(box));
    CHECK_EQUAL(10, take_integer(box));
    CHECK_OK(mailbox_post_urgent(box, letter));
    static const int64_t rest[] = {11, 12, 13, 2, 3};
    for (size_t i = 0; i < 5; i += 1)
        CHECK_EQUAL((uint64_t)rest[i], (uint64_t)take_integer(box));
    CHECK_OK(mailbox_post_urgent(box, message_of_integer(14)));
    mailbox_close(box);
    letter = message_of_integer(15);
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post_urgent(box, letter));
    blob_destroy(letter);
    CHECK_EQUAL(14, take_integer(box));
    mailbox_destroy(box);
}

static void many(void)
{
    mailbox *box = mailbox_with(0, 0);
    blob *letters[8];
    size_t count = 77;
    CHECK_STATUS(DRYSTONE_END, mailbox_take_many(box, letters, 8, 0, &count));
    CHECK_STATUS(DRYSTONE_END, mailbox_take_many(box, letters, 8, 10, &count));
    CHECK_EQUAL(77, count);
    for (int64_t value = 0; value < 20; value += 1)
        CHECK_OK(mailbox_post(box, message_of_integer(value)));
    CHECK_OK(mailbox_post_urgent(box, message_of_integer(-1)));
    int64_t next = -1;
    size_t capacities[] = {1, 8, 3, 8, 8};
    size_t expected[] = {1, 8, 3, 8, 1};
    for (size_t i = 0; i < 5; i += 1) {
        CHECK_OK(mailbox_take_many(box, letters, capacities[i], -1, &count));
        CHECK_EQUAL(expected[i], count);
        for (size_t k = 0; k < count; k += 1, next += 1) {
            CHECK_EQUAL((uint64_t)next, (uint64_t)integer_of_message(letters[k]));
            blob_destroy(letters[k]);
        }
    }
    mailbox_close(box);
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_take_many(box, letters, 8, -1, &count));
    mailbox_destroy(box);
}

static void sweeping(void)
{
    mailbox *box = mailbox_with(0, 0);
    CHECK_EQUAL(0, mailbox_sweep(box));
    for (int64_t value = 0; value < 9; value += 1)
        CHECK_OK(mailbox_post(box, message_of_integer(value)));
    CHECK_EQUAL(0, take_integer(box));
    CHECK_OK(mailbox_post(box, message_of_integer(9)));
    CHECK_OK(mailbox_post_urgent(box, message_of_integer(10)));
    CHECK_EQUAL(10, mailbox_sweep(box));
    CHECK_EQUAL(0, drystone_blobs_alive());
    mailbox_statistics_t statistics = statistics_of(box);
    CHECK_EQUAL(11, statistics.posted);
    CHECK_EQUAL(1, statistics.taken);
    CHECK_EQUAL(10, statistics.swept);
    CHECK_EQUAL(0, statistics.letters);
    CHECK_EQUAL(0, statistics.bytes);
    CHECK_EQUAL(10, statistics.peak_letters);
    CHECK_OK(mailbox_post(box, message_of_integer(11)));
    CHECK_EQUAL(11, take_integer(box));
    mailbox_destroy(box);
}

static void outboxes(void)
{
    mailbox *near = mailbox_with(2, 0), *far = mailbox_with(0, 0);
    mailbox_outbox *outbox = NULL;
    CHECK_OK(mailbox_outbox_new(&outbox));
    size_t refused = 77;
    CHECK_OK(mailbox_outbox_commit(outbox, &refused));
    CHECK_EQUAL(0, refused);

    /* A turn that succeeds. */
    for (int64_t value = 0; value < 4; value += 1)
        CHECK_OK(mailbox_outbox_post(outbox, value % 2 == 0 ? near : far, message_of_integer(value)));
    CHECK_EQUAL(0, mailbox_length(near));
    CHECK_OK(mailbox_outbox_commit(outbox, &refused));
    CHECK_EQUAL(0, refused);
    CHECK_EQUAL(0, take_integer(near));
    CHECK_EQUAL(2, take_integer(near));
    CHECK_EQUAL(1, take_integer(far));
    CHECK_EQUAL(3, take_integer(far));

    /* A turn that fails. */
    CHECK_OK(mailbox_outbox_post(outbox, near, message_of_integer(4)));
    mailbox_outbox_discard(outbox);
    CHECK_EQUAL(0, drystone_blobs_alive());
    CHECK_OK(mailbox_outbox_commit(outbox, &refused));
    CHECK_EQUAL(0, mailbox_length(near));

    /* Refused letters are destroyed and counted; the letters after them are delivered. */
    for (int64_t value = 5; value < 9; value += 1)
        CHECK_OK(mailbox_outbox_post(outbox, near, message_of_integer(value)));
    CHECK_OK(mailbox_outbox_post(outbox, far, message_of_integer(9)));
    CHECK_OK(mailbox_outbox_commit(outbox, &refused));
    CHECK_EQUAL(2, refused);
    CHECK_EQUAL(3, drystone_blobs_alive());
    CHECK_EQUAL(9, take_integer(far));

    /* An outbox keeps its mailboxes alive: their other counts may be dropped before it ends. */
    CHECK_OK(mailbox_outbox_post(outbox, far, message_of_integer(10)));
    mailbox_destroy(far);
    CHECK_OK(mailbox_outbox_commit(outbox, NULL));
    CHECK_OK(mailbox_outbox_post(outbox, near, message_of_integer(11)));
    mailbox_outbox_free(outbox);
    mailbox_destroy(near);
}

static void names(void)
{
    mailbox *found = NULL, *owner = NULL, *other = NULL;
    mailbox_options options = {.struct_size = sizeof options, .name = "owner's", .name_length = 7};
    CHECK_STATUS(DRYSTONE_NOT_FOUND, mailbox_find("owner's", 7, &found));
    CHECK_OK(mailbox_new_with(&options, &owner));
    CHECK_STATUS(DRYSTONE_BUSY, mailbox_new_with(&options, &other));
    CHECK_OK(mailbox_find("owner's", 7, &found));
    CHECK(found == owner);
    CHECK_STATUS(DRYSTONE_NOT_FOUND, mailbox_find("owner", 5, &other));
    mailbox_destroy(found);
    CHECK_OK(mailbox_open("owner's", 7, 0, &found));
    CHECK(found == owner);
    mailbox_destroy(found);
    mailbox_close(owner);
    CHECK_STATUS(DRYSTONE_NOT_FOUND, mailbox_find("owner's", 7, &found));
    CHECK_OK(mailbox_new_with(&options, &other));
    mailbox_destroy(owner);
    CHECK_OK(mailbox_find("owner's", 7, &found));
    CHECK(found == other);
    mailbox_destroy(found);
    mailbox_destroy(other);
    CHECK_STATUS(DRYSTONE_NOT_FOUND, mailbox_find("owner's", 7, &found));
}

int main(void)
{
    bytes();
    back_pressure();
    closing_ends_waiting_for_room();
    urgent();
    many();
    sweeping();
    outboxes();
    names();
    return test_end("mailbox_bounds");
}
