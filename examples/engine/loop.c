/* The loop: one thread that waits for time and for descriptors with poll. A mailbox is one of the descriptors. An
   engine with a loop of its own watches mailbox_descriptor there, and posts its timers as this one does. */
#include "engine.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

bool loop_start(struct loop *loop) {
    pthread_mutex_init(&loop->mutex, NULL);
    if (pipe(loop->wake) != 0)
        return false;
    return fcntl(loop->wake[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(loop->wake[1], F_SETFL, O_NONBLOCK) == 0;
}

void loop_end(struct loop *loop) {
    close(loop->wake[0]);
    close(loop->wake[1]);
    pthread_mutex_destroy(&loop->mutex);
}

bool loop_add_timer(struct loop *loop, struct actor *actor, int place, int64_t milliseconds) {
    struct timer *timer = malloc(sizeof *timer);
    if (timer == NULL)
        return false;
    *timer = (struct timer){ .actor = actor, .place = place, .due = now() + (milliseconds < 0 ? 0 : milliseconds) };
    pthread_mutex_lock(&loop->mutex);
    struct timer **at = &loop->timers;
    while (*at != NULL && (*at)->due <= timer->due)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
    bool earliest = loop->timers == timer;
    pthread_mutex_unlock(&loop->mutex);
    if (earliest)
        (void)!write(loop->wake[1], "", 1); /* a full pipe also wakes the loop */
    return true;
}

void loop_forget(struct loop *loop, const struct actor *actor) {
    pthread_mutex_lock(&loop->mutex);
    for (struct timer **at = &loop->timers, *timer; (timer = *at) != NULL;) {
        if (timer->actor == actor) {
            *at = timer->next;
            free(timer);
        } else {
            at = &timer->next;
        }
    }
    pthread_mutex_unlock(&loop->mutex);
}

/* Turns due timers into letters. Returns how long to wait for the next one, or -1 if there is none. An actor lives as
   long as it has timers here. */
static int run_timers(struct loop *loop) {
    int wait = -1;
    pthread_mutex_lock(&loop->mutex);
    while (loop->timers != NULL && wait < 0) {
        struct timer *timer = loop->timers;
        int64_t left = timer->due - now();
        if (left > 0) {
            wait = left > 1000 ? 1000 : (int)left;
            continue;
        }
        loop->timers = timer->next;
        actor_push(timer->actor, (struct letter){ .type = LETTER_TIMER, .timer = timer->place });
        schedule_wake(timer->actor);
        free(timer);
    }
    pthread_mutex_unlock(&loop->mutex);
    return wait;
}

bool loop_run(struct engine *engine, bool (*report)(void *context, blob *message), void *context) {
    struct pollfd descriptors[2] = { { .fd = engine->loop.wake[0], .events = POLLIN }, { .events = POLLIN } };
    if (mailbox_descriptor(engine->host, &descriptors[1].fd) != DRYSTONE_OK)
        return false;
    for (;;) {
        if (poll(descriptors, 2, run_timers(&engine->loop)) < 0)
            continue; /* a signal */
        char bytes[64];
        while (descriptors[0].revents != 0 && read(engine->loop.wake[0], bytes, sizeof bytes) > 0) {}
        blob *message;
        while (mailbox_take(engine->host, 0, &message) == DRYSTONE_OK) {
            bool more = report(context, message);
            blob_destroy(message);
            if (!more)
                return true;
        }
    }
}
