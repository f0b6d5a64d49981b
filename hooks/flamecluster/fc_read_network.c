/* spec.networkPolicy. source: k8s.io/kubernetes pkg/apis/networking/validation, 1.36 (restated). */
#include "fc_read.h"

#include "hk_cidr.h"
#include "hk_name.h"
#include "hk_utf8.h"

static const struct fc_pairs_rule LABELS = {.is_label = true, .max = FC_SELECTOR_LABELS_MAX};

/* What a list of objects is made of. */
struct entries {
    size_t max, item; /* how many there may be; size of one as it is kept */
    void (*read)(struct fc_reader *r, struct fc_section *entry, void *item);
};

/* All entries in order; null is none, as the API server has it. */
static void *read_entries(struct fc_reader *r, const struct entries *kind, size_t *count)
{
    struct fc_section section, entry;
    char *items = NULL;
    size_t cap = 0;
    if (!fc_read_list(r, &section))
        return NULL;
    while (fc_read_item(r, &section)) {
        void *item = hk_arena_alloc(r->arena, kind->item), *grown;
        if (hk_scan_type(r->s) == HK_JSON_NULL)
            fc_read_problem(r, "must be an object, is null");
        if (!item)
            hk_scan_skip(r->s);
        if (!item || !fc_read_object(r, &entry))
            continue;
        kind->read(r, &entry, item);
        grown = hk_arena_grow(r->arena, items, *count, &cap, kind->item);
        if (!grown)
            continue;
        items = grown;
        memcpy(items + (*count)++ * kind->item, item, kind->item);
    }
    if (*count > kind->max)
        fc_read_problem(r, "must have at most %zu entries, has %zu", kind->max, *count);
    return items;
}

static const char *label_value_check(struct hk_str text)
{
    return hk_name_is_label_value(text)
               ? NULL
               : "must be at most 63 letters, digits, '-', '_' and '.', beginning and ending with "
                 "a letter or digit";
}

static void read_term(struct fc_reader *r, struct fc_section *section, void *item)
{
    struct fc_term *out = item;
    static const char *const names[] = {"key", "operator", "values", NULL};
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};
    unsigned chosen = 4;
    for (int f; (f = fc_read_field(r, section, names)) >= 0;)
        if (f == 0)
            fc_read_key(r, &out->key);
        else if (f == 1)
            chosen = fc_read_word(r, operators, 4);
        else
            fc_read_texts(r, FC_SELECTOR_TERMS_MAX, label_value_check, &out->values);
    out->operator= operators[chosen];
    if (out->key.len == 0)
        fc_read_member_problem(r, "key", "is required: the key of a label");
    if (!out->operator)
        fc_read_member_problem(r, "operator", "is required: In, NotIn, Exists or DoesNotExist");
    else if ((chosen < 2) != (out->values.count > 0))
        fc_read_member_problem(r, "values", "must be given for In and NotIn, and for these alone");
}

static void read_terms(struct fc_reader *r, struct fc_terms *out)
{
    static const struct entries kind = {FC_SELECTOR_TERMS_MAX, sizeof *out->items, read_term};
    out->items = read_entries(r, &kind, &out->count);
}

static void read_selector(struct fc_reader *r, struct fc_selector *out)
{
    static const char *const names[] = {"matchExpressions", "matchLabels", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_given = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (f == 0)
            read_terms(r, &out->terms);
        else
            fc_read_pairs(r, &LABELS, &out->labels);
}

static void check_except(struct fc_reader *r, const struct fc_ip_block *block)
{
    struct hk_cidr outer, inner;
    if (!hk_cidr_parse(block->cidr, &outer))
        return;
    for (size_t i = 0; i < block->except.count; i++)
        if (hk_cidr_parse(block->except.items[i], &inner) && !hk_cidr_is_within(&inner, &outer))
            fc_read_member_problem(r, "except", "must lie within cidr, and be smaller");
}

static void read_block(struct fc_reader *r, struct fc_ip_block *out)
{
    static const char *const names[] = {"cidr", "except", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_given = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (f == 0)
            fc_read_cidr(r, &out->cidr);
        else
            fc_read_texts(r, FC_PEERS_MAX, fc_cidr_check, &out->except);
    if (out->cidr.len == 0)
        fc_read_member_problem(r, "cidr", "is required: a CIDR such as 203.0.113.0/24");
    check_except(r, out);
}

static void read_peer(struct fc_reader *r, struct fc_section *section, void *item)
{
    struct fc_peer *out = item;
    static const char *const names[] = {"ipBlock", "namespaceSelector", "podSelector", NULL};
    for (int f; (f = fc_read_field(r, section, names)) >= 0;)
        if (f == 0)
            read_block(r, &out->block);
        else
            read_selector(r, f == 1 ? &out->namespaces : &out->pods);
    if (out->block.is_given == (out->pods.is_given || out->namespaces.is_given))
        fc_read_problem(r, "must have either ipBlock, or podSelector, namespaceSelector or both");
}

static void read_peers(struct fc_reader *r, struct fc_peers *out)
{
    static const struct entries kind = {FC_PEERS_MAX, sizeof *out->items, read_peer};
    out->items = read_entries(r, &kind, &out->count);
}

/* A name of a port as IANA has it. */
static bool is_port_name(struct hk_str name)
{
    bool has_letter = false;
    if (name.len > 15 || !hk_name_is_dns1123_label(name) || memmem(name.ptr, name.len, "--", 2))
        return false;
    for (size_t i = 0; i < name.len; i++)
        has_letter = has_letter || name.ptr[i] >= 'a';
    return has_letter;
}

static void read_port(struct fc_reader *r, struct fc_net_port *out)
{
    static const char rule[] = "must be a number from 1 to 65535, or a name of at most 15 "
                               "lower-case letters, digits and '-', with a letter";
    enum hk_json_type type = hk_scan_type(r->s);
    struct hk_str text = {NULL, 0};
    if (type == HK_JSON_STRING) {
        text = hk_scan_str(r->s);
        out->name = hk_arena_copy(r->arena, text);
    } else {
        text = fc_read_raw(r);
    }
    bool is_good = type == HK_JSON_STRING ? is_port_name(text)
                                          : fc_count_parse(text, &out->number) &&
                                                out->number >= 1 && out->number <= 65535;
    if (type != HK_JSON_NULL && type != HK_JSON_NONE && !is_good)
        fc_read_problem(r, "%s, is %.*s", rule, (int)hk_utf8_clip(text, 40),
                        text.ptr ? text.ptr : "");
}

static void read_net_port(struct fc_reader *r, struct fc_section *section, void *item)
{
    struct fc_net_port *out = item;
    static const char *const names[] = {"endPort", "port", "protocol", NULL};
    static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};
    out->protocol = protocols[0];
    for (int f; (f = fc_read_field(r, section, names)) >= 0;)
        if (f == 0)
            fc_read_port(r, &out->end);
        else if (f == 1)
            read_port(r, out);
        else
            out->protocol = protocols[fc_read_word(r, protocols, 0)];
    if (out->end && (out->number == 0 || out->end < out->number))
        fc_read_member_problem(r, "endPort", "must be at least port, which must be a number");
}

static void read_net_ports(struct fc_reader *r, struct fc_net_ports *out)
{
    static const struct entries kind = {FC_PEERS_MAX, sizeof *out->items, read_net_port};
    out->items = read_entries(r, &kind, &out->count);
}

static void read_egress(struct fc_reader *r, struct fc_section *section, void *item)
{
    static const char *const names[] = {"ports", "to", NULL};
    struct fc_egress *out = item;
    for (int f; (f = fc_read_field(r, section, names)) >= 0;)
        if (f == 0)
            read_net_ports(r, &out->ports);
        else
            read_peers(r, &out->to);
}

static void read_egresses(struct fc_reader *r, struct fc_egresses *out)
{
    static const struct entries kind = {FC_PEERS_MAX, sizeof *out->items, read_egress};
    out->items = read_entries(r, &kind, &out->count);
}

void fc_read_network_policy(struct fc_reader *r, struct fc_network_policy *out)
{
    static const char *const names[] = {"enabled", "extraEgress", "from", NULL};
    struct fc_section section;
    if (!fc_read_object(r, &section))
        return;
    out->is_enabled = true;
    for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
        if (f == 0)
            fc_read_bool(r, &out->is_enabled);
        else if (f == 1)
            read_egresses(r, &out->egress);
        else
            read_peers(r, &out->from);
}
