/* The `dec64` object: DEC64 numbers as BigInt words, to and from Numbers and text. */
#include "arguments.h"
#include "define.h"
#include "error.h"
#include "part.h"

MODULE_FUNCTION(from_number_function) {
    double number = 0;
    if (number_argument(ctx, argv[0], "dec64.fromNumber", &number) < 0)
        return JS_EXCEPTION;
    return word_value(ctx, dec64_from_double(number));
}

MODULE_FUNCTION(to_number_function) {
    int64_t word;
    if (word_argument(ctx, argv[0], "dec64.toNumber", &word) < 0)
        return JS_EXCEPTION;
    return JS_NewFloat64(ctx, dec64_to_double(word));
}

MODULE_FUNCTION(to_text_function) {
    static const char doing[] = "dec64.toText";
    char text[32];
    size_t length;
    int64_t word;
    if (word_argument(ctx, argv[0], doing, &word) < 0)
        return JS_EXCEPTION;
    drystone_status status = dec64_to_text(word, text, sizeof text, &length);
    return status == DRYSTONE_OK ? JS_NewStringLen(ctx, text, length) : throw_status(ctx, status, doing);
}

MODULE_FUNCTION(from_text_function) {
    static const char doing[] = "dec64.fromText";
    size_t length;
    int64_t word;
    const char *text = string_argument(ctx, argv[0], doing, &length);
    if (text == NULL)
        return JS_EXCEPTION;
    drystone_status status = dec64_from_text(text, length, &word);
    JS_FreeCString(ctx, text);
    return status == DRYSTONE_OK ? word_value(ctx, word) : throw_status(ctx, status, doing);
}

static const struct method dec64_functions[] = {
    METHOD("fromNumber", from_number_function, 1, 0),
    METHOD("toNumber", to_number_function, 1, 0),
    METHOD("toText", to_text_function, 1, 0),
    METHOD("fromText", from_text_function, 1, 0),
};

static int dec64_init(JSContext *ctx, JSValueConst module_object) {
    return export_value(ctx, module_object, "dec64",
                        define_object(ctx, module_object, "dec64", dec64_functions, COUNT_OF(dec64_functions)));
}

static const struct part dec64_part = { .init = dec64_init };
