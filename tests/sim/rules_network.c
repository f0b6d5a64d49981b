/* rules_network.c - Services and the NetworkPolicy at the end of a life: as the user wishes, whatever they were before. */
#include "life.h"

/* By wish.service. */
static const struct {
    const char *type, *class, *affinity;
} services[] = {
    {"ClusterIP", "", "None"},
    {"NodePort", "", "None"},
    {"LoadBalancer", NULL, "None"}, /* none was wished for: it keeps the one that it had */
    {"LoadBalancer", "example.com/a", "None"},
    {"LoadBalancer", "example.com/b", "None"},
    {"ClusterIP", "", "ClientIP"},
};

static void check_service(struct life *life, const char *name)
{
    const unsigned wish = life->wish.service;
    const json_t *service = hk_sim_find(life->sim, (struct hk_sim_ref){"Service", "default", name});
    const char *type = hk_sim_text(service, "spec.type");
    const char *class = hk_sim_text(service, "spec.loadBalancerClass");
    if (strcmp(type, services[wish].type) != 0)
        life_break(life, "%s is of type %s, not %s", name, type, services[wish].type);
    if (services[wish].class && strcmp(class, services[wish].class) != 0)
        life_break(life, "%s has the class \"%s\"", name, class);
    if (strcmp(hk_sim_text(service, "spec.sessionAffinity"), services[wish].affinity) != 0)
        life_break(life, "%s has another affinity", name);
    if ((json_object_get(hk_sim_get(service, "metadata.annotations"), "a.example/x") != NULL) !=
        (wish == 1))
        life_break(life, "%s has another annotation than was wished for", name);
    if (*hk_sim_text(service, "metadata.labels.team") != (wish == 2 ? 't' : 0))
        life_break(life, "%s has another label than was wished for", name);
}

void rules_network_check_end(struct life *life)
{
    const struct hk_sim_ref ref = {"NetworkPolicy", "default", LIFE_NAME};
    const json_t *policy = hk_sim_find(life->sim, ref);
    check_service(life, LIFE_NAME "-session-manager");
    check_service(life, LIFE_NAME "-object-cache");
    if ((policy != NULL) != life->wish.shut)
        life_break(life, "there is %s NetworkPolicy", policy ? "a" : "no");
    if (policy && (json_array_size(hk_sim_get(policy, "spec.ingress")) != 2 ||
                   json_array_size(hk_sim_get(policy, "spec.egress")) != 4 ||
                   json_object_size(hk_sim_get(policy, "spec.podSelector.matchLabels")) != 1))
        life_break(life, "the NetworkPolicy is not as it was asked for");
}
