/* What the files of the host share. */
#ifndef DRYSTONE_QUICKJS_HOST_H
#define DRYSTONE_QUICKJS_HOST_H

#include <stdbool.h>
#include <string.h>

#include "drystone_quickjs.h"

void check(bool condition, const char *what, long detail);
bool checks_failed(void);

JSContext *new_context(JSRuntime *runtime);
/* A runtime that ends the process when it is freed with anything left over. */
JSRuntime *new_strict_runtime(void);
/* Compiles and runs a module. False: an exception, which is dropped. */
bool import_source(JSContext *ctx, const char *source);
/* -1: an exception, which is dropped. */
int evaluate_int(JSContext *ctx, const char *source);
void run_jobs(JSRuntime *runtime);
/* Whether the pending exception, which is dropped, has this code. */
bool threw(JSContext *ctx, const char *code);

/* A context with the module as `drystone`, and with the globals `letter` and `read` (encode and decode), `log`, an array,
   and `code`, a function that gives the code of what a function throws. */
JSContext *context_with_module(JSRuntime *runtime);
/* Checks a condition in JavaScript. */
void expect(JSContext *ctx, const char *condition);
/* Runs a script and the jobs that it leaves. */
void run(JSContext *ctx, const char *source);

/* host_work.c */

/* A module that defines the functions `work` and `clear`, which drops everything that `work` keeps; the result of
   `work`; and whether the module has a function `left`, which returns 0 when nothing of its work is left. */
struct work {
    const char *program;
    int good;
    bool has_left;
};

void work_without_memory(const struct work *what, long step, bool for_good);
void work_within_a_limit(const struct work *what, size_t step);

/* Imports the program, does its work and runs `keep`, which returns 1; then the runtime ends while the objects that `keep`
   made are alive. Runs once in one context, and once in the first of two: `in_two_contexts` continues with both and
   frees them. */
void alive_at_the_end(const struct work *what, const char *keep,
                      void (*in_two_contexts)(JSContext *first, JSContext *second));

/* The first of two runtimes posts, the second one takes. Each script comes with its expected result. */
struct passing {
    const struct work *what;
    const char *post;
    int posted;
    const char *before_take; /* returns 0; NULL: none */
    const char *take;
    int taken;
    const char *afterwards; /* when the first runtime is gone */
    int left;
};

void between_runtimes(const struct passing *passing);

/* An allocator that fails at the n-th call, and with `for_good` at all later ones. */
struct failing {
    long until; /* 0: never */
    bool for_good, failed;
};

JSRuntime *new_failing_runtime(struct failing *failing);

/* host_classes.c: first of all, while no runtime was made yet */
void class_checks(void);

/* host_contexts.c */
void context_checks(bool quick);

/* host_interface.c */
void interface_checks(bool quick);

/* host_bucket.c */
void bucket_checks(bool quick);

/* host_values.c */
void value_checks(bool quick);

/* host_calls.c */
void call_checks(bool quick);

/* host_records.c */
void record_checks(void);

/* host_wait.c */
void wait_checks(bool quick);

/* host_link.c */
void link_checks(bool quick);

/* host_post.c, which is empty without DRYSTONE_QUICKJS_POST */
void post_checks(bool quick);

#endif
