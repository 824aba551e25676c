/* Links between two processes: what arrives, what both share, what remains after a crash. */
#define _GNU_SOURCE
#include "link.h"

#include <pthread.h>
#include <sys/un.h>

static const size_t sizes[] = {0, 1, 100, 65535, 65536, 1000003, 8 << 20};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Sends every letter back until the link ends. */
_Noreturn static void echo(int socket)
{
    drystone_link *link = NULL;
    mailbox *own = NULL, *back = NULL;
    size_t files = open_descriptors(), maps = mapped_files();
    CHECK_OK(link_new(socket, NULL, &link));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(link, "echo", 4, own));
    CHECK_OK(link_mailbox(link, "back", 4, &back));
    drystone_status status;
    while ((status = link_turn(link, -1)) == DRYSTONE_OK) {
        blob *letter = NULL;
        while (mailbox_take(own, 0, &letter) == DRYSTONE_OK)
            CHECK_OK(mailbox_post(back, letter));
    }
    CHECK_STATUS(DRYSTONE_CLOSED, status);
    CHECK_STATUS(DRYSTONE_CLOSED, link_turn(link, -1));
    link_free(link);
    mailbox_destroy(own);
    mailbox_destroy(back);
    CHECK_EQUAL(files - 1, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
    CHECK_EQUAL(0, drystone_blobs_alive());
    end_child();
}

static blob *next_letter(drystone_link *link, mailbox *box)
{
    blob *letter = NULL;
    while (mailbox_take(box, 0, &letter) != DRYSTONE_OK)
        CHECK_OK(link_turn(link, 20000));
    return letter;
}

static void there_and_back(void)
{
    int ends[2];
    size_t files = open_descriptors(), maps = mapped_files();
    sockets(ends);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(ends[0]);
        echo(ends[1]);
    }
    close(ends[1]);
    drystone_link *link = NULL;
    mailbox *there = NULL, *own = NULL, *again = NULL;
    CHECK_OK(link_new(ends[0], NULL, &link));
    CHECK_OK(link_mailbox(link, "echo", 4, &there));
    CHECK_OK(link_mailbox(link, "echo", 4, &again));
    CHECK(again == there);
    mailbox_destroy(again);
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(link, "back", 4, own));
    for (size_t place = 0; place < 2 * SIZES; place += 1) {
        size_t size = sizes[place / 2];
        blob *stone = pattern_stone(size, place % 2 == 0);
        blob *both[] = {stone, stone};
        blob *message = message_holding(both, 2);
        blob_incref(stone);
        CHECK_OK(mailbox_post(there, stone));
        CHECK_OK(mailbox_post(there, message));
        blob *letter = next_letter(link, own);
        CHECK(blob_equal(letter, stone));
        /* A stone known to both is the same stone, not a copy of its bytes. */
        CHECK(size < 65536 || blob_data(letter) == blob_data(stone));
        blob_destroy(letter);
        letter = next_letter(link, own);
        wota_reader reader;
        blob *held = NULL;
        CHECK_OK(wota_reader_init(&reader, letter, NULL));
        uint64_t count = 0;
        CHECK_OK(wota_read_array(&reader, &count));
        CHECK_EQUAL(2, count);
        CHECK_OK(wota_read_blob(&reader, &held));
        CHECK(blob_equal(held, stone));
        blob_destroy(held);
        blob_destroy(letter);
        blob_destroy(stone);
    }
    /* Antestones arrive as stones. */
    blob *antestone = blob_new(80);
    CHECK_OK(mailbox_post(there, antestone));
    blob *letter = next_letter(link, own);
    CHECK(blob_is_stone(letter) && blob_length_bits(letter) == 80);
    blob_destroy(letter);
    /* The child releases what it has in a turn. */
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    do {
        drystone_status status = link_turn(link, 20000);
        CHECK(status == DRYSTONE_OK || status == DRYSTONE_END);
        CHECK_OK(link_statistics(link, &statistics));
    } while (statistics.lent_stones != 0 || statistics.borrowed_stones != 0);
    CHECK_EQUAL(4 * SIZES + 1, statistics.sent);
    CHECK_EQUAL(4 * SIZES + 1, statistics.received);
    CHECK_EQUAL(0, statistics.refused + statistics.lent_bytes + statistics.borrowed_bytes);
    link_free(link);
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post(there, own == NULL ? NULL : (letter = blob_new(8))));
    blob_destroy(letter);
    mailbox_destroy(there);
    mailbox_destroy(own);
    wait_for(child, 0);
    CHECK_EQUAL(files, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
    CHECK_EQUAL(0, drystone_blobs_alive());
}

/* A killed peer: its letters are delivered, its stones stay valid, nothing leaks. */
static void killed(void)
{
    int ends[2];
    size_t files = open_descriptors(), maps = mapped_files();
    int ready[2];
    char byte = 1;
    sockets(ends);
    CHECK_EQUAL(0, pipe(ready));
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(ends[0]);
        drystone_link *link = NULL;
        mailbox *there = NULL;
        CHECK_OK(link_new(ends[1], NULL, &link));
        CHECK_OK(link_mailbox(link, "box", 3, &there));
        CHECK_STATUS(DRYSTONE_OK, link_turn(link, 0));
        for (int number = 0; number < 20; number += 1)
            CHECK_OK(mailbox_post(there, pattern_stone(100000 + (size_t)number, number % 2 == 0)));
        link_statistics_t statistics = {.struct_size = sizeof statistics};
        do {
            link_turn(link, 10);
            CHECK_OK(link_statistics(link, &statistics));
        } while (statistics.sent != 20 || statistics.waiting != 0);
        CHECK_EQUAL(1, write(ready[1], &byte, 1));
        for (;;)
            pause();
    }
    close(ready[1]);
    close(ends[1]);
    drystone_link *link = NULL;
    mailbox *own = NULL, *there = NULL;
    CHECK_OK(link_new(ends[0], NULL, &link));
    /* Serves a mailbox; without it the child sends nothing. */
    CHECK_OK(link_turn(link, 0));
    CHECK_EQUAL(1, read(ready[0], &byte, 1));
    close(ready[0]);
    CHECK_EQUAL(0, kill(child, SIGKILL));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(link, "box", 3, own));
    CHECK_OK(link_mailbox(link, "box", 3, &there));
    drystone_status status;
    while ((status = link_turn(link, 20000)) == DRYSTONE_OK || status == DRYSTONE_END) {
    }
    CHECK_STATUS(DRYSTONE_CLOSED, status);
    wait_for(child, SIGKILL);
    struct pollfd poll_link = {.fd = link_descriptor(link), .events = POLLIN};
    CHECK_EQUAL(1, poll(&poll_link, 1, 0));
    CHECK_EQUAL(20, mailbox_length(own));
    blob *letter = NULL;
    blob *late = blob_new(8);
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post(there, late));
    blob_destroy(late);
    mailbox_destroy(there);
    CHECK_STATUS(DRYSTONE_CLOSED, link_mailbox(link, "box", 3, &there));
    CHECK_STATUS(DRYSTONE_CLOSED, link_serve(link, "box", 3, own));
    link_free(link);
    for (size_t number = 0; number < 20; number += 1) {
        CHECK_OK(mailbox_take(own, 0, &letter));
        check_pattern(letter, 100000 + number);
        blob_destroy(letter);
    }
    mailbox_destroy(own);
    CHECK_EQUAL(files, open_descriptors());
    CHECK_EQUAL(maps, mapped_files());
}

/* A link belongs to its process: a forked child cannot use it, and freeing it there does not end it. */
static void forked(void)
{
    int ends[2];
    sockets(ends);
    drystone_link *links[2];
    mailbox *there = NULL, *own = NULL, *more = NULL;
    CHECK_OK(link_new(ends[0], NULL, &links[0]));
    CHECK_OK(link_new(ends[1], NULL, &links[1]));
    CHECK_OK(link_mailbox(links[0], "box", 3, &there));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(links[1], "box", 3, own));
    CHECK_OK(mailbox_post(there, blob_new(8)));
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(20);
        CHECK_STATUS(DRYSTONE_CLOSED, link_turn(links[0], -1));
        CHECK_STATUS(DRYSTONE_CLOSED, link_turn(links[1], 0));
        CHECK_STATUS(DRYSTONE_CLOSED, link_mailbox(links[0], "other", 5, &more));
        CHECK_STATUS(DRYSTONE_CLOSED, link_serve(links[0], "other", 5, own));
        link_free(links[0]);
        link_free(links[1]);
        end_child();
    }
    wait_for(child, 0);
    for (int turns = 0; turns < 4; turns += 1)
        for (int end = 0; end < 2; end += 1) {
            drystone_status status = link_turn(links[end], 0);
            CHECK(status == DRYSTONE_OK || status == DRYSTONE_END);
        }
    CHECK_EQUAL(1, mailbox_length(own));
    link_free(links[0]);
    link_free(links[1]);
    mailbox_destroy(own);
    mailbox_destroy(there);
}

/* Callbacks within a turn may use the same link. */
static struct {
    drystone_link *link;
    int calls;
    bool end;
} within;

static void come_back(void *context)
{
    mailbox *out = NULL;
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    within.calls += 1;
    CHECK_STATUS(DRYSTONE_BUSY, link_turn(within.link, -1));
    CHECK_STATUS(DRYSTONE_BUSY, link_mailbox(within.link, "a", 1, &out));
    CHECK_STATUS(DRYSTONE_BUSY, link_serve(within.link, "a", 1, context));
    CHECK_STATUS(DRYSTONE_BUSY, link_statistics(within.link, &statistics));
    CHECK_EQUAL(-1, link_descriptor(within.link));
    if (within.end)
        link_free(within.link);
}

static void reentrance(void)
{
    int ends[2];
    size_t files = open_descriptors();
    sockets(ends);
    drystone_link *one = NULL, *other = NULL;
    mailbox *there = NULL, *own = NULL;
    CHECK_OK(link_new(ends[0], NULL, &one));
    CHECK_OK(link_new(ends[1], NULL, &other));
    CHECK_OK(link_mailbox(one, "box", 3, &there));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_OK(link_serve(other, "box", 3, own));
    CHECK_OK(mailbox_notify(own, come_back, own));
    within.link = other;
    turn_out(one);
    turn_out(other);
    for (int round = 0; round < 2; round += 1) {
        CHECK_OK(mailbox_post(there, blob_new(8)));
        within.end = round == 1;
        turn_out(one);
        CHECK_OK(link_turn(other, 1000));
        CHECK_EQUAL(round + 1, within.calls);
        CHECK_EQUAL(1, mailbox_sweep(own));
    }
    CHECK_OK(mailbox_notify(own, NULL, NULL));
    CHECK_STATUS(DRYSTONE_CLOSED, link_turn(one, -1));
    link_free(one);
    mailbox_destroy(own);
    mailbox_destroy(there);
    CHECK_EQUAL(files, open_descriptors());
}

/* A custom loop, with posters and takers on other threads. */
enum { LETTERS = 5000 };

static void *post_all(void *there)
{
    for (int64_t number = 0; number < LETTERS; number += 1)
        CHECK_OK(mailbox_post_wait(there, message_of_integer(number), -1));
    return NULL;
}

static void *take_all(void *own)
{
    for (int64_t number = 0; number < LETTERS; number += 1) {
        blob *letter = NULL;
        CHECK_OK(mailbox_take(own, -1, &letter));
        CHECK_EQUAL((uint64_t)number, (uint64_t)integer_of_message(letter));
        blob_destroy(letter);
    }
    mailbox_close(own);
    return NULL;
}

static void threads_and_loops(void)
{
    int ends[2];
    sockets(ends);
    drystone_link *links[2];
    mailbox *there = NULL, *own = NULL;
    link_options options = {.struct_size = sizeof options, .max_letters = 50};
    CHECK_OK(link_new(ends[0], &options, &links[0]));
    CHECK_OK(link_new(ends[1], &options, &links[1]));
    CHECK_OK(link_mailbox(links[0], "box", 3, &there));
    CHECK_OK(mailbox_new(20, &own));
    CHECK_OK(link_serve(links[1], "box", 3, own));
    pthread_t poster, taker;
    CHECK_EQUAL(0, pthread_create(&poster, NULL, post_all, there));
    CHECK_EQUAL(0, pthread_create(&taker, NULL, take_all, own));
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    do {
        struct pollfd wait[] = {{.fd = link_descriptor(links[0]), .events = POLLIN},
                                {.fd = link_descriptor(links[1]), .events = POLLIN}};
        CHECK(poll(wait, 2, 10) >= 0);
        for (int end = 0; end < 2; end += 1) {
            drystone_status status = link_turn(links[end], 0);
            CHECK(status == DRYSTONE_OK || status == DRYSTONE_END || status == DRYSTONE_BUSY);
        }
        CHECK_OK(link_statistics(links[1], &statistics));
    } while (statistics.received != LETTERS);
    pthread_join(poster, NULL);
    pthread_join(taker, NULL);
    link_free(links[0]);
    link_free(links[1]);
    mailbox_destroy(own);
    mailbox_destroy(there);
}

static void wrong_sockets(void)
{
    size_t files = open_descriptors();
    drystone_link *link = NULL;
    int ends[2];
    static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
    for (int place = 0; place < 2; place += 1) {
        CHECK_EQUAL(0, socketpair(AF_UNIX, kinds[place], 0, ends));
        CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(ends[0], NULL, &link));
        CHECK_EQUAL(-1, fcntl(ends[0], F_GETFD));
        close(ends[1]);
    }
    /* Connected to nobody, no socket at all, no descriptor. */
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(socket(AF_UNIX, SOCK_SEQPACKET, 0), NULL, &link));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(open("/dev/null", O_RDWR), NULL, &link));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(-1, NULL, &link));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(12345, NULL, &link));
    /* Invalid options, which still take over the socket. */
    link_limits limits = {.struct_size = 8};
    link_options options = {.struct_size = sizeof options, .limits = &limits};
    sockets(ends);
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(ends[0], &options, &link));
    options.struct_size -= 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_new(ends[1], &options, &link));
    CHECK(link == NULL);
    CHECK_EQUAL(files, open_descriptors());
}

/* A socket that passed credentials with every packet no longer does. */
static void with_credentials(void)
{
    int ends[2], on = 1;
    drystone_link *one = NULL, *other = NULL;
    sockets(ends);
    for (int end = 0; end < 2; end += 1)
        CHECK_EQUAL(0, setsockopt(ends[end], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    CHECK_OK(link_new(ends[0], NULL, &one));
    CHECK_OK(link_new(ends[1], NULL, &other));
    turn_out(one);
    turn_out(other);
    turn_out(one);
    link_free(one);
    link_free(other);
}

/* Names: any bytes, at least one, not too many. */
static void names(void)
{
    int ends[2];
    sockets(ends);
    drystone_link *one = NULL, *other = NULL;
    mailbox *there = NULL, *own = NULL, *unused = NULL;
    char name[256];
    memset(name, 0, sizeof name);
    CHECK_OK(link_new(ends[0], NULL, &one));
    CHECK_OK(link_new(ends[1], NULL, &other));
    CHECK_OK(mailbox_new(0, &own));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_mailbox(one, name, 0, &unused));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_mailbox(one, name, 256, &unused));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_serve(one, name, 0, own));
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_serve(one, name, 256, own));
    CHECK(unused == NULL);
    CHECK_OK(link_mailbox(one, name, 255, &there));
    CHECK_OK(link_serve(other, name, 255, own));
    CHECK_OK(mailbox_post(there, blob_new(1)));
    for (int turns = 0; turns < 3; turns += 1) {
        turn_out(one);
        turn_out(other);
    }
    CHECK_EQUAL(1, mailbox_length(own));
    link_free(one);
    link_free(other);
    mailbox_destroy(own);
    mailbox_destroy(there);
}

int main(void)
{
    signal(SIGCHLD, SIG_DFL);
    there_and_back();
    killed();
    forked();
    reentrance();
    threads_and_loops();
    wrong_sockets();
    with_credentials();
    names();
    return test_end("link");
}
