/* What a program that uses the library does first: a message through a mailbox, and back. */
#include <drystone.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(void)
{
    static const uint8_t bytes[5] = {'s', 't', 'o', 'n', 'e'};
    char version[64];
    wota_writer *writer = NULL;
    mailbox *box = NULL;
    blob *message = NULL;
    blob *letter = NULL;
    blob *found = NULL;
    wota_reader reader;

    snprintf(version, sizeof version, "%d.%d.%d", DRYSTONE_VERSION_MAJOR, DRYSTONE_VERSION_MINOR,
             DRYSTONE_VERSION_PATCH);
    if (strncmp(version, drystone_version(), strlen(version)) != 0)
        return fail("header and library are of different versions");

    blob *stone = blob_from_bytes(bytes, sizeof bytes);
    if (stone == NULL || blob_make_stone(stone) != DRYSTONE_OK)
        return fail("no stone");
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK || wota_write_record(writer, 1) != DRYSTONE_OK ||
        wota_write_text(writer, "stone", 5) != DRYSTONE_OK || wota_write_blob(writer, stone) != DRYSTONE_OK ||
        wota_writer_finish(writer, &message) != DRYSTONE_OK)
        return fail("no message");
    wota_writer_free(writer);
    if (mailbox_new(0, &box) != DRYSTONE_OK || mailbox_post(box, message) != DRYSTONE_OK ||
        mailbox_take(box, 0, &letter) != DRYSTONE_OK)
        return fail("no letter");
    mailbox_destroy(box);
    if (wota_reader_init(&reader, letter, NULL) != DRYSTONE_OK || wota_find(&reader, "stone", 5) != DRYSTONE_OK ||
        wota_read_blob(&reader, &found) != DRYSTONE_OK || found != stone)
        return fail("another stone");
    blob_destroy(found);
    blob_destroy(letter);
    blob_destroy(stone);
    if (drystone_blobs_alive() != 0)
        return fail("blobs left over");
    printf("drystone %s\n", drystone_version());
    return 0;
}
