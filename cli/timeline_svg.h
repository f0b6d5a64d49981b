/* timeline_svg.h - a timeline as an SVG document: the clusters one below another, on the same scale of time.
 *
 * Looks right in light and dark (prefers-color-scheme), tells things apart by pattern and word as well as by colour, loads
 * nothing, runs nothing. The same timeline is the same bytes. */
#ifndef TIMELINE_SVG_H
#define TIMELINE_SVG_H

#include "timeline.h"

/* timeline_svg - appends the document; by: who made it ("flame-operator simulate"). Returns 0, or -1 without memory. */
int timeline_svg(struct hk_buf *out, const struct timeline *line, const char *by);

#endif
