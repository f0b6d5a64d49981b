/* hk_sim_sync.c - one sync of one parent, in Metacontroller's order: finalizer, claim, related,
 * hook, resync, finalizer away, labels, children, status. source: metacontroller
 * pkg/controller/composite/controller.go 4.17 (restated). */
#include "hk_sim_impl.h"

#include <stdio.h>

#define RESYNC_MAX_S 1e9 /* an answer may hold any number: what is later never comes */

/* All that one sync holds; released by fini. */
struct sync {
    struct hk_sim *sim;
    struct sim_work *work;
    struct sim_shelf *shelf;    /* the parents' */
    struct sim_version *parent; /* as the cache has it, or fresh with our finalizer; a reference */
    struct sim_claim claims;
    struct hk_sim_view view;
    const json_t **children; /* view's */
    json_t *answer;
    char finalizer[128];
};

static int init(struct sync *sync, struct hk_sim *sim, struct sim_work *work)
{
    size_t size = (sim->shelf_count + 1) * sizeof(struct sim_list);
    *sync = (struct sync){.sim = sim, .work = work, .shelf = sim->shelves[0]};
    snprintf(sync->finalizer, sizeof sync->finalizer, "metacontroller.io/compositecontroller-%s",
             sim->options.controller);
    sync->claims.lists = hk_alloc(size);
    sync->claims.related = hk_alloc(size);
    if (sync->claims.lists)
        memset(sync->claims.lists, 0, size);
    if (sync->claims.related)
        memset(sync->claims.related, 0, size);
    if (sync->claims.lists && sync->claims.related)
        return 0;
    sim->failed = true;
    return -1;
}

static void fini(struct sync *sync)
{
    for (size_t i = 0; i < sync->sim->shelf_count; i++) {
        if (sync->claims.lists)
            hk_sim_list_fini(&sync->claims.lists[i]);
        if (sync->claims.related)
            hk_sim_list_fini(&sync->claims.related[i]);
    }
    hk_free(sync->claims.lists);
    hk_free(sync->claims.related);
    hk_free(sync->children);
    json_decref(sync->answer);
    hk_sim_version_free(sync->parent);
}

static struct sim_version *live_parent(const struct sync *sync)
{
    struct sim_version *live =
        hk_sim_list_find(&sync->shelf->live, sync->work->namespace, sync->work->name);
    return live && strcmp(live->uid, sync->work->uid) == 0 ? live : NULL;
}

static bool is_deleting(const struct sync *sync)
{
    return hk_sim_get(sync->parent->json, "metadata.deletionTimestamp") != NULL;
}

/* The finalizer goes on before anything else happens, so that what happens later is cleaned up. */
static int add_finalizer(struct sync *sync, struct hk_err *err)
{
    if (sync->sim->options.no_finalize || is_deleting(sync) ||
        hk_sim_has_finalizer(sync->parent->json, sync->finalizer))
        return 0;
    struct sim_version *live = live_parent(sync);
    if (!live)
        return hk_err_set(err, HK_ERR_NOT_FOUND, NULL, "can't sync finalizer: not found");
    hk_sim_store_set_finalizer(sync->sim, sync->shelf, live, sync->finalizer, true);
    live = live_parent(sync);
    if (!live)
        return hk_err_memory(err);
    live->refs++;
    hk_sim_version_free(sync->parent);
    sync->parent = live;
    return 0;
}

static void look(struct sync *sync, enum hk_hook hook)
{
    size_t count = 0, n = 0;
    for (size_t s = 0; s < sync->sim->shelf_count; s++)
        count += sync->claims.lists[s].count;
    sync->children = hk_alloc((count + 1) * sizeof *sync->children);
    if (!sync->children) {
        sync->sim->failed = true;
        return;
    }
    for (size_t s = 0; s < sync->sim->shelf_count; s++)
        for (size_t i = 0; i < sync->claims.lists[s].count; i++)
            sync->children[n++] = sync->claims.lists[s].items[i]->json;
    sync->view = (struct hk_sim_view){
        .parent = sync->parent->json, .children = sync->children, .count = count, .hook = hook};
    sync->sim->view = &sync->view;
    sync->work->children = count;
}

static int ask(struct sync *sync, struct hk_err *err)
{
    struct hk_sim *sim = sync->sim;
    sync->claims.finalizing = !sim->options.no_finalize && is_deleting(sync);
    enum hk_hook hook = sync->claims.finalizing ? HK_HOOK_FINALIZE : HK_HOOK_SYNC;
    look(sync, hook);
    hk_sim_build_request(sim, sync->parent, &sync->claims, &sim->request);
    struct hk_str body = hk_sim_call_hook(sim, sync->work, hook, &sim->request, err);
    if (!body.ptr) {
        hk_err_prefix(err, hk_hook_name(hook));
        return -1;
    }
    sync->view.answer = sim->last_answer = body;
    /* A settled cluster gets the same bytes again and again: they are read once. */
    if (!sync->work->reply[hook])
        sync->work->reply[hook] = hk_sim_read_answer(sim, body, &sync->work->known[hook], err);
    sync->answer = json_incref(sync->work->reply[hook]);
    sync->view.reply = sync->answer;
    return sync->answer ? 0 : -1;
}

/* Namespace and the generated selector's label, as every desired child gets them. */
static int complete_children(struct sync *sync, struct hk_err *err)
{
    size_t i;
    json_t *child;
    json_array_foreach(json_object_get(sync->answer, "children"), i, child)
    {
        json_t *metadata = hk_sim_child(sync->sim, child, "metadata");
        if (!*hk_sim_text(metadata, "namespace"))
            hk_sim_set_text(sync->sim, metadata, "namespace", sync->work->namespace);
        json_t *labels = hk_sim_child(sync->sim, metadata, "labels");
        hk_sim_default(sync->sim, labels, SIM_UID_LABEL, json_string(sync->work->uid));
        if (strcmp(hk_sim_text(labels, SIM_UID_LABEL), sync->work->uid) != 0)
            return hk_err_set(err, HK_ERR_INTERNAL, NULL,
                              "labels on desired child %s %s don't match parent selector",
                              hk_sim_text(child, "kind"), hk_sim_text(metadata, "name"));
    }
    return 0;
}

static void write_status(struct sync *sync)
{
    struct sim_version *live = live_parent(sync);
    json_t *status = json_object_get(sync->answer, "status");
    if (!live)
        return; /* gone: nothing to write to */
    json_t *written = json_is_object(status) ? hk_sim_copy(sync->sim, status) : json_object();
    hk_sim_set_int(sync->sim, written, "observedGeneration",
                   hk_sim_int(sync->parent->json, "metadata.generation"));
    int64_t before = sync->sim->resource_version;
    hk_sim_store_write_status(sync->sim, sync->shelf, live, written);
    sync->sim->counters.status_writes += sync->sim->resource_version != before;
}

static int carry_out(struct sync *sync, struct hk_err *err)
{
    struct hk_sim *sim = sync->sim;
    double resync_s = json_number_value(json_object_get(sync->answer, "resyncAfterSeconds"));
    if (resync_s > 0) {
        double ms = resync_s < RESYNC_MAX_S ? resync_s * 1000 : RESYNC_MAX_S * 1000;
        int64_t at = sim->now_ms + (int64_t)ms;
        if (at < sync->work->resync_ms)
            sync->work->resync_ms = at;
    }
    bool is_final = json_is_true(json_object_get(sync->answer, "finalized"));
    struct sim_version *live = live_parent(sync);
    bool is_ours =
        !sim->options.no_finalize && hk_sim_has_finalizer(sync->parent->json, sync->finalizer);
    if (is_final && live)
        hk_sim_store_set_finalizer(sim, sync->shelf, live, sync->finalizer, false);
    if (complete_children(sync, err) != 0)
        return -1;
    int result = 0;
    if (!is_deleting(sync) || (is_ours && !is_final))
        result = hk_sim_manage(sim, sync->parent->json, &sync->claims,
                               json_object_get(sync->answer, "children"), err);
    write_status(sync);
    hk_sim_tell(sim, (struct hk_sim_event){.what = HK_SIM_SYNCED,
                                           .kind = sync->shelf->kind.kind,
                                           .before = sync->parent->json});
    return result;
}

static int play(struct sync *sync, struct hk_err *err)
{
    struct hk_sim *sim = sync->sim;
    sim->actor = HK_SIM_CLUSTER;
    if (add_finalizer(sync, err) != 0)
        return -1;
    hk_sim_claim(sim, sync->parent->json, &sync->claims);
    if (hk_sim_related(sim, sync->work, sync->parent, &sync->claims, err) != 0)
        return -1;
    sim->actor = HK_SIM_HOOK;
    if (ask(sync, err) != 0)
        return -1;
    return carry_out(sync, err);
}

static void record(struct sync *sync, const struct hk_err *err)
{
    struct hk_sim *sim = sync->sim;
    sync->work->has_error = true;
    sim->counters.errors++;
    snprintf(sim->last_error, sizeof sim->last_error, "Sync error: %s%s%s", err->path,
             *err->path ? ": " : "", err->text);
    hk_sim_tell(sim, (struct hk_sim_event){.what = HK_SIM_ERROR,
                                           .kind = sync->shelf->kind.kind,
                                           .before = sync->parent->json,
                                           .text = sim->last_error});
}

int hk_sim_sync(struct hk_sim *sim, struct sim_work *work)
{
    struct sim_version *seen =
        hk_sim_list_find(&sim->shelves[0]->seen, work->namespace, work->name);
    if (!seen || strcmp(seen->uid, work->uid) != 0) {
        work->has_error = false; /* gone: no point in trying again */
        return 0;
    }
    struct sync sync;
    struct hk_err err = {0};
    work->retry_after_s = 0;
    int result = init(&sync, sim, work);
    if (result == 0) {
        seen->refs++;
        sync.parent = seen;
        result = play(&sync, &err);
        if (result != 0 && work->retry_after_s == 0)
            record(&sync, &err);
        else if (result == 0)
            work->has_error = false;
    }
    sim->view = NULL;
    sim->actor = HK_SIM_CLUSTER;
    fini(&sync);
    return result;
}
