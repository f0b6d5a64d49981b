/* commands.h - the subcommands, one file each (cmd_*.c), and the table that main.c runs them from.
 * Each takes its own argv (argv[0] is the command's name) and returns the exit code. */
#ifndef COMMANDS_H
#define COMMANDS_H

int cmd_serve(int argc, char **argv);
int cmd_sync(int argc, char **argv);
int cmd_finalize(int argc, char **argv);
int cmd_customize(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
