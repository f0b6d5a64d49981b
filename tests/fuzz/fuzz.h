/* fuzz.h - what an entry point has in common with libFuzzer and with the replay program. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Aborts when the decoder misbehaves on these bytes; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
