/* picture.h - `--svg FILE`: a timeline written to a file, whole or not at all. */
#ifndef PICTURE_H
#define PICTURE_H

#include "timeline.h"

/* picture_write - the timeline as SVG; "-" is standard output. Returns an exit code; an error is reported. */
int picture_write(const char *file, const struct timeline *line, const char *by) HK_MUST_USE;

/* picture_is_output - is standard output for the picture? file: NULL tolerated. */
bool picture_is_output(const char *file);

#endif
