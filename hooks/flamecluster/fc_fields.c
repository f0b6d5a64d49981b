/* The names of the fields once more: the readers of fc_parent.c pass over what they do not know, at no
 * cost for a request, and this is asked for files only. Tests hold the table to the CRD and to Kubernetes. */
#include "fc_fields.h"

/* fields NULL: anything may stand there. They are those of each entry, where it is a list. */
struct field {
    const char *name;
    const struct field *fields;
};

/* A Pod's of Kubernetes 1.36. */
static const struct field CONTAINER[] = {{"args", NULL},
                                         {"command", NULL},
                                         {"env", NULL},
                                         {"envFrom", NULL},
                                         {"image", NULL},
                                         {"imagePullPolicy", NULL},
                                         {"lifecycle", NULL},
                                         {"livenessProbe", NULL},
                                         {"name", NULL},
                                         {"ports", NULL},
                                         {"readinessProbe", NULL},
                                         {"resizePolicy", NULL},
                                         {"resources", NULL},
                                         {"restartPolicy", NULL},
                                         {"restartPolicyRules", NULL},
                                         {"securityContext", NULL},
                                         {"startupProbe", NULL},
                                         {"stdin", NULL},
                                         {"stdinOnce", NULL},
                                         {"terminationMessagePath", NULL},
                                         {"terminationMessagePolicy", NULL},
                                         {"tty", NULL},
                                         {"volumeDevices", NULL},
                                         {"volumeMounts", NULL},
                                         {"workingDir", NULL},
                                         {0}};
static const struct field POD[] = {{"activeDeadlineSeconds", NULL},
                                   {"affinity", NULL},
                                   {"automountServiceAccountToken", NULL},
                                   {"containers", CONTAINER},
                                   {"dnsConfig", NULL},
                                   {"dnsPolicy", NULL},
                                   {"enableServiceLinks", NULL},
                                   {"ephemeralContainers", NULL},
                                   {"hostAliases", NULL},
                                   {"hostIPC", NULL},
                                   {"hostNetwork", NULL},
                                   {"hostPID", NULL},
                                   {"hostUsers", NULL},
                                   {"hostname", NULL},
                                   {"hostnameOverride", NULL},
                                   {"imagePullSecrets", NULL},
                                   {"initContainers", CONTAINER},
                                   {"nodeName", NULL},
                                   {"nodeSelector", NULL},
                                   {"os", NULL},
                                   {"overhead", NULL},
                                   {"preemptionPolicy", NULL},
                                   {"priority", NULL},
                                   {"priorityClassName", NULL},
                                   {"readinessGates", NULL},
                                   {"resourceClaims", NULL},
                                   {"resources", NULL},
                                   {"restartPolicy", NULL},
                                   {"runtimeClassName", NULL},
                                   {"schedulerName", NULL},
                                   {"schedulingGates", NULL},
                                   {"schedulingGroup", NULL},
                                   {"securityContext", NULL},
                                   {"serviceAccount", NULL},
                                   {"serviceAccountName", NULL},
                                   {"setHostnameAsFQDN", NULL},
                                   {"shareProcessNamespace", NULL},
                                   {"subdomain", NULL},
                                   {"terminationGracePeriodSeconds", NULL},
                                   {"tolerations", NULL},
                                   {"topologySpreadConstraints", NULL},
                                   {"volumes", NULL},
                                   {0}};
static const struct field TEMPLATE[] = {{"metadata", NULL}, {"spec", POD}, {0}};
static const struct field RESOURCES[] = {{"limits", NULL}, {"requests", NULL}, {0}};
static const struct field DISRUPTION[] = {{"maxUnavailable", NULL}, {"minAvailable", NULL}, {0}};
static const struct field UPDATE[] = {
    {"maxUnavailable", NULL}, {"paused", NULL}, {"type", NULL}, {0}};
static const struct field SERVICE[] = {{"annotations", NULL},
                                       {"externalTrafficPolicy", NULL},
                                       {"internalTrafficPolicy", NULL},
                                       {"labels", NULL},
                                       {"loadBalancerClass", NULL},
                                       {"loadBalancerSourceRanges", NULL},
                                       {"nodePort", NULL},
                                       {"sessionAffinity", NULL},
                                       {"type", NULL},
                                       {0}};
static const struct field SLOT[] = {{"cpu", NULL}, {"gpu", NULL}, {"memory", NULL}, {0}};
static const struct field SECRET_KEY[] = {{"key", NULL}, {"name", NULL}, {0}};
static const struct field STORAGE_FROM[] = {{"secretKeyRef", SECRET_KEY}, {0}};
static const struct field PERSISTENCE[] = {{"accessModes", NULL},
                                           {"existingClaim", NULL},
                                           {"size", NULL},
                                           {"storageClassName", NULL},
                                           {0}};
static const struct field SESSION[] = {{"image", NULL},
                                       {"imagePullPolicy", NULL},
                                       {"persistence", PERSISTENCE},
                                       {"podTemplate", TEMPLATE},
                                       {"policy", NULL},
                                       {"resources", RESOURCES},
                                       {"service", SERVICE},
                                       {"slot", NULL},
                                       {"slotResources", SLOT},
                                       {"storage", NULL},
                                       {"storageFrom", STORAGE_FROM},
                                       {0}};
static const struct field EXECUTOR[] = {{"disruptionBudget", DISRUPTION},
                                        {"image", NULL},
                                        {"imagePullPolicy", NULL},
                                        {"maxExecutors", NULL},
                                        {"podTemplate", TEMPLATE},
                                        {"replicas", NULL},
                                        {"resources", RESOURCES},
                                        {"shim", NULL},
                                        {"updateStrategy", UPDATE},
                                        {"workload", NULL},
                                        {0}};
static const struct field CACHE[] = {{"image", NULL},
                                     {"imagePullPolicy", NULL},
                                     {"networkInterface", NULL},
                                     {"persistence", PERSISTENCE},
                                     {"podTemplate", TEMPLATE},
                                     {"replicas", NULL},
                                     {"resources", RESOURCES},
                                     {"service", SERVICE},
                                     {"storage", NULL},
                                     {0}};
static const struct field SECRET[] = {{"name", NULL}, {0}};
static const struct field TLS[] = {
    {"clientCA", NULL}, {"objectCache", NULL}, {"secretName", NULL}, {0}};
static const struct field TERM[] = {{"key", NULL}, {"operator", NULL}, {"values", NULL}, {0}};
static const struct field SELECTOR[] = {{"matchExpressions", TERM}, {"matchLabels", NULL}, {0}};
static const struct field BLOCK[] = {{"cidr", NULL}, {"except", NULL}, {0}};
static const struct field PEER[] = {
    {"ipBlock", BLOCK}, {"namespaceSelector", SELECTOR}, {"podSelector", SELECTOR}, {0}};
static const struct field NET_PORT[] = {{"endPort", NULL}, {"port", NULL}, {"protocol", NULL}, {0}};
static const struct field EGRESS[] = {{"ports", NET_PORT}, {"to", PEER}, {0}};
static const struct field NETWORK[] = {
    {"enabled", NULL}, {"extraEgress", EGRESS}, {"from", PEER}, {0}};
static const struct field SPEC[] = {{"executorManager", EXECUTOR},
                                    {"imagePullSecrets", SECRET},
                                    {"networkPolicy", NETWORK},
                                    {"objectCache", CACHE},
                                    {"podSecurity", NULL},
                                    {"sessionManager", SESSION},
                                    {"startupPolicy", NULL},
                                    {"suspend", NULL},
                                    {"tls", TLS},
                                    {0}};
static const struct field ROOT[] = {{"apiVersion", NULL}, {"kind", NULL},   {"metadata", NULL},
                                    {"spec", SPEC},       {"status", NULL}, {0}};

struct walk {
    struct hk_scan *s;
    struct hk_arena *arena;
    struct fc_parent *parent;
};

static const struct field *find(const struct field *fields, struct hk_str name)
{
    while (fields->name && !hk_str_is(name, fields->name))
        fields++;
    return fields->name ? fields : NULL;
}

/* What does not fit into the list any more is left out: more problems than fit make a spec invalid. */
static void warn(struct walk *w, const struct field *fields, struct hk_str path)
{
    struct hk_str known = HK_STR("");
    if (w->parent->problems.count == HK_PROBLEM_MAX || !path.ptr)
        return;
    if (fields == POD || fields == CONTAINER) { /* too many to name */
        fc_warning_add(w->parent, w->arena, "UnknownField", path.ptr,
                       "is no field of a %s in Kubernetes 1.36 and does nothing",
                       fields == POD ? "Pod's spec" : "container");
        return;
    }
    for (const struct field *f = fields; f->name; f++)
        known = hk_arena_printf(w->arena, "%.*s%s%s", HK_STR_ARG(known), known.len ? ", " : "",
                                f->name);
    if (known.ptr)
        fc_warning_add(w->parent, w->arena, "UnknownField", path.ptr,
                       "is no field of a FlameCluster and does nothing; fields here: %s",
                       known.ptr);
}

static void check(struct walk *w, const struct field *fields, struct hk_str path);

static void check_object(struct walk *w, const struct field *fields, struct hk_str path)
{
    struct hk_scan_iter it;
    struct hk_str key;
    hk_scan_object(w->s, &it);
    while (hk_scan_member(w->s, &it, &key)) {
        const struct field *field = find(fields, key);
        struct hk_str at = hk_arena_printf(w->arena, "%.*s%s%.*s", HK_STR_ARG(path),
                                           path.len ? "." : "", HK_STR_ARG(key));
        if (!field)
            warn(w, fields, at);
        if (field && field->fields)
            check(w, field->fields, at);
        else
            hk_scan_skip(w->s);
    }
}

static void check_list(struct walk *w, const struct field *fields, struct hk_str path)
{
    struct hk_scan_iter it;
    hk_scan_array(w->s, &it);
    for (size_t at = 0; hk_scan_item(w->s, &it); at++)
        if (hk_scan_type(w->s) == HK_JSON_OBJECT)
            check_object(w, fields, hk_arena_printf(w->arena, "%.*s[%zu]", HK_STR_ARG(path), at));
        else
            hk_scan_skip(w->s);
}

/* As deep as the table is. */
static void check(struct walk *w, const struct field *fields, struct hk_str path)
{
    enum hk_json_type type = hk_scan_type(w->s);
    if (type == HK_JSON_OBJECT)
        check_object(w, fields, path);
    else if (type == HK_JSON_ARRAY)
        check_list(w, fields, path);
    else
        hk_scan_skip(w->s);
}

void fc_fields_check(struct hk_scan *s, struct hk_arena *arena, struct fc_parent *parent)
{
    struct walk w = {s, arena, parent};
    check(&w, ROOT, HK_STR(""));
}
