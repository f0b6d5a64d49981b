#include "fc_read.h"

static bool is_reserved_annotation(struct hk_str key)
{
    return hk_str_has_prefix(key, HK_STR("flame.xflops.io/")) ||
           hk_str_has_prefix(key, HK_STR("metacontroller.k8s.io/"));
}

static bool is_reserved_label(struct hk_str key)
{
    return hk_str_is(key, "app") || hk_str_is(key, "controller-uid") ||
           hk_str_has_prefix(key, HK_STR("app.kubernetes.io/")) ||
           hk_str_has_prefix(key, HK_STR("flame.xflops.io/"));
}

static const struct fc_pairs_rule ANNOTATIONS = {
    .is_reserved = is_reserved_annotation,
    .reserved = "must not begin with flame.xflops.io/ or metacontroller.k8s.io/",
    .max = FC_SERVICE_PAIRS_MAX,
};

static const struct fc_pairs_rule LABELS = {
    .is_reserved = is_reserved_label,
    .reserved = "must not be app, controller-uid, or begin with app.kubernetes.io/ or "
                "flame.xflops.io/",
    .is_label = true,
    .max = FC_SERVICE_PAIRS_MAX,
};

static const char *const POLICIES[] = {"Cluster", "Local", NULL};

/* source: k8s.io/kubernetes pkg/apis/core/validation ValidateService, 1.36 (restated). */
static void check_type(struct fc_reader *r, const struct fc_service_options *out)
{
    static const char outside[] = "must only be set for type NodePort or LoadBalancer";
    static const char balanced[] = "must only be set for type LoadBalancer";
    bool is_outside = out->type != FC_CLUSTER_IP, is_balanced = out->type == FC_LOAD_BALANCER;
    if (out->node_port && !is_outside)
        fc_read_member_problem(r, "nodePort", outside);
    if (out->external_policy && !is_outside)
        fc_read_member_problem(r, "externalTrafficPolicy", outside);
    if (out->balancer_class.len && !is_balanced)
        fc_read_member_problem(r, "loadBalancerClass", balanced);
    if (out->source_ranges.count && !is_balanced)
        fc_read_member_problem(r, "loadBalancerSourceRanges", balanced);
}

/* false: it is none of them, and what goes with which type is not the question. */
static bool read_type(struct fc_reader *r, enum fc_service_type *out)
{
    static const char *const types[] = {[FC_CLUSTER_IP] = "ClusterIP",
                                        [FC_NODE_PORT] = "NodePort",
                                        [FC_LOAD_BALANCER] = "LoadBalancer",
                                        NULL};
    const struct hk_problems *problems = &r->out->problems;
    size_t before = problems->count + problems->more;
    *out = (enum fc_service_type)fc_read_word(r, types, FC_CLUSTER_IP);
    return problems->count + problems->more == before;
}

/* A field of the Service itself, by its place in the names below. */
static void read_field(struct fc_reader *r, int field, struct fc_service_options *out)
{
    static const char *const affinities[] = {"ClientIP", "None", NULL};
    switch (field) {
    case 0:
        fc_read_pairs(r, &ANNOTATIONS, &out->annotations);
        break;
    case 1:
        out->external_policy = POLICIES[fc_read_word(r, POLICIES, 2)];
        break;
    case 2:
        out->internal_policy = POLICIES[fc_read_word(r, POLICIES, 2)];
        break;
    case 3:
        fc_read_pairs(r, &LABELS, &out->labels);
        break;
    case 4:
        fc_read_key(r, &out->balancer_class);
        break;
    case 5:
        fc_read_texts(r, FC_SOURCE_RANGES_MAX, fc_cidr_check, &out->source_ranges);
        break;
    case 6:
        fc_read_port(r, &out->node_port);
        break;
    case 7:
        out->affinity = affinities[fc_read_word(r, affinities, 2)];
        break;
    }
}

void fc_read_service(struct fc_reader *r, struct fc_service_options *out)
{
    static const char *const names[] = {
        "annotations", "externalTrafficPolicy", "internalTrafficPolicy",
        "labels",      "loadBalancerClass",     "loadBalancerSourceRanges",
        "nodePort",    "sessionAffinity",       "type",
        NULL};
    struct fc_section section;
    bool is_type_known = true;
    if (!fc_read_object(r, &section))
        return;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (names[f + 1])
            read_field(r, f, out);
        else
            is_type_known = read_type(r, &out->type);
    if (is_type_known)
        check_type(r, out);
}
