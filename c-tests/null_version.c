/* Calls without pointers: versions, statuses, and the counts of all blobs. */
#include "null.h"

static blob *alive;

static void set_up(void) { alive = blob_new(0); }
static void tear_down(void) { blob_destroy(alive); }

static void null_drystone_status_name(void)
{
    CHECK(strcmp("OK", drystone_status_name(DRYSTONE_OK)) == 0);
    CHECK(strcmp("NO_MEMORY", drystone_status_name(DRYSTONE_NO_MEMORY)) == 0);
    CHECK(strcmp("WRONG_THREAD", drystone_status_name(DRYSTONE_WRONG_THREAD)) == 0);
    for (drystone_status unknown = DRYSTONE_WRONG_THREAD + 1; unknown < 40; unknown += 1)
        CHECK(strcmp("UNKNOWN", drystone_status_name(unknown)) == 0);
    CHECK(strcmp("UNKNOWN", drystone_status_name(INT32_MIN)) == 0);
}

static void null_drystone_status_text(void)
{
    for (drystone_status status = -2; status < 40; status += 1)
        CHECK(drystone_status_text(status) != NULL && drystone_status_text(status)[0] != '\0');
    CHECK(drystone_status_text(INT32_MIN) != NULL && drystone_status_text(INT32_MAX) != NULL);
    CHECK(strcmp(drystone_status_text(DRYSTONE_BUSY), drystone_status_text(DRYSTONE_CLOSED)) != 0);
}

static void null_drystone_version(void)
{
    char expected[64];
    snprintf(expected, sizeof expected, "%d.%d.%d", (int)DRYSTONE_VERSION_MAJOR, (int)DRYSTONE_VERSION_MINOR,
             (int)DRYSTONE_VERSION_PATCH);
    CHECK(strncmp(expected, drystone_version(), strlen(expected)) == 0);
    CHECK(strcmp(DRYSTONE_TEST_VERSION, drystone_version()) == 0);
}

static void null_drystone_abi_version(void)
{
    CHECK_EQUAL(DRYSTONE_TEST_ABI_VERSION, drystone_abi_version());
}

static void null_drystone_blobs_alive(void) { CHECK(drystone_blobs_alive() >= 1); }
static void null_drystone_blobs_created(void) { CHECK(drystone_blobs_created() >= 1); }
static void null_drystone_blobs_released(void)
{
    CHECK_EQUAL(drystone_blobs_created() - drystone_blobs_alive(), drystone_blobs_released());
}

static const struct null_function functions[] = {
    ENTRY(drystone_status_name),    ENTRY(drystone_status_text),  ENTRY(drystone_version),
    ENTRY(drystone_abi_version),    ENTRY(drystone_blobs_alive),  ENTRY(drystone_blobs_created),
    ENTRY(drystone_blobs_released),
};

int main(int count, char **arguments)
{
    return null_main("null_version", functions, sizeof functions / sizeof functions[0], set_up, tear_down, count,
                     arguments);
}
