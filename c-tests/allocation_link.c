/* Links and shared stones, with the n-th allocation or mapping failing, for every n: the call returns a status, nothing is
 * lost, and repeating it continues from there. */
#define _GNU_SOURCE
#include "allocation.h"
#include "link.h"

#include <errno.h>

void *__real_mmap(void *address, size_t size, int protection, int flags, int file, off_t offset);

/* Fails as it does when the process has all mappings that the system grants. */
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int file, off_t offset)
{
    if (!failing_allocator_refuses())
        return __real_mmap(address, size, protection, flags, file, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}

static struct {
    drystone_link *one, *other, *out;
    mailbox *there, *back, *own, *home, *out_mailbox;
    blob *stone, *shared, *out_blob, *letter;
    int spare, step;
    size_t files;
} state;

static void allocation_start(void)
{
    memset(&state, 0, sizeof state);
    state.spare = -1;
    state.files = open_descriptors();
}

static void nothing(void) {}
static void no_output(void) { CHECK(state.out_blob == NULL && state.out == NULL && state.out_mailbox == NULL); }

static void drop_all(void)
{
    blob_destroy(state.stone);
    blob_destroy(state.shared);
    blob_destroy(state.out_blob);
    blob_destroy(state.letter);
    link_free(state.one);
    link_free(state.other);
    link_free(state.out);
    mailbox_destroy(state.there);
    mailbox_destroy(state.back);
    mailbox_destroy(state.own);
    mailbox_destroy(state.home);
    mailbox_destroy(state.out_mailbox);
    close(state.spare);
    CHECK_EQUAL(state.files, open_descriptors());
    CHECK_EQUAL(0, mapped_files());
}

static void with_stones(void)
{
    state.stone = pattern_stone(70000, false);
    state.shared = pattern_stone(100000, true);
}

static drystone_status make_shared(void)
{
    state.out_blob = blob_new_shared(800);
    return state.out_blob == NULL ? DRYSTONE_NO_MEMORY : DRYSTONE_OK;
}

static drystone_status to_shared(void) { return blob_to_shared(state.stone, &state.out_blob); }

static drystone_status from_descriptor(void)
{
    size_t offset = 0;
    int file = -1;
    CHECK_OK(blob_descriptor(state.shared, &file, &offset));
    drystone_status status = blob_from_descriptor(file, offset, 800000, NULL, &state.out_blob);
    CHECK_EQUAL(-1, fcntl(file, F_GETFD));
    return status;
}

static drystone_status make_link(void)
{
    int ends[2];
    sockets(ends);
    close(state.spare);
    state.spare = ends[1];
    drystone_status status = link_new(ends[0], NULL, &state.out);
    if (status != DRYSTONE_OK)
        CHECK_EQUAL(-1, fcntl(ends[0], F_GETFD));
    return status;
}

static void with_links(void)
{
    int ends[2];
    with_stones();
    sockets(ends);
    CHECK_OK(link_new(ends[0], NULL, &state.one));
    CHECK_OK(link_new(ends[1], NULL, &state.other));
    CHECK_OK(mailbox_new(0, &state.own));
    CHECK_OK(mailbox_new(0, &state.home));
}

static drystone_status get_proxy(void) { return link_mailbox(state.one, "there", 5, &state.out_mailbox); }
static drystone_status serve(void) { return link_serve(state.one, "there", 5, state.own); }

static void with_proxies(void)
{
    with_links();
    CHECK_OK(link_mailbox(state.one, "there", 5, &state.there));
    CHECK_OK(link_mailbox(state.other, "back", 4, &state.back));
    CHECK_OK(link_serve(state.other, "there", 5, state.own));
    CHECK_OK(link_serve(state.one, "back", 4, state.home));
    blob *both[] = {state.stone, state.shared, state.stone};
    state.letter = message_holding(both, 3);
}

/* Turns both ends until a mailbox has a letter. */
static drystone_status until_there(mailbox *box)
{
    while (mailbox_length(box) == 0) {
        drystone_link *links[] = {state.one, state.other};
        for (int end = 0; end < 2; end += 1) {
            drystone_status status = link_turn(links[end], 0);
            if (status != DRYSTONE_OK && status != DRYSTONE_END)
                return status;
        }
    }
    return DRYSTONE_OK;
}

/* A letter is sent, comes back, and is destroyed; then one is sent to a mailbox that is not served. */
static drystone_status there_and_back(void)
{
    drystone_status status;
    blob *letter = NULL;
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    switch (state.step) {
    case 0:
        if ((status = mailbox_post(state.there, state.letter)) != DRYSTONE_OK)
            return status;
        state.letter = NULL;
        state.step = 1;
        /* fall through */
    case 1:
        if ((status = until_there(state.own)) != DRYSTONE_OK)
            return status;
        CHECK_OK(mailbox_take(state.own, 0, &state.letter));
        state.step = 2;
        /* fall through */
    case 2:
        if ((status = mailbox_post(state.back, state.letter)) != DRYSTONE_OK)
            return status;
        state.letter = NULL;
        state.step = 3;
        /* fall through */
    case 3:
        if ((status = until_there(state.home)) != DRYSTONE_OK)
            return status;
        CHECK_OK(mailbox_take(state.home, 0, &letter));
        CHECK_EQUAL(1, mailbox_length(state.home) + 1);
        blob_destroy(letter);
        state.step = 4;
        /* fall through */
    default:
        do {
            drystone_link *links[] = {state.one, state.other};
            for (int end = 0; end < 2; end += 1) {
                status = link_turn(links[end], 0);
                if (status != DRYSTONE_OK && status != DRYSTONE_END)
                    return status;
            }
            CHECK_OK(link_statistics(state.other, &statistics));
        } while (statistics.borrowed_stones != 0);
        CHECK_EQUAL(0, statistics.lent_stones + statistics.refused);
        CHECK_OK(link_statistics(state.one, &statistics));
        CHECK_EQUAL(1, statistics.sent);
        CHECK_EQUAL(1, statistics.received);
        CHECK_EQUAL(0, statistics.borrowed_stones + statistics.lent_stones + statistics.refused);
    }
    return DRYSTONE_OK;
}

/* Refused: the sender is told and closes the proxy; without the memory to tell it, that happens at the next letter. */
static drystone_status to_nobody(void)
{
    if (state.step == 0) {
        drystone_status status = link_mailbox(state.one, "nobody", 6, &state.out_mailbox);
        if (status != DRYSTONE_OK)
            return status;
        state.step = 1;
    }
    for (;;) {
        blob *letter = blob_new(8);
        if (letter == NULL)
            return DRYSTONE_NO_MEMORY;
        drystone_status status = mailbox_post(state.out_mailbox, letter);
        if (status != DRYSTONE_OK) {
            blob_destroy(letter);
            return status == DRYSTONE_CLOSED ? DRYSTONE_OK : status;
        }
        drystone_link *links[] = {state.one, state.other};
        for (int end = 0; end < 2; end += 1) {
            status = link_turn(links[end], 0);
            if (status != DRYSTONE_OK && status != DRYSTONE_END)
                return status;
        }
    }
}

static const struct operation operations[] = {
    {"blob_new_shared", nothing, make_shared, no_output, drop_all, 0, false},
    {"blob_to_shared", with_stones, to_shared, no_output, drop_all, 0, false},
    {"blob_from_descriptor", with_stones, from_descriptor, no_output, drop_all, 0, false},
    {"link_new", nothing, make_link, no_output, drop_all, 0, false},
    {"link_mailbox", with_links, get_proxy, no_output, drop_all, 0, false},
    {"link_serve", with_links, serve, nothing, drop_all, 0, false},
    {"link_turn", with_proxies, there_and_back, nothing, drop_all, 0, false},
    {"link_turn, refused", with_links, to_nobody, nothing, drop_all, 0, false},
};

int main(void)
{
    return allocation_main("allocation_link", operations, sizeof operations / sizeof operations[0]);
}
