/* svg.h - what every picture needs: text that is valid XML whatever it holds, lengths, and how wide text may get.
 *
 * Lengths are whole tenths of a pixel, so the same picture is the same bytes everywhere. */
#ifndef SVG_H
#define SVG_H

#include "hk_buf.h"

#define PX 10 /* a pixel */

/* svg_text - bytes as XML text or attribute: escaped; broken UTF-8, control characters and what XML forbids as U+FFFD. */
void svg_text(struct hk_buf *out, struct hk_str text);

/* svg_px - " 12.3" without the blank: the shortest form of a length. */
void svg_px(struct hk_buf *out, int64_t tenths);

/* svg_attr - ` name="12.3"`. */
void svg_attr(struct hk_buf *out, const char *name, int64_t tenths);

/* svg_width - as wide as the text gets in any usual sans-serif font of that size, rather too wide. */
int64_t svg_width(struct hk_str text, int64_t font_px);

/* svg_fit - the longest beginning that is at most so wide, cut between characters; the whole when it fits, else with room
 * for an ellipsis. */
size_t svg_fit(struct hk_str text, int64_t font_px, int64_t width);

/* svg_add_clipped - the text, or as much as fits and an ellipsis. */
void svg_add_clipped(struct hk_buf *out, struct hk_str text, int64_t font_px, int64_t width);

#endif
