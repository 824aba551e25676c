#include "path.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

#define LONGEST_KEY_SHOWN 60 /* bytes; a key may be a whole document */

static void add(JSContext *ctx, struct path *path, const char *text, size_t length) {
    if (path->failed)
        return;
    if (length > path->capacity - path->length) {
        size_t capacity = (path->length + length) * 2;
        char *grown = js_realloc(ctx, path->text, capacity);
        if (grown == NULL) {
            path->failed = true;
            return;
        }
        path->text = grown;
        path->capacity = capacity;
    }
    memcpy(path->text + path->length, text, length);
    path->length += length;
}

void path_begin(struct path *path) { *path = (struct path){ 0 }; }

void path_text(JSContext *ctx, struct path *path, const char *text) { add(ctx, path, text, strlen(text)); }

void path_index(JSContext *ctx, struct path *path, uint32_t index) {
    char text[16];
    int length = snprintf(text, sizeof text, "[%u]", (unsigned)index);
    add(ctx, path, text, (size_t)length);
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

static bool is_identifier(const char *text, size_t length) {
    if (length == 0 || length > LONGEST_KEY_SHOWN || !is_letter(text[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_letter(text[i]) && !(text[i] >= '0' && text[i] <= '9'))
            return false;
    return true;
}

static void add_quoted(JSContext *ctx, struct path *path, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[8];
        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20)
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        path_text(ctx, path, escape);
    }
}

void path_key(JSContext *ctx, struct path *path, JSAtom key) {
    size_t length;
    const char *text = JS_AtomToCStringLen(ctx, &length, key);
    if (text == NULL) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        path->failed = true;
        return;
    }
    if (is_identifier(text, length)) {
        add(ctx, path, ".", 1);
        add(ctx, path, text, length);
    } else {
        size_t shown = length;
        if (shown > LONGEST_KEY_SHOWN) {
            shown = LONGEST_KEY_SHOWN;
            while (shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
                shown--; /* not within a character */
        }
        path_text(ctx, path, "[\"");
        add_quoted(ctx, path, text, shown);
        path_text(ctx, path, shown < length ? "\xE2\x80\xA6\"]" : "\"]");
    }
    JS_FreeCString(ctx, text);
}

JSValue path_throw(JSContext *ctx, struct path *path, drystone_status status, bool type_error) {
    JSValue result;
    if (path->failed)
        result = JS_ThrowOutOfMemory(ctx);
    else if (type_error)
        result = throw_type_error(ctx, status, path->text, path->length);
    else
        result = throw_status_message(ctx, status, path->text, path->length);
    js_free(ctx, path->text);
    return result;
}
