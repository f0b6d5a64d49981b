/* life.c - makes a cluster, a user with changing wishes, and bad luck out of one seed. */
#include "life.h"

#include "fc.h"

#include <stdarg.h>
#include <stdio.h>

#define MINUTE_MS INT64_C(60000)
/* Faults ended: backoff may have grown to 17 minutes, twelve executors roll one after another. */
#define CONVERGE_MS (180 * MINUTE_MS)
#define SLICE_MS 1000
#define SYNCS_MAX 5000 /* ten times what the busiest life needs */

void life_break(struct life *life, const char *format, ...)
{
    if (*life->broken)
        return;
    int n = snprintf(life->broken, sizeof life->broken,
                     "at %.3f s: ", (double)hk_sim_now_ms(life->sim) / 1000);
    va_list args;
    va_start(args, format);
    vsnprintf(life->broken + n, sizeof life->broken - (size_t)n, format, args);
    va_end(args);
}

uint64_t life_random(struct life *life, uint64_t below)
{
    uint64_t x = life->random; /* xorshift64*: independent of the simulation's stream */
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    life->random = x;
    return (x * 0x2545f4914f6cdd1du >> 16) % below;
}

static void must(struct life *life, int result, const struct hk_err *err)
{
    if (result != 0)
        life_break(life, "the simulation failed: %s", err->text);
}

/* What an API server writes otherwise than it stands here must not be written anew, in a StatefulSet either. */
static const char *const pod_templates[] = {
    NULL,
    "{\"metadata\":{\"labels\":{\"team\":\"a\",\"app\":\"b\"},\"annotations\":{\"z\":\"1\"}},"
    "\"spec\":{"
    "\"hostname\":\"x\",\"tolerations\":[],\"containers\":[{\"name\":\"executor-manager\",\"env\":["
    "{\"name\":"
    "\"RUST_LOG\",\"value\":\"debug\"}]}]}}",
    "{\"spec\":{\"dnsPolicy\":\"ClusterFirst\",\"volumes\":[{\"name\":\"tmp\",\"emptyDir\":{"
    "\"sizeLimit\":"
    "\"1024Mi\"}}],\"containers\":[{\"name\":\"side\",\"image\":\"example/side:1\",\"ports\":[{"
    "\"containerPort\":9100}],\"resources\":{\"limits\":{\"cpu\":2,\"memory\":\"2048Mi\"}}}]}}",
};

static void add_pod_template(const struct wish *wish, json_t *spec)
{
    if (wish->pod_template)
        json_object_set_new(json_object_get(spec, "executorManager"), "podTemplate",
                            json_loads(pod_templates[wish->pod_template], 0, NULL));
}

static const char *const updates[] = {NULL, "RollingUpdate", "OnDelete", "Recreate"};

/* What is not said is not there at all. */
static void add_rollout(const struct wish *wish, json_t *spec)
{
    json_t *update = json_object(), *executor = json_object_get(spec, "executorManager");
    if (wish->update)
        json_object_set_new(update, "type", json_string(updates[wish->update]));
    if (wish->max_unavailable)
        json_object_set_new(update, "maxUnavailable",
                            wish->max_unavailable == 1   ? json_integer(3)
                            : wish->max_unavailable == 2 ? json_string("50%")
                                                         : json_string("1%"));
    if (wish->paused)
        json_object_set_new(update, "paused", json_true());
    if (json_object_size(update))
        json_object_set(executor, "updateStrategy", update);
    json_decref(update);
    if (wish->parallel)
        json_object_set_new(spec, "startupPolicy", json_string("Parallel"));
    if (wish->stateful)
        json_object_set_new(executor, "workload", json_string("StatefulSet"));
    if (wish->suspended)
        json_object_set_new(spec, "suspend", json_true());
    if (wish->secret)
        json_object_set_new(
            json_object_get(spec, "sessionManager"), "storageFrom",
            json_pack("{s:{s:s,s:s}}", "secretKeyRef", "name", LIFE_SOURCE, "key", "uri"));
}

static json_t *claim_of(unsigned gigabytes)
{
    char size[16];
    snprintf(size, sizeof size, "%uGi", gigabytes);
    return json_pack("{s:s}", "size", size);
}

static void add_caches(const struct wish *wish, json_t *spec)
{
    json_t *cache = json_object_get(spec, "objectCache");
    char image[40];
    snprintf(image, sizeof image, "example/cache:%u", wish->cache_image);
    if (wish->session_disk)
        json_object_set_new(json_object_get(spec, "sessionManager"), "persistence",
                            claim_of(wish->session_disk));
    if (!wish->caches)
        return;
    json_object_set_new(cache, "image", json_string(image));
    json_object_set_new(cache, "replicas", json_integer((json_int_t)wish->caches - 1));
    if (wish->cache_disk)
        json_object_set_new(cache, "persistence", claim_of(wish->cache_disk));
}

/* JSON of `service`; the steps from one to another are many. */
static const char *const services[] = {
    NULL,
    "{\"type\":\"NodePort\",\"annotations\":{\"a.example/x\":\"1\"}}",
    "{\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",\"labels\":{\"team\":\"t\"}}",
    "{\"type\":\"LoadBalancer\",\"loadBalancerClass\":\"example.com/"
    "a\",\"loadBalancerSourceRanges\":"
    "[\"203.0.113.0/24\"]}",
    "{\"type\":\"LoadBalancer\",\"loadBalancerClass\":\"example.com/b\"}",
    "{\"sessionAffinity\":\"ClientIP\",\"internalTrafficPolicy\":\"Local\"}",
};

static void add_network(const struct wish *wish, json_t *spec)
{
    if (wish->service) {
        json_t *service = json_loads(services[wish->service], 0, NULL);
        json_object_set_new(json_object_get(spec, "objectCache"), "service",
                            json_deep_copy(service));
        if (wish->service == 1)
            json_object_set_new(service, "nodePort", json_integer(30080));
        json_object_set_new(json_object_get(spec, "sessionManager"), "service", service);
    }
    if (wish->shut)
        json_object_set_new(spec, "networkPolicy",
                            json_pack("{s:[{s:{s:{s:s}}}],s:[{}]}", "from", "podSelector",
                                      "matchLabels", "app", "client", "extraEgress"));
}

static void put_wish(struct life *life)
{
    static const char *const slots[] = {"cpu=1,mem=1g", "cpu=2,mem=4g", "cpu=1,mem=512m"};
    static const char *const policies[] = {"priority", "drf"};
    const struct wish *wish = &life->wish;
    char session[40], executor[40];
    snprintf(session, sizeof session, "example/session:%u", wish->session_image);
    snprintf(executor, sizeof executor, "example/executor:%u", wish->executor_image);
    json_t *object =
        json_pack("{s:s,s:s,s:{s:s},s:{s:{s:s,s:s,s:s},s:{s:s,s:I,s:s},s:{s:s}}}", "apiVersion",
                  fc_controller.api_version, "kind", fc_controller.kind, "metadata", "name",
                  LIFE_NAME, "spec", "sessionManager", "image", session, "slot", slots[wish->slot],
                  "policy", policies[wish->policy], "executorManager", "image",
                  wish->bad_image ? LIFE_BAD_IMAGE : executor, "replicas",
                  (json_int_t)(wish->invalid ? -1 : wish->replicas), "shim", "host", "objectCache",
                  "networkInterface", "eth0");
    struct hk_err err = {0};
    add_rollout(wish, json_object_get(object, "spec"));
    add_caches(wish, json_object_get(object, "spec"));
    add_pod_template(wish, json_object_get(object, "spec"));
    add_network(wish, json_object_get(object, "spec"));
    must(life, hk_sim_put(life->sim, object, &err), &err);
    json_decref(object);
}

/* ---- what a user wishes next ---- */

static void scale(struct life *life)
{
    life->wish.replicas = (int64_t)life_random(life, LIFE_REPLICAS_MAX + 1);
}

static void session_image(struct life *life)
{
    life->wish.session_image ^= 1;
}

static void executor_image(struct life *life)
{
    life->wish.executor_image = (life->wish.executor_image + 1) % 3;
    life->wish.bad_image = false;
}

static void bad_image(struct life *life)
{
    life->wish.bad_image = !life->wish.bad_image;
    life->was_bad = true;
}

static void spoil(struct life *life)
{
    life->wish.invalid = !life->wish.invalid;
}

static void slot(struct life *life)
{
    life->wish.slot = (life->wish.slot + 1) % 3;
    life->config_changes++;
}

static void policy(struct life *life)
{
    life->wish.policy ^= 1;
    life->config_changes++;
}

static void update(struct life *life)
{
    life->wish.update = (unsigned)life_random(life, sizeof updates / sizeof *updates);
    life->wish.max_unavailable = (unsigned)life_random(life, 4);
}

static void pause_rollout(struct life *life)
{
    life->wish.paused = !life->wish.paused;
}

static void startup(struct life *life)
{
    life->wish.parallel = !life->wish.parallel;
}

static void suspend(struct life *life)
{
    life->wish.suspended = !life->wish.suspended;
}

static void storage(struct life *life)
{
    life->wish.secret = !life->wish.secret;
    life->config_changes++;
}

static void workload(struct life *life)
{
    life->wish.stateful = !life->wish.stateful;
}

/* To own Pods, more or fewer of them, or back. A claim moves the cache's folder, so the config may change. */
static void caches(struct life *life)
{
    life->wish.caches = (unsigned)life_random(life, 5);
    life->config_changes++;
}

static void cache_image(struct life *life)
{
    life->wish.cache_image ^= 1;
}

static void session_disk(struct life *life)
{
    life->wish.session_disk = (unsigned)life_random(life, 4);
    life->config_changes++;
}

static void cache_disk(struct life *life)
{
    life->wish.cache_disk = (unsigned)life_random(life, 4);
    life->config_changes++;
}

static void pod_template(struct life *life)
{
    life->wish.pod_template =
        (unsigned)life_random(life, sizeof pod_templates / sizeof *pod_templates);
}

static void network(struct life *life)
{
    life->wish.service = (unsigned)life_random(life, sizeof services / sizeof *services);
    life->wish.shut = life_random(life, 2);
}

static void change_wish(struct life *life)
{
    static void (*const changes[])(struct life *) = {
        scale,    session_image, spoil,         executor_image, bad_image,  slot,
        policy,   update,        pause_rollout, startup,        suspend,    executor_image,
        caches,   caches,        cache_image,   session_disk,   cache_disk, storage,
        workload, pod_template,  network,       network};
    changes[life_random(life, sizeof changes / sizeof *changes)](life);
    put_wish(life);
}

/* ---- what befalls it ---- */

/* A random Pod's name; NULL: there is none. */
static const char *some_pod(struct life *life)
{
    size_t count = 0;
    while (hk_sim_nth(life->sim, "Pod", count))
        count++;
    if (count == 0)
        return NULL;
    return hk_sim_text(hk_sim_nth(life->sim, "Pod", life_random(life, count)), "metadata.name");
}

static void hurt_pod(struct life *life)
{
    const char *name = some_pod(life);
    struct hk_err err = {0};
    if (!name)
        return;
    switch (life_random(life, 3)) {
    case 0:
        must(life, hk_sim_evict(life->sim, "default", name, &err), &err);
        break;
    case 1:
        must(life, hk_sim_delete(life->sim, (struct hk_sim_ref){"Pod", "default", name}, &err),
             &err);
        break;
    default:
        must(life,
             hk_sim_crash(life->sim, "default", name, 1000 + (int64_t)life_random(life, 60000),
                          &err),
             &err);
    }
}

static void turn_node(struct life *life)
{
    char node[16];
    snprintf(node, sizeof node, "node-%u", (unsigned)life_random(life, 4));
    hk_sim_node(life->sim, node, life_random(life, 2));
}

/* Somebody edits or deletes what the controller made. */
static void meddle(struct life *life)
{
    static const struct {
        const char *kind, *name, *patch; /* patch NULL: deleted */
    } deeds[] = {
        {"Service", LIFE_NAME "-session-manager", NULL},
        {"Service", LIFE_NAME "-object-cache", NULL},
        {"ConfigMap", LIFE_NAME "-config", NULL},
        {"Service", LIFE_NAME "-session-manager", "{\"spec\":{\"selector\":{\"app\":\"nobody\"}}}"},
        {"Service", LIFE_NAME "-object-cache",
         "{\"spec\":{\"ports\":[{\"name\":\"grpc\",\"port\":9191}]},\"metadata\":{\"labels\":{"
         "\"a\":\"b\"}}}"},
        {"ConfigMap", LIFE_NAME "-config",
         "{\"data\":{\"flame-cluster.yaml\":\"edited\",\"more\":\"x\"}}"},
        {"ConfigMap", LIFE_NAME "-config", "{\"data\":null}"},
        {"ConfigMap", LIFE_NAME "-config",
         "{\"data\":{\"flame-cluster.yaml\":\"frozen\"},\"immutable\":true}"},
        {"Service", LIFE_NAME "-object-cache", "{\"spec\":{\"selector\":{\"more\":\"x\"}}}"},
        {"Service", LIFE_NAME "-session-manager", "{\"spec\":{\"type\":\"NodePort\"}}"},
        {"Service", LIFE_NAME "-object-cache",
         "{\"spec\":{\"type\":\"LoadBalancer\",\"loadBalancerClass\":\"example.com/c\"}}"},
        {"NetworkPolicy", LIFE_NAME, NULL},
        {"NetworkPolicy", LIFE_NAME, "{\"spec\":{\"ingress\":[{}],\"egress\":null}}"},
        {"NetworkPolicy", LIFE_NAME,
         "{\"spec\":{\"podSelector\":{\"matchLabels\":{\"more\":\"x\"}}}}"},
        {"Secret", LIFE_NAME "-config", NULL},
        {"Secret", LIFE_NAME "-config", "{\"data\":{\"flame-cluster.yaml\":\"ZWRpdGVk\"}}"},
        {"Secret", LIFE_NAME "-config",
         "{\"data\":{\"flame-cluster.yaml\":\"ZnJvemVu\"},\"immutable\":true}"},
        {"StatefulSet", LIFE_NAME "-executor-manager", NULL},
        {"StatefulSet", LIFE_NAME "-executor-manager", "{\"spec\":{\"replicas\":7}}"},
        {"StatefulSet", LIFE_NAME "-executor-manager",
         "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}}}"},
        {"Service", LIFE_NAME "-object-cache",
         "{\"spec\":{\"selector\":{\"app\":\"flame-executor-manager\"}}}"},
        {"PersistentVolumeClaim", LIFE_NAME "-session-manager", NULL},
        {"PersistentVolumeClaim", LIFE_NAME "-object-cache-0", NULL},
    };
    size_t i = life_random(life, sizeof deeds / sizeof *deeds);
    struct hk_sim_ref ref = {deeds[i].kind, "default", deeds[i].name};
    struct hk_err err = {0};
    if (!hk_sim_find(life->sim, ref))
        return;
    if (!deeds[i].patch) {
        must(life, hk_sim_delete(life->sim, ref, &err), &err);
        return;
    }
    json_t *patch = json_loads(deeds[i].patch, 0, NULL);
    int result = hk_sim_patch(life->sim, ref, patch, &err);
    must(life, err.kind == HK_ERR_INVALID ? 0 : result, &err); /* what is frozen stays as it is */
    json_decref(patch);
}

/* Base64 of sqlite:///var/lib/flame/pa55-a.db and so on, and one with a line break. */
static void put_source(struct life *life, size_t value, const char *label)
{
    static const char *const values[] = {"c3FsaXRlOi8vL3Zhci9saWIvZmxhbWUvcGE1NS1hLmRi",
                                         "c3FsaXRlOi8vL3Zhci9saWIvZmxhbWUvcGE1NS1iLmRi",
                                         "c3FsaXRlOi8vcGE1NS1jLmRi",
                                         "c3FsaXRlOi8vcGE1NS1jLmRiCg=="};
    struct hk_err err = {0};
    json_t *object = json_pack("{s:s,s:s,s:{s:s,s:s,s:{s:s}},s:{s:s}}", "apiVersion", "v1", "kind",
                               "Secret", "metadata", "name", LIFE_SOURCE, "namespace", "default",
                               "labels", "l", label, "data", "uri", values[value]);
    must(life, hk_sim_put(life->sim, object, &err), &err);
    json_decref(object);
    life->config_changes++;
}

/* Another value, a label, a value that is none, or it goes. */
static void turn_source(struct life *life)
{
    const struct hk_sim_ref ref = {"Secret", "default", LIFE_SOURCE};
    struct hk_err err = {0};
    if (life_random(life, 4) > 0)
        put_source(life, life_random(life, 4), life_random(life, 2) ? "a" : "b");
    else if (hk_sim_find(life->sim, ref))
        must(life, hk_sim_delete(life->sim, ref, &err), &err);
}

static void turn_network(struct life *life)
{
    static const struct hk_sim_faults networks[] = {
        {0},
        {.lag_ms = 200},
        {.lag_ms = 5000, .repeat_pct = 20},
        {20, 20, 20, 1000},
        {.lag_ms = 30000},
    };
    hk_sim_set_faults(life->sim, &networks[life_random(life, sizeof networks / sizeof *networks)]);
}

static void happen(struct life *life)
{
    static void (*const events[])(struct life *) = {change_wish, change_wish,  change_wish,
                                                    hurt_pod,    hurt_pod,     turn_node,
                                                    meddle,      turn_network, turn_source};
    events[life_random(life, sizeof events / sizeof *events)](life);
}

/* ---- the life ---- */

/* In slices: a life that broke a rule is over, and one that never rests is caught. */
static bool run(struct life *life, int64_t for_ms)
{
    const struct hk_sim_counters *counters = hk_sim_counters(life->sim);
    int64_t until = hk_sim_now_ms(life->sim) + for_ms;
    struct hk_err err = {0};
    bool settled = false;
    while (!settled && !*life->broken && hk_sim_now_ms(life->sim) < until) {
        int64_t left = until - hk_sim_now_ms(life->sim);
        must(life, hk_sim_run(life->sim, left < SLICE_MS ? left : SLICE_MS, &settled, &err), &err);
        if (counters->syncs > SYNCS_MAX)
            life_break(life, "%u syncs and no end", counters->syncs);
    }
    return settled;
}

/* Now and then wait long, mostly strike while something is under way. */
static int64_t pause_ms(struct life *life)
{
    static const uint64_t longest[] = {50, 2000, 8000, 30000, 400000};
    return (int64_t)life_random(life,
                                longest[life_random(life, sizeof longest / sizeof *longest)]) +
           1;
}

/* Where Kubernetes counts maxUnavailable of a StatefulSet, Pods that never got Ready use it up, and somebody has to delete
 * them once the template is good again. */
static void delete_stuck_pods(struct life *life)
{
    const json_t *pod;
    run(life, MINUTE_MS);
    for (size_t i = 0; (pod = hk_sim_nth(life->sim, "Pod", i)); i++) {
        char name[64];
        struct hk_err err = {0};
        snprintf(name, sizeof name, "%s", hk_sim_text(pod, "metadata.name"));
        if (!hk_sim_pod_ready(pod) && strncmp(name, LIFE_NAME "-executor", 10) == 0)
            must(life, hk_sim_delete(life->sim, (struct hk_sim_ref){"Pod", "default", name}, &err),
                 &err);
    }
}

static void calm_down(struct life *life)
{
    hk_sim_set_faults(life->sim, &(struct hk_sim_faults){0});
    for (unsigned i = 0; i < 4; i++) {
        char node[16];
        snprintf(node, sizeof node, "node-%u", i);
        hk_sim_node(life->sim, node, true);
    }
    life->wish.bad_image = life->wish.invalid = false;
    if (life->was_bad) {
        life->wish.paused = false;
        life->wish.update = 0;
    }
    put_source(life, life_random(life, 3), "calm");
    put_wish(life);
    if (life->was_bad && life->wish.stateful && life->knows_max_unavailable)
        delete_stuck_pods(life);
}

/* Settled: asking again changes nothing, and the answer is the same to the byte. */
static void check_calm(struct life *life)
{
    const struct hk_sim_counters *counters = hk_sim_counters(life->sim);
    unsigned in_vain = counters->in_vain;
    struct hk_buf before;
    hk_buf_init(&before);
    hk_buf_add_str(&before, hk_sim_last_answer(life->sim));
    life->is_calm = true;
    for (int i = 0; i < 3; i++) {
        hk_sim_poke(life->sim);
        run(life, MINUTE_MS);
        if (!hk_str_eq(hk_buf_str(&before), hk_sim_last_answer(life->sim)))
            life_break(life, "a settled cluster was answered with other bytes");
    }
    if (counters->in_vain > in_vain)
        life_break(life, "a settled cluster was written in vain");
    life->is_calm = false;
    hk_buf_fini(&before);
}

static void end_it(struct life *life)
{
    struct hk_err err = {0};
    const struct hk_sim_ref ref = {fc_controller.kind, "default", LIFE_NAME};
    if (life_random(life, 2))
        turn_network(life);
    must(life, hk_sim_delete(life->sim, ref, &err), &err);
    run(life, pause_ms(life));
    hk_sim_set_faults(life->sim, &(struct hk_sim_faults){0});
    if (!run(life, CONVERGE_MS))
        life_break(life, "deleting it does not end");
    if (hk_sim_find(life->sim, ref) || hk_sim_children_left(life->sim))
        life_break(life, "%zu objects are left after it was deleted",
                   hk_sim_children_left(life->sim));
}

static struct hk_sim *new_sim(struct life *life)
{
    life->knows_max_unavailable = life_random(life, 3) == 0;
    struct hk_sim_options options = {
        .controller = fc_controller.name,
        .parent = {fc_controller.api_version, fc_controller.kind, "flameclusters", HK_SIM_IN_PLACE},
        .customize = true,
        .v1 = life_random(life, 4) == 0,
        .max_unavailable = life->knows_max_unavailable,
        .seed = life->seed,
        .pace = {.schedule_ms = 300,
                 .start_ms = 3000,
                 .stop_ms = 1500,
                 .backoff_ms = 10000,
                 .bind_ms = 700,
                 .jitter_pct = 60},
        .call = hk_sim_call_controller,
        .call_arg = (void *)&fc_controller,
        .on_event = rules_check,
        .event_arg = life,
    };
    return hk_sim_new(&options, NULL);
}

int life_play(struct life *life)
{
    life->random = (life->seed + 1) * 0x9e3779b97f4a7c15u;
    life->sim = new_sim(life);
    if (!life->sim)
        return -1;
    hk_sim_fail_image(life->sim, LIFE_BAD_IMAGE, true);
    life->wish = (struct wish){.replicas = (int64_t)life_random(life, LIFE_REPLICAS_MAX + 1),
                               .stateful = life_random(life, 3) == 0};
    life->wish.secret = life_random(life, 3) == 0;
    if (life_random(life, 2))
        life->wish.caches = (unsigned)life_random(life, 4);
    if (life_random(life, 2)) {
        life->wish.session_disk = (unsigned)life_random(life, 3);
        life->wish.cache_disk = (unsigned)life_random(life, 3);
    }
    if (life_random(life, 2))
        turn_network(life);
    if (life_random(life, 3) > 0)
        turn_source(life);
    put_wish(life);
    for (uint64_t n = life_random(life, 12); n > 0 && !*life->broken; n--) {
        run(life, pause_ms(life));
        happen(life);
    }
    bool dies_young = life_random(life, 8) == 0; /* deleted in the midst of it */
    calm_down(life);
    if (!dies_young) {
        if (!run(life, CONVERGE_MS))
            life_break(life, "it does not settle");
        if (!*life->broken)
            rules_check_end(life);
        if (!*life->broken)
            check_calm(life);
    }
    if (!*life->broken)
        end_it(life);
    hk_sim_free(life->sim);
    return *life->broken ? -1 : 0;
}
