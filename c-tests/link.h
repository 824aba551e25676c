/* Shared by the programs about links. */
#ifndef DRYSTONE_LINK_TEST_H
#define DRYSTONE_LINK_TEST_H

#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The number of open descriptors of this process. */
static inline size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *all = opendir("/proc/self/fd");
    CHECK(all != NULL);
    while (readdir(all) != NULL)
        count += 1;
    closedir(all);
    return count;
}

/* The number of mapped memory files in this process. */
static inline size_t mapped_files(void)
{
    size_t count = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL)
        count += strstr(line, "/memfd:") != NULL;
    fclose(maps);
    return count;
}

static inline void sockets(int ends[2])
{
    CHECK_EQUAL(0, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
}

/* A stone with a pattern, in a memory file or not. */
static inline blob *pattern_stone(size_t size, bool shared)
{
    blob *stone = shared ? blob_new_shared(size * 8) : blob_new(size * 8);
    uint8_t *bytes = NULL;
    CHECK(stone != NULL);
    CHECK_OK(blob_writable(stone, &bytes));
    for (size_t place = 0; place < size; place += 1)
        bytes[place] = (uint8_t)(place * 31 + place / 4096);
    CHECK_OK(blob_make_stone(stone));
    return stone;
}

static inline void check_pattern(const blob *stone, size_t size)
{
    CHECK_EQUAL(size * 8, blob_length_bits(stone));
    const uint8_t *bytes = blob_data(stone);
    for (size_t place = 0; place < size; place += 1)
        if (bytes[place] != (uint8_t)(place * 31 + place / 4096))
            CHECK_EQUAL(place, SIZE_MAX);
}

/* Turns until there is nothing more to do. */
static inline void turn_out(drystone_link *link)
{
    drystone_status status;
    while ((status = link_turn(link, 0)) == DRYSTONE_OK) {
    }
    CHECK_STATUS(DRYSTONE_END, status);
}

/* Ends as another program, so that no tool reports the parent's memory. */
_Noreturn static inline void end_child(void)
{
    execlp("true", "true", (char *)NULL);
    _exit(1);
}

static inline void wait_for(pid_t child, int ended_by)
{
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    if (ended_by == 0)
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    else
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == ended_by);
}

#endif
