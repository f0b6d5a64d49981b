#!/usr/bin/env python3
"""The checks themselves: each rule must catch the breach that it is there for, and let the allowed through."""
import unittest

import check_symbols
import check_tree


def breaches(path, text, extra=None):
    return check_tree.breaches({path: text, **(extra or {})})


class Tree(unittest.TestCase):
    def test_only_one_module_sees_a_third_partys_header(self):
        self.assertEqual(breaches("lib/hk_http.c", "#include <civetweb.h>\n"), [])
        self.assertEqual(len(breaches("lib/hk_hook.c", "#include <civetweb.h>\n")), 1)
        self.assertEqual(breaches("lib/hk_yaml_read.c", "#include <yaml.h>\n"), [])
        self.assertEqual(len(breaches("cli/cmd_render.c", '# include "yaml.h"\n')), 1)

    def test_includes_go_one_way(self):
        above = {"hooks/flamecluster/fc.h": "", "cli/cli.h": "", "lib/hk_buf.h": "", "lib/sim/hk_sim.h": ""}
        self.assertEqual(len(breaches("lib/hk_buf.c", '#include "fc.h"\n', above)), 1)
        self.assertEqual(len(breaches("lib/hk_buf.c", '#include "sim/hk_sim.h"\n', above)), 1)
        self.assertEqual(len(breaches("hooks/flamecluster/fc_plan.c", '#include "cli.h"\n', above)), 1)
        self.assertEqual(breaches("cli/main.c", '#include "fc.h"\n#include "hk_sim.h"\n', above), [])
        self.assertEqual(breaches("hooks/flamecluster/fc_plan.c", '#include "hk_buf.h"\n', above), [])

    def test_hooks_are_pure(self):
        for name in ("time.h", "unistd.h", "hk_log.h", "hk_http.h"):
            self.assertEqual(len(breaches("hooks/x/y.c", f"#include <{name}>\n")), 1, name)
        self.assertEqual(breaches("hooks/x/y.c", "#include <string.h>\n#include <stdio.h>\n"), [])

    def test_files_stay_short(self):
        self.assertEqual(breaches("cli/a.c", "\n" * 600), [])
        self.assertEqual(len(breaches("cli/a.c", "\n" * 601)), 1)


class Symbols(unittest.TestCase):
    def test_exports_carry_the_prefix(self):
        self.assertEqual(check_symbols.foreign({"hk_a", "helper"}, "hk_"), ["helper"])

    def test_side_effects_are_refused(self):
        allowed = {"memcpy", "__memcpy_chk", "strlen", "snprintf", "hk_jw_str", "json_object_get", "json_loadb", "fc_x"}
        self.assertEqual(check_symbols.impure(allowed, "fc_"), [])
        refused = {"time", "clock_gettime", "getenv", "secure_getenv", "open", "read", "write", "fopen", "printf", "fprintf",
                   "rand", "random", "getrandom", "malloc", "pthread_create", "json_load_file", "json_dumpf", "hk_log"}
        self.assertEqual(check_symbols.impure(refused, "fc_"), sorted(refused))


if __name__ == "__main__":
    unittest.main()
