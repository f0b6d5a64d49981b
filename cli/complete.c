#include "complete.h"

#include <errno.h>
#include <stdio.h>

bool complete_is_called_by_kubectl(void)
{
    return strcmp(program_invocation_short_name, "kubectl_complete-flame") == 0;
}

void complete_offer(const char *typed, const char *candidate, const char *description)
{
    if (strncmp(candidate, typed, strlen(typed)) != 0)
        return;
    printf("%s%s", candidate, *description ? "\t" : "");
    for (const char *c = description; *c; c++) {
        bool ends = (*c == '.' || *c == ';') && (c[1] == '\0' || c[1] == ' ' || c[1] == '\n');
        if (ends)
            break;
        putchar(*c == '\n' ? ' ' : *c);
    }
    putchar('\n');
}

int complete_end(bool are_files)
{
    printf(":%d\n", are_files ? 0 : 4);
    return CLI_OK;
}

/* Each of the words, behind what stands before them in the word that is typed: "--output=". */
static void offer_words(const char *typed, struct hk_str before, const char *words)
{
    char candidate[128];
    for (const char *at = words; *at; at += *at == ' ') {
        int len = (int)strcspn(at, " ");
        int n =
            snprintf(candidate, sizeof candidate, "%.*s%.*s", (int)before.len, before.ptr, len, at);
        if (n > 0 && (size_t)n < sizeof candidate)
            complete_offer(typed, candidate, "");
        at += len;
    }
}

static int offer_value(const struct cli_flag *flag, const char *typed, struct hk_str before)
{
    if (flag->type == CLI_CHOICE)
        offer_words(typed, before, flag->choices);
    bool is_text = flag->type == CLI_TEXT || flag->type == CLI_LIST;
    bool is_file = strcmp(flag->value, "FILE") == 0 || strcmp(flag->value, "REQUEST") == 0;
    return complete_end(is_text && is_file);
}

/* The flag that a word names, in whole: "--output", "--output=te" or "-o"; NULL: none. */
static const struct cli_flag *flag_of(const struct cli_usage *usage, const char *word)
{
    for (const struct cli_flag *f = usage->flags; f && f->name && word[0] == '-'; f++) {
        if (word[1] == '-' && strlen(f->name) == strcspn(word + 2, "=") &&
            strncmp(f->name, word + 2, strlen(f->name)) == 0)
            return f;
        if (f->letter && word[1] == f->letter && word[2] == '\0')
            return f;
    }
    return NULL;
}

static bool takes_next(const struct cli_flag *flag, const char *word)
{
    return flag && flag->type != CLI_BOOL && (word[1] != '-' || !strchr(word, '='));
}

static int offer_flags(const struct cli_usage *usage, const char *typed)
{
    char name[64];
    for (const struct cli_flag *f = usage->flags; f && f->name; f++) {
        snprintf(name, sizeof name, "--%s", f->name);
        complete_offer(typed, name, f->help);
    }
    complete_offer(typed, "--help", "Show this help");
    return complete_end(false);
}

/* The words before the one that is typed. */
struct before {
    const struct cli_flag *open; /* waits for its value */
    int operands;
    bool only_operands; /* behind "--" */
};

static struct before read_before(const struct cli_usage *usage, int argc, char **argv)
{
    struct before b = {0};
    for (int i = 0; i < argc; i++) {
        bool is_value = b.open != NULL;
        const struct cli_flag *flag = is_value || b.only_operands ? NULL : flag_of(usage, argv[i]);
        b.open = takes_next(flag, argv[i]) ? flag : NULL;
        if (is_value || flag)
            continue;
        bool is_operand = b.only_operands || argv[i][0] != '-' || argv[i][1] == '\0';
        b.operands += is_operand;
        b.only_operands |= strcmp(argv[i], "--") == 0;
    }
    return b;
}

static int offer_operands(const struct cli_usage *usage, int before, const char *typed)
{
    bool is_room = usage->operands_max < 0 || before < usage->operands_max;
    if (is_room && usage->operands)
        offer_words(typed, HK_STR(""), usage->operands);
    return complete_end(is_room && !usage->operands);
}

int complete_flags(const struct cli_usage *usage, int argc, char **argv)
{
    if (argc == 0)
        return complete_end(false);
    const char *typed = argv[argc - 1];
    struct before b = read_before(usage, argc - 1, argv);
    if (b.open)
        return offer_value(b.open, typed, HK_STR(""));
    if (b.only_operands || typed[0] != '-')
        return offer_operands(usage, b.operands, typed);
    const char *equals = strchr(typed, '=');
    const struct cli_flag *flag = flag_of(usage, typed);
    if (flag && flag->type != CLI_BOOL && equals)
        return offer_value(flag, typed, (struct hk_str){typed, (size_t)(equals + 1 - typed)});
    return offer_flags(usage, typed);
}
