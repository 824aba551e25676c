/* Notification of letters: descriptors for poll, and functions that the poster calls. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

static mailbox *new_mailbox(void)
{
    mailbox *box = NULL;
    CHECK_OK(mailbox_new(0, &box));
    return box;
}

static void post(mailbox *box) { CHECK_OK(mailbox_post(box, blob_new(8))); }

static void take(mailbox *box)
{
    blob *letter = NULL;
    CHECK_OK(mailbox_take(box, 0, &letter));
    blob_destroy(letter);
}

static bool readable(int descriptor)
{
    struct pollfd ask = {.fd = descriptor, .events = POLLIN};
    int found = poll(&ask, 1, 0);
    CHECK(found >= 0 && (ask.revents & ~POLLIN) == 0);
    return found == 1;
}

static int descriptor_of(mailbox *box)
{
    int descriptor = -1;
    CHECK_OK(mailbox_descriptor(box, &descriptor));
    CHECK(descriptor >= 0);
    return descriptor;
}

static void descriptors(void)
{
    mailbox *box = new_mailbox();
    post(box);
    int descriptor = descriptor_of(box);
    CHECK(readable(descriptor)); /* letters from before the descriptor was made */
    CHECK_EQUAL((uint64_t)descriptor, (uint64_t)descriptor_of(box));
    CHECK((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
    take(box);
    CHECK(!readable(descriptor));
    for (int letters = 1; letters < 4; letters += 1) {
        for (int i = 0; i < letters; i += 1) {
            post(box);
            CHECK(readable(descriptor));
        }
        for (int i = 0; i < letters; i += 1) {
            CHECK(readable(descriptor));
            take(box);
        }
        CHECK(!readable(descriptor));
    }
    CHECK_OK(mailbox_post_urgent(box, blob_new(8)));
    CHECK(readable(descriptor));
    blob *letters[4];
    size_t count;
    post(box);
    CHECK_OK(mailbox_take_many(box, letters, 4, 0, &count));
    CHECK_EQUAL(2, count);
    for (size_t i = 0; i < count; i += 1)
        blob_destroy(letters[i]);
    CHECK(!readable(descriptor));
    post(box);
    CHECK_EQUAL(1, mailbox_sweep(box));
    CHECK(!readable(descriptor));
    mailbox_close(box);
    CHECK(readable(descriptor));
    mailbox_destroy(box);
    CHECK(fcntl(descriptor, F_GETFD) == -1 && errno == EBADF);
}

/* A process without free descriptors gets a status, and the mailbox keeps working. */
static void no_descriptors_left(void)
{
    struct rlimit limit, none;
    CHECK_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    none = limit;
    none.rlim_cur = 0;
    mailbox *box = new_mailbox();
    int descriptor = 77;
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &none));
    CHECK_STATUS(DRYSTONE_LIMIT_EXCEEDED, mailbox_descriptor(box, &descriptor));
    CHECK_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));
    CHECK_EQUAL(77, descriptor);
    post(box);
    CHECK(readable(descriptor_of(box)));
    take(box);
    mailbox_destroy(box);
}

struct work {
    mailbox *box;
    int64_t count;
};

static void *post_many(void *argument)
{
    struct work *work = argument;
    for (int64_t i = 0; i < work->count; i += 1)
        post(work->box);
    return NULL;
}

/* Two threads post, this one polls and takes one letter at a time: no letter is missed. */
static void polling(void)
{
    struct work work = {.box = new_mailbox(), .count = (int)test_size(20000, 100)};
    int descriptor = descriptor_of(work.box);
    pthread_t threads[2];
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, post_many, &work));
    for (int64_t taken = 0; taken < 2 * work.count;) {
        struct pollfd ask = {.fd = descriptor, .events = POLLIN};
        CHECK_EQUAL(1, poll(&ask, 1, 60000));
        blob *letter;
        drystone_status status = mailbox_take(work.box, 0, &letter);
        if (status == DRYSTONE_OK) {
            blob_destroy(letter);
            taken += 1;
        } else {
            CHECK_STATUS(DRYSTONE_END, status);
        }
    }
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    CHECK(!readable(descriptor));
    mailbox_destroy(work.box);
}

static void count_calls(void *context) { atomic_fetch_add((atomic_int *)context, 1); }

static void notifications(void)
{
    atomic_int calls = 0;
    mailbox *box = new_mailbox();
    CHECK_OK(mailbox_notify(box, count_calls, &calls));
    CHECK_EQUAL(0, calls);
    post(box);
    CHECK_EQUAL(1, calls);
    post(box);
    CHECK_EQUAL(1, calls); /* it was not empty */
    take(box);
    post(box);
    CHECK_EQUAL(1, calls);
    take(box);
    take(box);
    post(box);
    CHECK_EQUAL(2, calls);
    /* A second function is called at once, as there is a letter. */
    atomic_int others = 0;
    CHECK_OK(mailbox_notify(box, count_calls, &others));
    CHECK(calls == 2 && others == 1);
    CHECK_EQUAL(1, mailbox_sweep(box));
    CHECK_OK(mailbox_post_urgent(box, blob_new(8)));
    CHECK(calls == 2 && others == 2);
    take(box);
    CHECK_OK(mailbox_notify(box, NULL, NULL));
    post(box);
    mailbox_close(box);
    CHECK(calls == 2 && others == 2);
    mailbox_destroy(box);
}

struct pair {
    mailbox *here, *there;
    int left;
    bool removed;
};

/* Posts to the other mailbox, whose function posts back: calls nest, and none waits for another's lock. */
static void post_on(void *context)
{
    struct pair *pair = context;
    take(pair->here);
    mailbox *next = pair->there;
    pair->there = pair->here;
    pair->here = next;
    if (pair->left > 0) {
        pair->left -= 1;
        post(next);
    }
}

static void remove_itself(void *context)
{
    struct pair *pair = context;
    CHECK_OK(mailbox_notify(pair->here, NULL, NULL));
    pair->removed = true;
}

static void calls_may_post_and_remove(void)
{
    struct pair pair = {.here = new_mailbox(), .there = new_mailbox(), .left = 20};
    CHECK_OK(mailbox_notify(pair.here, post_on, &pair));
    CHECK_OK(mailbox_notify(pair.there, post_on, &pair));
    post(pair.here);
    CHECK_EQUAL(0, pair.left);
    CHECK(mailbox_length(pair.here) == 0 && mailbox_length(pair.there) == 0);
    CHECK_OK(mailbox_notify(pair.here, remove_itself, &pair));
    post(pair.here);
    CHECK(pair.removed);
    take(pair.here);
    pair.removed = false;
    post(pair.here);
    CHECK(!pair.removed);
    mailbox_destroy(pair.here);
    mailbox_destroy(pair.there);
}

/* A function that blocks another thread until it is released. */
struct gate {
    atomic_bool entered, open, left;
};

static void wait_at_gate(void *context)
{
    struct gate *gate = context;
    atomic_store(&gate->entered, true);
    while (!atomic_load(&gate->open))
        sched_yield();
    atomic_store(&gate->left, true);
}

static void *open_gate(void *context)
{
    struct gate *gate = context;
    for (int i = 0; i < 1000; i += 1)
        sched_yield();
    atomic_store(&gate->open, true);
    return NULL;
}

static void removing_waits_for_the_call(void)
{
    for (int round = 0; round < (int)test_size(50, 3); round += 1) {
        struct gate gate = {false, false, false};
        struct work work = {.box = new_mailbox(), .count = 1};
        pthread_t poster, opener;
        CHECK_OK(mailbox_notify(work.box, wait_at_gate, &gate));
        CHECK_EQUAL(0, pthread_create(&poster, NULL, post_many, &work));
        while (!atomic_load(&gate.entered))
            sched_yield();
        CHECK_EQUAL(0, pthread_create(&opener, NULL, open_gate, &gate));
        CHECK_OK(mailbox_notify(work.box, NULL, NULL));
        CHECK(atomic_load(&gate.left));
        CHECK_EQUAL(0, pthread_join(opener, NULL));
        CHECK_EQUAL(0, pthread_join(poster, NULL));
        mailbox_destroy(work.box);
    }
}

/* A scheduler of one actor: the notification queues it, and it runs until its mailbox is empty. Every letter is
 * handled. */
struct actor {
    mailbox *box;
    atomic_int queued;
};

static void queue_actor(void *context) { atomic_fetch_add(&((struct actor *)context)->queued, 1); }

static void scheduling(void)
{
    struct actor actor = {.box = new_mailbox(), .queued = 0};
    struct work work = {.box = actor.box, .count = (int)test_size(20000, 100)};
    CHECK_OK(mailbox_notify(actor.box, queue_actor, &actor));
    pthread_t threads[2];
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, post_many, &work));
    int64_t taken = 0;
    while (taken < 2 * work.count) {
        while (atomic_load(&actor.queued) == 0)
            sched_yield();
        atomic_fetch_sub(&actor.queued, 1);
        blob *letter;
        while (mailbox_take(actor.box, 0, &letter) == DRYSTONE_OK) {
            blob_destroy(letter);
            taken += 1;
        }
    }
    for (int i = 0; i < 2; i += 1)
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    mailbox_destroy(actor.box);
}

int main(void)
{
    descriptors();
    no_descriptors_left();
    polling();
    notifications();
    calls_may_post_and_remove();
    removing_waits_for_the_call();
    scheduling();
    return test_end("mailbox_watch");
}
