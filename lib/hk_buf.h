/* hk_buf.h - a growing buffer of bytes. Appending never reports: a failed append (out of memory) sets
 * `failed`, later ones do nothing, and the owner asks once at the end. */
#ifndef HK_BUF_H
#define HK_BUF_H

#include "hk_str.h"

#include <stdint.h>

struct hk_buf {
    char *data; /* NOT NUL-terminated; use hk_buf_cstr */
    size_t len, cap;
    bool failed;
};

void hk_buf_init(struct hk_buf *buf);  /* allocates nothing */
void hk_buf_fini(struct hk_buf *buf);  /* frees; the buffer is as after init */
void hk_buf_clear(struct hk_buf *buf); /* empties, keeps the room, resets failed */

/* hk_buf_grow - hk_buf_reserve's slow half. */
int hk_buf_grow(struct hk_buf *buf, size_t more);

/* hk_buf_reserve - room for `more` bytes beyond len. Growth doubles. Returns 0, or -1 and failed. */
static inline int hk_buf_reserve(struct hk_buf *buf, size_t more)
{
    return more <= buf->cap - buf->len && !buf->failed ? 0 : hk_buf_grow(buf, more);
}

void hk_buf_add(struct hk_buf *buf, const void *bytes, size_t len);
void hk_buf_add_str(struct hk_buf *buf, struct hk_str text);
static inline void hk_buf_add_char(struct hk_buf *buf, char c)
{
    if (hk_buf_reserve(buf, 1) == 0)
        buf->data[buf->len++] = c;
}
void hk_buf_add_int(struct hk_buf *buf, int64_t value); /* decimal */
void hk_buf_printf(struct hk_buf *buf, const char *format, ...) HK_PRINTF(2, 3);

struct hk_str hk_buf_str(const struct hk_buf *buf); /* borrowed until the next change */
/* hk_buf_cstr - the content NUL-terminated, borrowed until the next change; NULL when failed. */
const char *hk_buf_cstr(struct hk_buf *buf);

#endif
