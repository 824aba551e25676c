/* Mailboxes, with the n-th allocation failing, for every n: the call returns a status and changes nothing. */
#include "allocation.h"

static struct {
    mailbox *box, *out;
    mailbox_outbox *outbox;
    blob *stone;
    int posted, calls;
} state;

static void allocation_start(void) { memset(&state, 0, sizeof state); }

static void count_call(void *context) { *(int *)context += 1; }

static void with_mailbox(void)
{
    state.stone = stone_of("stone", 5);
    CHECK_OK(mailbox_open("a name", 6, 0, &state.box));
    CHECK_OK(mailbox_outbox_new(&state.outbox));
}

static void drop_all(void)
{
    mailbox_outbox_free(state.outbox);
    mailbox_destroy(state.out);
    mailbox_destroy(state.box);
    if (state.stone != NULL)
        CHECK_EQUAL(1, blob_refcount(state.stone));
    blob_destroy(state.stone);
}

static void nothing(void) {}
static void no_output(void) { CHECK(state.out == NULL); }

static drystone_status make_named(void)
{
    mailbox_options options = {.struct_size = sizeof options, .max_bytes = 9, .name = "another", .name_length = 7};
    return mailbox_new_with(&options, &state.out);
}

static drystone_status find(void) { return mailbox_find("a name", 6, &state.out); }
static drystone_status make_outbox(void) { return mailbox_outbox_new(&state.outbox); }

/* Enough letters for the queue to grow several times. A letter that is not accepted still belongs to the poster. */
static drystone_status post_many(drystone_status (*post)(void))
{
    for (; state.posted < 50; state.posted += 1) {
        blob_incref(state.stone);
        drystone_status status = post();
        if (status != DRYSTONE_OK) {
            CHECK_EQUAL((uint64_t)state.posted + 2, (uint64_t)blob_refcount(state.stone));
            blob_destroy(state.stone);
            return status;
        }
    }
    return DRYSTONE_OK;
}

static drystone_status one_urgent(void) { return mailbox_post_urgent(state.box, state.stone); }
static drystone_status one_waiting(void) { return mailbox_post_wait(state.box, state.stone, -1); }
static drystone_status one_held(void) { return mailbox_outbox_post(state.outbox, state.box, state.stone); }
static drystone_status post_urgent(void) { return post_many(one_urgent); }
static drystone_status post_waiting(void) { return post_many(one_waiting); }
static drystone_status hold(void) { return post_many(one_held); }
static void queued(void) { CHECK_EQUAL((uint64_t)state.posted, mailbox_length(state.box)); }
static void held(void) { CHECK_EQUAL(0, mailbox_length(state.box)); }

/* A commit that runs out of memory destroys the letters it could not post, and returns their number. */
static drystone_status commit(void)
{
    size_t refused = 0;
    for (int i = 0; i < 20; i += 1) {
        blob_incref(state.stone);
        drystone_status status = mailbox_outbox_post(state.outbox, state.box, state.stone);
        if (status != DRYSTONE_OK) {
            blob_destroy(state.stone);
            mailbox_outbox_discard(state.outbox);
            mailbox_sweep(state.box);
            return status;
        }
    }
    CHECK_OK(mailbox_outbox_commit(state.outbox, &refused));
    CHECK_EQUAL(20, refused + mailbox_sweep(state.box));
    return refused == 0 ? DRYSTONE_OK : DRYSTONE_NO_MEMORY;
}

static drystone_status notify(void) { return mailbox_notify(state.box, count_call, &state.calls); }

static drystone_status describe(void)
{
    int descriptor = -1;
    return mailbox_descriptor(state.box, &descriptor);
}

static const struct operation operations[] = {
    {"mailbox_new_with", nothing, make_named, no_output, drop_all, 1, false},
    {"mailbox_find", with_mailbox, find, no_output, drop_all, 1, true},
    {"mailbox_post_urgent", with_mailbox, post_urgent, queued, drop_all, 1, false},
    {"mailbox_post_wait", with_mailbox, post_waiting, queued, drop_all, 1, false},
    {"mailbox_outbox_new", nothing, make_outbox, no_output, drop_all, 0, false},
    {"mailbox_outbox_post", with_mailbox, hold, held, drop_all, 1, false},
    {"mailbox_outbox_commit", with_mailbox, commit, held, drop_all, 1, false},
    {"mailbox_notify", with_mailbox, notify, held, drop_all, 1, false},
    {"mailbox_descriptor", with_mailbox, describe, held, drop_all, 1, true},
};

int main(void)
{
    return allocation_main("allocation_mailbox", operations, sizeof operations / sizeof operations[0]);
}
