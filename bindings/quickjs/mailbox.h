/* Mailbox objects. */
#ifndef DRYSTONE_QUICKJS_MAILBOX_H
#define DRYSTONE_QUICKJS_MAILBOX_H

#include "runtime.h"

/* Takes over the caller's count, also when it fails. */
static JSValue mailbox_object_new(JSContext *ctx, struct module *module, mailbox *owned);
/* Borrowed. NULL: it is not a Mailbox; no exception. */
static mailbox *mailbox_of(struct module *module, JSValueConst value);

#endif
