#include "figures.h"

JSValue object_of_figures(JSContext *ctx, const struct figure *figures, size_t count) {
    JSValue object = JS_NewObject(ctx);
    for (size_t i = 0; !JS_IsException(object) && i < count; i++) {
        JSValue value = JS_NewInt64(ctx, (int64_t)figures[i].value);
        if (JS_DefinePropertyValueStr(ctx, object, figures[i].name, value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            object = JS_EXCEPTION;
        }
    }
    return object;
}
