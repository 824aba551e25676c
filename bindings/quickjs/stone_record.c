/* Records of messages: objects of an exotic class, whose methods the engine calls for every property. A field is read once
   and then kept, so it is always the same value. For records with many fields a hidden ordinary object keeps them; the
   same object, completed and frozen, also serves the rarely used operations. */
#include "key.h"
#include "part.h"
#include "stone_fields.h"
#include "stone_place.h"
#include "stone_value.h"

static struct stone_place *place_of_record(JSValueConst record) {
    JSClassID class_id;
    return JS_GetAnyOpaque(record, &class_id);
}

/* Whether the record keeps its fields in `fields`, not in `level`. */
static bool has_few(struct stone_place *place) {
    if (UNLIKELY(place->size == SIZE_UNKNOWN))
        place->size = fields_are_few(place) ? SIZE_FEW : SIZE_MANY;
    return place->size == SIZE_FEW;
}

/* Copies a field to `level`; a field that was read before stays the same value. -1: an exception is pending. */
static int add_field(JSContext *ctx, struct stone_place *place, const wota_view *key, const wota_view *value,
                     JSValueConst level) {
    JSPropertyDescriptor known;
    bool index = false;
    JSAtom name = key_of_view(ctx, place->state, key, &index);
    if (name == JS_ATOM_NULL)
        return -1;
    JSValue field = JS_UNDEFINED;
    int has = 0;
    if (has_few(place))
        has = fields_find(ctx, place, name, &field);
    else if (!JS_IsUndefined(place->level) && (has = JS_GetOwnProperty(ctx, &known, place->level, name)) > 0)
        field = known.value;
    if (has == 0)
        field = stone_value(ctx, place->module_object, value);
    /* a repeated key keeps its first value, because the property is read-only */
    int added = has < 0 || JS_IsException(field)
                    ? -1
                    : JS_DefinePropertyValue(ctx, level, name, field, JS_PROP_ENUMERABLE);
    JS_FreeAtom(ctx, name);
    return added < 0 ? -1 : 0;
}

/* All fields, in the order of an ordinary object's properties. */
static int complete_level(JSContext *ctx, struct stone_place *place) {
    if (LIKELY(place->complete))
        return 0;
    uint64_t count = 0;
    wota_view next, key, value;
    drystone_status status = wota_view_count(&place->view, &count);
    if (status == DRYSTONE_OK)
        status = wota_view_children(&place->view, &next);
    JSValue level = JS_NewObjectProto(ctx, JS_NULL);
    int result = JS_IsException(level) ? -1 : 0;
    for (uint64_t number = 0; number < count && result == 0 && status == DRYSTONE_OK; number++) {
        status = wota_view_next(&next, &key);
        if (status == DRYSTONE_OK)
            status = wota_view_next(&next, &value);
        if (status == DRYSTONE_OK)
            result = add_field(ctx, place, &key, &value, level);
    }
    if (result == 0 && status != DRYSTONE_OK) {
        place_fail(ctx, status);
        result = -1;
    }
    if (result == 0 && JS_PreventExtensions(ctx, level) < 0)
        result = -1;
    if (result < 0) {
        JS_FreeValue(ctx, level);
        return -1;
    }
    JS_FreeValue(ctx, place->level);
    place->level = level;
    place->complete = true;
    return 0;
}

/* 1: there is such a field, and `value` is its. */
static int read_field(JSContext *ctx, struct stone_place *place, JSAtom name, JSValue *value) {
    wota_view field;
    struct key_text key;
    int named = key_text_begin(ctx, place->state, name, &key);
    if (named <= 0)
        return named;
    drystone_status status = wota_view_field(&place->view, key.text, key.length, &field);
    key_text_end(ctx, &key);
    if (status == DRYSTONE_NOT_FOUND)
        return 0;
    *value = status == DRYSTONE_OK ? stone_value(ctx, place->module_object, &field)
                                   : place_fail(ctx, status);
    if (JS_IsException(*value))
        return -1;
    if (JS_IsUndefined(place->level)) {
        JSValue level = JS_NewObjectProto(ctx, JS_NULL);
        if (JS_IsException(level)) {
            JS_FreeValue(ctx, *value);
            return -1;
        }
        place->level = level;
    }
    if (JS_DefinePropertyValue(ctx, place->level, name, JS_DupValue(ctx, *value), JS_PROP_ENUMERABLE) >= 0)
        return 1;
    JS_FreeValue(ctx, *value);
    return -1;
}

static int record_get_own_property(JSContext *ctx, JSPropertyDescriptor *descriptor, JSValueConst record,
                                   JSAtom name) {
    struct stone_place *place = place_of_record(record);
    JSValue value = JS_UNDEFINED;
    int has;
    if (LIKELY(has_few(place))) {
        has = fields_find(ctx, place, name, descriptor == NULL ? NULL : &value);
    } else {
        if (!JS_IsUndefined(place->level)) {
            has = JS_GetOwnProperty(ctx, descriptor, place->level, name);
            if (has != 0 || place->complete)
                return has;
        }
        has = read_field(ctx, place, name, &value);
        if (has > 0 && descriptor == NULL)
            JS_FreeValue(ctx, value);
    }
    if (has > 0 && descriptor != NULL)
        *descriptor = (JSPropertyDescriptor){
            .flags = JS_PROP_ENUMERABLE, .value = value, .getter = JS_UNDEFINED, .setter = JS_UNDEFINED
        };
    return has;
}

static int record_get_own_property_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count,
                                         JSValueConst record) {
    struct stone_place *place = place_of_record(record);
    int named = has_few(place) ? fields_names(ctx, place, names, count) : 0;
    if (named != 0)
        return named < 0 ? -1 : 0;
    if (complete_level(ctx, place) < 0)
        return -1;
    return JS_GetOwnPropertyNames(ctx, names, count, place->level, JS_GPN_STRING_MASK);
}

/* Deleting and defining behave as with a frozen object. */
static int record_delete_property(JSContext *ctx, JSValueConst record, JSAtom name) {
    int has = record_get_own_property(ctx, NULL, record, name);
    return has < 0 ? -1 : !has;
}

static int record_define_own_property(JSContext *ctx, JSValueConst record, JSAtom name, JSValueConst value,
                                      JSValueConst getter, JSValueConst setter, int flags) {
    struct stone_place *place = place_of_record(record);
    if (complete_level(ctx, place) < 0)
        return -1;
    return JS_DefineProperty(ctx, place->level, name, value, getter, setter, flags);
}

static JSClassExoticMethods record_methods = {
    .get_own_property = record_get_own_property,
    .get_own_property_names = record_get_own_property_names,
    .delete_property = record_delete_property,
    .define_own_property = record_define_own_property,
};

static const JSClassDef stone_record_class = { .class_name = "Stone Record",
                                               .finalizer = place_finalizer,
                                               .gc_mark = place_mark,
                                               .exotic = &record_methods };

static const struct part stone_record_part = { .definition = &stone_record_class,
                                               .class_index = STONE_RECORD_CLASS };
