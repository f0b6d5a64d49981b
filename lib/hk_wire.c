#include "hk_wire.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

int hk_wire_length(const char *value, uint64_t *length)
{
    size_t digits = strspn(value, "0123456789");
    size_t blanks = strspn(value + digits, " \t");
    if (digits == 0 || digits > 18 || value[digits + blanks] != '\0')
        return -1;
    *length = strtoull(value, NULL, 10);
    return 0;
}

bool hk_wire_has_token(const char *list, const char *token)
{
    size_t len = strlen(token);
    while (*list) {
        list += strspn(list, " \t,");
        size_t item = strcspn(list, ",");
        size_t text = item;
        while (text > 0 && (list[text - 1] == ' ' || list[text - 1] == '\t'))
            text--;
        if (text == len && strncasecmp(list, token, len) == 0)
            return true;
        list += item;
    }
    return false;
}

bool hk_wire_is_json(const char *content_type)
{
    static const char json[] = "application/json";
    if (strncasecmp(content_type, json, sizeof json - 1) != 0)
        return false;
    const char *rest = content_type + sizeof json - 1;
    rest += strspn(rest, " \t");
    return *rest == '\0' || *rest == ';';
}

const char *hk_wire_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
        {200, "OK"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].text;
    return "Unknown";
}

/* ---- addresses ---- */

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 5 && text[digits] == '\0' && strtol(text, NULL, 10) <= 65535;
}

static bool is_host(const char *host, size_t len)
{
    char text[HK_WIRE_ADDRESS_SIZE];
    unsigned char address[sizeof(struct in6_addr)];
    if (len >= sizeof text)
        return false;
    memcpy(text, host, len);
    text[len] = '\0';
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        text[len - 1] = '\0';
        return inet_pton(AF_INET6, text + 1, address) == 1;
    }
    return inet_pton(AF_INET, text, address) == 1;
}

int hk_wire_address(const char *text, char out[HK_WIRE_ADDRESS_SIZE])
{
    const char *colon = strrchr(text, ':');
    const char *port = colon ? colon + 1 : text;
    const char *host = text;
    size_t host_len = colon ? (size_t)(colon - text) : 0;
    if (host_len == 0) {
        host = "0.0.0.0";
        host_len = strlen(host);
    } else if (host_len == 9 && strncasecmp(host, "localhost", 9) == 0) {
        host = "127.0.0.1";
    }
    if (!is_port(port) || !is_host(host, host_len) || host_len > HK_WIRE_ADDRESS_SIZE - 8)
        return -1;
    snprintf(out, HK_WIRE_ADDRESS_SIZE, "%.*s:%ld", (int)host_len, host, strtol(port, NULL, 10));
    return 0;
}

/* ---- heads ---- */

struct line_writer {
    char *out;
    size_t len;
};

HK_PRINTF(2, 3) static void add(struct line_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(w->out + w->len, HK_WIRE_HEAD_SIZE - w->len, format, args);
    va_end(args);
    /* All parts are the server's own and short; a tag or list that is not is cut, never written
     * beyond the room. */
    w->len += n > 0 ? (size_t)n : 0;
    if (w->len >= HK_WIRE_HEAD_SIZE)
        w->len = HK_WIRE_HEAD_SIZE - 1;
}

static void add_date(struct line_writer *w, int64_t now_s)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm t;
    time_t now = (time_t)now_s;
    if (!gmtime_r(&now, &t))
        return;
    add(w, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[t.tm_wday], t.tm_mday,
        months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

size_t hk_wire_head(const struct hk_wire_head *head, char out[HK_WIRE_HEAD_SIZE])
{
    struct line_writer w = {out, 0};
    add(&w, "HTTP/1.1 %d %s\r\n", head->status, hk_wire_reason(head->status));
    add_date(&w, head->now_s);
    if (head->has_body)
        add(&w, "Content-Type: %s\r\nContent-Length: %zu\r\n", head->content_type, head->length);
    if (head->etag && *head->etag)
        add(&w, "ETag: %s\r\n", head->etag);
    if (head->allow)
        add(&w, "Allow: %s\r\n", head->allow);
    if (head->status == 401)
        add(&w, "WWW-Authenticate: Bearer\r\n");
    if (head->retry_after_s)
        add(&w, "Retry-After: %u\r\n", head->retry_after_s);
    if (head->request_id)
        add(&w, "X-Request-Id: %" PRIu64 "\r\n", head->request_id);
    if (head->is_close || head->is_keep_alive)
        add(&w, "Connection: %s\r\n", head->is_close ? "close" : "keep-alive");
    add(&w, "X-Content-Type-Options: nosniff\r\n\r\n");
    return w.len;
}
