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

/* Sets limits of its parent: valgrind does not tell the kernel about those that a process sets for itself. */
static int limiter;

static pid_t start_limiter(void)
{
    int ends[2];
    struct rlimit limit;
    pid_t parent = getpid();
    sockets(ends);
    pid_t child = fork();
    CHECK(child >= 0);
    limiter = ends[0];
    if (child != 0) {
        close(ends[1]);
        return child;
    }
    close(ends[0]);
    while (recv(ends[1], &limit, sizeof limit, 0) == sizeof limit) {
        CHECK_EQUAL(0, prlimit(parent, RLIMIT_NOFILE, &limit, NULL));
        CHECK_EQUAL(1, send(ends[1], "", 1, 0));
    }
    end_child();
}

static void set_descriptor_limit(const struct rlimit *limit)
{
    char done;
    CHECK_EQUAL(sizeof *limit, send(limiter, limit, sizeof *limit, 0));
    CHECK_EQUAL(1, recv(limiter, &done, 1, 0));
}

/* Lets this process open only `free` more descriptors; returns the limit before. */
static struct rlimit limit_descriptors(rlim_t free)
{
    int last = dup(0);
    close(last);
    struct rlimit before, few;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &before));
    few = before;
    few.rlim_cur = (rlim_t)last + free;
    set_descriptor_limit(&few);
    return before;
}

/* A process that has fewer free descriptors than a letter brings gets the letter later, and the others in order. */
static void few_descriptors(void)
{
    enum { STONES_OF_LETTER = 20, LARGE = 70000 };
    int ends[2];
    size_t files = open_descriptors(), maps = mapped_files(), alive = drystone_blobs_alive();
    sockets(ends);
    drystone_link *here = NULL, *there = NULL;
    mailbox *proxy = NULL, *own = NULL;
    CHECK_OK(link_new(ends[0], NULL, &here));
    CHECK_OK(link_new(ends[1], NULL, &there));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(there, "box", 3, own));
    CHECK_OK(link_mailbox(here, "box", 3, &proxy));
    turn_out(there);
    turn_out(here);
    wota_writer *writer = NULL;
    blob *message = NULL, *letter = NULL;
    CHECK_OK(wota_writer_new(WOTA_CLASSIC, &writer));
    CHECK_OK(wota_write_array(writer, STONES_OF_LETTER));
    for (size_t place = 0; place < STONES_OF_LETTER; place += 1) {
        blob *stone = pattern_stone(LARGE + place, true);
        CHECK_OK(wota_write_blob(writer, stone));
        blob_destroy(stone);
    }
    CHECK_OK(wota_writer_finish(writer, &message));
    wota_writer_free(writer);
    CHECK_OK(mailbox_post(proxy, pattern_stone(1, false)));
    CHECK_OK(mailbox_post(proxy, message));
    CHECK_OK(mailbox_post(proxy, pattern_stone(2, false)));
    turn_out(here);
    /* Each limit below what the letter needs, and timeouts of all kinds. */
    for (rlim_t free = 0; free < STONES_OF_LETTER; free += 1) {
        struct rlimit before = limit_descriptors(free);
        drystone_status status;
        while ((status = link_turn(there, free == 0 ? -1 : (int64_t)(free % 2))) == DRYSTONE_OK) {
        }
        CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, status);
        set_descriptor_limit(&before);
        CHECK_EQUAL(1, mailbox_length(own));
    }
    struct rlimit before = limit_descriptors(STONES_OF_LETTER);
    turn_out(there);
    set_descriptor_limit(&before);
    for (size_t size = 1; size <= 2; size += 1) {
        CHECK_OK(mailbox_take(own, 0, &letter));
        check_pattern(letter, 1 + (size == 2));
        blob_destroy(letter);
        if (size == 2)
            break;
        CHECK_OK(mailbox_take(own, 0, &letter));
        CHECK_EQUAL(STONES_OF_LETTER, wota_held_count(letter));
        for (size_t place = 0; place < STONES_OF_LETTER; place += 1)
            check_pattern(wota_held_get(letter, place), LARGE + place);
        blob_destroy(letter);
    }
    CHECK_EQUAL(0, mailbox_length(own));
    mailbox_destroy(proxy);
    mailbox_destroy(own);
    link_free(here);
    link_free(there);
    CHECK_EQUAL(files, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
    CHECK_EQUAL(alive, drystone_blobs_alive());
}

/* A peer that announces nothing loses the descriptors that this process has no room for: the link ends. */
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
    struct rlimit before = limit_descriptors(3);
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, link_turn(state.link, 0));
    set_descriptor_limit(&before);
    refused(DRYSTONE_CLOSED);
}

int main(void)
{
    pid_t child = start_limiter();
    floods();
    deaf();
    few_descriptors();
    no_descriptors();
    close(limiter);
    wait_for(child, 0);
    return test_end("link_bounds");
}
