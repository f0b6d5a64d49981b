/* hk_str.h - a borrowed run of bytes with its length: what the scanner hands out and the writers
 * take. Not NUL-terminated and may hold NUL bytes; valid as long as what it points into. */
#ifndef HK_STR_H
#define HK_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HK_MUST_USE __attribute__((warn_unused_result))
#define HK_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* {NULL, 0} means absent; {non-NULL, 0} is the empty string. */
struct hk_str {
    const char *ptr;
    size_t len;
};

/* For printf's "%.*s". */
#define HK_STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

/* A string literal as hk_str, usable in initialisers. */
#define HK_STR(literal) ((struct hk_str){"" literal, sizeof(literal) - 1})

static inline struct hk_str hk_str_of(const char *text)
{
    return (struct hk_str){text, text ? strlen(text) : 0};
}

static inline bool hk_str_eq(struct hk_str a, struct hk_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool hk_str_is(struct hk_str a, const char *text)
{
    return hk_str_eq(a, hk_str_of(text));
}

static inline bool hk_str_has_prefix(struct hk_str s, struct hk_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* Byte order, a prefix before what it begins: the order of Go's sort.Strings. */
static inline int hk_str_cmp(struct hk_str a, struct hk_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

#endif
