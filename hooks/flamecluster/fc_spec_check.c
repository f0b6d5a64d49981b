/* The rules of the spec beyond types. The CRD holds the same rules, paths and words; here they hold
 * for clusters whose CRD is older or bypassed. */
#include "fc_parent.h"

#include "hk_name.h"
#include "hk_utf8.h"

#include <strings.h>

struct checker {
    struct fc_parent *parent;
    struct hk_arena *arena;
};

/* What an error message quotes of a value. */
#define CLIP(text) (int)hk_utf8_clip(text, 60), ((text).ptr ? (text).ptr : "")

static bool is_digits(struct hk_str text, size_t max)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0 && text.len <= max;
}

/* "4g", "1024", "1.5GiB"? No fraction: both generations of Flame read an integer here. */
static bool is_slot_size(struct hk_str text)
{
    static const char *const units[] = {"",   "b",   "k", "kb", "ki", "kib", "m", "mb",
                                        "mi", "mib", "g", "gb", "gi", "gib", "t", "tb",
                                        "ti", "tib", "p", "pb", "pi", "pib"};
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (!is_digits((struct hk_str){text.ptr, digits}, 18))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text.len - digits == strlen(units[i]) &&
            strncasecmp(text.ptr + digits, units[i], text.len - digits) == 0)
            return true;
    return false;
}

static const char *slot_part_check(struct hk_str key, struct hk_str value)
{
    if (hk_str_is(key, "cpu"))
        return is_digits(value, 18) ? NULL : "cpu must be a whole number";
    if (hk_str_is(key, "gpu"))
        return is_digits(value, 9) ? NULL : "gpu must be a whole number";
    if (hk_str_is(key, "mem") || hk_str_is(key, "memory"))
        return is_slot_size(value) ? NULL : "mem must be a size such as 512m or 4g";
    return "its keys must be cpu, mem, memory or gpu";
}

const char *fc_slot_check(struct hk_str text)
{
    static const char form[] = "must be key=value pairs such as cpu=1,mem=1g,gpu=1";
    size_t at = 0;
    while (at <= text.len) {
        const char *comma = text.len > at ? memchr(text.ptr + at, ',', text.len - at) : NULL;
        size_t end = comma ? (size_t)(comma - text.ptr) : text.len;
        const char *equals = end > at ? memchr(text.ptr + at, '=', end - at) : NULL;
        if (!equals)
            return form;
        size_t value_at = (size_t)(equals - text.ptr) + 1;
        const char *wrong = slot_part_check((struct hk_str){text.ptr + at, value_at - 1 - at},
                                            (struct hk_str){text.ptr + value_at, end - value_at});
        if (wrong)
            return wrong;
        at = end + 1;
    }
    return NULL;
}

static void check_image(struct checker *c, const char *path, struct hk_str image)
{
    for (size_t i = 0; i < image.len; i++)
        if ((unsigned char)image.ptr[i] <= ' ' || image.ptr[i] == 0x7f) {
            fc_problem_add(c->parent, c->arena, path, "must not hold white space, is \"%.*s\"",
                           CLIP(image));
            return;
        }
}

static void need_image(struct checker *c, const char *path, struct hk_str image)
{
    if (image.len == 0)
        fc_problem_add(c->parent, c->arena, path, "is required: a container image");
    else
        check_image(c, path, image);
}

static bool is_native_resource(struct hk_str name)
{
    return hk_str_is(name, "cpu") || hk_str_is(name, "memory") ||
           hk_str_is(name, "ephemeral-storage") || hk_str_has_prefix(name, HK_STR("hugepages-"));
}

static bool is_extended_resource(struct hk_str name)
{
    return hk_name_is_qualified(name) && memchr(name.ptr, '/', name.len) &&
           !hk_str_has_prefix(name, HK_STR("requests.")) &&
           !memmem(name.ptr, name.len, "kubernetes.io/", 14);
}

static const struct fc_quantity *quantity_find(const struct fc_quantities *list, struct hk_str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (hk_str_eq(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

/* Where a quantity stands. */
struct place {
    const char *component, *which;
    struct hk_str name;
};

static void quantity_problem(struct checker *c, const struct place *place, const char *text,
                             const char *limit, const char *found)
{
    struct hk_str path = hk_arena_printf(c->arena, "spec.%s.resources.%s[%.*s]", place->component,
                                         place->which, HK_STR_ARG(place->name));
    if (path.ptr)
        fc_problem_add(c->parent, c->arena, path.ptr, "%s%s%s%s", text, limit,
                       *found ? ", is " : "", found);
}

/* Resources that cannot be overcommitted: a request is the limit. */
static bool is_exact_resource(struct hk_str name)
{
    if (is_native_resource(name))
        return hk_str_has_prefix(name, HK_STR("hugepages-"));
    return is_extended_resource(name);
}

/* The API server would refuse the Pod, sync after sync: say so here instead. */
static void check_request(struct checker *c, const struct place *place,
                          const struct fc_quantity *item, const struct fc_quantity *limit)
{
    int order = limit ? hk_qty_cmp(&item->qty, &limit->qty) : 0;
    if (!limit && is_exact_resource(item->name))
        quantity_problem(c, place, "must have a limit that is the same", "", "");
    else if (order > 0)
        quantity_problem(c, place, "must be at most the limit ", limit->qty.text, item->qty.text);
    else if (order < 0 && is_exact_resource(item->name))
        quantity_problem(c, place, "must equal the limit ", limit->qty.text, item->qty.text);
}

static void check_quantity(struct checker *c, const struct place *place,
                           const struct fc_quantity *item)
{
    if (is_native_resource(item->name))
        return;
    if (!is_extended_resource(item->name))
        quantity_problem(
            c, place, "must be named cpu, memory, ephemeral-storage, hugepages-SIZE or domain/name",
            "", "");
    else if (item->qty.milli % 1000 != 0)
        quantity_problem(c, place, "must be a whole number", "", item->qty.text);
}

/* The CRD bounds it too. */
static void check_entries(struct checker *c, const char *component, const char *which, size_t count)
{
    if (count <= FC_RESOURCES_MAX)
        return;
    struct hk_str path = hk_arena_printf(c->arena, "spec.%s.resources.%s", component, which);
    if (path.ptr)
        fc_problem_add(c->parent, c->arena, path.ptr, "must have at most %d entries, has %zu",
                       FC_RESOURCES_MAX, count);
}

static void check_resources(struct checker *c, const char *component,
                            const struct fc_resources *resources)
{
    const struct fc_quantities *limits = &resources->limits, *requests = &resources->requests;
    check_entries(c, component, "limits", limits->count);
    check_entries(c, component, "requests", requests->count);
    for (size_t i = 0; i < limits->count; i++) {
        const struct place place = {component, "limits", limits->items[i].name};
        check_quantity(c, &place, &limits->items[i]);
    }
    for (size_t i = 0; i < requests->count; i++) {
        const struct fc_quantity *item = &requests->items[i];
        const struct place place = {component, "requests", item->name};
        check_quantity(c, &place, item);
        check_request(c, &place, item, quantity_find(limits, item->name));
    }
}

static void check_name(struct checker *c)
{
    struct hk_str name = c->parent->name;
    if (name.len > FC_NAME_MAX)
        fc_problem_add(c->parent, c->arena, "metadata.name",
                       "must have at most %d characters, has %zu", FC_NAME_MAX, name.len);
    else if (name.len && !hk_name_is_dns1035_label(name))
        fc_problem_add(c->parent, c->arena, "metadata.name",
                       "must be lower-case letters, digits and '-', beginning with a letter and "
                       "ending with a letter or digit, is \"%.*s\"",
                       CLIP(name));
}

const char *fc_storage_check(struct hk_str text)
{
    static const char *const schemes[] = {"sqlite://", "fs://", "file://", "filesystem://"};
    if (hk_str_is(text, "none"))
        return NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (hk_str_has_prefix(text, hk_str_of(schemes[i])) && text.len > strlen(schemes[i]))
            return NULL;
    return "must be none, or a path behind sqlite://, fs://, file:// or filesystem://";
}

static void check_storage(struct checker *c)
{
    struct hk_str storage = c->parent->spec.session.storage;
    const char *wrong = storage.len ? fc_storage_check(storage) : NULL;
    if (wrong)
        fc_problem_add(c->parent, c->arena, "spec.sessionManager.storage", "%s, is \"%.*s\"", wrong,
                       CLIP(storage));
}

/* Is `path` the folder `folder`, or something below it? */
static bool is_below(struct hk_str path, struct hk_str folder)
{
    return hk_str_has_prefix(path, folder) &&
           (path.len == folder.len || path.ptr[folder.len] == '/');
}

static bool is_clean_path(struct hk_str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if ((unsigned char)path.ptr[i] < ' ' || path.ptr[i] == ':')
            return false;
        if (path.ptr[i] != '/')
            continue;
        size_t end = i + 1;
        while (end < path.len && path.ptr[end] != '/')
            end++;
        struct hk_str part = {path.ptr + i + 1, end - i - 1};
        if (part.len == 0 || hk_str_is(part, ".") || hk_str_is(part, ".."))
            return false;
    }
    return path.len > 1 && path.ptr[0] == '/';
}

static void check_cache(struct checker *c)
{
    static const char path[] = "spec.objectCache.storage";
    struct hk_str storage = c->parent->spec.cache.storage;
    if (storage.len == 0)
        return;
    if (!is_clean_path(storage))
        fc_problem_add(
            c->parent, c->arena, path,
            "must be an absolute path without '.', '..', ':' or empty parts, is \"%.*s\"",
            CLIP(storage));
    else if (is_below(HK_STR("/etc/flame"), storage) ||
             is_below(HK_STR("/usr/local/flame"), storage) ||
             is_below(storage, HK_STR("/etc/flame")))
        fc_problem_add(c->parent, c->arena, path,
                       "must not hide /etc/flame or /usr/local/flame, is \"%.*s\"", CLIP(storage));
}

/* Both are of one node. */
static void check_node_ports(struct checker *c)
{
    const struct fc_spec *spec = &c->parent->spec;
    if (spec->cache.service.node_port &&
        spec->cache.service.node_port == spec->session.service.node_port)
        fc_problem_add(c->parent, c->arena, "spec.objectCache.service.nodePort",
                       "must not be the nodePort of the session manager's Service");
}

static void pull_secret_problem(struct checker *c, const struct fc_pull_secret *item,
                                const char *member, const char *text)
{
    struct hk_str path =
        hk_arena_printf(c->arena, "spec.imagePullSecrets[%zu]%s", item->at, member);
    if (path.ptr)
        fc_problem_add(c->parent, c->arena, path.ptr, "%s%s%.*s%s", text,
                       item->name.len ? ", is \"" : "", CLIP(item->name),
                       item->name.len ? "\"" : "");
}

static bool is_named_before(const struct fc_pull_secrets *list, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (hk_str_eq(list->items[k].name, list->items[i].name))
            return true;
    return false;
}

static void check_pull_secrets(struct checker *c)
{
    const struct fc_pull_secrets *list = &c->parent->spec.pull_secrets;
    if (list->count > FC_PULL_SECRETS_MAX) {
        fc_problem_add(c->parent, c->arena, "spec.imagePullSecrets",
                       "must have at most %d entries, has %zu", FC_PULL_SECRETS_MAX, list->count);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct fc_pull_secret *item = &list->items[i];
        if (item->name.len == 0)
            pull_secret_problem(c, item, ".name", "is required: the name of a Secret");
        else if (!hk_name_is_dns1123_subdomain(item->name))
            pull_secret_problem(c, item, ".name",
                                "must be a DNS-1123 subdomain: at most 253 lower-case letters, "
                                "digits, '-' and '.', each part beginning and ending with a "
                                "letter or digit");
        else if (is_named_before(list, i))
            pull_secret_problem(c, item, "", "must not name the same Secret again");
    }
}

/* In characters, as the CRD counts. */
static void check_length(struct checker *c, const char *path, struct hk_str text)
{
    size_t count = text.len > FC_TEXT_MAX ? hk_utf8_count(text) : 0;
    if (count > FC_TEXT_MAX)
        fc_problem_add(c->parent, c->arena, path, "must have at most %d characters, has %zu",
                       FC_TEXT_MAX, count);
}

static void check_lengths(struct checker *c)
{
    const struct fc_spec *spec = &c->parent->spec;
    check_length(c, "spec.sessionManager.image", spec->session.component.image);
    check_length(c, "spec.sessionManager.slot", spec->session.slot);
    check_length(c, "spec.sessionManager.policy", spec->session.policy);
    check_length(c, "spec.sessionManager.storage", spec->session.storage);
    check_length(c, "spec.executorManager.image", spec->executor.component.image);
    check_length(c, "spec.executorManager.shim", spec->executor.shim);
    check_length(c, "spec.objectCache.image", spec->cache.component.image);
    check_length(c, "spec.objectCache.networkInterface", spec->cache.network_interface);
    check_length(c, "spec.objectCache.storage", spec->cache.storage);
}

void fc_spec_check(struct fc_parent *parent, struct hk_arena *arena)
{
    struct checker c = {parent, arena};
    const struct fc_spec *spec = &parent->spec;
    const char *wrong = spec->session.slot.len ? fc_slot_check(spec->session.slot) : NULL;
    check_name(&c);
    check_lengths(&c);
    need_image(&c, "spec.sessionManager.image", spec->session.component.image);
    check_resources(&c, "sessionManager", &spec->session.component.resources);
    if (wrong)
        fc_problem_add(parent, arena, "spec.sessionManager.slot", "%s, is \"%.*s\"", wrong,
                       CLIP(spec->session.slot));
    fc_check_slot_resources(parent, arena);
    check_storage(&c);
    need_image(&c, "spec.executorManager.image", spec->executor.component.image);
    check_resources(&c, "executorManager", &spec->executor.component.resources);
    fc_check_executor_manager(parent, arena);
    check_image(&c, "spec.objectCache.image", spec->cache.component.image);
    check_resources(&c, "objectCache", &spec->cache.component.resources);
    check_cache(&c);
    fc_check_persistence(parent, arena);
    check_node_ports(&c);
    check_pull_secrets(&c);
    fc_pod_templates_check(parent, arena);
    fc_warnings_check(parent, arena);
    fc_check_secrets(parent, arena);
}
