/* Every function of mailboxes with each of its pointers NULL, one at a time. */
#include "null.h"

static blob *stone;
static mailbox *box;
static mailbox_outbox *outbox;
static int calls;

static void count_call(void *context) { *(int *)context += 1; }

static void set_up(void)
{
    stone = stone_of("stone", 5);
    CHECK_OK(mailbox_new(1, &box));
    CHECK_OK(mailbox_outbox_new(&outbox));
    calls = 0;
}

/* Everything is as set_up left it: a refused call changes nothing. */
static void tear_down(void)
{
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_EQUAL(0, mailbox_length(box));
    size_t refused = 9;
    CHECK_OK(mailbox_outbox_commit(outbox, &refused));
    CHECK_EQUAL(0, refused);
    mailbox_outbox_free(outbox);
    CHECK_OK(mailbox_post(box, blob_new(0)));
    CHECK_EQUAL(0, calls);
    mailbox_destroy(box);
    blob_destroy(stone);
    CHECK_EQUAL(0, drystone_blobs_alive());
}

static void null_mailbox_new(void) { REFUSED(mailbox_new(0, NULL)); }

static void null_mailbox_open(void)
{
    mailbox *const none = (mailbox *)(uintptr_t)0x5A5A;
    mailbox *out = none;
    REFUSED(mailbox_open(NULL, 1, 0, &out));
    REFUSED(mailbox_open("name", 4, 0, NULL));
    CHECK(out == none);
}

static void null_mailbox_incref(void) { NULLED(mailbox_incref(NULL)); }
static void null_mailbox_destroy(void) { NULLED(mailbox_destroy(NULL)); }

static void null_mailbox_post(void)
{
    REFUSED(mailbox_post(NULL, stone));
    REFUSED(mailbox_post(box, NULL));
}

static void null_mailbox_take(void)
{
    blob *out = untouched;
    REFUSED(mailbox_take(NULL, 0, &out));
    CHECK(out == untouched);
    mailbox *full = NULL;
    CHECK_OK(mailbox_new(0, &full));
    blob_incref(stone);
    CHECK_OK(mailbox_post(full, stone));
    REFUSED(mailbox_take(full, 0, NULL));
    CHECK_EQUAL(1, mailbox_length(full));
    mailbox_destroy(full);
}

static void null_mailbox_close(void) { NULLED(mailbox_close(NULL)); }
static void null_mailbox_length(void) { NULLED(CHECK_EQUAL(0, mailbox_length(NULL))); }

static void null_mailbox_new_with(void)
{
    mailbox *const none = (mailbox *)(uintptr_t)0x5A5A;
    mailbox *out = none;
    mailbox_options options = {.struct_size = sizeof options, .name = NULL, .name_length = 3};
    REFUSED(mailbox_new_with(&options, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_new_with(&options, &out));
    options.name_length = 0;
    options.struct_size -= 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_new_with(&options, &out));
    options.struct_size += 1;
    options.name = "forgot the length";
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_new_with(&options, &out));
    CHECK(out == none);
    NULLED(CHECK_OK(mailbox_new_with(NULL, &out)));
    mailbox_destroy(out);
}

static void null_mailbox_find(void)
{
    mailbox *const none = (mailbox *)(uintptr_t)0x5A5A;
    mailbox *out = none;
    REFUSED(mailbox_find(NULL, 1, &out));
    REFUSED(mailbox_find("name", 4, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_find("name", 0, &out));
    CHECK(out == none);
}

static void null_mailbox_post_urgent(void)
{
    REFUSED(mailbox_post_urgent(NULL, stone));
    REFUSED(mailbox_post_urgent(box, NULL));
}

static void null_mailbox_post_wait(void)
{
    REFUSED(mailbox_post_wait(NULL, stone, 0));
    REFUSED(mailbox_post_wait(box, NULL, -1));
}

static void null_mailbox_take_many(void)
{
    blob *letters[2] = {untouched, untouched};
    size_t count = 77;
    REFUSED(mailbox_take_many(NULL, letters, 2, 0, &count));
    REFUSED(mailbox_take_many(box, NULL, 2, 0, &count));
    REFUSED(mailbox_take_many(box, letters, 2, 0, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_take_many(box, letters, 0, 0, &count));
    CHECK(count == 77 && letters[0] == untouched && letters[1] == untouched);
}

static void null_mailbox_descriptor(void)
{
    int descriptor = 77;
    REFUSED(mailbox_descriptor(NULL, &descriptor));
    REFUSED(mailbox_descriptor(box, NULL));
    CHECK_EQUAL(77, descriptor);
}

static void null_mailbox_notify(void)
{
    REFUSED(mailbox_notify(NULL, count_call, &calls));
    CHECK_OK(mailbox_notify(box, count_call, &calls));
    NULLED(CHECK_OK(mailbox_notify(box, NULL, &calls)));
    NULLED(CHECK_OK(mailbox_notify(box, NULL, NULL)));
}

static void null_mailbox_sweep(void) { NULLED(CHECK_EQUAL(0, mailbox_sweep(NULL))); }

static void null_mailbox_statistics(void)
{
    mailbox_statistics_t statistics = {.struct_size = sizeof statistics - 1, .posted = 77};
    REFUSED(mailbox_statistics(NULL, &statistics));
    REFUSED(mailbox_statistics(box, NULL));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, mailbox_statistics(box, &statistics));
    CHECK_EQUAL(77, statistics.posted);
}

static void null_mailbox_outbox_new(void) { REFUSED(mailbox_outbox_new(NULL)); }

static void null_mailbox_outbox_post(void)
{
    REFUSED(mailbox_outbox_post(NULL, box, stone));
    REFUSED(mailbox_outbox_post(outbox, NULL, stone));
    REFUSED(mailbox_outbox_post(outbox, box, NULL));
}

static void null_mailbox_outbox_commit(void)
{
    size_t refused = 77;
    REFUSED(mailbox_outbox_commit(NULL, &refused));
    CHECK_EQUAL(77, refused);
    NULLED(CHECK_OK(mailbox_outbox_commit(outbox, NULL)));
}

static void null_mailbox_outbox_discard(void) { NULLED(mailbox_outbox_discard(NULL)); }
static void null_mailbox_outbox_free(void) { NULLED(mailbox_outbox_free(NULL)); }

static const struct null_function functions[] = {
    ENTRY(mailbox_new), ENTRY(mailbox_new_with), ENTRY(mailbox_open), ENTRY(mailbox_find), ENTRY(mailbox_incref),
    ENTRY(mailbox_destroy), ENTRY(mailbox_post), ENTRY(mailbox_post_urgent), ENTRY(mailbox_post_wait),
    ENTRY(mailbox_take), ENTRY(mailbox_take_many), ENTRY(mailbox_close), ENTRY(mailbox_length), ENTRY(mailbox_sweep),
    ENTRY(mailbox_statistics), ENTRY(mailbox_descriptor), ENTRY(mailbox_notify), ENTRY(mailbox_outbox_new),
    ENTRY(mailbox_outbox_post), ENTRY(mailbox_outbox_commit), ENTRY(mailbox_outbox_discard),
    ENTRY(mailbox_outbox_free),
};

int main(int count, char **arguments)
{
    return null_main("null_mailbox", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
