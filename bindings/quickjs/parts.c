#include "parts.h"

#include "part.h"

static const struct part guard_part, iteration_part, bytes_part, wait_part, keys_part, record_kinds_part, texts_part,
    key_lists_part, writers_part, scratch_part, view_part, weight_part, places_part, readers_part, library_part,
    blob_part, stone_record_part, stone_array_part, wota_part, feeder_part, nota_part, dec64_part,
    mailbox_iterator_part, mailbox_part, outbox_part, link_part, table_iterator_part, bucket_map_part, bucket_set_part,
    stone_map_part, stone_set_part, heap_part;
#ifdef DRYSTONE_QUICKJS_POST
static const struct part post_office_part;
#endif

/* In the order of their init: each may use what earlier ones have set up. */
static const struct part *const all_parts[] = {
    &guard_part, &iteration_part, &bytes_part, &wait_part, &keys_part, &record_kinds_part, &texts_part,
    &key_lists_part, &writers_part, &scratch_part, &view_part, &weight_part, &places_part, &readers_part,
    &library_part, &blob_part, &stone_record_part, &stone_array_part, &wota_part, &feeder_part, &nota_part,
    &dec64_part, &mailbox_iterator_part, &mailbox_part, &outbox_part, &link_part, &table_iterator_part,
    &bucket_map_part, &bucket_set_part, &stone_map_part, &stone_set_part, &heap_part,
#ifdef DRYSTONE_QUICKJS_POST
    &post_office_part,
#endif
    NULL,
};

struct runtime_state *needed_runtime_state(JSContext *ctx) { return runtime_state_of(ctx, all_parts); }

JSValue needed_module_object(JSContext *ctx) {
    struct runtime_state *state = needed_runtime_state(ctx);
    return state == NULL ? JS_EXCEPTION : module_object_of(ctx, state);
}

struct module *needed_module(JSContext *ctx) {
    struct runtime_state *state = needed_runtime_state(ctx);
    return state == NULL ? NULL : module_of_context(ctx, state);
}
