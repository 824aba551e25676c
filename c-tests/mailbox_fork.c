/* Children that are forked while other threads post, take, open, find and make every other call: no call hangs in a
 * child. A watchdog ends a child that hangs, which fails the test. */
#define _GNU_SOURCE
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static mailbox *shared;
static atomic_bool stop;

static void nothing(void *context) { (void)context; }

/* Every mailbox call, over and over; the results do not matter here. */
static void use_everything(mailbox *box)
{
    mailbox *found = NULL;
    blob *letters[4];
    size_t count = 0;
    int descriptor;
    if (mailbox_find("of all", 6, &found) == DRYSTONE_OK)
        mailbox_destroy(found);
    if (mailbox_open("of one", 6, 0, &found) == DRYSTONE_OK)
        mailbox_destroy(found);
    for (int i = 0; i < 4; i += 1) {
        blob *letter = blob_new(8);
        drystone_status status = i == 0   ? mailbox_post_urgent(box, letter)
                                 : i == 1 ? mailbox_post_wait(box, letter, 0)
                                          : mailbox_post(box, letter);
        if (status != DRYSTONE_OK)
            blob_destroy(letter);
    }
    mailbox_length(box);
    mailbox_descriptor(box, &descriptor);
    mailbox_notify(box, nothing, NULL);
    mailbox_statistics_t statistics = {.struct_size = sizeof statistics};
    mailbox_statistics(box, &statistics);
    if (mailbox_take_many(box, letters, 4, 0, &count) == DRYSTONE_OK)
        for (size_t i = 0; i < count; i += 1)
            blob_destroy(letters[i]);
    mailbox_notify(box, NULL, NULL);
    mailbox_sweep(box);
}

static void *keep_busy(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop))
        use_everything(shared);
    return NULL;
}

/* Ends as another program, so that no tool reports memory of threads that do not exist in the child. */
static void end_well(void)
{
    execlp("true", "true", (char *)NULL);
    _exit(1);
}

static void in_child(void)
{
    alarm(20); /* ends the process if something hangs */
    use_everything(shared);
    /* New mailboxes of the child work without restriction. */
    mailbox *box = NULL, *found = NULL;
    blob *letter = NULL;
    CHECK_OK(mailbox_open("child's", 7, 0, &box));
    CHECK_OK(mailbox_find("child's", 7, &found));
    CHECK(found == box);
    CHECK_OK(mailbox_post(found, blob_new(8)));
    int descriptor = -1;
    CHECK_OK(mailbox_descriptor(box, &descriptor));
    CHECK_OK(mailbox_take(box, -1, &letter));
    blob_destroy(letter);
    use_everything(box);
    mailbox_close(shared);
    mailbox_destroy(found);
    mailbox_destroy(box);
    mailbox_destroy(shared);
    end_well();
}

/* In a child of a process without other activity everything works as before. */
static void quiet(void)
{
    mailbox *box = NULL;
    CHECK_OK(mailbox_open("quiet", 5, 0, &box));
    CHECK_OK(mailbox_post(box, message_of_integer(7)));
    int descriptor = -1;
    CHECK_OK(mailbox_descriptor(box, &descriptor));
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(20);
        mailbox *found = NULL;
        blob *letter = NULL;
        CHECK_OK(mailbox_find("quiet", 5, &found));
        CHECK(found == box);
        CHECK_OK(mailbox_take(box, -1, &letter));
        CHECK_EQUAL(7, (uint64_t)integer_of_message(letter));
        blob_destroy(letter);
        end_well();
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    /* The child's takes do not affect this process's letters or descriptor. */
    uint64_t raised = 0;
    CHECK_EQUAL(sizeof raised, (uint64_t)read(descriptor, &raised, sizeof raised));
    CHECK_EQUAL(1, mailbox_length(box));
    mailbox_destroy(box);
}

int main(void)
{
    enum { THREADS = 3 };
    quiet();
    CHECK_OK(mailbox_open("of all", 6, 64, &shared));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i += 1)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, keep_busy, NULL));
    for (int i = 0; i < (int)test_size(100, 5); i += 1) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            in_child();
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i += 1)
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    mailbox_destroy(shared);
    return test_end("mailbox_fork");
}
