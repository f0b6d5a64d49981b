/* hk_name.c - the syntax of names and labels. Kubernetes bounds a subdomain only as a whole: a label in it
 * may be longer than 63. */
#include "hk_name.h"

#include "hk_hash.h"

#define LABEL_MAX 63
#define SUBDOMAIN_MAX 253

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* One label of any length: alphanumeric at both ends, '-' between. */
static bool is_dns_label(struct hk_str name)
{
    if (name.len == 0 || !is_lower_alnum(name.ptr[0]) || !is_lower_alnum(name.ptr[name.len - 1]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_lower_alnum(name.ptr[i]) && name.ptr[i] != '-')
            return false;
    return true;
}

bool hk_name_is_dns1123_label(struct hk_str name)
{
    return name.len <= LABEL_MAX && is_dns_label(name);
}

bool hk_name_is_dns1035_label(struct hk_str name)
{
    return hk_name_is_dns1123_label(name) && name.ptr[0] >= 'a';
}

bool hk_name_is_dns1123_subdomain(struct hk_str name)
{
    if (name.len == 0 || name.len > SUBDOMAIN_MAX)
        return false;
    for (size_t at = 0; at <= name.len;) {
        const char *dot = at < name.len ? memchr(name.ptr + at, '.', name.len - at) : NULL;
        size_t end = dot ? (size_t)(dot - name.ptr) : name.len;
        if (!is_dns_label((struct hk_str){name.ptr + at, end - at}))
            return false;
        at = end + 1;
    }
    return true;
}

/* [A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?, <= 63 */
static bool is_label_text(struct hk_str text)
{
    if (text.len == 0 || text.len > LABEL_MAX || !is_alnum(text.ptr[0]) ||
        !is_alnum(text.ptr[text.len - 1]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_' &&
            text.ptr[i] != '.')
            return false;
    return true;
}

bool hk_name_is_qualified(struct hk_str name)
{
    const char *slash = name.len ? memchr(name.ptr, '/', name.len) : NULL;
    if (!slash)
        return is_label_text(name);
    size_t prefix = (size_t)(slash - name.ptr);
    return hk_name_is_dns1123_subdomain((struct hk_str){name.ptr, prefix}) &&
           is_label_text((struct hk_str){slash + 1, name.len - prefix - 1});
}

bool hk_name_is_label_value(struct hk_str value)
{
    return value.len == 0 || is_label_text(value);
}

struct hk_str hk_name_shorten(struct hk_arena *arena, struct hk_str name, size_t max)
{
    char hex[HK_HASH64_SIZE];
    if (name.len <= max)
        return hk_arena_copy(arena, name);
    hk_hash64_hex(name, hex);
    size_t head = max - 9;
    /* A '-' or '.' before the '-' would make no label. */
    while (head > 1 && !is_alnum(name.ptr[head - 1]))
        head--;
    return hk_arena_printf(arena, "%.*s-%.8s", (int)head, name.ptr, hex);
}
