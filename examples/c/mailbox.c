/* Two threads: one posts letters into a bounded mailbox, the other takes them until it is closed.
 *
 * prints: 1000 letters, sum 499500
 */
#include <drystone.h>

#include <pthread.h>
#include <stdio.h>

static blob *letter_of(int64_t number)
{
    wota_writer *writer;
    blob *letter = NULL;
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
        return NULL;
    wota_write_integer(writer, number);
    if (wota_writer_finish(writer, &letter) != DRYSTONE_OK)
        letter = NULL;
    wota_writer_free(writer);
    return letter;
}

static void *sender(void *argument)
{
    mailbox *outlet = argument;
    for (int64_t number = 0; number < 1000; number += 1) {
        blob *letter = letter_of(number);
        if (letter == NULL || mailbox_post_wait(outlet, letter, 10000) != DRYSTONE_OK) { /* waits for room */
            blob_destroy(letter); /* a refused letter is still ours */
            break;
        }
    }
    mailbox_close(outlet); /* letters in it can still be taken */
    mailbox_destroy(outlet);
    return NULL;
}

int main(void)
{
    mailbox *inbox;
    pthread_t thread;
    if (mailbox_new(16, &inbox) != DRYSTONE_OK)
        return 1;
    mailbox_incref(inbox); /* the sender's handle */
    if (pthread_create(&thread, NULL, sender, inbox) != 0)
        return 1;

    int letters = 0;
    int64_t sum = 0;
    blob *letter;
    while (mailbox_take(inbox, -1, &letter) == DRYSTONE_OK) { /* CLOSED when it is closed and empty */
        wota_reader reader;
        int64_t number;
        if (wota_reader_init(&reader, letter, NULL) == DRYSTONE_OK &&
            wota_read_integer(&reader, &number) == DRYSTONE_OK)
            sum += number;
        letters += 1;
        blob_destroy(letter);
    }
    pthread_join(thread, NULL);
    mailbox_destroy(inbox);
    printf("%d letters, sum %d\n", letters, (int)sum);
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
