/* Random numbers that are the same in every run and on every machine. */
#ifndef DRYSTONE_RANDOM_H
#define DRYSTONE_RANDOM_H

#include <stdint.h>

/* Xorshift. */
struct random {
    uint64_t state;
};

static inline struct random random_of(uint64_t seed) { return (struct random){seed * 0x9E3779B97F4A7C15u | 1}; }

static inline uint64_t random_next(struct random *random)
{
    random->state ^= random->state << 13;
    random->state ^= random->state >> 7;
    random->state ^= random->state << 17;
    return random->state * 0x2545F4914F6CDD1Du;
}

static inline uint32_t random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

#endif
