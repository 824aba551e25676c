/* A buffer becomes a stone: it is never copied, and is released when the last count is dropped.
 *
 * prints: a part: 4 bytes of the same memory
 * prints: released after the last count
 */
#include <drystone.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release(void *context, uint8_t *data, size_t bits)
{
    (void)bits;
    free(data);
    *(bool *)context = true;
}

int main(void)
{
    bool released = false;
    uint8_t *pixels = malloc(1000);
    if (pixels == NULL)
        return 1;
    memset(pixels, 7, 1000);

    blob *picture = blob_wrap_owned(pixels, 1000 * 8, release, &released); /* lengths are in bits */
    blob *part;
    if (picture == NULL || blob_slice(picture, 100 * 8, 104 * 8, &part) != DRYSTONE_OK)
        return 1;
    blob_destroy(picture); /* the part keeps the memory */
    if (!released && blob_data(part) == pixels + 100)
        printf("a part: %zu bytes of the same memory\n", blob_length_bits(part) / 8);
    blob_destroy(part);
    if (released)
        printf("released after the last count\n");
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
