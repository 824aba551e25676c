/* The header with the inline calls needs nothing before it and may be included again, and its calls can be used. */
#include <drystone_inline.h>

#include <drystone.h>
#include <drystone_inline.h>

void *use_inline(arena *a, size_t size);

void *use_inline(arena *a, size_t size)
{
    void *block = arena_alloc_inline(a, size);
    return block != 0 ? block : arena_alloc_aligned_inline(a, size, 64);
}

drystone_status use_table(const bucket_table *table, bucket_value *value);

drystone_status use_table(const bucket_table *table, bucket_value *value)
{
    drystone_status status = bucket_table_get_integer_inline(table, 1, &value->as.i);
    return status == DRYSTONE_OK ? bucket_table_get_inline(table, value, 'i', value) : status;
}

drystone_status use_scope(arena *a, arena_scope *scope);

drystone_status use_scope(arena *a, arena_scope *scope)
{
    drystone_status status = arena_scope_enter_inline(a, ARENA_NO_BUDGET, scope);
    return status == DRYSTONE_OK ? arena_scope_exit_inline(a, *scope) : status;
}
