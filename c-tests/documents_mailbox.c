/* The snippets of docs/mailbox.md, in their order, in the context of a program. Compiled and run by `cargo xtask test
 * --only documents`, which writes each snippet to a file of its own. */
#include <drystone.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

static int handled;
static void *queued;

static void handle(blob *letter)
{
    handled += 1;
    blob_destroy(letter);
}

static void run_later(void *context) { queued = context; }

#include "mailbox-5.inc"

static drystone_status make(mailbox **made)
{
#include "mailbox-1.inc"
    if (status == DRYSTONE_OK)
        *made = inbox;
    return status;
}

static drystone_status send(blob *message)
{
#include "mailbox-2.inc"
    return status;
}

static void turn(mailbox_outbox *outbox, mailbox *painter, blob *message, bool turn_ended_well)
{
#include "mailbox-3.inc"
}

static void loop(mailbox *inbox)
{
#include "mailbox-4.inc"
}

int main(void)
{
    mailbox *inbox = NULL;
    mailbox_outbox *outbox = NULL;
    if (make(&inbox) != DRYSTONE_OK || mailbox_outbox_new(&outbox) != DRYSTONE_OK)
        return 1;
    if (mailbox_notify(inbox, ready, inbox) != DRYSTONE_OK || send(blob_new(8)) != DRYSTONE_OK || queued != inbox)
        return 2;
    run(queued);
    turn(outbox, inbox, blob_new(8), false);
    turn(outbox, inbox, blob_new(8), true);
    mailbox_outbox_free(outbox);
    mailbox_close(inbox);
    loop(inbox);
    mailbox_destroy(inbox);
    if (handled != 2 || drystone_blobs_alive() != 0)
        return 3;
    puts("docs/mailbox.md");
    return 0;
}
