/* screen.h - lines for a terminal: cut at its width, in color or not, and nothing in them that a terminal would obey. Whatever
 * comes from a cluster goes through screen_put. */
#ifndef SCREEN_H
#define SCREEN_H

#include "status.h"

enum screen_color { PLAIN, BOLD, DIM, GREEN, YELLOW, RED };

struct screen {
    const struct status_style *style;
    struct hk_buf *out;
    size_t column;  /* of the line that is being written */
    bool is_cut;    /* it is full */
    bool is_hidden; /* it is below the last row */
    size_t lines, hidden;
};

/* screen_put - text in a color: control characters and others that would change what is seen are escaped ("\x1b", "\u202e"),
 * characters beyond ASCII are "?" where the terminal has none. A newline is a space. */
void screen_put(struct screen *s, enum screen_color color, const char *text);
void screen_printf(struct screen *s, enum screen_color color, const char *format, ...)
    HK_PRINTF(3, 4);

/* screen_sign - one of two forms of a sign of our own, by what the terminal can show. */
void screen_sign(struct screen *s, enum screen_color color, const char *utf8, const char *ascii);

void screen_pad(struct screen *s, size_t column); /* blanks up to there */
void screen_end(struct screen *s);                /* of the line */

/* screen_wrap - text on as many lines as it takes, at most `most`; each begins at the column that is reached. */
void screen_wrap(struct screen *s, enum screen_color color, const char *text, size_t most);

/* screen_width - columns that screen_put takes for text. */
size_t screen_width(const struct screen *s, const char *text);

/* screen_age - "5s", "12m", "3h", "2d4h" since a time; "-" when it is none. */
struct screen_age {
    char text[24];
};
struct screen_age screen_age(const struct screen *s, const char *since);

#endif
