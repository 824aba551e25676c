/* Waiting for letters without blocking: promises and onletter functions. */
#ifndef DRYSTONE_QUICKJS_READER_H
#define DRYSTONE_QUICKJS_READER_H

#include "runtime.h"

/* A promise for the next letter: resolved with the letter, or null at the end; if `iterator` is an object, with the
   result object of an iterator. */
static JSValue next_letter(JSContext *ctx, struct module *module, mailbox *from, JSValueConst iterator);
/* Settles the pending promises of an iterator without a letter. */
static int give_up_letters(JSContext *ctx, struct module *module, mailbox *from, JSValueConst iterator);

static JSValue letter_handler(JSContext *ctx, struct module *module, mailbox *of);
/* `object` is the Mailbox; undefined for the handler removes it. */
static int set_letter_handler(JSContext *ctx, struct module *module, mailbox *of, JSValueConst object,
                              JSValueConst handler);

#endif
