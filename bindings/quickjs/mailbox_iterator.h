#ifndef DRYSTONE_QUICKJS_MAILBOX_ITERATOR_H
#define DRYSTONE_QUICKJS_MAILBOX_ITERATOR_H

#include "runtime.h"

/* The iterator for `for await`; it takes its own count on the mailbox. */
static JSValue mailbox_iterator_new(JSContext *ctx, struct module *module, mailbox *over);

#endif
