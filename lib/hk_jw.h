/* hk_jw.h - the JSON writer: streams compact JSON into a buffer, no tree in between.
 *
 * Canonical output: no white space, members in the order written, which must be ascending byte order
 * of the keys (a build with assertions checks it), integers in decimal, strings as UTF-8 with only
 * `"`, `\` and control characters escaped (\b \f \n \r \t, else \u00xx). Invalid UTF-8 in a string
 * marks the buffer failed: nothing that is not JSON leaves this writer.
 * Errors: none are returned; ask out->failed once at the end. threads: one at a time. */
#ifndef HK_JW_H
#define HK_JW_H

#include "hk_buf.h"

#define HK_JW_DEPTH_MAX 64
#define HK_JW_ITEM_DEPTH 2 /* of what lies in {"children":[...]} */

struct hk_jw {
    struct hk_buf *out; /* borrowed */
    unsigned depth;
    uint64_t items;      /* objects, arrays and raw values begun at HK_JW_ITEM_DEPTH so far */
    uint64_t has_member; /* bit d: something was written at depth d already, so a comma is due */
#ifndef NDEBUG
    struct {
        size_t at, len;
    } last_key[HK_JW_DEPTH_MAX]; /* offset in out of the last raw key */
#endif
};

void hk_jw_init(struct hk_jw *w, struct hk_buf *out); /* appends to what out holds */

void hk_jw_object(struct hk_jw *w);     /* { */
void hk_jw_object_end(struct hk_jw *w); /* } */
void hk_jw_array(struct hk_jw *w);      /* [ */
void hk_jw_array_end(struct hk_jw *w);  /* ] */
void hk_jw_key(struct hk_jw *w, struct hk_str key);

void hk_jw_str(struct hk_jw *w, struct hk_str value); /* absent writes "" */
void hk_jw_cstr(struct hk_jw *w, const char *value);
void hk_jw_int(struct hk_jw *w, int64_t value);
void hk_jw_bool(struct hk_jw *w, bool value);
void hk_jw_null(struct hk_jw *w);
/* hk_jw_raw - one complete JSON value that is known to be good (copied from a checked request or
 * rendered before). */
void hk_jw_raw(struct hk_jw *w, struct hk_str json);

/* hk_jw_literal_key - a key of the source code, with its length: nothing in it needs an escape, so it goes out
 * in one piece. */
void hk_jw_literal_key(struct hk_jw *w, const char *key, size_t len);

/* Members: key and value in one call; the key is a literal of plain characters, written as it is. Inline, so
 * that its length is known when they are compiled. */
static inline void hk_jw_member_str(struct hk_jw *w, const char *key, struct hk_str value)
{
    hk_jw_literal_key(w, key, strlen(key));
    hk_jw_str(w, value);
}

static inline void hk_jw_member_cstr(struct hk_jw *w, const char *key, const char *value)
{
    hk_jw_member_str(w, key, hk_str_of(value));
}

static inline void hk_jw_member_int(struct hk_jw *w, const char *key, int64_t value)
{
    hk_jw_literal_key(w, key, strlen(key));
    hk_jw_int(w, value);
}

static inline void hk_jw_member_bool(struct hk_jw *w, const char *key, bool value)
{
    hk_jw_literal_key(w, key, strlen(key));
    hk_jw_bool(w, value);
}

static inline void hk_jw_member_object(struct hk_jw *w, const char *key) /* key and { */
{
    hk_jw_literal_key(w, key, strlen(key));
    hk_jw_object(w);
}

static inline void hk_jw_member_array(struct hk_jw *w, const char *key) /* key and [ */
{
    hk_jw_literal_key(w, key, strlen(key));
    hk_jw_array(w);
}

/* hk_jw_escape - the inside of a JSON string (no quotes) appended to out, by the rules above. */
void hk_jw_escape(struct hk_buf *out, struct hk_str text);

#endif
