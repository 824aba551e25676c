/* Peers that break every rule: each ends the link with a status; nothing hangs, grows, changes, or leaks. */
#define _GNU_SOURCE
#include "link_peer.h"

#include <sys/un.h>

enum { SIZE = 70000, MOST_WORDS = 20000 };

static void files(void)
{
    /* A valid one first. */
    begin();
    send_stone(file_of(SIZE, ALL_SEALS), 1, 0, SIZE * 8);
    turn_out(state.link);
    CHECK_EQUAL(1, mailbox_sweep(state.own));
    close(state.socket);
    state.socket = dup(0);
    CHECK_STATUS(DRYSTONE_CLOSED, link_turn(state.link, 0));
    finish_all();

    static const int too_few[] = {0, F_SEAL_SHRINK, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW,
                                  F_SEAL_SHRINK | F_SEAL_WRITE, F_SEAL_GROW | F_SEAL_WRITE,
                                  F_SEAL_SHRINK | F_SEAL_GROW | 0x10 /* FUTURE_WRITE alone */};
    for (size_t place = 0; place < sizeof too_few / sizeof *too_few; place += 1) {
        begin();
        send_stone(file_of(SIZE, too_few[place]), 1, 0, SIZE * 8);
        refused(DRYSTONE_MALFORMED);
    }
    static const uint64_t wrong[][2] = {{0, SIZE * 8 + 1},         {1, SIZE * 8},    {SIZE, 8}, {UINT64_MAX, 8},
                                        {UINT64_MAX - 7, SIZE * 8}};
    for (size_t place = 0; place < sizeof wrong / sizeof *wrong; place += 1) {
        begin();
        send_stone(file_of(SIZE, ALL_SEALS), 1, wrong[place][0], wrong[place][1]);
        refused(DRYSTONE_MALFORMED);
    }
    /* A plain file, a device, a file with holes. */
    char name[] = "/tmp/drystone-test-XXXXXX";
    begin();
    int file = mkstemp(name);
    unlink(name);
    CHECK_EQUAL(0, ftruncate(file, SIZE));
    send_stone(file, 1, 0, SIZE * 8);
    refused(DRYSTONE_MALFORMED);
    begin();
    send_stone(open("/dev/zero", O_RDWR), 1, 0, SIZE * 8);
    refused(DRYSTONE_MALFORMED);
    begin();
    file = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK_EQUAL(0, ftruncate(file, SIZE));
    CHECK_EQUAL(0, fcntl(file, F_ADD_SEALS, ALL_SEALS));
    send_stone(file, 1, 0, SIZE * 8);
    refused(DRYSTONE_MALFORMED);
    /* More bytes than the limit, in one file and in several. */
    begin();
    send_stone(file_of((1 << 20) + 1, ALL_SEALS), 1, 0, ((1 << 20) + 1) * 8);
    refused(DRYSTONE_LIMIT_EXCEEDED);
    begin();
    send_stone(file_of(600000, ALL_SEALS), 1, 0, 600000 * 8);
    turn_out(state.link);
    blob *kept = NULL;
    CHECK_OK(mailbox_take(state.own, 0, &kept));
    send_stone(file_of(600000, ALL_SEALS), 2, 0, 600000 * 8);
    ends_by(DRYSTONE_LIMIT_EXCEEDED);
    blob_destroy(kept);
    finish_all();
    /* More stones than the limit. */
    begin();
    for (uint64_t number = 1; number <= 5; number += 1)
        send_stone(file_of(10, ALL_SEALS), number, 0, 80);
    ends_by(DRYSTONE_LIMIT_EXCEEDED);
    CHECK_EQUAL(4, mailbox_sweep(state.own));
    finish_all();
    /* Numbers out of order. */
    static const uint64_t numbers[] = {0, 2, UINT64_MAX, UINT64_C(1) << 63};
    for (size_t place = 0; place < 4; place += 1) {
        begin();
        send_stone(file_of(10, ALL_SEALS), numbers[place], 0, 80);
        refused(DRYSTONE_MALFORMED);
    }
}

/* Packets */

static void send_bytes_and_refuse(const void *bytes, size_t count, int descriptors, drystone_status expected)
{
    int all[253];
    begin();
    for (int place = 0; place < descriptors; place += 1)
        all[place] = file_of(10, ALL_SEALS);
    CHECK(send_with(bytes, count, all, (size_t)descriptors));
    for (int place = 0; place < descriptors; place += 1)
        close(all[place]);
    refused(expected);
}

static void packets(void)
{
    static uint64_t words[MOST_WORDS];
    /* Invalid heads and invalid kinds. */
    for (int bit = 0; bit < 64; bit += 1) {
        words[0] = head(RELEASE) ^ UINT64_C(1) << bit;
        words[1] = words[2] = 0;
        send_bytes_and_refuse(words, 24, 0, DRYSTONE_MALFORMED);
    }
    /* Each kind at each length, filled with zeros and with ones. */
    for (uint64_t kind = 0; kind < 9; kind += 1)
        for (size_t count = 1; count < 80; count += count < 20 ? 1 : 8) {
            /* An empty list of stones, the refusal of an unknown name, and an announcement break no rule. */
            if ((kind == STONES && count == 16) || (kind == REFUSED_NAME && count == 16) ||
                (kind == ANNOUNCE && count == 8))
                continue;
            memset(words, 0, sizeof words);
            words[0] = head(kind);
            send_bytes_and_refuse(words, count, 0, DRYSTONE_MALFORMED);
            memset(words, 0xFF, sizeof words);
            words[0] = head(kind);
            send_bytes_and_refuse(words, count, 0, DRYSTONE_MALFORMED);
        }
    /* Larger than the largest packet. */
    memset(words, 0, sizeof words);
    words[0] = head(LETTER);
    send_bytes_and_refuse(words, sizeof words, 0, DRYSTONE_MALFORMED);
    /* Unannounced descriptors, fewer than announced, and as many as a packet can have. */
    uint64_t release[] = {head(RELEASE), 1, 0};
    send_bytes_and_refuse(release, sizeof release, 1, DRYSTONE_MALFORMED);
    uint64_t none[] = {head(STONES), 0};
    send_bytes_and_refuse(none, sizeof none, 1, DRYSTONE_MALFORMED);
    send_bytes_and_refuse(none, sizeof none, 253, DRYSTONE_MALFORMED);
    uint64_t two[] = {head(STONES), 2, 1, 0, 80, 2, 0, 80};
    send_bytes_and_refuse(two, sizeof two, 1, DRYSTONE_MALFORMED);
    send_bytes_and_refuse(two, sizeof two, 3, DRYSTONE_MALFORMED);
    two[1] = UINT64_MAX;
    send_bytes_and_refuse(two, sizeof two, 2, DRYSTONE_MALFORMED);
    uint64_t announce[] = {head(ANNOUNCE)};
    send_bytes_and_refuse(announce, sizeof announce, 1, DRYSTONE_MALFORMED);
    /* Announced: a packet that breaks a rule, one that is too large, none, and one without descriptors. */
    for (int kind = 0; kind < 3; kind += 1) {
        begin();
        send_words(announce, 1);
        int file = file_of(10, ALL_SEALS);
        if (kind == 0)
            CHECK(send_with(two, sizeof two, &file, 1));
        else if (kind == 1)
            CHECK(send_with(words, sizeof words, &file, 1));
        else
            CHECK_EQUAL(0, shutdown(state.socket, SHUT_WR));
        close(file);
        refused(kind == 2 ? DRYSTONE_CLOSED : DRYSTONE_MALFORMED);
    }
    begin();
    send_words(announce, 1);
    send_words(announce, 1);
    send_words((uint64_t[]){head(STONES), 0}, 2);
    turn_out(state.link);
    CHECK_EQUAL(0, shutdown(state.socket, SHUT_WR));
    refused(DRYSTONE_CLOSED);
    /* Stones that were never lent or borrowed. */
    uint64_t forget[] = {head(FORGET), 1};
    send_bytes_and_refuse(forget, sizeof forget, 0, DRYSTONE_MALFORMED);
    uint64_t again[] = {head(HELLO), 1000, 1000};
    send_bytes_and_refuse(again, sizeof again, 0, DRYSTONE_MALFORMED);
    /* Before the first packet. */
    begin_without_hello();
    send_words(none, 2);
    refused(DRYSTONE_MALFORMED);
    /* An end without a packet, and an empty packet, which also means the end. */
    begin_without_hello();
    CHECK_EQUAL(0, shutdown(state.socket, SHUT_WR));
    ends_by(DRYSTONE_CLOSED);
    finish_all();
    begin();
    CHECK(send_with(NULL, 0, NULL, 0));
    refused(DRYSTONE_CLOSED);
}

/* A letter with one stone and every other part of a letter. */
static size_t good_letter(uint64_t *words, blob **message)
{
    blob *stone = pattern_stone(SIZE, true);
    blob *both[] = {stone, stone};
    *message = message_holding(both, 2);
    wota_parts *parts = NULL;
    CHECK_OK(wota_to_parts(*message, 64 * 1024 * 8, &parts));
    CHECK_EQUAL(2, wota_parts_count(parts));
    blob *first = wota_parts_get(parts, 0);
    size_t inlined = blob_length_bits(first) / 64;
    uint64_t all[] = {head(LETTER), 1, 1, 0, SIZE * 8, (7 + inlined) * 8 << 1, 3 << 8, 1, inlined * 64, 1 << 1, 0,
                      SIZE * 8, 0};
    memcpy(&all[12], "box", 3);
    memcpy(words, all, sizeof all);
    memcpy(words + 13, blob_data(first), inlined * 8);
    wota_parts_free(parts);
    blob_destroy(stone);
    return 13 + inlined;
}

/* Each byte of it changed, and each length: the result is a letter, a refusal, or the end of the link. */
static void changed_letters(void)
{
    uint64_t words[64];
    blob *message = NULL;
    size_t count = good_letter(words, &message) * 8;
    uint8_t bytes[sizeof words];
    size_t taken = 0, ended = 0, dropped = 0;
    static const uint8_t changes[] = {1, 0x80, 0xFF};
    size_t step = test_size(1, 3);
    for (size_t place = 0; place <= count * 4; place += step) {
        memcpy(bytes, words, sizeof words);
        size_t length = count;
        if (place < count * 3)
            bytes[place / 3] ^= changes[place % 3];
        else
            length = place - count * 3;
        if (length == 0)
            continue;
        begin();
        int file = file_of(SIZE, ALL_SEALS);
        CHECK(send_with(bytes, length, &file, 1));
        close(file);
        drystone_status status;
        while ((status = link_turn(state.link, 0)) == DRYSTONE_OK) {
        }
        link_statistics_t statistics = {.struct_size = sizeof statistics};
        CHECK_OK(link_statistics(state.link, &statistics));
        if (status == DRYSTONE_END) {
            CHECK_EQUAL(1, statistics.received + statistics.refused);
            taken += statistics.received;
            dropped += statistics.refused;
        } else {
            CHECK(status == DRYSTONE_MALFORMED || status == DRYSTONE_LIMIT_EXCEEDED);
            CHECK_EQUAL(0, mailbox_length(state.own));
            ended += 1;
        }
        finish_all();
    }
    CHECK(taken != 0 && dropped != 0 && ended != 0);
    blob_destroy(message);
}

/* Mentions of missing stones, and of ranges beyond a stone's end. */
static void mentions(void)
{
    static const uint64_t wrong[][3] = {
        {2 << 1, 0, 80},          {0, 0, 80},        {1 << 1 | 1, 0, 80},    {UINT64_MAX, 0, 80},
        {1 << 1, 0, 81},          {1 << 1, 1, 80},   {1 << 1, 11, 0},        {1 << 1, UINT64_MAX, 8},
        {1 << 1, 0, UINT64_MAX},  {1 << 1, UINT64_MAX, UINT64_MAX},          {1 << 1, UINT64_MAX / 8 + 1, 8},
    };
    for (size_t place = 0; place < sizeof wrong / sizeof *wrong; place += 1) {
        begin();
        send_stone(file_of(10, ALL_SEALS), 1, 0, 80);
        uint64_t words[] = {head(LETTER), 0, 7 * 8 << 1, 3 << 8 | 1, 1, 0,
                            wrong[place][0], wrong[place][1], wrong[place][2], 0};
        memcpy(&words[9], "box", 3);
        send_words(words, 10);
        ends_by(DRYSTONE_MALFORMED);
        CHECK_EQUAL(1, mailbox_sweep(state.own));
        finish_all();
    }
    /* Far more mentions than fit. */
    begin();
    uint64_t many[] = {head(LETTER), 0, 4 * 8 << 1, 3 << 8 | 1, UINT64_MAX / 24, 0, 0};
    send_words(many, 7);
    refused(DRYSTONE_MALFORMED);
    /* The same small stone mentioned thousands of times costs no more than the packet. */
    begin();
    send_stone(file_of(10, ALL_SEALS), 1, 0, 80);
    enum { MENTIONS = 3000 };
    static uint64_t words[7 + 3 * MENTIONS];
    uint64_t start[] = {head(LETTER), 0, (4 + 3 * MENTIONS) * 8 << 1, 3 << 8, MENTIONS, 0};
    memcpy(words, start, sizeof start);
    for (size_t place = 0; place < MENTIONS; place += 1) {
        words[6 + 3 * place] = 1 << 1;
        words[8 + 3 * place] = 80;
    }
    memcpy(&words[6 + 3 * MENTIONS], "box", 3);
    send_words(words, 7 + 3 * MENTIONS);
    turn_out(state.link);
    link_statistics_t statistics = {.struct_size = sizeof statistics};
    CHECK_OK(link_statistics(state.link, &statistics));
    CHECK_EQUAL(1, statistics.received);
    CHECK_EQUAL(1, statistics.refused);
    finish_all();
}

/* A borrower releases a stone as often as it was mentioned, and not more often. */
static void releases(void)
{
    for (uint64_t mentioned = 0; mentioned < 3; mentioned += 1) {
        begin();
        CHECK_OK(mailbox_post(state.there, pattern_stone(SIZE, true)));
        turn_out(state.link);
        link_statistics_t statistics = {.struct_size = sizeof statistics};
        CHECK_OK(link_statistics(state.link, &statistics));
        CHECK_EQUAL(1, statistics.lent_stones);
        uint64_t words[] = {head(RELEASE), 1, mentioned};
        send_words(words, 3);
        if (mentioned == 2) {
            ends_by(DRYSTONE_MALFORMED);
            finish_all();
            continue;
        }
        turn_out(state.link);
        CHECK_OK(link_statistics(state.link, &statistics));
        CHECK_EQUAL(mentioned == 0 ? 1 : 0, statistics.lent_stones);
        send_words(words, 3);
        if (mentioned == 1) {
            ends_by(DRYSTONE_MALFORMED);
        } else
            turn_out(state.link);
        finish_all();
    }
    /* A FORGET without a request for it. */
    begin();
    send_stone(file_of(10, ALL_SEALS), 1, 0, 80);
    turn_out(state.link);
    uint64_t forget[] = {head(FORGET), 1};
    send_words(forget, 2);
    ends_by(DRYSTONE_MALFORMED);
    finish_all();
}

/* A process of another user, which only root can start. */
static void another_user(void)
{
    if (geteuid() != 0) {
        puts("not run as root: no process of another user's was tried");
        return;
    }
    for (int allowed = 0; allowed < 2; allowed += 1) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "drystone-test-%ld-%d", (long)getpid(), allowed);
        CHECK_EQUAL(0, bind(listener, (struct sockaddr *)&address, sizeof address));
        CHECK_EQUAL(0, listen(listener, 1));
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            CHECK_EQUAL(0, setuid(65534));
            int mine = socket(AF_UNIX, SOCK_SEQPACKET, 0);
            CHECK_EQUAL(0, connect(mine, (struct sockaddr *)&address, sizeof address));
            char byte;
            while (recv(mine, &byte, 1, 0) > 0) {
            }
            end_child();
        }
        drystone_link *link = NULL;
        link_options options = {.struct_size = sizeof options, .any_user = allowed == 1};
        CHECK_STATUS(allowed == 1 ? DRYSTONE_OK : DRYSTONE_UNSUPPORTED,
                     link_new(accept(listener, NULL, NULL), &options, &link));
        link_free(link);
        wait_for(child, 0);
        close(listener);
    }
}

int main(void)
{
    files();
    packets();
    changed_letters();
    mentions();
    releases();
    another_user();
    return test_end("link_hostile");
}
