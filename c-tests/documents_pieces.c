/* The C snippets of README.md, docs/values.md and docs/arena.md, each in the context of a program.
 * Compiled and run by `cargo xtask test --only documents`, which writes each snippet to a file of its own. The
 * snippets do not check every status, for brevity, so this file does not either. */
#include <drystone.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 100000

static int released;

static void release(void *context, uint8_t *data, size_t bits)
{
    (void)context, (void)bits;
    free(data);
    released++;
}

static drystone_status send_picture(wota_writer *writer, uint8_t *pixels, size_t size)
{
    drystone_status status;
#include "README-1.inc"
    mailbox_destroy(painter);
    blob_destroy(picture);
    return status;
}

static bool pictures(void)
{
    mailbox_options options = {.struct_size = sizeof options, .name = "painter", .name_length = 7};
    mailbox *inbox;
    wota_writer *writer;
    blob *letter;
    if (mailbox_new_with(&options, &inbox) != DRYSTONE_OK || wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
        return false;
    bool good = send_picture(writer, calloc(1000, 1), 1000) == DRYSTONE_OK &&
                mailbox_take(inbox, 0, &letter) == DRYSTONE_OK && wota_held_count(letter) == 1 && released == 0;
    blob_destroy(letter);
    wota_writer_free(writer);
    mailbox_destroy(inbox);
    return good && released == 1;
}

/* { rows: [{ id: 0 }, ...] } */
static blob *table(wota_writer *writer)
{
    blob *message = NULL;
    wota_write_record(writer, 1);
    wota_write_text(writer, "rows", 4);
    wota_write_array(writer, ROWS);
    for (int row = 0; row < ROWS; row++) {
        wota_write_record(writer, 1);
        wota_write_text(writer, "id", 2);
        wota_write_integer(writer, row);
    }
    wota_writer_finish(writer, &message);
    return message;
}

/* { name: "short" } */
static blob *named(wota_writer *writer)
{
    blob *message = NULL;
    wota_write_record(writer, 1);
    wota_write_text(writer, "name", 4);
    wota_write_text(writer, "short", 5);
    wota_writer_finish(writer, &message);
    return message;
}

static blob *refer(wota_writer *writer, blob *document)
{
    blob *letter = NULL;
    wota_view whole, rows;
    wota_view_of(document, 0, &whole);
    wota_view_field(&whole, "rows", 4, &rows);
#include "values-1.inc"
    return letter;
}

static int64_t last_id(blob *message)
{
#include "values-2.inc"
    return id;
}

static const wota_value *used;

static void use(const wota_value *value) { used = value; }

static void decode(blob *message)
{
#include "arena-1.inc"
}

static bool values(void)
{
    wota_writer *writer;
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
        return false;
    blob *document = table(writer), *letter = refer(writer, document), *small = named(writer);
    decode(small);
    bool good = last_id(document) == ROWS - 1 && last_id(letter) == ROWS - 1 && used != NULL;
    wota_writer_free(writer);
    blob_destroy(document);
    blob_destroy(letter);
    blob_destroy(small);
    return good;
}

int main(void)
{
    printf("pictures %d, values %d, alive %zu\n", pictures(), values(), drystone_blobs_alive());
    return 0;
}
