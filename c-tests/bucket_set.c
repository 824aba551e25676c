/* Bucket sets on a heap: what is not shared with maps (bucket.c). */
#include "bucket.h"

static bucket_heap *heap;
static bucket_memory *memory;

static void sets(void)
{
    enum { COUNT = 300 };
    uint32_t set = 0, cursor = 0, size = 0, same = 0;
    bucket_value element;
    uint64_t fields[COUNT];
    CHECK_OK(bucket_set_new(memory, &set));
    for (uint32_t number = 0; number < COUNT; number += 1) {
        uint32_t more = 0;
        element = of_bits(number * 7919);
        CHECK_OK(bucket_set_add(memory, set, &element, &more));
        CHECK(more != set);
        CHECK_OK(bucket_set_size(memory, set, &size));
        CHECK_EQUAL(number, size);
        CHECK_OK(bucket_set_add(memory, more, &element, &same));
        CHECK_EQUAL(more, same);
        CHECK_OK(bucket_release(memory, same));
        CHECK_OK(bucket_release(memory, set));
        set = more;
    }
    CHECK_OK(bucket_verify(memory, set));
    CHECK_OK(bucket_set_elements(memory, set, fields, COUNT, &size));
    CHECK_STATUS(DRYSTONE_OUT_OF_RANGE, bucket_set_elements(memory, set, fields, COUNT - 1, &size));
    for (uint32_t number = 0; number < COUNT; number += 1) {
        CHECK_OK(bucket_set_next(memory, set, 'b', &cursor, &element));
        CHECK(element.tag == 'b' && element.as.b == number * 7919);
        CHECK_EQUAL(number * 7919, fields[number]);
        uint32_t less = 0;
        CHECK_OK(bucket_set_remove(memory, set, &element, &less));
        bool contains = true;
        CHECK_OK(bucket_set_contains(memory, less, &element, &contains));
        CHECK(!contains);
        CHECK_OK(bucket_set_contains(memory, set, &element, &contains));
        CHECK(contains);
        CHECK_OK(bucket_set_remove(memory, less, &element, &same));
        CHECK_EQUAL(less, same);
        CHECK_OK(bucket_release(memory, same));
        CHECK_OK(bucket_release(memory, less));
    }
    CHECK_STATUS(DRYSTONE_END, bucket_set_next(memory, set, 'b', &cursor, &element));
    for (uint32_t number = 0; number < COUNT; number += 2) {
        element = of_bits(number * 7919);
        CHECK_OK(bucket_set_remove_in_place(memory, set, &element));
        CHECK_OK(bucket_set_remove_in_place(memory, set, &element));
    }
    element = of_bits(0);
    CHECK_OK(bucket_set_add_in_place(memory, set, &element));
    CHECK_OK(bucket_set_add_in_place(memory, set, &element));
    CHECK_OK(bucket_set_elements(memory, set, fields, COUNT, &size));
    CHECK_EQUAL(COUNT / 2 + 1, size);
    CHECK(fields[0] == 7919 && fields[COUNT / 2] == 0);
    CHECK_OK(bucket_verify(memory, set));
    CHECK_OK(bucket_release(memory, set));
    CHECK_EQUAL(0, bucket_heap_used(heap));
}

int main(void)
{
    heap = new_heap(0);
    memory = bucket_heap_memory(heap);
    sets();
    bucket_heap_free(heap);
    return test_end("bucket_set");
}
