/* What the simulated API server makes of a Service's type: ports given, kept and taken away, and what it refuses. */
#include "hk_sim_impl.h"
#include "sim_puppet.h"
#include "run_suite.h"

#define P "'ports':[{'name':'a','port':1},{'name':'b','port':2}]"
#define LIVE                                                                                       \
    "'ports':[{'name':'a','nodePort':30001,'port':1},{'name':'b','nodePort':30002,'port':2}]"

/* An update of the live spec (absent: a creation) and what is in it then, or why it is refused. */
static const struct {
    const char *live, *given, *path, *want, *refused;
} rows[] = {
    {NULL, "{'type':'ClusterIP'," P "}", "ports.0.nodePort", NULL, NULL},
    {NULL, "{'type':'NodePort'," P "}", "ports.0.nodePort", "31000", NULL},
    {NULL, "{'type':'NodePort'," P "}", "ports.1.nodePort", "31001", NULL},
    {NULL, "{'type':'NodePort','ports':[{'nodePort':30080,'port':1}]}", "ports.0.nodePort", "30080",
     NULL},
    {NULL, "{'type':'NodePort'," P "}", "externalTrafficPolicy", "'Cluster'", NULL},
    {NULL, "{'type':'LoadBalancer'," P "}", "allocateLoadBalancerNodePorts", "true", NULL},
    {NULL, "{'type':'LoadBalancer','externalTrafficPolicy':'Local'," P "}", "healthCheckNodePort",
     "32502", NULL},
    {NULL, "{'sessionAffinity':'ClientIP'," P "}", "sessionAffinityConfig",
     "{'clientIP':{'timeoutSeconds':10800}}", NULL},
    {NULL, "{'sessionAffinity':'None','sessionAffinityConfig':{}," P "}", "sessionAffinityConfig",
     NULL, NULL},
    {NULL, "{'type':'ClusterIP','ports':[{'nodePort':30080,'port':1}]}", NULL, NULL,
     "spec.ports.nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
    {NULL, "{'type':'ClusterIP','externalTrafficPolicy':'Local'," P "}", NULL, NULL,
     "spec.externalTrafficPolicy: Invalid value: may only be set for externally-accessible "
     "services"},
    {NULL, "{'type':'NodePort','loadBalancerClass':'a/b'," P "}", NULL, NULL,
     "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"},
    {NULL, "{'type':'NodePort','loadBalancerSourceRanges':['10.0.0.0/8']," P "}", NULL, NULL,
     "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"},
    {NULL, "{'type':'LoadBalancer','healthCheckNodePort':32111," P "}", NULL, NULL,
     "spec.healthCheckNodePort: Invalid value: may only be set when `type` is 'LoadBalancer' and "
     "`externalTrafficPolicy` is 'Local'"},
    /* A port that is not asked for stays as it was given. */
    {"{'type':'NodePort'," LIVE "}", "{'type':'LoadBalancer'," P "}", "ports.1.nodePort", "30002",
     NULL},
    {"{'type':'NodePort'," LIVE "}",
     "{'type':'NodePort','ports':[{'name':'a','nodePort':30009,'port':1},{'name':'b','port':2}]}",
     "ports.0.nodePort", "30009", NULL},
    /* All of them as they are: they go with the type. Only some: somebody wants them. */
    {"{'type':'NodePort'," LIVE "}", "{'type':'ClusterIP'," LIVE "}", "ports.0.nodePort", NULL,
     NULL},
    {"{'type':'NodePort'," LIVE "}",
     "{'type':'ClusterIP','ports':[{'name':'a','port':1},{'name':'b','nodePort':30002,'port':2}]}",
     NULL, NULL, "spec.ports.nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
    {"{'type':'NodePort','externalTrafficPolicy':'Cluster'," LIVE "}",
     "{'type':'ClusterIP','externalTrafficPolicy':'Cluster'," P "}", "externalTrafficPolicy", NULL,
     NULL},
    {"{'type':'LoadBalancer','loadBalancerClass':'a/b','allocateLoadBalancerNodePorts':true," LIVE
     "}",
     "{'type':'NodePort','loadBalancerClass':'a/b','allocateLoadBalancerNodePorts':true," LIVE "}",
     "loadBalancerClass", NULL, NULL},
    {"{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':32111," LIVE "}",
     "{'type':'LoadBalancer','externalTrafficPolicy':'Cluster','healthCheckNodePort':32111," LIVE
     "}",
     "healthCheckNodePort", NULL, NULL},
    {"{'type':'LoadBalancer','loadBalancerClass':'a/b'," LIVE "}",
     "{'type':'LoadBalancer','loadBalancerClass':'a/c'," LIVE "}", NULL, NULL,
     "spec.loadBalancerClass: Invalid value: may not change once set"},
    {"{'type':'LoadBalancer'," LIVE "}", "{'type':'LoadBalancer','loadBalancerClass':'a/c'," P "}",
     NULL, NULL, "spec.loadBalancerClass: Invalid value: may not change once set"},
    {"{'type':'LoadBalancer','loadBalancerClass':'a/b'," LIVE "}", "{'type':'LoadBalancer'," P "}",
     NULL, NULL, "spec.loadBalancerClass: Invalid value: may not change once set"},
    {"{'type':'NodePort'," LIVE "}", "{'type':'LoadBalancer','loadBalancerClass':'a/c'," P "}",
     "loadBalancerClass", "'a/c'", NULL},
};

/* A dotted path, with numbers for the items of arrays. */
static const json_t *at(const json_t *tree, const char *path)
{
    char copy[64], *save = NULL;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save))
        tree = json_is_array(tree) ? json_array_get(tree, (size_t)atoi(part))
                                   : json_object_get(tree, part);
    return tree;
}

static json_t *service(const char *spec)
{
    return json_pack("{s:s,s:{s:s},s:o}", "kind", "Service", "metadata", "name", "s", "spec",
                     puppet_json(spec));
}

START_TEST(one_change)
{
    struct hk_sim sim = {0};
    struct hk_err err = {0};
    json_t *live = rows[_i].live ? service(rows[_i].live) : NULL, *object = service(rows[_i].given);
    if (live)
        hk_sim_service_carry(&sim, object, live);
    hk_sim_defaults(&sim, object);
    int rc = live ? hk_sim_validate_update(live, object, &err) : hk_sim_validate(object, &err);
    ck_assert_int_eq(rc, rows[_i].refused ? -1 : 0);
    if (rows[_i].refused) {
        ck_assert_ptr_nonnull(strstr(err.text, rows[_i].refused));
    } else {
        json_t *want = rows[_i].want ? puppet_json(rows[_i].want) : NULL;
        ck_assert(json_equal(at(json_object_get(object, "spec"), rows[_i].path), want) || !want);
        ck_assert((at(json_object_get(object, "spec"), rows[_i].path) == NULL) == !want);
        json_decref(want);
    }
    json_decref(live);
    json_decref(object);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_service");
    TCase *tcase = tcase_create("sim_service");
    tcase_add_loop_test(tcase, one_change, 0, (int)(sizeof rows / sizeof *rows));
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
