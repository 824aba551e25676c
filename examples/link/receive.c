/* Receives a picture from another process, `send.c`, and reads it where that process has written it. Start this first.
 *
 * prints: 16000000 bytes, the last is 7
 */
#include <drystone.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void must(drystone_status status, const char *call)
{
    if (status != DRYSTONE_OK) {
        fprintf(stderr, "%s: %s\n", call, drystone_status_text(status));
        exit(1);
    }
}

/* Waits for one process to connect. */
static int accepted(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name); /* after a NUL: such a name is no file */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0) {
        perror("listen");
        exit(1);
    }
    int end = accept(listener, NULL, NULL);
    close(listener);
    return end;
}

int main(int count, char **arguments)
{
    drystone_link *link;
    mailbox *inbox;
    blob *picture;
    must(link_new(accepted(count > 1 ? arguments[1] : "picture"), NULL, &link), "link_new"); /* takes the descriptor */
    must(mailbox_new(0, &inbox), "mailbox_new");
    must(link_serve(link, "painter", 7, inbox), "link_serve"); /* letters to this name come into our mailbox */
    while (mailbox_length(inbox) == 0)
        must(link_turn(link, -1), "link_turn"); /* CLOSED when the sender has gone */
    must(mailbox_take(inbox, 0, &picture), "mailbox_take");

    size_t bytes = blob_length_bits(picture) / 8;
    printf("%zu bytes, the last is %d\n", bytes, blob_data(picture)[bytes - 1]);
    blob_destroy(picture);
    mailbox_destroy(inbox);
    link_free(link);
    return 0;
}
