/* Every type can be named without `struct`, and variables may have the names of the parameters. */
#include <drystone.h>

int use_names(blob *b, wota_writer *writer, mailbox *m, wota_reader *reader, const wota_limits *limits,
              drystone_status status, wota_type type, wota_dialect dialect, blob_release release, bucket_heap *heap,
              bucket_memory *memory, const bucket_value *key, bucket_field field, bucket_text text);

int use_names(blob *b, wota_writer *writer, mailbox *m, wota_reader *reader, const wota_limits *limits,
              drystone_status status, wota_type type, wota_dialect dialect, blob_release release, bucket_heap *heap,
              bucket_memory *memory, const bucket_value *key, bucket_field field, bucket_text text)
{
    blob_destroy(b);
    wota_writer_free(writer);
    mailbox_destroy(m);
    bucket_heap_free(heap);
    return reader != 0 && limits->max_depth != 0 && status == DRYSTONE_OK && type == WOTA_TEXT &&
           dialect == WOTA_CLASSIC && release != 0 && memory->length != 0 && key->as.i == field.i && text.len != 0;
}

drystone_status use_arena_names(arena *arena, const arena_options *options, const arena_backing *backing,
                                mem_limit *limit, arena_scope scope, arena_statistics_t *stats);

drystone_status use_arena_names(arena *arena, const arena_options *options, const arena_backing *backing,
                                mem_limit *limit, arena_scope scope, arena_statistics_t *stats)
{
    return options->backing == backing && options->shared == limit && arena_scope_used(arena, scope) != ARENA_NO_BUDGET
               ? arena_statistics(arena, stats)
               : DRYSTONE_INVALID_ARGUMENT;
}
