"""What shells and kubectl are offered for a word that is being typed, and that it is all that there is."""
import re

from case import PROGRAM, SOURCE, Case

FILES, NONE = ":0", ":4"


class Complete(Case):
    def offered(self, *words, program=PROGRAM, command=("__complete",)):
        lines = self.good(*command, *words, program=program).splitlines()
        self.assertIn(lines[-1], (FILES, NONE))
        return {line.split("\t")[0]: line.partition("\t")[2] for line in lines[:-1]}, lines[-1]

    def test_commands(self):
        offered, files = self.offered("")
        rows = re.findall(r"^  ([a-z]+) +(\S.*)$", self.good("help").split("Commands:\n")[1], re.M)
        self.assertEqual(list(offered), [name for name, _ in rows])
        for name, about in rows:
            if name != "help":
                self.assertEqual(offered[name], about)
        self.assertEqual(files, NONE)
        self.assertEqual(self.offered("help", ""), (offered, NONE))

    def test_each_flag_of_each_command(self):
        for name in self.offered("")[0].keys() - {"help"}:
            with self.subTest(name):
                text = self.good(name, "--help").split("\nFlags:\n")[1].split("\n\n")[0]
                flags = re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", text, re.M)
                offered, files = self.offered(name, "-")
                self.assertEqual((list(offered), files), (flags, NONE))
                for flag, about in offered.items():
                    self.assertGreater(len(about), 8, flag)
                    self.assertNotIn("  ", about)

    def test_each_choice(self):
        for name in self.offered("")[0].keys() - {"help"}:
            for flag in self.offered(name, "--")[0]:
                done = self.run_program(name, flag + "=")
                choices = re.search(r"must be one of: ([a-z0-9 ]+), is", done.err)
                if not choices:
                    continue
                with self.subTest(name, flag=flag):
                    words = choices.group(1).split()
                    self.assertEqual(self.offered(name, flag, "")[0], dict.fromkeys(words, ""))
                    self.assertEqual(list(self.offered(name, flag + "=")[0]), [f"{flag}={w}" for w in words])
                    self.assertEqual(list(self.offered(name, flag, words[-1][:2])[0]),
                                     [w for w in words if w.startswith(words[-1][:2])])

    def test_where_files_fit(self):
        rows = [
            (["render", ""], FILES),
            (["render", "a.yaml", ""], FILES),
            (["render", "--filename", ""], FILES),
            (["render", "-f", "exa"], FILES),
            (["render", "--filename=exa"], FILES),
            (["render", "--", "-"], FILES),
            (["render", "-"], NONE),
            (["render", "--output", ""], NONE),
            (["plan", "--live", ""], FILES),
            (["plan", "old.yaml", ""], FILES),
            (["plan", "--max-time", "1h", "old.yaml", ""], FILES),
            (["plan", "old.yaml", "new.yaml", ""], NONE),
            (["plan", "--exit-code", "old.yaml", "new.yaml", ""], NONE),
            (["serve", ""], NONE),
            (["serve", "--auth-token-file", ""], FILES),
            (["serve", "--listen", ""], NONE),
            (["sync", "-"], NONE),
            (["nothing", ""], NONE),
            ([], NONE),
            (["render"], NONE),
        ]
        for words, want in rows:
            with self.subTest(words):
                self.assertEqual(self.offered(*words)[1], want)

    def test_nothing_is_read_or_run(self):
        self.assertEqual(self.offered("render", "/no/such/file", "--outp"), ({"--output": "yaml (default): documents separated by ---"}, NONE))

    def test_shells(self):
        self.assertEqual(self.offered("completion", ""), ({"bash": "", "fish": "", "zsh": ""}, NONE))
        self.assertEqual(self.offered("completion", "bash", ""), ({}, NONE))
        for shell, file in ("bash", "flame-operator.bash"), ("zsh", "_flame-operator"), ("fish", "flame-operator.fish"):
            self.assertEqual(self.good("completion", shell), (SOURCE / "packaging/completions" / file).read_text())
        self.bad(2, ["completion: SHELL is missing; see 'flame-operator completion --help'"], "completion")
        self.bad(2, ["completion: must be one of: bash fish zsh, is \"ksh\"; see 'flame-operator completion --help'"],
                 "completion", "ksh")

    def test_for_kubectl(self):
        path = self.folder / "kubectl_complete-flame"
        path.symlink_to(PROGRAM)
        for words in [""], ["ren"], ["render", "--o"], ["render", ""]:
            self.assertEqual(self.offered(*words, program=str(path), command=()), self.offered(*words))
