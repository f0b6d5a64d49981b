#include "hk_report.h"

void hk_report_add(struct hk_report *report, struct hk_arena *arena, struct hk_decision decision)
{
    if (decision.count == 0)
        return;
    if (report->count == report->cap) {
        struct hk_decision *items =
            hk_arena_grow(arena, report->items, report->count, &report->cap, sizeof *items);
        if (!items)
            return;
        report->items = items;
    }
    report->items[report->count++] = decision;
}
