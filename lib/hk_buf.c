/* hk_buf.c - the growing buffer. Its owner checks once, so every entry below tolerates a failed
 * one. */
#include "hk_buf.h"

#include "hk_mem.h"

#include <stdarg.h>
#include <stdio.h>

#define FIRST_CAP 2048

void hk_buf_init(struct hk_buf *buf)
{
    *buf = (struct hk_buf){0};
}

void hk_buf_fini(struct hk_buf *buf)
{
    hk_free(buf->data);
    hk_buf_init(buf);
}

void hk_buf_clear(struct hk_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

int hk_buf_grow(struct hk_buf *buf, size_t more)
{
    if (buf->failed)
        return -1;
    if (more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
        buf->failed = true;
        return -1;
    }
    size_t need = buf->len + more;
    size_t cap = buf->cap ? 2 * buf->cap : FIRST_CAP;
    if (cap < need)
        cap = need;
    char *data = hk_resize(buf->data, cap);
    if (!data) {
        buf->failed = true;
        return -1;
    }
    buf->data = data;
    buf->cap = cap;
    return 0;
}

void hk_buf_add(struct hk_buf *buf, const void *bytes, size_t len)
{
    if (len == 0 || hk_buf_reserve(buf, len) < 0)
        return;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void hk_buf_add_str(struct hk_buf *buf, struct hk_str text)
{
    hk_buf_add(buf, text.ptr, text.len);
}

void hk_buf_add_int(struct hk_buf *buf, int64_t value)
{
    char digits[20];
    char *const end = digits + sizeof(digits);
    char *p = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--p = '-';
    hk_buf_add(buf, p, (size_t)(end - p));
}

void hk_buf_printf(struct hk_buf *buf, const char *format, ...)
{
    if (buf->failed)
        return;
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    size_t room = buf->cap - buf->len;
    int len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
    if (len < 0)
        buf->failed = true;
    else if ((size_t)len < room)
        buf->len += (size_t)len;
    else if (hk_buf_reserve(buf, (size_t)len + 1) == 0)
        buf->len += (size_t)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
}

struct hk_str hk_buf_str(const struct hk_buf *buf)
{
    return (struct hk_str){buf->data ? buf->data : "", buf->len};
}

const char *hk_buf_cstr(struct hk_buf *buf)
{
    if (hk_buf_reserve(buf, 1) < 0)
        return NULL;
    buf->data[buf->len] = '\0';
    return buf->data;
}
