/* The hostile end of a link: a socket, and packets written by hand as src/link/packet.rs describes them. */
#ifndef DRYSTONE_LINK_PEER_H
#define DRYSTONE_LINK_PEER_H

#include "link.h"

enum { HELLO = 1, STONES, LETTER, RELEASE, FORGET, REFUSED_NAME, ANNOUNCE };
enum { ALL_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static inline uint64_t head(uint64_t kind) { return UINT64_C(0x647279736C6E) << 16 | 1 << 8 | kind; }

/* The honest end, and the socket of the hostile one. */
static struct {
    drystone_link *link;
    mailbox *own;
    mailbox *there;
    int socket;
    size_t files, maps, alive;
} state;

static link_limits limits = {.struct_size = sizeof limits, .max_stones = 4, .max_bytes = 1 << 20};

static inline void begin_without_hello(void)
{
    int ends[2];
    state.files = open_descriptors();
    state.maps = mapped_files();
    state.alive = drystone_blobs_alive();
    sockets(ends);
    link_options options = {.struct_size = sizeof options, .limits = &limits, .max_letters = 100};
    CHECK_OK(link_new(ends[0], &options, &state.link));
    CHECK_OK(mailbox_new(0, &state.own));
    CHECK_OK(link_serve(state.link, "box", 3, state.own));
    CHECK_OK(link_mailbox(state.link, "far", 3, &state.there));
    state.socket = ends[1];
}

static inline bool send_with(const void *bytes, size_t count, const int *descriptors, size_t descriptor_count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * 253)];
    } control;
    memset(&control, 0, sizeof control);
    struct iovec run = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &run, .msg_iovlen = 1};
    if (descriptor_count != 0) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
        memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * descriptor_count);
    }
    return sendmsg(state.socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)count;
}

static inline void send_words(const uint64_t *words, size_t count) { CHECK(send_with(words, count * 8, NULL, 0)); }

static inline void hello(void)
{
    uint64_t words[] = {head(HELLO), 1000, 1 << 30};
    send_words(words, 3);
}

static inline void begin(void)
{
    begin_without_hello();
    hello();
    turn_out(state.link);
}

/* The link ends with this status, and nothing leaks. */
static inline void ends_by(drystone_status expected)
{
    drystone_status status;
    while ((status = link_turn(state.link, 0)) == DRYSTONE_OK) {
    }
    CHECK_STATUS(expected, status);
    CHECK_STATUS(DRYSTONE_CLOSED, link_turn(state.link, -1));
    char byte;
    ssize_t rest;
    while ((rest = recv(state.socket, &byte, 1, MSG_DONTWAIT)) > 0) {
    }
    CHECK_EQUAL(0, rest);
    blob *letter = blob_new(8);
    CHECK_STATUS(DRYSTONE_CLOSED, mailbox_post(state.there, letter));
    blob_destroy(letter);
}

static inline void finish_all(void)
{
    link_free(state.link);
    mailbox_destroy(state.own);
    mailbox_destroy(state.there);
    close(state.socket);
    CHECK_EQUAL(state.files, open_descriptors());
    CHECK_EQUAL(state.maps, mapped_files());
    CHECK_EQUAL(state.alive, drystone_blobs_alive());
}

static inline void refused(drystone_status expected)
{
    ends_by(expected);
    CHECK_EQUAL(0, mailbox_length(state.own));
    finish_all();
}

/* Files */

static inline int file_of(size_t size, int seals)
{
    int file = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CHECK(file >= 0);
    uint8_t *bytes = calloc(1, size);
    CHECK_EQUAL(size, write(file, bytes, size));
    free(bytes);
    CHECK_EQUAL(0, fcntl(file, F_ADD_SEALS, seals));
    return file;
}

/* A letter that is one stone, backed by the file. */
static inline void send_stone(int file, uint64_t number, uint64_t offset, uint64_t bits)
{
    uint64_t words[] = {head(LETTER), 1, number, offset, bits, 7 * 8 << 1, 3 << 8 | 1, 1, 0, number << 1, 0, bits, 0};
    memcpy(&words[12], "box", 3);
    CHECK(send_with(words, sizeof words, &file, 1));
    close(file);
}

#endif
