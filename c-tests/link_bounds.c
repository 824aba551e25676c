/* Bounds on what a peer can make this process hold by flooding the link, never reading, or sending more descriptors
 * than the process may have. */
#define _GNU_SOURCE
#include "link_peer.h"

/* Letters to names that are not served, from a peer that never reads the answers: the queue of answers is bounded. */
static void floods(void)
{
    begin();
    size_t count = test_size(20000, 2000);
    uint64_t words[] = {head(LETTER), 0, 4 * 8 << 1, 8 << 8 | 1, 0, 0, 0};
    for (size_t number = 0; number < count; number += 1) {
        words[6] = number;
        while (!send_with(words, sizeof words, NULL, 0))
            CHECK_OK(link_turn(state.link, 0));
        link_statistics_t statistics = {.struct_size = sizeof statistics};
        CHECK_OK(link_statistics(state.link, &statistics));
        CHECK(statistics.waiting <= 2);
    }
    turn_out(state.link);
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    CHECK_OK(link_statistics(state.link, &statistics));
    CHECK_EQUAL(count, statistics.refused);
    finish_all();
    /* A full mailbox: nothing more is read from the peer. */
    begin();
    mailbox *small = NULL;
    CHECK_OK(mailbox_new(2, &small));
    CHECK_OK(link_serve(state.link, "box", 3, small));
    uint64_t to_box[] = {head(LETTER), 0, 4 * 8 << 1, 3 << 8 | 1, 0, 0, 0};
    memcpy(&to_box[6], "box", 3);
    size_t sent = 0;
    drystone_status status = DRYSTONE_OK;
    for (int full = 0; full < 3;) {
        while (send_with(to_box, sizeof to_box, NULL, 0))
            sent += 1;
        status = link_turn(state.link, 0);
        full += status == DRYSTONE_BUSY;
    }
    CHECK_EQUAL(2, mailbox_length(small));
    CHECK(sent < 100000);
    CHECK_STATUS(DRYSTONE_BUSY, link_turn(state.link, -1)); /* never waits for ever */
    mailbox_destroy(small);
    finish_all();
}

/* A peer that never reads: letters wait in the proxy, which is bounded, and the turn ends in time. */
static void deaf(void)
{
    begin();
    size_t posted = 0;
    drystone_status status = DRYSTONE_OK;
    while (posted < 100000) {
        blob *letter = blob_new(8 * 1000);
        status = mailbox_post(state.there, letter);
        if (status != DRYSTONE_OK) {
            blob_destroy(letter);
            if (link_turn(state.link, 0) == DRYSTONE_END)
                break;
            continue;
        }
        posted += 1;
    }
    CHECK(posted < 100000);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, status);
    struct pollfd wait = {.fd = link_descriptor(state.link), .events = POLLIN};
    CHECK_EQUAL(0, poll(&wait, 1, 0));
    CHECK_STATUS(DRYSTONE_END, link_turn(state.link, 5));
    finish_all();
    /* A peer that shuts down reading closes the proxies, whatever it still sends. */
    begin();
    CHECK_EQUAL(0, shutdown(state.socket, SHUT_RD));
    CHECK_OK(mailbox_post(state.there, blob_new(8)));
    blob *letter = blob_new(8);
    for (int turns = 0; (status = mailbox_post(state.there, letter)) == DRYSTONE_OK && turns < 10; turns += 1) {
        letter = blob_new(8);
        link_turn(state.link, 0);
    }
    CHECK_STATUS(DRYSTONE_CLOSED, status);
    blob_destroy(letter);
    finish_all();
}

/* Descriptors beyond the process's limit are treated as missing. */
static void no_descriptors(void)
{
    begin();
    int all[20];
    uint64_t words[2 + 3 * 20] = {head(STONES), 20};
    for (size_t place = 0; place < 20; place += 1) {
        all[place] = file_of(10, ALL_SEALS);
        words[2 + 3 * place] = place + 1;
        words[4 + 3 * place] = 80;
    }
    CHECK(send_with(words, sizeof words, all, 20));
    for (size_t place = 0; place < 20; place += 1)
        close(all[place]);
    int last = dup(0);
    close(last);
    struct rlimit before, few;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &before));
    few = before;
    few.rlim_cur = (rlim_t)last + 3;
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &few));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, link_turn(state.link, 0));
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &before));
    refused(DRYSTONE_CLOSED);
}

int main(void)
{
    floods();
    deaf();
    no_descriptors();
    return test_end("link_bounds");
}
