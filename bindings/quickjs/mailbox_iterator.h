#ifndef DRYSTONE_QUICKJS_MAILBOX_ITERATOR_H
#define DRYSTONE_QUICKJS_MAILBOX_ITERATOR_H

#include "runtime.h"

/* What `for await` gets; it takes a count of its own on the mailbox. */
static JSValue mailbox_iterator_new(JSContext *ctx, struct module *module, mailbox *over);

#endif
