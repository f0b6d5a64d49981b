/* fc_read.h - reading a spec value by value: each reader takes one value from the scanner, and what is wrong
 * with it becomes a problem of the spec at the place where the reader stands. null is the same as absent. */
#ifndef FC_READ_H
#define FC_READ_H

#include "fc_parent.h"

struct fc_reader {
    struct hk_scan *s;
    struct hk_arena *arena;
    struct fc_parent *out;
    char path
        [FC_PATH_MAX +
         128]; /* of the value that is read next, "spec.sessionManager.image"; longer ones are cut */
    size_t path_len;
};

/* An open object or list; lives on the caller's stack.
 *     struct fc_section section;
 *     if (!fc_read_object(r, &section))
 *         return;
 *     for (int f; (f = fc_read_field(r, &section, names)) >= 0;)
 *         switch (f) { case 0: fc_read_str(r, &out->image); break; ... } */
struct fc_section {
    struct hk_scan_iter it;
    size_t path_len;
    size_t next; /* of a list: the number of the next item */
};

/* fc_read_init - begin at path, such as "spec". */
void fc_read_init(struct fc_reader *r, const char *path);

/* fc_read_object, fc_read_list - open one. false: the value was another one, and is passed over. */
bool fc_read_object(struct fc_reader *r, struct fc_section *section);
bool fc_read_list(struct fc_reader *r, struct fc_section *section);

/* fc_read_field - go to the next member among names (NULL-terminated); its value must then be read. -1: the end.
 * fc_read_member - the same for a map of any keys. fc_read_item - the same for a list. */
int fc_read_field(struct fc_reader *r, struct fc_section *section, const char *const *names);
bool fc_read_member(struct fc_reader *r, struct fc_section *section, struct hk_str *key);
bool fc_read_item(struct fc_reader *r, struct fc_section *section);

/* fc_read_has_type - is the next value of this type? If not, it is passed over, with a problem unless it is null. */
bool fc_read_has_type(struct fc_reader *r, enum hk_json_type wanted);

/* fc_read_raw - the next value's own bytes, borrowed; -0 reads as 0, which is what an API server makes of it. */
struct hk_str fc_read_raw(struct fc_reader *r);

/* fc_read_str - a string, copied; "" reads as absent. */
void fc_read_str(struct fc_reader *r, struct hk_str *out);
/* fc_read_count - a whole number from 0 to max, else *out stays. */
void fc_read_count(struct fc_reader *r, int64_t max, int64_t *out);
/* fc_read_number_text - a number or a string, as it is written, copied; empty when it was neither. */
void fc_read_number_text(struct fc_reader *r, struct hk_str *out);
void fc_read_bool(struct fc_reader *r, bool *out);
/* fc_read_word - the place of one word among those allowed (NULL-terminated); `unset` when there is none. Case
 * counts, and an empty string is none of them: an enum of the CRD. */
unsigned fc_read_word(struct fc_reader *r, const char *const *words, unsigned unset);
/* fc_read_raw_object - an object of any content as raw JSON, copied so that it can be scanned again. */
void fc_read_raw_object(struct fc_reader *r, struct hk_str *out);
/* fc_read_count_or_percent - 2 or "25%", as Kubernetes' int-or-string: from least to max, or least% to 100%. */
void fc_read_count_or_percent(struct fc_reader *r, int64_t least, int64_t max,
                              struct fc_count *out);
/* fc_read_quantity - a quantity of 0 or more, as a string or a number. false: there is none, *out stays. */
bool fc_read_quantity(struct fc_reader *r, struct hk_qty *out);
/* fc_read_quantities - a map of names to quantities of 0 or more. */
void fc_read_quantities(struct fc_reader *r, struct fc_quantities *list);

/* fc_read_port - 1 to 65535. fc_read_key - a label's key. fc_read_cidr - a range of addresses. */
void fc_read_port(struct fc_reader *r, int64_t *out);
void fc_read_key(struct fc_reader *r, struct hk_str *out);
void fc_read_cidr(struct fc_reader *r, struct hk_str *out);

/* fc_read_pairs - labels, or annotations. */
struct fc_pairs_rule {
    bool (*is_reserved)(struct hk_str key); /* NULL: no key is */
    const char *reserved;                   /* what is wrong then */
    bool is_label;                          /* else an annotation */
    size_t max;
};
void fc_read_pairs(struct fc_reader *r, const struct fc_pairs_rule *rule, struct fc_pairs *list);

/* fc_read_texts - a list of strings, each of which check judges: NULL, or what is wrong with it (static). */
void fc_read_texts(struct fc_reader *r, size_t max, const char *(*check)(struct hk_str text),
                   struct fc_texts *list);
const char *fc_cidr_check(struct hk_str text);

/* fc_read_member_problem - the reader's verdict on a member of the object that was read last. */
void fc_read_member_problem(struct fc_reader *r, const char *member, const char *text);

/* fc_read_problem - the reader's own verdict on the value at its place. */
void fc_read_problem(struct fc_reader *r, const char *format, ...) HK_PRINTF(2, 3);

/* The sections of a spec, each in a file of its own. */
void fc_read_session_manager(struct fc_reader *r, struct fc_session_manager *out);
void fc_read_executor_manager(struct fc_reader *r, struct fc_executor_manager *out);
void fc_read_object_cache(struct fc_reader *r, struct fc_object_cache *out);
void fc_read_tls(struct fc_reader *r, struct fc_tls *out);
void fc_read_persistence(struct fc_reader *r, struct fc_persistence *out);

/* Parts of them. */
void fc_read_service(struct fc_reader *r, struct fc_service_options *out);
void fc_read_network_policy(struct fc_reader *r, struct fc_network_policy *out);

/* fc_read_component - one of FC_COMPONENT_FIELDS. */
enum fc_component_field {
    FC_IMAGE,
    FC_IMAGE_PULL_POLICY,
    FC_POD_TEMPLATE,
    FC_RESOURCES,
    FC_COMPONENT_FIELD_COUNT
};
/* First in a list of field names, in the enum's order. */
#define FC_COMPONENT_FIELDS "image", "imagePullPolicy", "podTemplate", "resources"
void fc_read_component(struct fc_reader *r, enum fc_component_field field,
                       struct fc_component *out);

#endif
