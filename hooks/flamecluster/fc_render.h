/* fc_render.h - the children as JSON: what each one looks like, given that it is wanted. */
#ifndef FC_RENDER_H
#define FC_RENDER_H

#include "fc_claims.h"
#include "fc_config.h"
#include "fc_observe.h"
#include "fc_plan.h"
#include "fc_services.h"
#include "hk_jw.h"

#define FC_TEMPLATE_HASH "flame.xflops.io/template-hash"
#define FC_POD_INDEX "flame.xflops.io/pod-index"

/* What all children of a cluster share. */
struct fc_render {
    const struct fc_parent *parent;
    const struct fc_config *config;
    struct hk_arena *arena;
    struct hk_str namespace; /* {NULL,0}: none is written, Metacontroller sets its own */
    const struct fc_references *references;
};

/* A component's Pod, rendered once and stamped for each index. */
struct fc_pod_template {
    struct hk_buf text;        /* owned; the whole Pod without what is stamped */
    size_t index_at, name_at;  /* where the index goes; both 0: nothing is stamped */
    size_t claim_at;           /* the same in the claim's name; 0: it has none of its own */
    char hash[HK_HASH64_SIZE]; /* of the rendered template and the config it mounts; see docs/design
                                */
};

/* fc_render_session_template, fc_render_executor_template, fc_render_cache_template - render a component's Pod. out is
 * embedded; fini it on failure too. Returns 0, or -1: MEMORY. */
int fc_render_session_template(const struct fc_render *r, struct fc_pod_template *out,
                               struct hk_err *err) HK_MUST_USE;
int fc_render_executor_template(const struct fc_render *r, struct fc_pod_template *out,
                                struct hk_err *err) HK_MUST_USE;
int fc_render_cache_template(const struct fc_render *r, struct fc_pod_template *out,
                             struct hk_err *err) HK_MUST_USE;
void fc_pod_template_fini(struct fc_pod_template *pod);

/* fc_render_pod - one Pod as a JSON value; index is ignored by a template that has none. */
void fc_render_pod(const struct fc_pod_template *pod, int64_t index, struct hk_jw *w);

/* fc_render_config - the ConfigMap or Secret of the configuration. */
void fc_render_config(const struct fc_render *r, struct hk_jw *w);
void fc_render_claim(const struct fc_render *r, const struct fc_claim *claim, struct hk_jw *w);
void fc_render_network_policy(const struct fc_render *r, struct hk_jw *w);

/* fc_render_service - a Service as it is to be asked for next, given the one that is there. */
struct fc_service_wish {
    const struct fc_service *service;
    const struct fc_service_options *options;
    struct hk_str name;
    const struct fc_object *observed; /* NULL: there is none */
};
void fc_render_service(const struct fc_render *r, const struct fc_service_wish *wish,
                       struct hk_jw *w);
void fc_render_disruption_budget(const struct fc_render *r, struct hk_jw *w);
/* fc_render_stateful_set - pod: the executors' template, with an index. */
void fc_render_stateful_set(const struct fc_render *r, const struct fc_pod_template *pod,
                            const struct fc_stateful_plan *plan, struct hk_jw *w);

/* fc_render_executor_selector - the member "selector", as StatefulSets and PodDisruptionBudgets have it. */
void fc_render_executor_selector(const struct fc_render *r, struct hk_jw *w);

/* fc_render_labels - the labels of a child as members of an open object, all but the Pod's index.
 * app: its `app` label, "flame-" and the component's name. */
void fc_render_labels(const struct fc_render *r, const char *app, struct hk_jw *w);

/* fc_render_labels_among - the same with the user's own among them, as far as they sort before FC_POD_INDEX;
 * those leave `user`. fc_render_pairs - the members of `user` that sort before a key (all: NULL), which
 * leave it. */
void fc_render_labels_among(const struct fc_render *r, const char *app, struct fc_pairs *user,
                            struct hk_jw *w);
void fc_render_pairs(struct fc_pairs *user, const char *before, struct hk_jw *w);

/* The end of an open metadata object: fc_render_name - name and namespace, fc_render_metadata - labels and these. */
void fc_render_name(const struct fc_render *r, struct hk_str name, struct hk_jw *w);
void fc_render_metadata(const struct fc_render *r, const char *app, struct hk_str name,
                        struct hk_jw *w);

/* fc_render_texts - a member that is a list, unless it is empty. */
void fc_render_texts(const char *key, const struct fc_texts *texts, struct hk_jw *w);

/* fc_render_kept_pod, fc_render_kept_object - an observed child as it is, projected on the fields
 * that this controller owns, so that asking for it changes nothing. Returns 0, or -1: MEMORY; INVALID
 * when it holds what no such object can (a number beyond 64 bits, a NUL in a key). */
void fc_render_kept_pod(const struct fc_pod *pod, struct hk_jw *w);
int fc_render_kept_object(const struct fc_object *object, struct hk_jw *w,
                          struct hk_err *err) HK_MUST_USE;
/* fc_render_emptied_object - the same, but with no replicas. */
int fc_render_emptied_object(const struct fc_object *object, struct hk_jw *w,
                             struct hk_err *err) HK_MUST_USE;

#endif
