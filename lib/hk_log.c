/* The log sink: one of the two mutable globals of the library (the other is the allocator). It is
 * set up once, before threads, and only read after that. */
#include "hk_log.h"

#include "hk_buf.h"
#include "hk_jw.h"
#include "hk_time.h"
#include "hk_utf8.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct {
    enum hk_log_level level;
    enum hk_log_format format;
    int fd;
} sink = {HK_LOG_INFO, HK_LOG_JSON, STDERR_FILENO};

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
static const char *const FORMATS[] = {"json", "text"};

static int find_word(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

void hk_log_setup(enum hk_log_level level, enum hk_log_format format, int fd)
{
    sink.level = level;
    sink.format = format;
    sink.fd = fd;
}

int hk_log_level_parse(const char *word, enum hk_log_level *level)
{
    int i = find_word(LEVELS, HK_LOG_ERROR + 1, word);
    if (i < 0)
        return -1;
    *level = (enum hk_log_level)i;
    return 0;
}

int hk_log_format_parse(const char *word, enum hk_log_format *format)
{
    int i = find_word(FORMATS, HK_LOG_TEXT + 1, word);
    if (i < 0)
        return -1;
    *format = (enum hk_log_format)i;
    return 0;
}

bool hk_log_enabled(enum hk_log_level level)
{
    return level >= sink.level;
}

/* Hands text on to add in runs of valid UTF-8, with U+FFFD for each byte that is none. */
static void add_mended(struct hk_buf *line, struct hk_str text,
                       void (*add)(struct hk_buf *line, struct hk_str run))
{
    const unsigned char *p = (const unsigned char *)text.ptr, *end = p + text.len;
    while (p < end) {
        const unsigned char *run = p;
        size_t len;
        while (p < end && (len = hk_utf8_next(p, end)) > 0)
            p += len;
        add(line, (struct hk_str){(const char *)run, (size_t)(p - run)});
        if (p < end) {
            hk_buf_add_str(line, HK_STR(HK_UTF8_REPLACEMENT));
            p++;
        }
    }
}

static void add_json(struct hk_buf *line, struct hk_str run)
{
    hk_jw_escape(line, run);
}

/* A terminal gets no control characters: a log line must not move its cursor. */
static void add_plain(struct hk_buf *line, struct hk_str run)
{
    for (size_t i = 0; i < run.len; i++) {
        unsigned char c = (unsigned char)run.ptr[i];
        hk_buf_add_char(line, c < ' ' || c == 0x7f ? '?' : run.ptr[i]);
    }
}

static void add_json_field(struct hk_buf *line, const struct hk_log_field *field)
{
    hk_buf_printf(line, ",\"%s\":", field->key);
    if (!field->text.ptr) {
        hk_buf_add_int(line, field->number);
        return;
    }
    hk_buf_add_char(line, '"');
    add_mended(line, field->text, add_json);
    hk_buf_add_char(line, '"');
}

static void add_text_field(struct hk_buf *line, const struct hk_log_field *field)
{
    hk_buf_printf(line, " %s=", field->key);
    if (!field->text.ptr) {
        hk_buf_add_int(line, field->number);
        return;
    }
    bool is_word = field->text.len > 0 && !memchr(field->text.ptr, ' ', field->text.len) &&
                   !memchr(field->text.ptr, '"', field->text.len);
    if (!is_word)
        hk_buf_add_char(line, '"');
    add_mended(line, field->text, add_plain);
    if (!is_word)
        hk_buf_add_char(line, '"');
}

static void add_line(struct hk_buf *line, enum hk_log_level level, const char *message)
{
    struct timespec now;
    char time[HK_TIME_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    hk_time_format(now.tv_sec, time);
    time[HK_TIME_SIZE - 2] = '\0'; /* the Z: milliseconds go before it */
    unsigned ms = (unsigned)(now.tv_nsec / 1000000);
    if (sink.format == HK_LOG_TEXT) {
        hk_buf_printf(line, "%s.%03uZ %-5s ", time, ms, LEVELS[level]);
        add_mended(line, hk_str_of(message), add_plain);
        return;
    }
    hk_buf_printf(line, "{\"time\":\"%s.%03uZ\",\"level\":\"%s\",\"msg\":\"", time, ms,
                  LEVELS[level]);
    add_mended(line, hk_str_of(message), add_json);
    hk_buf_add_char(line, '"');
}

void hk_log(enum hk_log_level level, const char *message, const struct hk_log_field *fields,
            size_t count)
{
    static const struct hk_str lost =
        HK_STR("{\"level\":\"error\",\"msg\":\"out of memory for a log line\"}\n");
    struct hk_buf line;
    if (!hk_log_enabled(level))
        return;
    hk_buf_init(&line);
    add_line(&line, level, message);
    for (size_t i = 0; i < count; i++)
        (sink.format == HK_LOG_TEXT ? add_text_field : add_json_field)(&line, &fields[i]);
    hk_buf_add_str(&line, sink.format == HK_LOG_TEXT ? HK_STR("\n") : HK_STR("}\n"));
    struct hk_str whole = line.failed ? lost : hk_buf_str(&line);
    /* Nobody is left to tell when the log itself cannot be written. */
    ssize_t written = write(sink.fd, whole.ptr, whole.len);
    (void)written;
    hk_buf_fini(&line);
}
