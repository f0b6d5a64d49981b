#include "args.h"
#include "complete.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A number with an optional unit; the first row is the unit of a bare number. */
struct unit {
    const char *suffix;
    int64_t factor;
};
static const struct unit SIZES[] = {
    {"", 1},          {"Ki", 1 << 10},  {"Mi", 1 << 20},  {"Gi", 1 << 30},
    {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {0}};
static const struct unit DURATIONS[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {0}};
static const struct unit PLAIN[] = {{"", 1}, {0}};

static const struct unit *units_of(enum cli_type type)
{
    return type == CLI_SIZE ? SIZES : type == CLI_DURATION ? DURATIONS : PLAIN;
}

static int parse_number(const char *text, const struct unit *units, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    if (*text != '-' && (*text < '0' || *text > '9'))
        return -1;
    int64_t n = strtoll(text, &end, 10);
    if (errno || end == text)
        return -1;
    for (const struct unit *u = units; u->suffix; u++) {
        if (strcmp(end, u->suffix) == 0)
            return __builtin_mul_overflow(n, u->factor, number) ? -1 : 0;
    }
    return -1;
}

/* In the largest unit that gives a whole number. */
static void format_number(char out[CLI_NUMBER_SIZE], const struct unit *units, int64_t number)
{
    const struct unit *best = units;
    for (const struct unit *u = units; u->suffix; u++) {
        if (number >= u->factor && number % u->factor == 0 && u->factor > best->factor)
            best = u;
    }
    snprintf(out, CLI_NUMBER_SIZE, "%" PRId64 "%s", number / best->factor, best->suffix);
}

void cli_args_size(char out[CLI_NUMBER_SIZE], int64_t bytes)
{
    format_number(out, SIZES, bytes);
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strchr(word, ' ') ? 0 : strlen(word);
    for (const char *at = words; n && (at = strstr(at, word)) != NULL; at += n) {
        bool starts = at == words || at[-1] == ' ';
        if (starts && (at[n] == ' ' || at[n] == '\0'))
            return true;
    }
    return false;
}

static const char *hint(const struct cli_usage *usage)
{
    static _Thread_local char text[64];
    snprintf(text, sizeof text, "see '%s %s --help'", cli_name(), usage->command);
    return text;
}

int cli_args_refuse(const struct cli_usage *usage, const char *flag, const char *rule,
                    const char *value)
{
    cli_error((struct cli_place){0}, "%s: --%s %s, is \"%.64s\"; %s", usage->command, flag, rule,
              value, hint(usage));
    return CLI_USAGE;
}

int cli_args_missing(const struct cli_usage *usage, const char *operand)
{
    cli_error((struct cli_place){0}, "%s: %s is missing; %s", usage->command, operand, hint(usage));
    return CLI_USAGE;
}

/* "from 1s to 10m" */
static void say_range(char *out, size_t size, const struct cli_flag *flag)
{
    char min[CLI_NUMBER_SIZE], max[CLI_NUMBER_SIZE];
    const char *what = flag->type == CLI_SIZE       ? "a size such as 65536, 64Ki or 128Mi"
                       : flag->type == CLI_DURATION ? "a duration such as 500ms, 10s or 2m"
                                                    : "a whole number";
    format_number(min, units_of(flag->type), flag->min);
    format_number(max, units_of(flag->type), flag->max);
    if (flag->min || flag->max)
        snprintf(out, size, "must be %s, from %s to %s", what, min, max);
    else
        snprintf(out, size, "must be %s, 0 or more", what);
}

static int refuse_value(const struct cli_usage *usage, const struct cli_flag *flag,
                        const char *value)
{
    char rule[128];
    bool is_text = flag->type == CLI_TEXT || flag->type == CLI_LIST;
    if (is_text && *value)
        snprintf(rule, sizeof rule, "must be given at most %d times", CLI_LIST_MAX);
    else if (is_text)
        snprintf(rule, sizeof rule, "must not be empty");
    else if (flag->type == CLI_CHOICE)
        snprintf(rule, sizeof rule, "must be one of: %s", flag->choices);
    else
        say_range(rule, sizeof rule, flag);
    cli_args_refuse(usage, flag->name, rule, value);
    return -1;
}

static int set_number(const struct cli_flag *flag, int64_t *to, const char *value)
{
    int64_t number = 0;
    if (parse_number(value, units_of(flag->type), &number) < 0)
        return -1;
    bool bounded = flag->min || flag->max;
    if (bounded ? number < flag->min || number > flag->max : number < 0)
        return -1;
    *to = number;
    return 0;
}

static int add_item(struct cli_list *list, const char *value)
{
    if (list->count == CLI_LIST_MAX)
        return -1;
    list->items[list->count++] = value;
    return 0;
}

/* value is NULL for a CLI_BOOL alone. */
static int set_flag(const struct cli_flag *flag, void *options, const char *value)
{
    void *to = (char *)options + flag->offset;
    switch (flag->type) {
    case CLI_BOOL:
        *(bool *)to = true;
        return 0;
    case CLI_CHOICE:
        if (!has_word(flag->choices, value))
            return -1;
        *(const char **)to = value;
        return 0;
    case CLI_TEXT:
        *(const char **)to = value;
        return *value ? 0 : -1;
    case CLI_LIST:
        return *value ? add_item(to, value) : -1;
    default:
        return set_number(flag, to, value);
    }
}

static const struct cli_flag *find_long(const struct cli_usage *usage, const char *name, size_t len)
{
    for (const struct cli_flag *f = usage->flags; f && f->name; f++) {
        if (strlen(f->name) == len && memcmp(f->name, name, len) == 0)
            return f;
    }
    return NULL;
}

static const struct cli_flag *find_letter(const struct cli_usage *usage, char letter)
{
    for (const struct cli_flag *f = usage->flags; f && f->name; f++) {
        if (f->letter == letter)
            return f;
    }
    return NULL;
}

static int unknown(const struct cli_usage *usage, const char *flag, int len)
{
    cli_error((struct cli_place){0}, "%s: unknown flag %.*s; %s", usage->command, len, flag,
              hint(usage));
    return -1;
}

/* The flag's value: what is attached, else the next argument, which *at moves to. */
static int take_value(const struct cli_usage *usage, struct cli_args *args,
                      const struct cli_flag *flag, const char *attached, int *at)
{
    if (!attached && ++*at >= args->argc) {
        cli_error((struct cli_place){0}, "%s: --%s needs a value: %s; %s", usage->command,
                  flag->name, flag->value, hint(usage));
        return -1;
    }
    const char *value = attached ? attached : args->argv[*at];
    return set_flag(flag, args->options, value) < 0 ? refuse_value(usage, flag, value) : 0;
}

static int parse_long(const struct cli_usage *usage, struct cli_args *args, int *at)
{
    const char *name = args->argv[*at] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_flag *flag = find_long(usage, name, len);
    if (!flag)
        return unknown(usage, args->argv[*at], (int)len + 2);
    const char *attached = name[len] == '=' ? name + len + 1 : NULL;
    if (flag->type != CLI_BOOL)
        return take_value(usage, args, flag, attached, at);
    if (attached) {
        cli_error((struct cli_place){0}, "%s: --%s takes no value; %s", usage->command, flag->name,
                  hint(usage));
        return -1;
    }
    return set_flag(flag, args->options, NULL);
}

static int parse_letters(const struct cli_usage *usage, struct cli_args *args, int *at)
{
    for (const char *c = args->argv[*at] + 1; *c; c++) {
        const struct cli_flag *flag = find_letter(usage, *c);
        if (!flag)
            return unknown(usage, (const char[]){'-', *c}, 2);
        if (flag->type != CLI_BOOL)
            return take_value(usage, args, flag, c[1] ? c + 1 : NULL, at);
        if (set_flag(flag, args->options, NULL) < 0)
            return -1;
    }
    return 0;
}

static int check_operands(const struct cli_usage *usage, const struct cli_args *args)
{
    if (args->operand_count < usage->operands_min) {
        cli_args_missing(usage, "FILE");
        return -1;
    }
    if (usage->operands_max >= 0 && args->operand_count > usage->operands_max) {
        cli_error((struct cli_place){0}, "%s: unexpected operand \"%.64s\"; %s", usage->command,
                  args->operands[usage->operands_max], hint(usage));
        return -1;
    }
    for (int i = 0; usage->operands && *usage->operands && i < args->operand_count; i++) {
        if (!has_word(usage->operands, args->operands[i])) {
            cli_error((struct cli_place){0}, "%s: must be one of: %s, is \"%.64s\"; %s",
                      usage->command, usage->operands, args->operands[i], hint(usage));
            return -1;
        }
    }
    return 0;
}

static void show_flag(char letter, const char *name, const char *value, const char *help)
{
    char left[64];
    int n = letter ? snprintf(left, sizeof left, "  -%c, --%s", letter, name)
                   : snprintf(left, sizeof left, "      --%s", name);
    if (value && n > 0 && (size_t)n < sizeof left)
        snprintf(left + n, sizeof left - (size_t)n, " %s", value);
    if (strlen(left) < 28)
        printf("%-28s", left);
    else
        printf("%s\n%28s", left, "");
    for (; *help; help++) {
        putchar(*help);
        if (*help == '\n')
            printf("%28s", "");
    }
    putchar('\n');
}

static void show_help(const struct cli_usage *usage)
{
    printf("Usage: %s %s%s%s\n\n%s\n\nFlags:\n", cli_name(), usage->command,
           *usage->synopsis ? " " : "", usage->synopsis, usage->about);
    for (const struct cli_flag *f = usage->flags; f && f->name; f++)
        show_flag(f->letter, f->name, f->value, f->help);
    show_flag('h', "help", NULL, "Show this help.");
    if (usage->more)
        printf("\n%s\n", usage->more);
}

static bool is_help(const char *arg)
{
    return strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0;
}

static int parse_one(const struct cli_usage *usage, struct cli_args *args, int *at)
{
    const char *arg = args->argv[*at];
    if (is_help(arg)) {
        show_help(usage);
        args->exit_code = CLI_OK;
        return -1;
    }
    return arg[1] == '-' ? parse_long(usage, args, at) : parse_letters(usage, args, at);
}

int cli_args_parse(const struct cli_usage *usage, struct cli_args *args)
{
    bool only_operands = false;
    args->operands = args->argv + 1;
    args->operand_count = 0;
    if (args->argc > 1 && strcmp(args->argv[1], COMPLETE_FLAG) == 0) {
        args->exit_code = complete_flags(usage, args->argc - 2, args->argv + 2);
        return -1;
    }
    args->exit_code = CLI_USAGE;
    for (int at = 1; at < args->argc; at++) {
        char *arg = args->argv[at];
        if (only_operands || arg[0] != '-' || arg[1] == '\0')
            args->operands[args->operand_count++] = arg;
        else if (strcmp(arg, "--") == 0)
            only_operands = true;
        else if (parse_one(usage, args, &at) < 0)
            return -1;
    }
    return check_operands(usage, args);
}

const char *cli_args_file(const struct cli_list *flagged, const struct cli_args *args, size_t i)
{
    if (i < flagged->count)
        return flagged->items[i];
    return i - flagged->count < (size_t)args->operand_count ? args->operands[i - flagged->count]
                                                            : NULL;
}
