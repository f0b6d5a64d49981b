package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fenced is a block of a document: its markers, its language, its text. tests/docs/blocks.py says what the markers mean.
var fenced = regexp.MustCompile("(?ms)^((?: *<!-- [a-z ]+: [^\n]* -->\n\n?)*)( *)```(sh|yaml)\n(.*?)^ *```$")

var (
	saved  = regexp.MustCompile(`<!-- save as: (\S+) -->`)
	notRun = regexp.MustCompile(`<!-- not run: \S`)
	begins = regexp.MustCompile(`(?m)^<!-- begin with: (\S+) -->$`)
	// What .ci/run runs itself.
	builds = regexp.MustCompile(`^(\./dev|cmake|git) `)
)

// script is what a reader of the document types, and the files that it tells to write; "" for none.
func script(text string) string {
	var lines []string
	commands := 0
	if first := begins.FindStringSubmatch(text); first != nil {
		lines = append(lines, "kubectl apply -f "+first[1], "kubectl wait --for=condition=Ready --timeout=5m flc --all")
	}
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		markers, language := block[1], block[3]
		body := regexp.MustCompile("(?m)^"+block[2]).ReplaceAllString(block[4], "")
		switch {
		case language == "yaml" && saved.MatchString(markers):
			lines = append(lines, fmt.Sprintf("install -D /dev/null %[1]s && cat >%[1]s <<'END-OF-FILE'\n%[2]sEND-OF-FILE", saved.FindStringSubmatch(markers)[1], body))
		case language == "sh" && !notRun.MatchString(markers) && !builds.MatchString(body):
			commands++
			lines = append(lines, "set -x", body, "{ set +x; } 2>/dev/null")
		}
	}
	if commands == 0 {
		return ""
	}
	return "set -euo pipefail\n" + strings.Join(lines, "\n")
}

// workplace is a folder as a reader has it who has just cloned the repository, and the programs that the documents use.
func workplace(t *testing.T, namespace string) (dir string, environment []string) {
	t.Helper()
	dir = t.TempDir()
	bin := filepath.Join(dir, ".bin")
	must(t, os.Mkdir(bin, 0o755))
	absolute, err := filepath.Abs(root)
	must(t, err)
	for _, name := range []string{"examples", "docs", "metacontroller", "crd", "charts", "tests"} {
		must(t, os.Symlink(filepath.Join(absolute, name), filepath.Join(dir, name)))
	}
	program := os.Getenv("FLAME_OPERATOR")
	for name, path := range map[string]string{"flame-operator": program, "kubectl-flame": program, "kubectl": filepath.Join(world.bin, "kubectl")} {
		must(t, os.Symlink(path, filepath.Join(bin, name)))
	}
	kubeconfig, err := os.ReadFile(world.kubeconfig)
	must(t, err)
	here := strings.Replace(string(kubeconfig), "context: {", "context: {namespace: "+namespace+", ", 1)
	must(t, os.WriteFile(filepath.Join(dir, ".kubeconfig"), []byte(here), 0o600))
	return dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "KUBECONFIG="+filepath.Join(dir, ".kubeconfig"), "HOME="+dir)
}

// Every command in a document does what it is there for, one after another in a namespace of the document's own.
func TestDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/docs/*/*.md")
	must(t, err)
	ran := 0
	for _, file := range append(files, root+"/README.md") {
		text, err := os.ReadFile(file)
		must(t, err)
		commands := script(string(text))
		if commands == "" {
			continue
		}
		ran++
		t.Run(strings.TrimPrefix(file, root+"/"), func(t *testing.T) {
			t.Parallel()
			c := newNamespace(t)
			dir, environment := workplace(t, c.namespace)
			ctx, cancel := context.WithTimeout(c.ctx, 2*limit)
			defer cancel()
			command := exec.CommandContext(ctx, "bash", "-c", commands)
			command.Dir, command.Env, command.WaitDelay = dir, environment, time.Second
			output, err := command.CombinedOutput()
			t.Logf("%s", output)
			must(t, err)
		})
	}
	if ran == 0 {
		t.Error("no document has commands")
	}
}
