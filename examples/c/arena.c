/* Messages as trees in an arena: each turn has a scope with a budget, which frees all of its memory at the end.
 *
 * prints: a picture
 * prints: too large for 1024 bytes: over budget
 * prints: in use afterwards: 0 bytes
 */
#include <drystone.h>

#include <stdio.h>

static void turn(arena *memory, const blob *message, size_t budget)
{
    arena_scope scope;
    if (arena_scope_enter(memory, budget, &scope) != DRYSTONE_OK)
        return;
    const wota_value *root;
    drystone_status status = wota_decode(message, memory, &root);
    if (status == DRYSTONE_OK) {
        const wota_value *name = wota_value_find(root, "name", 4);
        if (name != NULL && name->type == WOTA_TEXT)
            printf("%.*s\n", (int)name->as.text.length, name->as.text.utf8);
    } else {
        printf("too large for %zu bytes: %s\n", budget, drystone_status_text(status));
    }
    arena_scope_exit(memory, scope);
}

int main(void)
{
    wota_writer *writer;
    blob *message;
    arena *memory;
    if (wota_writer_new(WOTA_CLASSIC, &writer) != DRYSTONE_OK || arena_new(NULL, &memory) != DRYSTONE_OK)
        return 1;
    wota_write_record(writer, 2);
    wota_write_text(writer, "name", 4);
    wota_write_text(writer, "a picture", 9);
    wota_write_text(writer, "rows", 4);
    wota_write_array(writer, 1000);
    for (int64_t row = 0; row < 1000; row += 1)
        wota_write_integer(writer, row);
    if (wota_writer_finish(writer, &message) != DRYSTONE_OK)
        return 1;

    turn(memory, message, ARENA_MODULE_BUDGET);
    turn(memory, message, 1024);
    arena_stats_t stats = {.struct_size = sizeof stats};
    if (arena_stats(memory, &stats) == DRYSTONE_OK)
        printf("in use afterwards: %zu bytes\n", stats.used);
    arena_free(memory);
    blob_destroy(message);
    wota_writer_free(writer);
    return drystone_blobs_alive() == 0 ? 0 : 1;
}
