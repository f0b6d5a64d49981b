/* hk_scan.h - a strict pull scanner over the bytes of one JSON document.
 *
 * RFC 8259 grammar, UTF-8 checked everywhere, depth limited, nothing but white space after the
 * value. It hands out what is asked for and skips the rest, still checking it; no tree is built.
 * What is refused: any other encoding or a byte order mark, lone surrogates in \u escapes (read or
 * skipped), a key that is read twice in one object, a number beyond int64 where an integer is read.
 *
 * Errors are sticky: after the first, every call does nothing and gives its "end" answer (false,
 * -1, absent), so a reader is written straight on and asks hk_scan_end once. err (kind MALFORMED
 * for a broken document, INVALID for a wrong type or duplicate) gets the path and byte offset of
 * the place; the path is found by walking the document once more: the good case pays nothing.
 *
 * SIMD where the compiler has it (SSE2, NEON); with HK_SCAN_PLAIN defined, plain C and the same
 * answers. threads: one a scanner. */
#ifndef HK_SCAN_H
#define HK_SCAN_H

#include "hk_err.h"
#include "hk_mem.h"

#include <stdint.h>

/* Bytes that must be readable after the document's last; their values do not matter. */
#define HK_SCAN_PAD 64
#define HK_SCAN_DEPTH_MAX 256

enum hk_json_type {
    HK_JSON_NONE, /* no value begins here, or failed */
    HK_JSON_NULL,
    HK_JSON_BOOL,
    HK_JSON_NUMBER,
    HK_JSON_STRING,
    HK_JSON_ARRAY,
    HK_JSON_OBJECT,
};

const char *hk_json_type_name(enum hk_json_type type); /* "null", "boolean", "number", ... */

struct hk_scan {
    const unsigned char *base, *cur, *end;
    struct hk_arena *arena; /* unescaped strings go here; borrowed */
    struct hk_err *err;     /* borrowed, may be NULL */
    unsigned depth;
    bool failed;
};

/* One open object or array; lives on the caller's stack while it iterates. */
struct hk_scan_iter {
    uint64_t seen; /* hk_scan_field: bit i, names[i] was read */
    unsigned depth;
    bool started;
};

/* hk_scan_init - start at text[0..len); HK_SCAN_PAD bytes after it are readable. All borrowed. */
void hk_scan_init(struct hk_scan *s, const char *text, size_t len, struct hk_arena *arena,
                  struct hk_err *err);

/* hk_scan_end - nothing but white space may follow. Returns 0 when the document was good, -1. */
int hk_scan_end(struct hk_scan *s) HK_MUST_USE;

/* hk_scan_type - the type of the next value, judged by its first byte; passes white space only. */
enum hk_json_type hk_scan_type(struct hk_scan *s);

/* hk_scan_skip - the next value, whatever it is, checked and passed over. */
void hk_scan_skip(struct hk_scan *s);

/* hk_scan_raw - skip, and hand out the value's bytes, borrowed from the document; {NULL,0} on
 * failure. */
struct hk_str hk_scan_raw(struct hk_scan *s);

/* hk_scan_raw_copy - the same in the arena, HK_SCAN_PAD readable bytes behind it: to be scanned later, when the
 * document is gone. */
struct hk_str hk_scan_raw_copy(struct hk_scan *s);

/* Scalars. A value of another type fails with INVALID ("must be a string, is number"). */
struct hk_str hk_scan_str(struct hk_scan *s); /* borrowed: document, or arena when it had escapes */
int64_t hk_scan_int(struct hk_scan *s); /* also accepts 3.0 and 3e2 when integral; 0 on failure */
bool hk_scan_bool(struct hk_scan *s);

/* The same, but null reads as absent ({NULL,0}): Go writes null for a nil pointer or slice. */
struct hk_str hk_scan_str_or_null(struct hk_scan *s);

/* Objects:
 *     static const char *const NAMES[] = {"metadata", "status", NULL};
 *     struct hk_scan_iter it;
 *     hk_scan_object(s, &it);
 *     for (int f; (f = hk_scan_field(s, &it, NAMES)) >= 0;)
 *         switch (f) { case 0: ...read the value exactly once...; break; ... }
 * hk_scan_object also accepts null, as an object without members. */
void hk_scan_object(struct hk_scan *s, struct hk_scan_iter *it);

/* hk_scan_field - go to the next member whose key is in names (NULL-terminated, at most 64),
 * skipping the others; the caller then reads its value. Returns the index in names; -1 at the
 * object's end (consumed) or after a failure. A name that comes again fails with INVALID. */
int hk_scan_field(struct hk_scan *s, struct hk_scan_iter *it, const char *const *names);

/* hk_scan_member - go to the next member whatever its key. false: the end, or a failure. Does not
 * look for duplicates: whoever collects the keys does. */
bool hk_scan_member(struct hk_scan *s, struct hk_scan_iter *it, struct hk_str *key);

/* Arrays: hk_scan_array, then while (hk_scan_item(s, &it)) read one value. null is empty. */
void hk_scan_array(struct hk_scan *s, struct hk_scan_iter *it);
bool hk_scan_item(struct hk_scan *s, struct hk_scan_iter *it);

/* hk_scan_fail - the reader's own verdict on the value that was read last or is next: INVALID with
 * the path and offset of that place. Returns -1. */
int hk_scan_fail(struct hk_scan *s, const char *format, ...) HK_PRINTF(2, 3);

/* hk_scan_path - the path of byte `offset` of a document: `parent.spec.x`, `children[Pod.v1][ns/a]`
 * (brackets for keys that are no plain identifiers), `conditions[0]`. Clipped to size. Best effort
 * in a broken document. */
void hk_scan_path(const char *text, size_t len, size_t offset, char *path, size_t size);

#endif
