/* The nota.Feeder class: Nota values from pieces, such as a socket delivers. */
#include "feeder.h"

#include "arguments.h"
#include "blob_object.h"
#include "bytes.h"
#include "define.h"
#include "error.h"
#include "part.h"

struct feeder {
    nota_feeder *pieces;
    wota_limits limits;
};

static void feeder_finalizer(JSRuntime *runtime, JSValueConst value) {
    JSClassID class_id;
    struct feeder *feeder = JS_GetAnyOpaque(value, &class_id);
    if (feeder == NULL)
        return;
    nota_feeder_free(feeder->pieces);
    js_free_rt(runtime, feeder);
}

static const JSClassDef feeder_class = { .class_name = "Feeder", .finalizer = feeder_finalizer };

static int limits_of(JSContext *ctx, JSValueConst options, wota_limits *limits) {
    static const char doing[] = "new nota.Feeder";
    uint64_t depth = 0, words = 0;
    if (count_option(ctx, options, "maxDepth", doing, &depth) < 0 ||
        count_option(ctx, options, "maxWords", doing, &words) < 0)
        return -1;
    *limits = (wota_limits){ .struct_size = sizeof *limits,
                             .max_depth = depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth,
                             .max_words = words };
    return 0;
}

/* NULL: an exception is pending. */
static struct feeder *feeder_new(JSContext *ctx, const wota_limits *limits) {
    struct feeder *feeder = js_mallocz(ctx, sizeof *feeder);
    if (feeder == NULL)
        return NULL;
    feeder->limits = *limits;
    drystone_status status = nota_feeder_new(&feeder->limits, &feeder->pieces);
    if (status != DRYSTONE_OK) {
        js_free(ctx, feeder);
        throw_status(ctx, status, "new nota.Feeder");
        return NULL;
    }
    return feeder;
}

MODULE_FUNCTION(feeder_constructor) {
    struct module *module = module_of_data(data);
    if (!JS_IsConstructor(ctx, this_value))
        return throw_status(ctx, DRYSTONE_INVALID_ARGUMENT, "nota.Feeder must be called with new");
    wota_limits limits;
    if (limits_of(ctx, argv[0], &limits) < 0)
        return JS_EXCEPTION;
    JSValue object = object_of_target(ctx, module, this_value, FEEDER_CLASS);
    if (JS_IsException(object))
        return object;
    struct feeder *feeder = feeder_new(ctx, &limits);
    if (feeder == NULL) {
        JS_FreeValue(ctx, object);
        return JS_EXCEPTION;
    }
    JS_SetOpaque(object, feeder);
    return object;
}

static struct feeder *this_feeder(JSContext *ctx, struct module *module, JSValueConst this_value) {
    struct feeder *self = JS_GetOpaque(this_value, module->state->class_ids[FEEDER_CLASS]);
    if (self == NULL)
        throw_status(ctx, DRYSTONE_WRONG_TYPE, "this is not a nota.Feeder");
    return self;
}

static JSValue fed(JSContext *ctx, size_t taken, bool complete) {
    JSValue result = JS_NewObject(ctx);
    if (JS_IsException(result))
        return result;
    if (JS_DefinePropertyValueStr(ctx, result, "taken", JS_NewInt64(ctx, (int64_t)taken), JS_PROP_C_W_E) < 0 ||
        JS_DefinePropertyValueStr(ctx, result, "complete", JS_NewBool(ctx, complete), JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, result);
        return JS_EXCEPTION;
    }
    return result;
}

MODULE_FUNCTION(feed_method) {
    static const char doing[] = "nota.Feeder.prototype.feed";
    struct module *module = module_of_data(data);
    struct feeder *self = this_feeder(ctx, module, this_value);
    struct bytes bytes;
    blob *copy = NULL;
    if (self == NULL || bytes_needed(ctx, module, argv[0], doing, &bytes) < 0)
        return JS_EXCEPTION;
    size_t taken = 0;
    drystone_status status = bytes_settle(&bytes, &copy);
    if (status == DRYSTONE_OK)
        status = nota_feeder_feed(self->pieces, bytes.data, bytes.length, &taken);
    blob_destroy(copy);
    if (status == DRYSTONE_OK || status == DRYSTONE_TRUNCATED)
        return fed(ctx, taken, status == DRYSTONE_OK);
    return throw_status(ctx, status, doing);
}

MODULE_FUNCTION(take_method) {
    struct module *module = module_of_data(data);
    struct feeder *self = this_feeder(ctx, module, this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    blob *message = NULL;
    drystone_status status = nota_feeder_take(self->pieces, &self->limits, &message);
    if (status != DRYSTONE_OK)
        return throw_status(ctx, status, "nota.Feeder.prototype.take");
    return blob_object_new(ctx, module, message);
}

MODULE_FUNCTION(reset_method) {
    struct feeder *self = this_feeder(ctx, module_of_data(data), this_value);
    if (self == NULL)
        return JS_EXCEPTION;
    nota_feeder_reset(self->pieces);
    return JS_UNDEFINED;
}

static const struct method feeder_methods[] = {
    METHOD("feed", feed_method, 1, 0),
    METHOD("take", take_method, 0, 0),
    METHOD("reset", reset_method, 0, 0),
};

static const struct shape feeder_shape = { .name = "Feeder",
                                           METHODS(feeder_methods),
                                           .constructor = feeder_constructor,
                                           .length = 1 };

JSValue feeder_class_new(JSContext *ctx, JSValueConst module_object) {
    return define_class(ctx, module_object, FEEDER_CLASS, &feeder_shape);
}

static const struct part feeder_part = { .definition = &feeder_class, .class_index = FEEDER_CLASS };
