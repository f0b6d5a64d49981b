/* status.h - what `flame-operator status` is made of: texts that tell of a cluster, a report made from them, and its picture.
 *
 * A controller's view describes one parent, from its request, as
 *   {components[{desired:int,endpoint:string?,maxUnavailable:int?,name,note:string?,pods[POD],ready:int,updated:int?}],
 *    conditions[{good:bool,message,reason,since:time,status,type}],configGeneration:int,generation:int,message,
 *    notes[{kind,name,text}],observedGeneration:int,pods[POD],ready:bool,state}
 *   POD: {message:string?,name,old:bool,reason:string?,state:"ready"|"waiting"|"failed"|"ended"|"terminating"}
 * where `pods` are those of no component, `ready` is of the whole, and `old` means of an old template.
 *
 * The report is {clusters[PARENT],isRequest:bool,unreadable[string]}; to a description PARENT adds namespace, name, createdAt, deletedAt?,
 *   events[{count:int,lastAt,message,reason}], objects[{facts,kind,name,note:string?,ok:bool}],
 * and to a POD createdAt, node?, restarts:int. */
#ifndef STATUS_H
#define STATUS_H

#include "cli.h"
#include "hk_buf.h"
#include "hk_hook.h"

#include <jansson.h>

/* Where the texts came from. */
struct status_texts {
    struct hk_buf parents, children,
        events; /* empty: was not asked for; HK_SCAN_PAD bytes can be read behind each */
    struct hk_buf unreadable; /* what kubectl says of kinds that it may not read, a line each */
};
void status_texts_init(struct status_texts *texts);
void status_texts_fini(struct status_texts *texts);

/* What to look for. */
struct status_query {
    const struct hk_controller *controller; /* it has a view */
    char *const *names;
    size_t name_count;     /* 0: all */
    const char *namespace; /* NULL: any that is in the texts */
    int64_t now_s;
};

/* status_report_make - a new reference, or NULL and err: MALFORMED, INVALID: what was read makes no sense; NOT_FOUND: a name;
 * MEMORY. */
json_t *status_report_make(const struct status_query *query, const struct status_texts *texts,
                           struct hk_err *err);

/* status_facts - what one child is like in a few words, by its kind; *ok: nothing is wrong with it. `slices` are the
 * EndpointSlices, for Services. New reference; NULL: out of memory. */
json_t *status_facts(const json_t *object, const json_t *slices, bool *ok);

/* How it is drawn. */
struct status_style {
    bool has_color, has_utf8;
    bool is_live;  /* drawn over an older picture: each line is cleared to its end */
    bool all_pods; /* a line for each Pod */
    size_t width;  /* columns; 0: any */
    size_t rows;   /* lines that may be drawn; 0: any */
    int64_t now_s;
};

/* status_show_tree, status_show_table - a report's parents, each as a tree or as a line. Appended to out. Returns 0, or -1: out of memory. */
int status_show_tree(const struct status_style *style, const json_t *report, struct hk_buf *out);
int status_show_table(const struct status_style *style, const json_t *report, struct hk_buf *out);

/* status_show_trouble - why there is no picture: the lines of text. */
int status_show_trouble(const struct status_style *style, const char *text, struct hk_buf *out);

/* status_watch - draw the pictures that `make` appends, again and again, until a signal asks to stop: on a terminal on a screen
 * of its own that is left as it was, with the last picture behind it; else one after another. make returns an exit code
 * for its picture, or -1: stopped while it was made (stop_fd could be read). Returns the last one's code. */
struct status_watch {
    int64_t interval_ms;
    int (*make)(void *arg, int stop_fd, bool is_live, struct hk_buf *picture);
    void *arg;
};
int status_watch(const struct status_watch *watch);

#endif
