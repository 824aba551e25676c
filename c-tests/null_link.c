/* Every function of links and shared stones with each of its pointers NULL, one at a time. */
#define _GNU_SOURCE
#include "link.h"
#include "null.h"

static drystone_link *one, *other;
static mailbox *box;
static blob *stone;
static size_t files;

static void set_up(void)
{
    int ends[2];
    files = open_descriptors();
    sockets(ends);
    CHECK_OK(link_new(ends[0], NULL, &one));
    CHECK_OK(link_new(ends[1], NULL, &other));
    CHECK_OK(mailbox_new(0, &box));
    stone = pattern_stone(100, true);
    turn_out(one);
    turn_out(other);
    turn_out(one);
}

static void tear_down(void)
{
    CHECK_EQUAL(1, blob_refcount(stone));
    CHECK_STATUS(DRYSTONE_END, link_turn(one, 0));
    CHECK_STATUS(DRYSTONE_END, link_turn(other, 0));
    link_free(one);
    link_free(other);
    mailbox_destroy(box);
    blob_destroy(stone);
    CHECK_EQUAL(files, open_descriptors());
}

static drystone_link *const no_link = (drystone_link *)(uintptr_t)0x5A5A;
static mailbox *const no_mailbox = (mailbox *)(uintptr_t)0x5A5A;

static void null_link_new(void)
{
    int ends[2];
    sockets(ends);
    drystone_link *out = no_link;
    REFUSED(link_new(ends[0], NULL, NULL));
    CHECK_EQUAL(-1, fcntl(ends[0], F_GETFD));
    NULLED(CHECK_STATUS(DRYSTONE_OK, link_new(ends[1], NULL, &out)));
    link_free(out);
}

static void null_link_mailbox(void)
{
    mailbox *out = no_mailbox;
    REFUSED(link_mailbox(NULL, "a", 1, &out));
    REFUSED(link_mailbox(one, NULL, 1, &out));
    REFUSED(link_mailbox(one, "a", 1, NULL));
    CHECK(out == no_mailbox);
}

static void null_link_serve(void)
{
    REFUSED(link_serve(NULL, "a", 1, box));
    REFUSED(link_serve(one, NULL, 1, box));
    REFUSED(link_serve(one, "a", 1, NULL));
}

static void null_link_descriptor(void) { NULLED(CHECK_EQUAL(-1, link_descriptor(NULL))); }
static void null_link_turn(void) { REFUSED(link_turn(NULL, -1)); }
static void null_link_free(void) { NULLED(link_free(NULL)); }

static void null_link_statistics(void)
{
    link_statistics_t statistics = {.struct_size = sizeof statistics, .sent = 7};
    REFUSED(link_statistics(NULL, &statistics));
    REFUSED(link_statistics(one, NULL));
    statistics.struct_size -= 1;
    CHECK_STATUS(DRYSTONE_INVALID_ARGUMENT, link_statistics(one, &statistics));
    CHECK_EQUAL(7, statistics.sent);
}

static void null_blob_new_shared(void)
{
    blob *made = blob_new_shared(8);
    CHECK(made != NULL);
    blob_destroy(made);
}

static void null_blob_writable(void)
{
    uint8_t *bytes = (uint8_t *)(uintptr_t)0x5A5A;
    blob *antestone = blob_new(8);
    REFUSED(blob_writable(NULL, &bytes));
    REFUSED(blob_writable(antestone, NULL));
    CHECK(bytes == (uint8_t *)(uintptr_t)0x5A5A);
    blob_destroy(antestone);
}

static void null_blob_to_shared(void)
{
    blob *out = untouched;
    REFUSED(blob_to_shared(NULL, &out));
    REFUSED(blob_to_shared(stone, NULL));
    CHECK(out == untouched);
}

static void null_blob_descriptor(void)
{
    int descriptor = -7;
    size_t offset = 7;
    REFUSED(blob_descriptor(NULL, &descriptor, &offset));
    REFUSED(blob_descriptor(stone, NULL, &offset));
    REFUSED(blob_descriptor(stone, &descriptor, NULL));
    CHECK(descriptor == -7 && offset == 7);
}

static void null_blob_from_descriptor(void)
{
    int descriptor = -1;
    size_t offset = 0;
    blob *out = NULL;
    CHECK_OK(blob_descriptor(stone, &descriptor, &offset));
    REFUSED(blob_from_descriptor(descriptor, offset, 800, NULL, NULL));
    CHECK_EQUAL(-1, fcntl(descriptor, F_GETFD));
    CHECK_OK(blob_descriptor(stone, &descriptor, &offset));
    NULLED(CHECK_OK(blob_from_descriptor(descriptor, offset, 800, NULL, &out)));
    blob_destroy(out);
}

static const struct null_function functions[] = {
    ENTRY(link_new),           ENTRY(link_mailbox),   ENTRY(link_serve),      ENTRY(link_descriptor),
    ENTRY(link_turn),          ENTRY(link_free),      ENTRY(link_statistics), ENTRY(blob_new_shared),
    ENTRY(blob_writable),      ENTRY(blob_to_shared), ENTRY(blob_descriptor), ENTRY(blob_from_descriptor),
};

int main(int count, char **arguments)
{
    return null_main("null_link", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
