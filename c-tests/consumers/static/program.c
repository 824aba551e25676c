/* One program with two static Rust libraries. */
#include <drystone.h>

#include <stdio.h>

size_t other_digits(uint64_t number);

int main(void)
{
    blob *b = blob_new(8);
    if (b == NULL || other_digits(12345) != 5)
        return 1;
    blob_destroy(b);
    printf("drystone %s\n", drystone_version());
    return 0;
}
