/* fc_pod_template.h - podTemplate: what a user adds to a component's Pod, laid over the Pod that is
 * generated for it.
 *
 *   {metadata{labels{},annotations{}},spec{...PodSpec}}
 *
 * containers, initContainers and volumes are joined by name, a container's env by name, ports by name
 * or by number and protocol, volumeMounts by mountPath, volumeDevices by devicePath. A container is
 * merged member by member, and so is any other object; an entry of the other lists named here, a
 * probe, and a lifecycle is replaced whole, for two halves of such a thing are invalid together. Every
 * other list or scalar is replaced; null takes a member away. Some fields are the operator's:
 * fc_pod_template_strip. */
#ifndef FC_POD_TEMPLATE_H
#define FC_POD_TEMPLATE_H

#include "fc_parent.h"
#include "hk_buf.h"
#include "hk_tree.h"

/* Of a podTemplate as compact JSON, in bytes, and of its lists. The CRD bounds the lists too. */
#define FC_POD_TEMPLATE_MAX 65536
#define FC_POD_TEMPLATE_DEPTH 32
#define FC_POD_CONTAINERS_MAX 16
#define FC_POD_LIST_MAX 64
#define FC_POD_ENV_MAX 256

/* A Pod's parts that a podTemplate has a say in. */
struct fc_pod_parts {
    struct fc_pairs labels, annotations; /* the user's; none has a name of ours */
    struct hk_str spec;                  /* JSON */
};

/* fc_pod_template_merge - lay text, a podTemplate that fc_pod_template_check found nothing wrong with,
 * over parts->spec, the generated spec with its one container; HK_SCAN_PAD readable bytes follow either. Strings of the outcome are in arena. The
 * same template in any order of keys gives the same bytes, with quantities and defaults as the API
 * server writes them. fails: MEMORY; *parts is then unchanged. */
int fc_pod_template_merge(struct hk_str text, const char *container, struct hk_arena *arena,
                          struct fc_pod_parts *parts, struct hk_err *err) HK_MUST_USE;

/* Whose podTemplate it is. */
struct fc_pod_owner {
    const char *field;          /* "sessionManager" of spec.sessionManager.podTemplate */
    const char *container;      /* the component's own */
    const char *const *volumes; /* that its Pod has, or may have; ends with NULL */
};

/* fc_pod_template_check - add what is wrong with text (a JSON value of any type) to the problems of
 * parent, and a warning for each protected field that it sets. */
void fc_pod_template_check(struct fc_parent *parent, struct hk_arena *arena,
                           const struct fc_pod_owner *owner, struct hk_str text);

/* fc_pod_template_strip - take the operator's own fields out of a podTemplate of any shape and tell
 * found of each: path is relative to the podTemplate ("spec.hostname"), instead the component's own
 * field that does what was tried, or NULL. found may be NULL. */
struct fc_pod_strip {
    const char *container;
    void (*found)(void *arg, const char *path, const char *instead);
    void *arg;
};
void fc_pod_template_strip(json_t *template, const struct fc_pod_strip *strip);

/* fc_pod_canonical - a Pod's spec as the API server writes it back: canonical quantities, the defaults
 * that stand inside of lists, nothing that is null or an empty list. What cannot be read stays as it
 * is. Returns 0, or -1: out of memory. */
int fc_pod_canonical(json_t *spec) HK_MUST_USE;

#endif
