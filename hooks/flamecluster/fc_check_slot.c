/* The rules of spec.sessionManager.slotResources, and the slot that they amount to. */
#include "fc_parent.h"

#include "hk_utf8.h"

#define PATH "spec.sessionManager.slotResources"
/* Beyond these a hundredfold no machine is; the sizes stay far below 64 bits. */
#define COUNT_MAX 1000000
#define MEMORY_MAX_PI 8

static bool is_count(struct hk_str text, int64_t *count)
{
    return fc_count_parse(text, count) && *count <= COUNT_MAX;
}

static size_t digits_at(struct hk_str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

/* A number, perhaps with a fraction, and a unit that is bytes or more: a quantity could also be in thousandths. */
static bool has_size_form(struct hk_str text)
{
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "k", "M", "G", "T", "P"};
    size_t at = digits_at(text, 0);
    if (at == 0)
        return false;
    if (at < text.len && text.ptr[at] == '.') {
        size_t fraction = digits_at(text, at + 1);
        if (fraction == 0)
            return false;
        at += 1 + fraction;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (hk_str_is((struct hk_str){text.ptr + at, text.len - at}, units[i]))
            return true;
    return false;
}

/* In bytes, rounded up, as Kubernetes does. */
static bool is_size(struct hk_str text, int64_t *bytes)
{
    const int64_t max = (int64_t)MEMORY_MAX_PI << 50;
    struct hk_qty qty;
    if (!has_size_form(text) || hk_qty_parse(text, &qty, NULL) != 0)
        return false;
    *bytes = qty.milli / 1000 + (qty.milli % 1000 != 0);
    return *bytes <= max;
}

static void problem(struct fc_parent *parent, struct hk_arena *arena, const char *path,
                    const char *rule, struct hk_str found)
{
    if (path) /* else out of memory, which the arena remembers */
        fc_problem_add(parent, arena, path, "%s, is \"%.*s\"", rule, (int)hk_utf8_clip(found, 40),
                       found.ptr);
}

/* Flame's sizes are binary and whole: the biggest unit that fits. */
static struct hk_str size_text(struct hk_arena *arena, int64_t bytes)
{
    static const char units[] = {0, 'k', 'm', 'g', 't', 'p'};
    size_t unit = 0;
    while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < sizeof units) {
        bytes /= 1024;
        unit++;
    }
    return hk_arena_printf(arena, "%lld%.1s", (long long)bytes, units + unit);
}

static void add(struct hk_arena *arena, struct hk_str *slot, const char *key, struct hk_str value)
{
    *slot = hk_arena_printf(arena, "%.*s%s%s=%.*s", HK_STR_ARG(*slot), slot->len ? "," : "", key,
                            HK_STR_ARG(value));
}

static void add_count(struct fc_parent *parent, struct hk_arena *arena, const char *key,
                      struct hk_str text, struct hk_str *slot)
{
    static const char rule[] = "must be a whole number from 0 to 1000000";
    int64_t count = 0;
    if (!text.ptr)
        return;
    if (is_count(text, &count))
        add(arena, slot, key, hk_arena_printf(arena, "%lld", (long long)count));
    else
        problem(parent, arena, hk_arena_printf(arena, PATH ".%s", key).ptr, rule, text);
}

void fc_check_slot_resources(struct fc_parent *parent, struct hk_arena *arena)
{
    static const char rule[] = "must be a size from 0 to 8Pi such as 512Mi or 4Gi";
    struct fc_session_manager *session = &parent->spec.session;
    const struct fc_slot_resources *wanted = &session->slot_resources;
    struct hk_str slot = {NULL, 0};
    int64_t bytes = 0;
    if (!wanted->is_set)
        return;
    if (session->slot.len)
        fc_problem_add(parent, arena, PATH, "must not stand beside slot: remove one of the two");
    else if (!wanted->cpu.ptr && !wanted->memory.ptr && !wanted->gpu.ptr)
        fc_problem_add(parent, arena, PATH, "must have at least one of cpu, memory and gpu");
    add_count(parent, arena, "cpu", wanted->cpu, &slot);
    if (wanted->memory.ptr && is_size(wanted->memory, &bytes))
        add(arena, &slot, "mem", size_text(arena, bytes));
    else if (wanted->memory.ptr)
        problem(parent, arena, PATH ".memory", rule, wanted->memory);
    add_count(parent, arena, "gpu", wanted->gpu, &slot);
    session->slot = slot;
}
