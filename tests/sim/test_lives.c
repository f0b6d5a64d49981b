/* The property test: random lives of FlameClusters, each from one seed.
 *
 *     LIVES=1000 test_lives     how many, from seed 1 on (default 500)
 *     SEED=42 test_lives        one life, every event printed */
#include "life.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int play(uint64_t seed, bool loud)
{
    struct life life = {.seed = seed, .loud = loud};
    if (life_play(&life) == 0)
        return 0;
    printf("SEED=%" PRIu64 ": %s\n", seed, *life.broken ? life.broken : "out of memory");
    return 1;
}

int main(void)
{
    const char *seed = getenv("SEED"), *lives = getenv("LIVES");
    if (seed)
        return play(strtoull(seed, NULL, 10), true);
    uint64_t count = lives ? strtoull(lives, NULL, 10) : 500, failed = 0;
    for (uint64_t i = 1; i <= count; i++)
        failed += (uint64_t)play(i, false);
    printf("%" PRIu64 " lives, %" PRIu64 " broke a rule\n", count, failed);
    return failed || !count;
}
