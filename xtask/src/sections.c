/* Runs the examples of the header's sections, which leave nothing behind. */
int main(void)
{
  static const uint8_t bytes[5] = {'s', 't', 'o', 'n', 'e'};
  blob *stone = blob_from_bytes(bytes, sizeof bytes);
  wota_writer *writer;
  blob *message;
  if (stone == NULL || blob_make_stone(stone) != DRYSTONE_OK || wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK)
    return 1;
  wota_write_record(writer, 2);
  wota_write_text(writer, "name", 4);
  wota_write_text(writer, "a picture", 9);
  wota_write_text(writer, "data", 4);
  wota_write_blob(writer, stone);
  if (wota_writer_finish(writer, &message) != DRYSTONE_OK)
    return 1;
  wota_writer_free(writer);
  examples();
  blob_destroy(message);
  blob_destroy(stone);
  return drystone_blobs_alive() == 0 ? 0 : 1;
}
