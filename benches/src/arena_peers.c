/* The measurements of arenas from C: loops over blocks and over scopes, with the library's calls, with the inlined
 * ones, and with the peers that are written in C or are called from it. */
#include <drystone_inline.h>

#include <stdlib.h>

struct request {
    size_t size;
    size_t align;
};

/* Makes the compiler assume that the block, and any other memory, is used. */
#define SINK(block) __asm__ volatile("" : : "r"(block))

/* One block for every request. */
#define BLOCKS(name, type, allocate)                                                                                   \
    void name(type *from, const struct request *requests, size_t count)                                                \
    {                                                                                                                  \
        for (size_t i = 0; i < count; i++)                                                                             \
            SINK(allocate(from, requests[i]));                                                                         \
    }

#define CALLED(from, request) arena_alloc(from, request.size)
#define INLINED(from, request) arena_alloc_inline(from, request.size)
#define INLINED_ALIGNED(from, request) arena_alloc_aligned_inline(from, request.size, request.align)

static BLOCKS(called, arena, CALLED)
static BLOCKS(inlined, arena, INLINED)
static BLOCKS(inlined_aligned, arena, INLINED_ALIGNED)

/* The same in a scope of that budget. */
#define IN_SCOPE(name, blocks)                                                                                         \
    void name(arena *from, const struct request *requests, size_t count, size_t budget)                                \
    {                                                                                                                  \
        arena_scope scope;                                                                                             \
        if (arena_scope_enter(from, budget, &scope) != DRYSTONE_OK)                                                    \
            abort();                                                                                                   \
        blocks(from, requests, count);                                                                                 \
        if (arena_scope_exit(from, scope) != DRYSTONE_OK)                                                              \
            abort();                                                                                                   \
    }

IN_SCOPE(bench_arena_called, called)
IN_SCOPE(bench_arena_inlined, inlined)
IN_SCOPE(bench_arena_inlined_aligned, inlined_aligned)

/* That many scopes, one after the other, each with one block. */
void bench_arena_scopes(arena *from, size_t size, size_t count, size_t budget)
{
    for (size_t i = 0; i < count; i++) {
        arena_scope scope;
        if (arena_scope_enter(from, budget, &scope) != DRYSTONE_OK)
            abort();
        SINK(arena_alloc(from, size));
        if (arena_scope_exit(from, scope) != DRYSTONE_OK)
            abort();
    }
}

/* The same, compiled into the loop. */
void bench_arena_scopes_inlined(arena *from, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena_scope scope;
        if (arena_scope_enter_inline(from, ARENA_NO_BUDGET, &scope) != DRYSTONE_OK)
            abort();
        SINK(arena_alloc_inline(from, size));
        if (arena_scope_exit_inline(from, scope) != DRYSTONE_OK)
            abort();
    }
}

void bench_arena_empty_scopes(arena *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        arena_scope scope;
        if (arena_scope_enter(from, ARENA_NO_BUDGET, &scope) != DRYSTONE_OK)
            abort();
        if (arena_scope_exit(from, scope) != DRYSTONE_OK)
            abort();
    }
}

/* Bumpalo behind functions like ours, defined in the bench. */
struct bumpalo;
void *bench_bumpalo_alloc(struct bumpalo *from, size_t size);
void bench_bumpalo_reset(struct bumpalo *from);
struct bumpalo *bench_bumpalo_new(void);
void bench_bumpalo_free(struct bumpalo *from);

#define BUMPALO(from, request) bench_bumpalo_alloc(from, request.size)
static BLOCKS(bumpalo_blocks, struct bumpalo, BUMPALO)

void bench_bumpalo_called(struct bumpalo *from, const struct request *requests, size_t count)
{
    bumpalo_blocks(from, requests, count);
    bench_bumpalo_reset(from);
}

void bench_bumpalo_scopes(size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bumpalo *own = bench_bumpalo_new();
        SINK(bench_bumpalo_alloc(own, size));
        bench_bumpalo_free(own);
    }
}

/* Frees every block individually. */
void bench_malloc(void **blocks, const struct request *requests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(requests[i].size);
        SINK(blocks[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

void bench_malloc_scopes(size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *block = malloc(size);
        SINK(block);
        free(block);
    }
}

#ifdef HAVE_OBSTACK
#include <obstack.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

struct obstack *bench_obstack_new(void)
{
    struct obstack *made = malloc(sizeof(struct obstack));
    if (made == NULL)
        abort();
    obstack_begin(made, 1 << 20);
    return made;
}

void bench_obstack_free(struct obstack *from)
{
    obstack_free(from, NULL);
    free(from);
}

#define OBSTACK(from, request) obstack_alloc(from, request.size)
static BLOCKS(obstack_blocks, struct obstack, OBSTACK)

void bench_obstack(struct obstack *from, const struct request *requests, size_t count)
{
    void *first = obstack_alloc(from, 0);
    obstack_blocks(from, requests, count);
    obstack_free(from, first);
}

void bench_obstack_scopes(struct obstack *from, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *block = obstack_alloc(from, size);
        SINK(block);
        obstack_free(from, block);
    }
}
#endif

#ifdef HAVE_APR
#include <apr_general.h>
#include <apr_pools.h>

apr_pool_t *bench_apr_new(void)
{
    apr_pool_t *made;
    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&made, NULL) != APR_SUCCESS)
        abort();
    return made;
}

void bench_apr_free(apr_pool_t *from)
{
    apr_pool_destroy(from);
    apr_terminate();
}

#define APR(from, request) apr_palloc(from, request.size)
static BLOCKS(apr_blocks, apr_pool_t, APR)

void bench_apr(apr_pool_t *from, const struct request *requests, size_t count)
{
    apr_blocks(from, requests, count);
    apr_pool_clear(from);
}

void bench_apr_scopes(apr_pool_t *from, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        apr_pool_t *own;
        if (apr_pool_create(&own, from) != APR_SUCCESS)
            abort();
        SINK(apr_palloc(own, size));
        apr_pool_destroy(own);
    }
}
#endif
