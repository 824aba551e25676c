/* Fills a picture in memory that another process can map, and sends it to `receive.c` without a copy.
 *
 * prints: sent
 */
#include <drystone.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void must(drystone_status status, const char *call)
{
    if (status != DRYSTONE_OK) {
        fprintf(stderr, "%s: %s\n", call, drystone_status_text(status));
        exit(1);
    }
}

static int connected(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name); /* after a NUL: such a name is no file */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
    int end = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (end < 0 || connect(end, (struct sockaddr *)&address, size) != 0) {
        perror("connect");
        exit(1);
    }
    return end;
}

int main(int count, char **arguments)
{
    drystone_link *link;
    mailbox *painter;
    uint8_t *pixels;
    must(link_new(connected(count > 1 ? arguments[1] : "picture"), NULL, &link), "link_new"); /* takes the descriptor */
    must(link_mailbox(link, "painter", 7, &painter), "link_mailbox"); /* a proxy: post to it from any thread */

    size_t bytes = 16000000;
    blob *picture = blob_new_shared(bytes * 8); /* lengths are in bits */
    must(picture == NULL ? DRYSTONE_NO_MEMORY : blob_writable(picture, &pixels), "blob_writable");
    memset(pixels, 7, bytes);
    must(blob_make_stone(picture), "blob_make_stone"); /* from now on nobody can change it */
    must(mailbox_post(painter, picture), "mailbox_post"); /* takes our count of the picture */

    link_statistics_t statistics = {.struct_size = sizeof statistics};
    while (statistics.sent == 0 || statistics.waiting != 0) {
        must(link_turn(link, -1), "link_turn"); /* sends what was posted */
        must(link_statistics(link, &statistics), "link_statistics");
    }
    printf("sent\n");
    mailbox_destroy(painter);
    link_free(link);
    return 0;
}
