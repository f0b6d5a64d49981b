/* life.h - one random life of a FlameCluster in the simulated cluster, and the rules it must keep.
 */
#ifndef LIFE_H
#define LIFE_H

#include "hk_hash.h"
#include "hk_sim.h"

#define LIFE_NAME "c"
#define LIFE_BAD_IMAGE "example/executor:bad"
#define LIFE_REPLICAS_MAX 12
#define LIFE_SOURCE "source" /* the Secret of storageFrom */
#define LIFE_VALUE "pa55"    /* in what it holds */
#define LIFE_ON_DELETE 2     /* of wish.update */

/* The FlameCluster that the user wishes for; small numbers pick from small sets. */
struct wish {
    int64_t replicas;
    unsigned session_image, executor_image, slot, policy;
    unsigned update, max_unavailable;  /* 0: not said */
    unsigned caches, cache_image;      /* caches: 0: no image; else one more than their replicas */
    unsigned session_disk, cache_disk; /* 0: no claim; else its size */
    unsigned pod_template;             /* of the executors; 0: none */
    bool paused, parallel, suspended;
    bool secret;      /* storageFrom */
    unsigned service; /* of both Services; 0: not said */
    bool shut;        /* networkPolicy */
    bool stateful;    /* a StatefulSet makes the executors */
    bool bad_image;
    bool invalid; /* fewer than no replicas: a CRD would refuse it, an old one may not */
};

struct life {
    uint64_t seed, random; /* random: the life's own stream, apart from the simulation's */
    bool loud;             /* every event is printed */
    struct hk_sim *sim;
    struct wish wish;
    unsigned config_changes;          /* wishes that changed the rendered config */
    unsigned changes_written;         /* how many of them there were when the hook wrote last */
    int64_t generation;               /* configGeneration that the hook wrote last */
    char config_hash[HK_HASH64_SIZE]; /* of the text that went with it */
    int64_t parent_seen;              /* generation of the parent that the last sync saw */
    bool knows_max_unavailable;       /* the API server, of StatefulSets */
    bool was_bad; /* the bad image was wished for, and may still run where nothing is rolled out */
    bool is_calm; /* faults have ended and the cluster settled: nothing may change */
    char broken[512]; /* the first rule that was broken; empty: none */
};

/* life_play - one life from creation to deletion. Returns 0 when every rule held; else -1, broken
 * says which. */
int life_play(struct life *life) HK_MUST_USE;

/* life_break - note a broken rule; the first one stays. */
void life_break(struct life *life, const char *format, ...) HK_PRINTF(2, 3);

uint64_t life_random(struct life *life, uint64_t below);

/* rules.c - what must hold at every event; an on_event of the simulation. */
void rules_check(void *life, const struct hk_sim_event *event);

/* rules_secret.c - of the Secret of storageFrom; an event, and the end. */
void rules_secret_check(struct life *life, const struct hk_sim_event *event);
void rules_secret_check_end(struct life *life, const json_t *parent);

/* rules_set.c - of the StatefulSet: what a sync of a valid spec asks of it; whether the last Pod is gone, as far as the hook
 * could know; how it must be at the end. */
void rules_set_check(struct life *life, const struct hk_sim_view *view);
bool rules_set_is_empty(const struct hk_sim_view *view);
void rules_set_check_end(struct life *life, const json_t *parent);

/* rules_network_check_end - Services and the NetworkPolicy are as the user wishes. */
void rules_network_check_end(struct life *life);

/* rules_check_end - what must hold once faults stopped and the cluster settled. */
void rules_check_end(struct life *life);

#endif
