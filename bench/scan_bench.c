/* scan_bench.c - how fast hk_scan gets through a request: MB/s, the best of many runs, for skipping
 * everything and for reading what a controller of Pods reads. With -j jansson's DOM as a yardstick.
 */
#include "hk_scan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECONDS 1.0 /* a measurement goes on this long */

struct body {
    char *text;
    size_t len;
    struct hk_arena arena;
    size_t read; /* values read: keeps the work from being optimised away, and shows it was done */
};

static void read_conditions(struct hk_scan *s, struct body *body)
{
    static const char *const NAMES[] = {"type", "status", "reason", NULL};
    struct hk_scan_iter list, it;
    for (hk_scan_array(s, &list); hk_scan_item(s, &list);)
        for (hk_scan_object(s, &it); hk_scan_field(s, &it, NAMES) >= 0;)
            body->read += hk_scan_str_or_null(s).ptr != NULL;
}

static void read_containers(struct hk_scan *s, struct body *body)
{
    static const char *const NAMES[] = {"state", NULL}, *const STATES[] = {"waiting", NULL};
    static const char *const WAITING[] = {"reason", "message", NULL};
    struct hk_scan_iter list, container, state, it;
    for (hk_scan_array(s, &list); hk_scan_item(s, &list);)
        for (hk_scan_object(s, &container); hk_scan_field(s, &container, NAMES) >= 0;)
            for (hk_scan_object(s, &state); hk_scan_field(s, &state, STATES) >= 0;)
                for (hk_scan_object(s, &it); hk_scan_field(s, &it, WAITING) >= 0;)
                    body->read += hk_scan_str_or_null(s).ptr != NULL;
}

static void read_status(struct hk_scan *s, struct body *body)
{
    static const char *const NAMES[] = {"phase", "conditions", "containerStatuses", "reason", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, NAMES)) >= 0;) {
        if (f == 1)
            read_conditions(s, body);
        else if (f == 2)
            read_containers(s, body);
        else
            body->read += hk_scan_str_or_null(s).ptr != NULL;
    }
}

static void read_strings(struct hk_scan *s, struct body *body, const char *const *names)
{
    struct hk_scan_iter it;
    for (hk_scan_object(s, &it); hk_scan_field(s, &it, names) >= 0;)
        body->read += hk_scan_str_or_null(s).ptr != NULL;
}

static void read_metadata(struct hk_scan *s, struct body *body)
{
    static const char *const NAMES[] = {"annotations",       "labels", "name",
                                        "deletionTimestamp", "uid",    NULL};
    static const char *const ANNOTATIONS[] = {"flame.xflops.io/template-hash", NULL};
    static const char *const LABELS[] = {"app", "flame.xflops.io/cluster", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, NAMES)) >= 0;) {
        if (f < 2)
            read_strings(s, body, f == 0 ? ANNOTATIONS : LABELS);
        else
            body->read += hk_scan_str_or_null(s).ptr != NULL;
    }
}

static void read_child(struct hk_scan *s, struct body *body)
{
    static const char *const NAMES[] = {"metadata", "status", NULL};
    struct hk_scan_iter it;
    hk_scan_object(s, &it);
    for (int f; (f = hk_scan_field(s, &it, NAMES)) >= 0;) {
        if (f == 0)
            read_metadata(s, body);
        else
            read_status(s, body);
    }
}

static bool read_like_controller(struct body *body)
{
    static const char *const NAMES[] = {"parent", "children", NULL};
    struct hk_scan s;
    struct hk_scan_iter it, kinds, objects;
    struct hk_str key;
    hk_scan_init(&s, body->text, body->len, &body->arena, NULL);
    hk_scan_object(&s, &it);
    for (int f; (f = hk_scan_field(&s, &it, NAMES)) >= 0;) {
        if (f == 0) {
            body->read += hk_scan_raw(&s).len > 0;
            continue;
        }
        for (hk_scan_object(&s, &kinds); hk_scan_member(&s, &kinds, &key);)
            for (hk_scan_object(&s, &objects); hk_scan_member(&s, &objects, &key);)
                read_child(&s, body);
    }
    bool good = hk_scan_end(&s) == 0;
    hk_arena_fini(&body->arena);
    return good;
}

static bool skip_everything(struct body *body)
{
    struct hk_scan s;
    hk_scan_init(&s, body->text, body->len, &body->arena, NULL);
    hk_scan_skip(&s);
    body->read++;
    return hk_scan_end(&s) == 0;
}

static bool build_dom(struct body *body)
{
    json_t *json = json_loadb(body->text, body->len, 0, NULL);
    bool good = json != NULL;
    body->read += json_object_size(json);
    json_decref(json);
    return good;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool measure(const char *what, bool (*run)(struct body *), struct body *body)
{
    double begin = now(), best = 1e9;
    size_t runs = 0;
    for (body->read = 0; runs < 3 || now() - begin < SECONDS; runs++) {
        double start = now();
        if (!run(body))
            return false;
        double took = now() - start;
        best = took < best ? took : best;
    }
    printf("  %-24s %8.0f MB/s  %10.1f us  %zu values\n", what, (double)body->len / best / 1e6,
           best * 1e6, body->read / runs);
    return true;
}

static bool load(const char *name, struct body *body)
{
    FILE *file = fopen(name, "rb");
    if (!file)
        return false;
    bool good = fseek(file, 0, SEEK_END) == 0;
    long size = good ? ftell(file) : -1;
    body->text = size < 0 ? NULL : calloc(1, (size_t)size + HK_SCAN_PAD);
    good = body->text && fseek(file, 0, SEEK_SET) == 0 &&
           fread(body->text, 1, (size_t)size, file) == (size_t)size;
    body->len = (size_t)size;
    fclose(file);
    return good;
}

int main(int argc, char **argv)
{
    bool dom = argc > 1 && strcmp(argv[1], "-j") == 0, good = argc > 1 + dom;
    for (int i = 1 + dom; good && i < argc; i++) {
        struct body body = {0};
        hk_arena_init(&body.arena);
        good = load(argv[i], &body);
        if (good)
            printf("%s: %zu bytes\n", argv[i], body.len);
        good = good && measure("skip everything", skip_everything, &body) &&
               measure("read like a controller", read_like_controller, &body) &&
               (!dom || measure("jansson, whole DOM", build_dom, &body));
        free(body.text);
    }
    if (!good)
        fputs("usage: scan_bench [-j] REQUEST.json..., each a good hook request\n", stderr);
    return good ? 0 : 2;
}
