/* hk_sim_answer.c - responses read as Metacontroller reads them. */
#include "hk_sim_impl.h"

#include "hk_hash.h"

struct field {
    const char *name;
    bool (*is_valid)(const json_t *value);
};

static bool is_object_or_null(const json_t *value)
{
    return json_is_object(value) || json_is_null(value);
}

static bool is_array_or_null(const json_t *value)
{
    return json_is_array(value) || json_is_null(value);
}

static bool is_number_or_null(const json_t *value)
{
    return json_is_number(value) || json_is_null(value);
}

static bool is_bool_or_null(const json_t *value)
{
    return json_is_boolean(value) || json_is_null(value);
}

static const struct field FIELDS[] = {
    {"children", is_array_or_null},
    {"finalized", is_bool_or_null},
    {"resyncAfterSeconds", is_number_or_null},
    {"status", is_object_or_null},
};

static int check_field(const struct hk_sim *sim, const char *key, const json_t *value,
                       struct hk_err *err)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (strcmp(key, FIELDS[i].name) != 0)
            continue;
        if (FIELDS[i].is_valid(value))
            return 0;
        return hk_err_set(err, HK_ERR_INVALID, key, "can't unmarshal webhookResponse: wrong type");
    }
    if (sim->options.v1)
        return 0;
    return hk_err_set(err, HK_ERR_INVALID, key, "strict validation failed: unknown field \"%s\"",
                      key);
}

static int check_children(const json_t *children, struct hk_err *err)
{
    size_t i;
    json_t *child;
    json_array_foreach(children, i, child)
    {
        if (!*hk_sim_text(child, "kind") || !*hk_sim_text(child, "apiVersion") ||
            !*hk_sim_text(child, "metadata.name"))
            return hk_err_set(err, HK_ERR_INVALID, "children",
                              "item %zu has no apiVersion, kind or name", i);
    }
    return 0;
}

/* ---- what the last answer had, too ---- */

/* One answer being read: children apart from the rest. */
struct reading {
    const struct hk_sim *sim;
    const json_t *before; /* children of the last answer by the hash of their bytes; NULL: none */
    json_t *known;        /* so of this one */
    json_t *children;
    struct hk_buf rest; /* the answer with an empty list of children */
};

static json_t *load(const struct hk_sim *sim, struct hk_str text, json_error_t *why)
{
    return json_loadb(text.ptr, text.len, sim->options.v1 ? 0 : JSON_REJECT_DUPLICATES, why);
}

/* Equal hashes are equal bytes, as they are for an ETag. */
static int add_child(struct reading *r, struct hk_str text)
{
    char hash[HK_HASH128_SIZE];
    hk_hash128_hex(text, hash);
    json_t *child = json_incref(json_object_get(r->before, hash));
    if (!child)
        child = load(r->sim, text, NULL);
    if (!child || json_object_set(r->known, hash, child) != 0) {
        json_decref(child);
        return -1;
    }
    return json_array_append_new(r->children, child);
}

/* Returns 0, or -1: not of the form that an answer has, or no memory. */
static int split(struct reading *r, struct hk_str body, struct hk_arena *arena)
{
    static const char *const names[] = {"children", NULL};
    struct hk_scan s;
    struct hk_scan_iter object, list;
    size_t rest = 0; /* up to here the answer is in r->rest */
    hk_scan_init(&s, body.ptr, body.len, arena, NULL);
    hk_scan_object(&s, &object);
    while (hk_scan_field(&s, &object, names) >= 0) {
        if (hk_scan_type(&s) != HK_JSON_ARRAY)
            return -1;
        hk_buf_add(&r->rest, body.ptr, (size_t)(s.cur - s.base));
        hk_buf_add_str(&r->rest, HK_STR("[]"));
        hk_scan_array(&s, &list);
        while (hk_scan_item(&s, &list)) {
            struct hk_str child = hk_scan_raw(&s);
            if (!child.ptr || add_child(r, child) != 0)
                return -1;
        }
        rest = (size_t)(s.cur - s.base);
    }
    hk_buf_add(&r->rest, body.ptr + rest, body.len - rest);
    return hk_scan_end(&s);
}

static json_t *join(struct reading *r)
{
    json_t *answer = load(r->sim, hk_buf_str(&r->rest), NULL);
    if (json_object_get(answer, "children") &&
        json_object_set(answer, "children", r->children) == 0)
        return answer;
    json_decref(answer);
    return NULL;
}

/* New; NULL: this way does not lead to it. */
static json_t *read_shared(const struct hk_sim *sim, struct hk_str body, json_t **known)
{
    struct reading r = {
        .sim = sim, .before = *known, .known = json_object(), .children = json_array()};
    struct hk_arena arena;
    hk_arena_init(&arena);
    hk_buf_init(&r.rest);
    bool is_split = split(&r, body, &arena) == 0 && !r.rest.failed;
    json_t *answer = is_split ? join(&r) : NULL;
    json_decref(*known);
    *known = r.known;
    json_decref(r.children);
    hk_buf_fini(&r.rest);
    hk_arena_fini(&arena);
    return answer;
}

json_t *hk_sim_read_answer(const struct hk_sim *sim, struct hk_str body, json_t **known,
                           struct hk_err *err)
{
    json_error_t why;
    const char *key;
    json_t *answer = read_shared(sim, body, known), *value;
    if (!answer)
        answer = load(sim, body, &why);
    if (!json_is_object(answer)) {
        hk_err_set(err, HK_ERR_MALFORMED, NULL, "can't unmarshal webhookResponse: %s",
                   answer ? "not an object" : why.text);
        json_decref(answer);
        return NULL;
    }
    json_object_foreach(answer, key, value)
    {
        if (check_field(sim, key, value, err) != 0) {
            json_decref(answer);
            return NULL;
        }
    }
    if (check_children(json_object_get(answer, "children"), err) != 0) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}
