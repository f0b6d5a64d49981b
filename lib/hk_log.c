/* hk_log.c - log lines. A line is built first and leaves in one write(2), so that lines of threads
 * never mix. The sink is set up once, before threads, and only read after that. */
#include "hk_log.h"

#include "hk_buf.h"
#include "hk_jw.h"
#include "hk_time.h"
#include "hk_utf8.h"

#include <time.h>
#include <unistd.h>

static const char *const level_words[] = {"debug", "info", "warn", "error"};
static const char *const format_words[] = {"json", "text"};

#define LEVEL_COUNT (sizeof(level_words) / sizeof(level_words[0]))
#define FORMAT_COUNT (sizeof(format_words) / sizeof(format_words[0]))

static struct {
    enum hk_log_level level;
    enum hk_log_format format;
    int fd;
} sink = {HK_LOG_INFO, HK_LOG_JSON, STDERR_FILENO};

void hk_log_setup(enum hk_log_level level, enum hk_log_format format, int fd)
{
    sink.level = level;
    sink.format = format;
    sink.fd = fd;
}

static int find_word(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; word && i < count; i++) {
        if (strcmp(word, words[i]) == 0)
            return (int)i;
    }
    return -1;
}

int hk_log_level_parse(const char *word, enum hk_log_level *level)
{
    int found = find_word(word, level_words, LEVEL_COUNT);
    if (found < 0)
        return -1;
    *level = (enum hk_log_level)found;
    return 0;
}

int hk_log_format_parse(const char *word, enum hk_log_format *format)
{
    int found = find_word(word, format_words, FORMAT_COUNT);
    if (found < 0)
        return -1;
    *format = (enum hk_log_format)found;
    return 0;
}

bool hk_log_enabled(enum hk_log_level level)
{
    return level >= sink.level;
}

static void add_mended(struct hk_buf *out, struct hk_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    const unsigned char *end =
        p ? p + text.len : p; /* an absent text is no pointer to count from */
    while (p != end) {
        const unsigned char *run = p;
        size_t len = 1;
        while (p != end && (len = hk_utf8_next(p, end)) > 0)
            p += len;
        hk_buf_add(out, run, (size_t)(p - run));
        if (p != end) {
            hk_buf_add_str(out, HK_STR(HK_UTF8_REPLACEMENT));
            p++;
        }
    }
}

static void add_quoted(struct hk_buf *line, struct hk_str text, struct hk_buf *room)
{
    hk_buf_clear(room);
    add_mended(room, text);
    hk_buf_add_char(line, '"');
    hk_jw_escape(line, hk_buf_str(room));
    hk_buf_add_char(line, '"');
    line->failed |= room->failed;
}

/* A value a terminal shows as it is, and a reader takes for one word. */
static bool is_plain(struct hk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F)
            return false;
    }
    return text.len > 0;
}

static void add_time(struct hk_buf *line)
{
    struct timespec now;
    char text[HK_TIME_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    hk_time_format(now.tv_sec, text);
    hk_buf_printf(line, "%.19s.%03dZ", text, (int)(now.tv_nsec / 1000000));
}

static void add_json(struct hk_buf *line, const struct hk_log_field *field, struct hk_buf *room)
{
    hk_buf_add_char(line, ',');
    add_quoted(line, hk_str_of(field->key), room);
    hk_buf_add_char(line, ':');
    if (field->text.ptr)
        add_quoted(line, field->text, room);
    else
        hk_buf_add_int(line, field->number);
}

/* JSON leaves DEL and the controls U+0080 to U+009F as they are; a terminal may obey them, U+009B as it does ESC [. */
static void escape_controls(struct hk_buf *out, struct hk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            hk_buf_printf(out, "\\u%04x", (unsigned char)text.ptr[++i]);
        else if (c == 0x7F)
            hk_buf_printf(out, "\\u%04x", c);
        else
            hk_buf_add_char(out, (char)c);
    }
}

static void add_text(struct hk_buf *line, const struct hk_log_field *field, struct hk_buf *room)
{
    hk_buf_printf(line, " %s=", field->key);
    if (!field->text.ptr) {
        hk_buf_add_int(line, field->number);
    } else if (is_plain(field->text)) {
        hk_buf_add_str(line, field->text);
    } else {
        struct hk_buf quoted;
        hk_buf_init(&quoted);
        add_quoted(&quoted, field->text, room);
        escape_controls(line, hk_buf_str(&quoted));
        line->failed |= quoted.failed;
        hk_buf_fini(&quoted);
    }
}

/* A message's control characters would move a terminal's cursor or forge a line. */
static void add_message(struct hk_buf *line, struct hk_str message, struct hk_buf *room)
{
    hk_buf_clear(room);
    add_mended(room, message);
    for (size_t i = 0; i < room->len; i++) {
        unsigned char c = (unsigned char)room->data[i];
        hk_buf_add_char(line, c < 0x20 || c == 0x7F ? ' ' : room->data[i]);
    }
    line->failed |= room->failed;
}

static void write_line(struct hk_str line)
{
    /* Nobody is left to tell when the log itself cannot be written. */
    ssize_t written = write(sink.fd, line.ptr, line.len);
    (void)written;
}

/* What is left to say when a line could not be built. */
static struct hk_str lost_line(void)
{
    return sink.format == HK_LOG_JSON
               ? HK_STR("{\"level\":\"error\",\"msg\":\"out of memory for a log line\"}\n")
               : HK_STR("error out of memory for a log line\n");
}

void hk_log(enum hk_log_level level, const char *message, const struct hk_log_field *fields,
            size_t count)
{
    if (!hk_log_enabled(level))
        return;
    struct hk_buf line, room;
    hk_buf_init(&line);
    hk_buf_init(&room);
    if (sink.format == HK_LOG_JSON) {
        struct hk_log_field msg = {"msg", hk_str_of(message ? message : ""), 0};
        hk_buf_add_str(&line, HK_STR("{\"time\":\""));
        add_time(&line);
        hk_buf_printf(&line, "\",\"level\":\"%s\"", level_words[level]);
        add_json(&line, &msg, &room);
        for (size_t i = 0; i < count; i++)
            add_json(&line, &fields[i], &room);
        hk_buf_add_char(&line, '}');
    } else {
        add_time(&line);
        hk_buf_printf(&line, " %-5s ", level_words[level]);
        add_message(&line, hk_str_of(message), &room);
        for (size_t i = 0; i < count; i++)
            add_text(&line, &fields[i], &room);
    }
    hk_buf_add_char(&line, '\n');
    write_line(line.failed ? lost_line() : hk_buf_str(&line));
    hk_buf_fini(&room);
    hk_buf_fini(&line);
}
