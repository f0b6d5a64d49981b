/* hk_sim_random.c - virtual time and seeded chance: splitmix64, so a seed gives one run everywhere.
 */
#include "hk_sim_impl.h"

#include <stdio.h>

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t hk_sim_random(struct hk_sim *sim)
{
    return mix(&sim->random);
}

bool hk_sim_chance(struct hk_sim *sim, unsigned percent)
{
    return percent && hk_sim_random(sim) % 100 < percent;
}

int64_t hk_sim_jitter(struct hk_sim *sim, int64_t ms)
{
    int64_t room = ms / 100 * sim->options.pace.jitter_pct;
    return room > 0 ? ms + (int64_t)(hk_sim_random(sim) % (uint64_t)room) : ms;
}

void hk_sim_uid(struct hk_sim *sim, char uid[37])
{
    /* A stream of its own: one object more must not change the faults that follow. */
    uint64_t a = mix(&sim->uids), b = mix(&sim->uids);
    snprintf(uid, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffffu, (unsigned)a & 0xfffu, (unsigned)(b >> 52),
             (unsigned long long)(b & 0xffffffffffffu));
}

int64_t hk_sim_now_s(const struct hk_sim *sim)
{
    return sim->options.start_s + sim->now_ms / 1000;
}

void hk_sim_time_text(const struct hk_sim *sim, int64_t at_ms, char text[HK_TIME_SIZE])
{
    hk_time_format(sim->options.start_s + at_ms / 1000, text);
}
