/* libdrystone_post as C programs use it, over the store for tests. */
#include "drystone_post.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                  \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static blob *stone_of(size_t bytes) {
  blob *stone = blob_new(bytes * 8);
  uint8_t *data;
  CHECK(stone != NULL && blob_writable(stone, &data) == DRYSTONE_OK);
  for (size_t place = 0; place < bytes; place++)
    data[place] = (uint8_t)(place ^ (place >> 8) ^ (place >> 16));
  CHECK(blob_make_stone(stone) == DRYSTONE_OK);
  return stone;
}

static blob *message_of(blob *stone) {
  wota_writer *writer;
  blob *message;
  CHECK(wota_writer_new(WOTA_CLASSIC, &writer) == DRYSTONE_OK);
  CHECK(wota_write_array(writer, 3) == DRYSTONE_OK);
  for (int times = 0; times < 3; times++)
    CHECK(wota_write_blob(writer, stone) == DRYSTONE_OK);
  CHECK(wota_writer_finish(writer, &message) == DRYSTONE_OK);
  wota_writer_free(writer);
  return message;
}

static post_counts counts_of(const post_office *office) {
  post_counts counts = {.struct_size = sizeof counts};
  CHECK(post_office_counts(office, &counts) == DRYSTONE_OK);
  return counts;
}

static void letters_arrive(void) {
  post_carrier *here, *there;
  post_office *sender, *receiver;
  mailbox *proxy, *same, *own;
  CHECK(post_carrier_memory(0, &here, &there) == DRYSTONE_OK);
  CHECK(post_office_open(here, NULL, &sender) == DRYSTONE_OK);
  CHECK(post_office_open(there, NULL, &receiver) == DRYSTONE_OK);
  CHECK(mailbox_new(0, &own) == DRYSTONE_OK);
  CHECK(post_office_serve(receiver, "painter", 7, own) == DRYSTONE_OK);
  CHECK(post_office_mailbox(sender, "painter", 7, &proxy) == DRYSTONE_OK);
  CHECK(post_office_mailbox(sender, "painter", 7, &same) == DRYSTONE_OK && same == proxy);
  mailbox_destroy(same);

  blob *stone = stone_of(3000001);
  CHECK(mailbox_post(proxy, message_of(stone)) == DRYSTONE_OK);
  CHECK(mailbox_post(proxy, stone_of(5)) == DRYSTONE_OK);
  CHECK(post_office_flush(sender, -1) == DRYSTONE_OK);
  CHECK(counts_of(sender).sent == 2 && counts_of(sender).waiting == 0);

  blob *letter;
  CHECK(mailbox_take(own, -1, &letter) == DRYSTONE_OK && wota_is_message(letter));
  wota_view root, element;
  const blob *arrived;
  CHECK(wota_view_of(letter, 0, &root) == DRYSTONE_OK);
  CHECK(wota_view_element(&root, 2, &element) == DRYSTONE_OK);
  blob *counted;
  CHECK(wota_view_blob(&element, &counted) == DRYSTONE_OK);
  arrived = counted;
  CHECK(arrived != stone && blob_equal(arrived, stone));
  blob_destroy(counted);
  blob_destroy(letter);
  CHECK(mailbox_take(own, -1, &letter) == DRYSTONE_OK && blob_length_bits(letter) == 40);
  blob_destroy(letter);
  blob_destroy(stone);

  /* A child that fork made has no office. */
  pid_t child = fork();
  if (child == 0) {
    mailbox *none;
    int closed = post_office_flush(sender, 0) == DRYSTONE_CLOSED && post_office_mailbox(sender, "b", 1, &none) == DRYSTONE_CLOSED &&
                 post_office_close(sender, 0) == DRYSTONE_CLOSED;
    /* Not by _exit, before which valgrind would find what belongs to the parent's threads. */
    if (closed)
      kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

  CHECK(post_office_close(sender, 1000) == DRYSTONE_OK);
  CHECK(post_office_close(receiver, 0) == DRYSTONE_OK);
  blob *late = stone_of(1);
  CHECK(mailbox_post(proxy, late) == DRYSTONE_CLOSED);
  blob_destroy(late);
  mailbox_destroy(proxy);
  mailbox_destroy(own);
}

/* A store without room, and a mailbox for what comes back. */
static void returned_letters(void) {
  post_carrier *here, *there;
  post_office *sender;
  mailbox *proxy, *returned;
  CHECK(mailbox_new(0, &returned) == DRYSTONE_OK);
  post_options options = {.struct_size = sizeof options, .returned = returned, .max_letters = 2};
  CHECK(post_carrier_memory(100000, &here, &there) == DRYSTONE_OK);
  CHECK(post_office_open(here, &options, &sender) == DRYSTONE_OK);
  CHECK(post_office_mailbox(sender, "a", 1, &proxy) == DRYSTONE_OK);
  blob *first = stone_of(60000), *second = stone_of(70000);
  CHECK(mailbox_post(proxy, first) == DRYSTONE_OK);
  CHECK(post_office_flush(sender, -1) == DRYSTONE_OK);
  CHECK(mailbox_post(proxy, second) == DRYSTONE_OK);
  CHECK(post_office_flush(sender, 100) == DRYSTONE_LIMIT_EXCEEDED);
  CHECK(counts_of(sender).full > 0 && counts_of(sender).waiting == 1);
  CHECK(post_office_close(sender, 0) == DRYSTONE_LIMIT_EXCEEDED);
  blob *letter;
  CHECK(mailbox_take(returned, 0, &letter) == DRYSTONE_OK && letter == second);
  blob_destroy(letter);
  CHECK(mailbox_take(returned, 0, &letter) == DRYSTONE_END);
  mailbox_destroy(proxy);
  mailbox_destroy(returned);
  post_carrier_free(there);
}

static void faulty_calls(void) {
  post_carrier *here, *there;
  post_office *office;
  mailbox *own, *proxy;
  char text[65];
  memset(text, 'x', sizeof text);
  CHECK(mailbox_new(0, &own) == DRYSTONE_OK);
  CHECK(post_carrier_memory(0, NULL, &there) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_carrier_memory(0, &here, NULL) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_carrier_nats(NULL, NULL) == DRYSTONE_INVALID_ARGUMENT);
  nats_carrier_options nats = {.struct_size = sizeof nats - 1};
  CHECK(post_carrier_nats(&nats, &here) == DRYSTONE_INVALID_ARGUMENT);
  nats.struct_size = sizeof nats;
  nats.servers = "\xff";
  CHECK(post_carrier_nats(&nats, &here) == DRYSTONE_INVALID_ARGUMENT);
  nats.servers = "127.0.0.1:9";
  nats.user = "without a password";
  CHECK(post_carrier_nats(&nats, &here) == DRYSTONE_INVALID_ARGUMENT);
  nats.user = NULL;
  nats.stream = "two words";
  CHECK(post_carrier_nats(&nats, &here) == DRYSTONE_INVALID_ARGUMENT);
  nats.stream = NULL;
  CHECK(post_carrier_nats(&nats, &here) == DRYSTONE_NOT_FOUND);

  CHECK(post_office_open(NULL, NULL, &office) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_carrier_memory(0, &here, &there) == DRYSTONE_OK);
  CHECK(post_office_open(here, NULL, NULL) == DRYSTONE_INVALID_ARGUMENT); /* and here is gone */
  post_options options = {.struct_size = sizeof options - 1};
  CHECK(post_office_open(there, &options, &office) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_carrier_memory(0, &here, &there) == DRYSTONE_OK);
  post_limits limits = {.struct_size = 3};
  options.struct_size = sizeof options;
  options.limits = &limits;
  CHECK(post_office_open(there, &options, &office) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_open(here, NULL, &office) == DRYSTONE_OK);

  CHECK(post_office_mailbox(NULL, "a", 1, &proxy) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_mailbox(office, NULL, 1, &proxy) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_mailbox(office, "a", 0, &proxy) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_mailbox(office, text, sizeof text, &proxy) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_mailbox(office, "a", 1, NULL) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_serve(NULL, "a", 1, own) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_serve(office, NULL, 1, own) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_serve(office, "a", 0, own) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_serve(office, text, sizeof text, own) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_serve(office, "a", 1, NULL) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_flush(NULL, 0) == DRYSTONE_INVALID_ARGUMENT);
  post_counts counts = {.struct_size = sizeof counts - 1};
  CHECK(post_office_counts(office, &counts) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_counts(office, NULL) == DRYSTONE_INVALID_ARGUMENT);
  counts.struct_size = sizeof counts;
  CHECK(post_office_counts(NULL, &counts) == DRYSTONE_INVALID_ARGUMENT);
  CHECK(post_office_close(NULL, 0) == DRYSTONE_OK);
  post_carrier_free(NULL);
  CHECK(post_office_close(office, 0) == DRYSTONE_OK);
  mailbox_destroy(own);
}

int main(void) {
  CHECK(post_abi_version() == POST_ABI_VERSION);
  letters_arrive();
  CHECK(drystone_blobs_alive() == 0);
  returned_letters();
  CHECK(drystone_blobs_alive() == 0);
  faulty_calls();
  CHECK(drystone_blobs_alive() == 0);
  puts("post: good");
  return 0;
}
