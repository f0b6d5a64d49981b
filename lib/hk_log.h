/* hk_log.h - log lines on a stream: JSON for machines, text for a terminal. Never a body or a secret. */
#ifndef HK_LOG_H
#define HK_LOG_H

#include "hk_str.h"

#include <stdint.h>

enum hk_log_level { HK_LOG_DEBUG, HK_LOG_INFO, HK_LOG_WARN, HK_LOG_ERROR };
enum hk_log_format { HK_LOG_JSON, HK_LOG_TEXT };

/* hk_log_setup - once, before threads. fd is borrowed. Default: INFO, JSON, fd 2. */
void hk_log_setup(enum hk_log_level level, enum hk_log_format format, int fd);
int hk_log_level_parse(const char *word,
                       enum hk_log_level *level) HK_MUST_USE; /* debug info warn error */
int hk_log_format_parse(const char *word, enum hk_log_format *format) HK_MUST_USE; /* json text */
bool hk_log_enabled(enum hk_log_level level);

/* One field: a string, or with text.ptr == NULL the number. */
struct hk_log_field {
    const char *key;
    struct hk_str text;
    int64_t number;
};

/* hk_log - one line {"time","level","msg",fields...}, one write(2). Invalid UTF-8 is replaced. threads: any. */
void hk_log(enum hk_log_level level, const char *message, const struct hk_log_field *fields,
            size_t count);

#endif
