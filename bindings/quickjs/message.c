#include "message.h"

#include "blob_object.h"
#include "view.h"

blob *message_of(JSContext *ctx, struct module *module, JSValueConst value) {
    blob *given = blob_of(module, value);
    if (given != NULL)
        return given;
    given = view_stone(ctx, module->state, value);
    return given != NULL && wota_is_message(given) ? given : NULL;
}
