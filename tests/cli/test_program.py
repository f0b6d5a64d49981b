"""The program itself: commands, help texts, flags, exit codes, where output goes."""
import json
import os
import re
import subprocess

from case import PATIENCE, PROGRAM, Case, cluster


class Help(Case):
    def commands(self):
        text = self.good("help")
        names = re.findall(r"^  ([a-z]+) +\S", text.split("Commands:\n")[1], re.M)
        self.assertIn("render", names)
        self.assertIn("help", names)
        return [n for n in names if n != "help"]

    def test_the_same_text_for_each_way_to_ask(self):
        want = self.good("help")
        self.assertEqual(self.good("--help"), want)
        self.assertEqual(self.good("-h"), want)
        self.assertEqual(self.good("help", "help"), want)
        self.assertTrue(want.startswith("Usage: flame-operator COMMAND [FLAGS] [FILE...]\n"))
        self.assertIn("Exit codes: 0 ok", want)

    def test_no_command_is_a_mistake(self):
        done = self.run_program()
        self.assertEqual((done.returncode, done.out), (2, ""))
        self.assertEqual(done.err, self.good("help"))

    def test_each_command_explains_itself(self):
        for name in self.commands():
            with self.subTest(name):
                text = self.good(name, "--help")
                self.assertEqual(self.good("help", name), text)
                self.assertEqual(self.good(name, "-h"), text)
                self.assertEqual(self.good(name, "--help", "--no-such-flag"), text)
                self.assertTrue(text.startswith(f"Usage: flame-operator {name}"), text)
                self.assertIn("\nFlags:\n", text)
                self.assertRegex(text, r"\n  -h, --help +Show this help\.\n")
                self.assertFalse([line for line in text.splitlines() if len(line) > 100])

    def test_each_flag_is_explained_and_known(self):
        for name in self.commands():
            flags = self.good(name, "--help").split("\nFlags:\n")[1].split("\n\n")[0]
            rows = re.findall(r"^  (?:-(\w), |    )--([a-z-]+)(?: ([A-Z][^ \n]*))?(?: {2,}|\n {20,})(\S.*)$", flags, re.M)
            self.assertTrue(rows)
            self.assertEqual(len(rows), len(re.findall(r"^  .{4}--", flags, re.M)), flags)
            for letter, flag, value, text in rows:
                with self.subTest(name, flag=flag):
                    self.assertGreater(len(text), 10)
                    if value:
                        for form in ["--" + flag] + (["-" + letter] if letter else []):
                            self.bad(2, [f"{name}: --{flag} needs a value: {value}; see 'flame-operator {name} --help'"],
                                     name, form)
                    elif flag != "help":
                        self.bad(2, [f"{name}: --{flag} takes no value; see 'flame-operator {name} --help'"],
                                 name, f"--{flag}=x")

    def test_help_for_no_command(self):
        self.bad(2, ["unknown command \"plan9\"; see 'flame-operator help'"], "help", "plan9")

    def test_as_a_plugin_of_kubectl(self):
        for called in "kubectl-flame", "kubectl_flame":
            path = self.folder / called
            path.symlink_to(PROGRAM)
            text = self.good("help", program=str(path))
            self.assertTrue(text.startswith("Usage: kubectl flame COMMAND"))
            self.assertNotIn("flame-operator", text)
            self.assertTrue(self.good("render", "-h", program=str(path)).startswith("Usage: kubectl flame render"))
            self.bad(2, ["render: unknown flag --x; see 'kubectl flame render --help'"], "render", "--x", program=str(path))


class Flags(Case):
    def test_mistakes_are_named(self):
        rows = [
            (["frobnicate"], "unknown command \"frobnicate\"; see 'flame-operator help'"),
            (["--frob"], "unknown command \"--frob\"; see 'flame-operator help'"),
            (["version", "--frob"], "version: unknown flag --frob; see 'flame-operator version --help'"),
            (["version", "--frob=1"], "version: unknown flag --frob; see 'flame-operator version --help'"),
            (["version", "--out", "json"], "version: unknown flag --out; see 'flame-operator version --help'"),
            (["version", "-x"], "version: unknown flag -x; see 'flame-operator version --help'"),
            (["validate", "-qx"], "validate: unknown flag -x; see 'flame-operator validate --help'"),
            (["version", "-o"], "version: --output needs a value: FORMAT; see 'flame-operator version --help'"),
            (["version", "-o", "xml"],
             "version: --output must be one of: text json, is \"xml\"; see 'flame-operator version --help'"),
            (["version", "-otex"],
             "version: --output must be one of: text json, is \"tex\"; see 'flame-operator version --help'"),
            (["render", "-o", "yaml json"],
             "render: --output must be one of: yaml json, is \"yaml json\"; see 'flame-operator render --help'"),
            (["plan", "--max-time", "0s"], "plan: --max-time must be a duration such as 500ms, 10s or 2m, "
             "from 1s to 168h, is \"0s\"; see 'flame-operator plan --help'"),
            (["simulate", "--lag", "61m"], "simulate: --lag must be a duration such as 500ms, 10s or 2m, "
             "from 0ms to 1h, is \"61m\"; see 'flame-operator simulate --help'"),
            (["simulate", "--seed", "-1"],
             "simulate: --seed must be a whole number, 0 or more, is \"-1\"; see 'flame-operator simulate --help'"),
            (["version", "--output="],
             "version: --output must be one of: text json, is \"\"; see 'flame-operator version --help'"),
            (["version", "more"], "version: unexpected operand \"more\"; see 'flame-operator version --help'"),
            (["validate"], "validate: FILE is missing; see 'flame-operator validate --help'"),
            (["simulate"], "simulate: FILE is missing; see 'flame-operator simulate --help'"),
            (["validate", *["-f", "x"] * 65],
             "validate: --filename must be given at most 64 times, is \"x\"; see 'flame-operator validate --help'"),
            (["render", "-o", "json"], "render: FILE is missing; see 'flame-operator render --help'"),
            (["render", "--filename", ""],
             "render: --filename must not be empty, is \"\"; see 'flame-operator render --help'"),
            (["sync", "a", "b"], "sync: unexpected operand \"b\"; see 'flame-operator sync --help'"),
        ]
        for args, error in rows:
            with self.subTest(args):
                self.assertEqual(self.bad(2, [error], *args), "")

    def test_each_form_of_a_flag(self):
        want = self.good("version", "-o", "json")
        for form in ["-ojson"], ["--output", "json"], ["--output=json"], ["-o", "text", "-o", "json"]:
            self.assertEqual(self.good("version", *form), want)

    def test_flags_behind_operands_and_two_dashes(self):
        path = self.file("-f", cluster())
        self.assertEqual(self.good("validate", "--", "-f", cwd=self.folder), "-f: 1 FlameCluster valid\n")
        self.assertEqual(self.good("validate", path, "-q"), "")
        self.assertEqual(self.good("validate", "-qf", path), "")

    def test_too_many_of_a_list(self):
        done = self.run_program("validate", *["-fx"] * 65)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(len(done.err.splitlines()), 1)


class Version(Case):
    def test_text_and_json_say_the_same(self):
        text = self.good("version")
        self.assertRegex(text, r"\Aflame-operator \d+\.\d+\.\d+\ncommit: ([0-9a-f]{12}|unknown)\n")
        self.assertEqual(self.good("--version"), text)
        rows = json.loads(self.good("version", "-o", "json"))
        for name in "commit", "compiler", "civetweb", "jansson", "libyaml", "libxxhash":
            self.assertIn(f"{name}: {rows[name]}\n", text)
            if name not in ("commit", "compiler"):
                self.assertRegex(rows[name], r"^\d+\.\d+")
        self.assertIn(f"flame-operator {rows['version']}\n", text)


class Output(Case):
    ARGS = [["help"], ["version"], ["render", "-"], ["render", "-o", "json", "-"], ["validate", "-"]]

    def test_a_full_disk_is_an_error(self):
        for args in self.ARGS:
            with self.subTest(args), open("/dev/full", "wb") as full:
                self.bad(5, ["cannot write to standard output: No space left on device"],
                         *args, stdin=cluster(), stdout=full)

    def test_a_reader_that_went_away_is_met_in_silence(self):
        for args in self.ARGS:
            with self.subTest(args):
                reader, writer = os.pipe()
                os.close(reader)
                with os.fdopen(writer, "wb") as pipe:
                    self.bad(5, [], *args, stdin=cluster(), stdout=pipe)

    def test_a_closed_output_is_an_error(self):
        done = subprocess.run(["sh", "-c", '"$0" version >&-', PROGRAM], stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr),
                         (5, b"flame-operator: cannot write to standard output: Bad file descriptor\n"))

    def test_what_was_judged_stays_judged(self):
        with open("/dev/full", "wb") as full:
            done = self.run_program("validate", "-", stdin=cluster("Bad"), stdout=full)
        self.assertEqual(done.returncode, 1)
