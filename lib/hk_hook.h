/* hk_hook.h - Metacontroller's CompositeController hook protocol, v1 and v2, for any controller.
 *
 * Request (source: Metacontroller 4.17 docs/api/compositecontroller; unknown fields are tolerated):
 *   {controller{},parent{},children{"Kind.version|Kind.group/version"{"name"|"ns/name"{}}},
 *    related{same}?,finalizing:bool?}
 * Response: {children[],finalized:bool?,resyncAfterSeconds:number?,status{}}; nothing else may stand in it. */
#ifndef HK_HOOK_H
#define HK_HOOK_H

#include "hk_buf.h"
#include "hk_report.h"
#include "hk_scan.h"

enum hk_hook { HK_HOOK_SYNC, HK_HOOK_FINALIZE, HK_HOOK_CUSTOMIZE, HK_HOOK_COUNT };
const char *hk_hook_name(enum hk_hook hook); /* "sync", "finalize", "customize" */

/* One call of a hook. The body may be given back as soon as it is read, before the answer is built:
 * with thousands of children it is by far the largest piece of memory. */
struct hk_call {
    struct hk_str body; /* the request; HK_SCAN_PAD readable bytes follow */
    struct hk_str
        related;   /* render alone: objects as a request's `related` has them; absent: none */
    int64_t now_s; /* seconds since 1970 UTC: a hook has no clock of its own */
    struct hk_arena *arena;                /* lives until the answer is sent */
    struct hk_report *report;              /* filled by the hook; NULL: nobody asks */
    void (*release)(struct hk_call *call); /* set by the caller of the hook; may be NULL */
    void *owner;                           /* release's own */
};

/* hk_call_release_body - give the body back now; every hk_str borrowed from it is dead. Idempotent. */
void hk_call_release_body(struct hk_call *call);

/* One thing that is wrong, or only doubtful, with a parent object. */
struct hk_problem {
    struct hk_str path; /* from the object's root: `spec.sessionManager.image`, `metadata.name` */
    struct hk_str text; /* the rule and what was found: "is required", "must be 0 or more, is -1" */
    const char *reason; /* of a warning: one CamelCase word for programs, static; may be NULL */
    bool is_warning;
};

#define HK_PROBLEM_MAX 32
struct hk_problems {
    struct hk_problem items[HK_PROBLEM_MAX]; /* ascending by path */
    size_t count;
    size_t more; /* found beyond HK_PROBLEM_MAX */
};

/* A kind of object that a customize hook may ask for. */
struct hk_related_kind {
    const char *api_version, *kind; /* kind NULL ends a list */
};

/* What `status` asks a cluster for, and how it is read.
 *   describe  call->body is a request put together from what could be read: children of any kind, with or without `related`. Append a JSON
 *             object that says how the parent's parts are; cli/status.h has its shape. */
struct hk_view {
    const char *resource; /* the parents, as `kubectl get` takes them */
    const char *children; /* resources of their children, comma-separated */
    const char *label;    /* that each child has; its value is the parent's name */
    int (*describe)(struct hk_call *call, struct hk_buf *out, struct hk_err *err);
};

/* A controller: one row in the program's table.
 *   hooks     read call->body (a hook request) and append the whole response object to out. A NULL hook: 404.
 *   validate  call->body is one parent object: list every problem. Strings live in call->arena.
 *   render    call->body is one valid parent object, call->related what it may refer to: append a JSON array of every child it wants when it
 *             is fully up, in the order of creation, with metadata.namespace when the parent has one.
 *             fails: NOT_FOUND: what it refers to is not there, or not as it must be.
 * Each returns 0, or -1 with err. Same body and now: same bytes. threads: any, at the same time. */
struct hk_controller {
    const char *name;        /* the path's first segment: POST /<name>/sync */
    const char *api_version; /* the parent's */
    const char *kind;        /* the parent's */
    int (*hooks[HK_HOOK_COUNT])(struct hk_call *call, struct hk_buf *out, struct hk_err *err);
    int (*validate)(struct hk_call *call, struct hk_problems *problems, struct hk_err *err);
    int (*render)(struct hk_call *call, struct hk_buf *out, struct hk_err *err);
    const struct hk_related_kind
        *related;               /* may stand among the command line's files; NULL: none */
    const struct hk_view *view; /* NULL: `status` does not know its parents */
    const struct hk_decision_kind *decisions; /* that its reports are made of; NULL: none */
};

/* hk_controller_find - by name in a table that ends with NULL; NULL: none. */
const struct hk_controller *hk_controller_find(const struct hk_controller *const *table,
                                               struct hk_str name);

/* hk_controller_run - one hook call: checks that the hook exists, runs it, turns out->failed into
 * MEMORY. Returns 0, or -1 with err, and out is then as it was. */
int hk_controller_run(const struct hk_controller *controller, enum hk_hook hook,
                      struct hk_call *call, struct hk_buf *out, struct hk_err *err) HK_MUST_USE;

/* How an observed object was filed. All borrowed from the body or the arena. */
struct hk_object_key {
    struct hk_str kind;      /* as Metacontroller writes it: "Pod.v1", "StatefulSet.apps/v1" */
    struct hk_str namespace; /* {NULL,0} in v1 and for cluster-scoped objects */
    struct hk_str name;
};

/* Callbacks that read exactly one value from s each; NULL skips that part. Objects come in the
 * request's order; parent may come before or after them. */
struct hk_request_reader {
    void (*parent)(void *arg, struct hk_scan *s);
    void (*child)(void *arg, const struct hk_object_key *key, struct hk_scan *s);
    void (*related)(void *arg, const struct hk_object_key *key, struct hk_scan *s);
};

struct hk_request {
    bool finalizing;
    bool has_parent; /* hk_request_read fails with path "parent" when there is none */
};

/* hk_request_read - read a request in one pass, handing its parts to the reader.
 * Counts the observed children for the report.
 * fails: MALFORMED, INVALID (wrong type, no parent, a key twice at top level or among kinds). */
int hk_request_read(struct hk_call *call, const struct hk_request_reader *reader, void *arg,
                    struct hk_request *request, struct hk_err *err) HK_MUST_USE;

/* hk_related_read - read call->related, HK_SCAN_PAD readable bytes follow, as hk_request_read does a request's.
 * fails: as that. */
int hk_related_read(struct hk_call *call,
                    void (*related)(void *arg, const struct hk_object_key *key, struct hk_scan *s),
                    void *arg, struct hk_err *err) HK_MUST_USE;

/* hk_etag - a strong entity tag of a response, quotes included, NUL-terminated: XXH3-128 in hex. */
#define HK_ETAG_SIZE 35
void hk_etag(struct hk_str body, char etag[HK_ETAG_SIZE]);

/* hk_etag_matches - does an If-None-Match header value (a list, weak tags, `*`) hold this tag? */
bool hk_etag_matches(const char *if_none_match, const char *etag);

/* hk_error_body - {"error":{"kind","message","path"}} appended to out. */
void hk_error_body(const struct hk_err *err, struct hk_buf *out);

#endif
