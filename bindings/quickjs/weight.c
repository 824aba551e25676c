/* The engine counts only its own allocations, so bytes that objects keep alive outside it, in cycles of objects for
   instance, would never trigger a collection. So each runtime sums them, and collects when the sum has grown by half since
   the last collection, which is the engine's own rule for its own bytes.

   The sum counts blobs, not objects: a stone with a Blob, an ArrayBuffer and slices counts once. A stone that a message
   holds counts with the message, and once more when it has objects of its own. */
#include "weight.h"

#include "part.h"
#include "runtime.h"

/* Blobs of up to this many bytes are not counted: the engine counts their objects. */
#define LIGHT 1024
/* No blob counts for more bytes than this, so that the sum cannot overflow. */
#define HEAVIEST ((uint64_t)1 << 40)
#define FIRST_SLOTS 64 /* a power of two, as every later size */
#define LEAST_THRESHOLD ((uint64_t)16 * 1024 * 1024)

/* A blob that objects keep alive. */
struct weight {
    const blob *whole; /* NULL: a free slot */
    size_t objects;
    uint64_t bytes;
};

static size_t first_slot(const struct weights *weights, const blob *whole) {
    uint64_t mixed = (uint64_t)(uintptr_t)whole * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 32) & (weights->slots - 1);
}

/* The blob's slot, or the free one where it belongs. */
static struct weight *slot_of_weight(const struct weights *weights, const blob *whole) {
    size_t slot = first_slot(weights, whole);
    while (weights->table[slot].whole != NULL && weights->table[slot].whole != whole)
        slot = (slot + 1) & (weights->slots - 1);
    return &weights->table[slot];
}

static bool make_weight_room(JSRuntime *runtime, struct weights *weights) {
    if (weights->count + 1 <= weights->slots / 4 * 3)
        return true;
    struct weights grown = *weights;
    grown.slots = weights->slots == 0 ? FIRST_SLOTS : weights->slots * 2;
    grown.table = calloc_of_runtime(runtime, grown.slots, sizeof *grown.table);
    if (grown.table == NULL)
        return false;
    for (size_t i = 0; i < weights->slots; i++)
        if (weights->table[i].whole != NULL)
            *slot_of_weight(&grown, weights->table[i].whole) = weights->table[i];
    js_free_rt(runtime, weights->table);
    *weights = grown;
    return true;
}

/* A message that holds a heavy stone counts in addition to the stone, and is usually freed at once. So a new blob alone
   is no reason to collect while there is little else. */
static void collect_if_heavy(struct runtime_state *state, uint64_t bytes) {
    struct weights *weights = &state->weights;
    if (LIKELY(weights->sum <= weights->threshold) || weights->sum <= 3 * bytes || !collects_by_itself(state->runtime))
        return;
    JS_RunGC(state->runtime);
    weights->threshold = weights->sum + weights->sum / 2;
    if (weights->threshold < LEAST_THRESHOLD)
        weights->threshold = LEAST_THRESHOLD;
}

/* Without memory for the table, the blob is not counted. */
static void weigh(struct runtime_state *state, const blob *whole, uint64_t bytes, size_t more) {
    struct weights *weights = &state->weights;
    if (!make_weight_room(state->runtime, weights))
        return;
    if (bytes > HEAVIEST)
        bytes = HEAVIEST;
    struct weight *weight = slot_of_weight(weights, whole);
    if (weight->whole == NULL) {
        *weight = (struct weight){ .whole = whole, .objects = 1, .bytes = bytes };
        weights->count++;
        weights->sum += bytes;
    } else {
        weight->objects += more;
        weights->sum += bytes - weight->bytes;
        weight->bytes = bytes;
    }
    if (weights->threshold == 0)
        weights->threshold = LEAST_THRESHOLD;
    collect_if_heavy(state, bytes);
}

void weight_add(struct runtime_state *state, const blob *kept) {
    const blob *whole;
    size_t bytes = blob_kept_bytes(kept, &whole);
    if (UNLIKELY(bytes > LIGHT))
        weigh(state, whole, bytes, 1);
}

void weight_renew(struct runtime_state *state, const blob *kept) {
    const blob *whole;
    size_t bytes = blob_kept_bytes(kept, &whole);
    if (UNLIKELY(bytes > LIGHT))
        weigh(state, whole, bytes, 0);
}

void weight_remove(JSRuntime *runtime, const blob *kept) {
    const blob *whole;
    if (LIKELY(blob_kept_bytes(kept, &whole) <= LIGHT))
        return;
    struct runtime_state *state = find_runtime_state(runtime);
    if (state == NULL || state->weights.count == 0)
        return;
    struct weights *weights = &state->weights;
    struct weight *weight = slot_of_weight(weights, whole);
    if (weight->whole == NULL || --weight->objects != 0)
        return;
    weights->sum -= weight->bytes;
    weights->count--;
    /* later entries of the same probe sequence move up into the hole */
    size_t mask = weights->slots - 1, hole = (size_t)(weight - weights->table);
    for (size_t slot = (hole + 1) & mask; weights->table[slot].whole != NULL; slot = (slot + 1) & mask) {
        size_t first = first_slot(weights, weights->table[slot].whole);
        if (((slot - first) & mask) >= ((slot - hole) & mask)) {
            weights->table[hole] = weights->table[slot];
            hole = slot;
        }
    }
    weights->table[hole].whole = NULL;
    /* a past peak does not defer collections for ever */
    while (weights->threshold > LEAST_THRESHOLD && weights->sum < weights->threshold / 4)
        weights->threshold /= 2;
}

static void weights_free(struct runtime_state *state) {
    js_free_rt(state->runtime, state->weights.table);
    state->weights = (struct weights){ 0 };
}

static const struct part weight_part = { .runtime_end = weights_free };
