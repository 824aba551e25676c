/* Bytes from a network: valid ones become a message, others give a status, and nothing leaks.
 *
 * prints: good: a message of 5 words
 * prints: cut off: ends too early
 * prints: changed: ok or refused, never worse
 */
#include <drystone.h>

#include <stdio.h>
#include <string.h>

static drystone_status receive(const uint8_t *bytes, size_t count, size_t *words)
{
    wota_limits limits = {.struct_size = sizeof limits, .max_depth = 32, .max_words = 1000};
    blob *message;
    drystone_status status = wota_from_bytes(bytes, count, WOTA_CLASSIC, &limits, &message);
    if (status != DRYSTONE_OK)
        return status;
    *words = blob_length_bits(message) / 64;
    blob_destroy(message);
    return DRYSTONE_OK;
}

int main(void)
{
    wota_writer *writer;
    blob *message, *bytes;
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
        return 1;
    wota_write_record(writer, 1);
    wota_write_text(writer, "name", 4);
    wota_write_integer(writer, 7);
    if (wota_writer_finish(writer, &message) != DRYSTONE_OK || wota_to_bytes(message, &bytes) != DRYSTONE_OK)
        return 1;

    uint8_t packet[256];
    size_t size = blob_length_bits(bytes) / 8, words = 0;
    memcpy(packet, blob_data(bytes), size);
    if (receive(packet, size, &words) == DRYSTONE_OK)
        printf("good: a message of %zu words\n", words);
    printf("cut off: %s\n", drystone_status_text(receive(packet, size - 8, &words)));
    for (size_t bit = 0; bit < 8 * size; bit += 1) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)receive(packet, size, &words);
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    printf("changed: ok or refused, never worse\n");
    blob_destroy(bytes);
    blob_destroy(message);
    wota_writer_free(writer);
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
