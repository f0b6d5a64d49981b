/* completion: the scripts of packaging/completions, which the build put into completions.h. */
#include "args.h"
#include "commands.h"
#include "completions.h"

static const struct {
    const char *shell, *script;
} SCRIPTS[] = {
    {"bash", COMPLETION_BASH},
    {"fish", COMPLETION_FISH},
    {"zsh", COMPLETION_ZSH},
    {0},
};

static const struct cli_usage USAGE = {
    .command = "completion",
    .synopsis = "bash|fish|zsh",
    .about =
        "Shows the script by which a shell completes commands, flags, their values and files.\n"
        "The script asks the program itself, so it need not be renewed. A package of this\n"
        "program has installed it already.",
    .more = "For this shell, or in its start-up file for all:\n"
            "  source <(flame-operator completion bash)\n"
            "  source <(flame-operator completion zsh)     # after compinit\n"
            "  flame-operator completion fish | source\n"
            "\n"
            "kubectl completes `kubectl flame` by itself when a link to this program is in the\n"
            "PATH under the name kubectl_complete-flame.",
    .operands_max = 1,
    .operands = "bash fish zsh",
};

int cmd_completion(int argc, char **argv)
{
    struct cli_args args = {.argc = argc, .argv = argv};
    if (cli_args_parse(&USAGE, &args) < 0)
        return args.exit_code;
    if (args.operand_count == 0)
        return cli_args_missing(&USAGE, "SHELL");
    for (size_t i = 0; SCRIPTS[i].shell; i++) {
        if (strcmp(SCRIPTS[i].shell, args.operands[0]) == 0)
            cli_write(hk_str_of(SCRIPTS[i].script));
    }
    return CLI_OK;
}
