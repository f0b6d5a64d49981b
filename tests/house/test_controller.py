"""A folder below hooks/ and a row in cli/controllers.c make a controller of the program, as docs/guide/writing-a-hook.md says."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SOURCE_DIR"])


class Controller(unittest.TestCase):
    def test_a_folder_is_built_and_linked(self):
        with tempfile.TemporaryDirectory() as name:
            tree = pathlib.Path(name, "tree")
            tree.mkdir()
            shutil.copy(SOURCE / "CMakeLists.txt", tree)
            for part in "bench", "cli", "cmake", "hooks", "lib", "packaging":
                shutil.copytree(SOURCE / part, tree / part)
            for part in "LICENSE", "README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "crd", "docs", "examples", "metacontroller":
                (tree / part).symlink_to(SOURCE / part)
            shutil.copytree(SOURCE / "examples" / "controllers" / "greeting", tree / "hooks" / "greeting")
            done = subprocess.run(["cmake", "-S", tree, "-B", tree / "build", "-G", "Ninja", "-D", "BUILD_TESTING=OFF"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            linked = subprocess.run(["ninja", "-C", tree / "build", "-t", "query", "cli/flame-operator"], capture_output=True, text=True, check=True).stdout
            self.assertIn("hooks/libflamecluster.a", linked)
            self.assertIn("hooks/libgreeting.a", linked)


if __name__ == "__main__":
    unittest.main()
