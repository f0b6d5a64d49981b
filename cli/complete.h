/* complete.h - what a shell offers for the word that is being typed, from the tables of commands and flags themselves, so a
 * script that was installed once is never out of date.
 *
 * The scripts of `completion SHELL` call `flame-operator __complete WORD...`, the last WORD being typed, and read lines
 * `CANDIDATE<tab>DESCRIPTION`, then `:0` (files fit too) or `:4` (they do not). kubectl asks in the same words, by calling a
 * program named kubectl_complete-flame. */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "args.h"

#define COMPLETE_COMMAND "__complete"
#define COMPLETE_FLAG "--__complete" /* as a command's first argument: complete those that follow */

bool complete_is_called_by_kubectl(void);

/* complete_offer - print a candidate if it begins with what was typed; only the first sentence of its description. */
void complete_offer(const char *typed, const char *candidate, const char *description);

/* complete_end - print the closing line. Returns CLI_OK. */
int complete_end(bool are_files);

/* complete_flags - offer a command's flags, their values and its operands for the last of argv. Returns CLI_OK. */
int complete_flags(const struct cli_usage *usage, int argc, char **argv);

#endif
