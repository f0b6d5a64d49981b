/* timeline_style.c - colours and patterns, in light and dark. Told apart by lightness and pattern too: blue and green of
 * Okabe and Ito's palette, the dark one first. */
#include "timeline_draw.h"

/* Colours by class: c0..c3 of templates, cf of trouble; k0..k3 and kf the same as lines. */
static const char STYLE[] =
    "<style>\n"
    "text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto "
    "Sans\",Helvetica,Arial,sans-serif;"
    "font-size:12px;fill:#1f2328}\n"
    ".h{font-size:18px;font-weight:600}.m{fill:#59636e}.s{font-size:11px}.w{fill:#fff}.e{fill:#"
    "b3330b;"
    "font-weight:600}\n"
    ".bg{fill:#fff}.box{fill:#fff;fill-opacity:.9}.grid{stroke:#d8dee4}.axis{stroke:#59636e}\n"
    ".user{fill:#1f2328}.fault{fill:#b3330b}.line{stroke:#1f2328;stroke-dasharray:3 3}"
    ".fline{stroke:#b3330b;stroke-dasharray:3 3}\n"
    ".want{fill:none;stroke:#59636e;stroke-width:1.5;stroke-dasharray:5 3}"
    ".curve{fill:none;stroke:#0b5cad;stroke-width:2}.area{fill:#0b5cad;fill-opacity:.13}\n"
    ".c0{fill:#0b5cad}.c1{fill:#1fa67a}.c2{fill:#a8478d}.c3{fill:#c99700}.cf{fill:#c93c14}\n"
    ".k0{stroke:#0b5cad}.k1{stroke:#1fa67a}.k2{stroke:#a8478d}.k3{stroke:#c99700}.kf{stroke:#"
    "8a2409}\n"
    ".k0,.k1,.k2,.k3,.kf{fill:none}.p{fill-opacity:.12;stroke-width:1}.q{fill-opacity:.2}\n"
    ".p.c0{stroke:#0b5cad}.p.c1{stroke:#1fa67a}.p.c2{stroke:#a8478d}.p.c3{stroke:#c99700}\n"
    ".dot{stroke:#fff;stroke-opacity:.4;fill:none}.cut{fill:#eef1f4}\n"
    ".sP{fill:#fff1bd}.sR{fill:#cdeedf}.sF{fill:#ffd8ca}.sS{fill:#e2e6ea}.sT{fill:#e5e0f5}\n"
    ".aP{fill:#b58900}.aR{fill:#1a7f5a}.aF{fill:#c93c14}.aS{fill:#6b7480}.aT{fill:#6f5bb5}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#f0f6fc}.m{fill:#9aa4af}.w{fill:#160600}.e{fill:#ff8a63}\n"
    ".bg{fill:#0d1117}.box{fill:#0d1117}.grid{stroke:#262c34}.axis{stroke:#9aa4af}\n"
    ".user{fill:#f0f6fc}.fault{fill:#ff8a63}.line{stroke:#c9d1d9}.fline{stroke:#ff8a63}\n"
    ".want{stroke:#9aa4af}.curve{stroke:#4a98e0}.area{fill:#4a98e0;fill-opacity:.2}\n"
    ".c0{fill:#3b8bd8}.c1{fill:#62d9b1}.c2{fill:#d98cc4}.c3{fill:#f0c44c}.cf{fill:#ff7a4d}\n"
    ".k0{stroke:#62aef5}.k1{stroke:#62d9b1}.k2{stroke:#d98cc4}.k3{stroke:#f0c44c}.kf{stroke:#"
    "ffc2ab}\n"
    ".p.c0{stroke:#3b8bd8}.p.c1{stroke:#62d9b1}.p.c2{stroke:#d98cc4}.p.c3{stroke:#f0c44c}\n"
    ".dot{stroke:#0d1117;stroke-opacity:.3}.cut{fill:#171c23}\n"
    ".sP{fill:#3a3112}.sR{fill:#103a2a}.sF{fill:#4a1e10}.sS{fill:#2b3138}.sT{fill:#2b2549}\n"
    ".aP{fill:#d9b440}.aR{fill:#62d9b1}.aF{fill:#ff7a4d}.aS{fill:#9aa4af}.aT{fill:#a99ae6}\n"
    "}\n"
    "</style>\n";

/* r0..r3: ready; x0..x3: on its way out; f: in trouble. */
static const char PATTERNS[] =
    "<pattern id=\"r1\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><path "
    "class=\"c1\" d=\"M0 0h6v6H0z\"/>"
    "<path class=\"dot\" d=\"M-1.5 1.5l3-3M0 6l6-6M4.5 7.5l3-3\"/></pattern>\n"
    "<pattern id=\"r2\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><path "
    "class=\"c2\" d=\"M0 0h6v6H0z\"/>"
    "<path class=\"dot\" d=\"M3 0v6\"/></pattern>\n"
    "<pattern id=\"r3\" width=\"6\" height=\"5\" patternUnits=\"userSpaceOnUse\"><path "
    "class=\"c3\" d=\"M0 0h6v5H0z\"/>"
    "<path class=\"dot\" d=\"M0 2.5h6\"/></pattern>\n"
    "<pattern id=\"f\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><path class=\"cf\" "
    "d=\"M0 0h8v8H0z\"/>"
    "<path class=\"kf\" stroke-opacity=\".5\" d=\"M0 0l8 8M8 0l-8 8\"/></pattern>\n";

void draw_style(struct hk_buf *out)
{
    hk_buf_add_str(out, hk_str_of(STYLE));
    hk_buf_add_str(out, HK_STR("<defs>\n"));
    hk_buf_add_str(out, hk_str_of(PATTERNS));
    for (unsigned i = 0; i < DRAW_TEMPLATES; i++)
        hk_buf_printf(
            out,
            "<pattern id=\"x%u\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
            "<path class=\"k%u\" stroke-width=\"1.4\" d=\"M-1 4l2 2M0 0l5 5M4-1l2 "
            "2\"/></pattern>\n",
            i, i);
    hk_buf_add_str(out, HK_STR("</defs>\n"));
}

void draw_bar_class(struct draw *draw, enum timeline_phase phase, unsigned template, bool is_thin)
{
    unsigned color = template % DRAW_TEMPLATES;
    struct hk_buf *out = &draw->out;
    draw->used[phase][phase == TIMELINE_FAILED ? 0 : color] = true;
    if (phase == TIMELINE_PENDING)
        hk_buf_printf(out, " class=\"%s c%u\"", is_thin ? "q" : "p", color);
    else if (phase == TIMELINE_READY && color == 0)
        hk_buf_add_str(out, HK_STR(" class=\"c0\""));
    else if (phase == TIMELINE_READY)
        hk_buf_printf(out, " fill=\"url(#r%u)\"", color);
    else if (phase == TIMELINE_FAILED)
        hk_buf_add_str(out, HK_STR(" fill=\"url(#f)\""));
    else
        hk_buf_printf(out, " fill=\"url(#x%u)\"", color);
}
