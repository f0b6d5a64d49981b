/* The executor managers' StatefulSet, as far as decisions need it. */
#include "fc_observe.h"

#include <stdio.h>

#define TEMPLATE_HASH "flame.xflops.io/template-hash"

/* Every reader below passes over what it does not name. */

/* A number of Pods, within what can be added up. */
static int64_t read_count(struct hk_scan *s)
{
    int64_t count = hk_scan_int(s);
    if (count < 0)
        return 0;
    return count < INT32_MAX ? count : INT32_MAX;
}

static void read_hash(struct hk_scan *s, struct fc_stateful *out)
{
    static const char *const levels[] = {"metadata", "annotations", TEMPLATE_HASH};
    enum { DEPTH = sizeof levels / sizeof levels[0] };
    struct hk_scan_iter it[DEPTH];
    size_t depth = 0;
    hk_scan_object(s, &it[0]);
    for (;;) {
        const char *const names[] = {levels[depth], NULL};
        if (hk_scan_field(s, &it[depth], names) < 0) {
            if (depth-- == 0)
                return;
        } else if (depth + 1 < DEPTH) {
            hk_scan_object(s, &it[++depth]);
        } else {
            struct hk_str hash = hk_scan_str_or_null(s);
            if (hash.len == sizeof out->hash - 1)
                memcpy(out->hash, hash.ptr, hash.len);
        }
    }
}

/* An API server that knows maxUnavailable fills it in, one that does not takes it away. */
static void read_rolling_update(struct hk_scan *s, struct fc_stateful *out)
{
    static const char *const names[] = {"maxUnavailable", "partition", NULL};
    struct hk_scan_iter it;
    out->lacks_max_unavailable = hk_scan_type(s) == HK_JSON_OBJECT;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 1) {
            out->partition = read_count(s);
        } else {
            out->lacks_max_unavailable = hk_scan_type(s) == HK_JSON_NULL;
            hk_scan_skip(s);
        }
}

static void read_spec(struct hk_scan *s, struct fc_stateful *out)
{
    static const char *const names[] = {"replicas", "template", "updateStrategy", NULL};
    static const char *const strategies[] = {"rollingUpdate", NULL};
    struct hk_scan_iter it, strategy;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0) {
            out->replicas = read_count(s);
        } else if (f == 1) {
            read_hash(s, out);
        } else {
            hk_scan_object(s, &strategy);
            while (hk_scan_field(s, &strategy, strategies) >= 0)
                read_rolling_update(s, out);
        }
}

static void read_status(struct hk_scan *s, int64_t generation, struct fc_stateful *out)
{
    static const char *const names[] = {
        "observedGeneration", "readyReplicas",  "replicas", "updatedReplicas",
        "currentRevision",    "updateRevision", NULL};
    int64_t seen = 0;
    int64_t *const counts[] = {NULL, &out->ready, &out->pods, &out->updated};
    struct hk_str revisions[2] = {{NULL, 0}};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, names)) >= 0;)
        if (f == 0)
            seen = hk_scan_int(s);
        else if (f < 4)
            *counts[f] = read_count(s);
        else
            revisions[f - 4] = hk_scan_str_or_null(s);
    out->is_fresh = seen >= generation && seen > 0;
    out->is_rolled = hk_str_eq(revisions[0], revisions[1]);
}

/* The object's own copies are read, so the place of a mistake is found by the part that holds it. */
static int read_part(struct hk_scan *s, const struct fc_object *object, const char *part,
                     const struct hk_err *why, struct hk_err *err)
{
    char path[256];
    if (hk_scan_end(s) == 0)
        return 0;
    snprintf(path, sizeof path, "children[%.*s].%s%s%s", HK_STR_ARG(object->kind), part,
             *why->path ? "." : "", why->path);
    return hk_err_set(err, why->kind, path, "%s", why->text);
}

int fc_stateful_read(const struct fc_object *object, struct hk_arena *arena,
                     struct fc_stateful *out, struct hk_err *err)
{
    struct hk_scan s;
    struct hk_err why = {0};
    *out = (struct fc_stateful){.is_terminating = object->is_terminating};
    if (object->spec.len) {
        hk_scan_init(&s, object->spec.ptr, object->spec.len, arena, &why);
        read_spec(&s, out);
        if (read_part(&s, object, "spec", &why, err) != 0)
            return -1;
    }
    if (object->status.len) {
        hk_scan_init(&s, object->status.ptr, object->status.len, arena, &why);
        read_status(&s, object->generation, out);
        return read_part(&s, object, "status", &why, err);
    }
    return 0;
}

int64_t fc_stateful_pods_left(const struct fc_stateful *set)
{
    if (!set)
        return 0;
    if (set->is_fresh && set->replicas == 0)
        return set->pods;
    return set->pods > 0 ? set->pods : 1;
}
