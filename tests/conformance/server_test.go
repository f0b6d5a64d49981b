package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// server is our program, answering on a port of its own as long as the tests run.
var server struct {
	once sync.Once
	cmd  *exec.Cmd
	url  string
	err  error
}

func startServer() {
	program := os.Getenv("FLAME_OPERATOR")
	if program == "" {
		server.err = fmt.Errorf("FLAME_OPERATOR names no program; ./dev conformance builds it and says where it is")
		return
	}
	cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json", "--drain-delay", "0s")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		server.err = err
		return
	}
	server.cmd = cmd
	var first struct{ Listen string }
	lines := bufio.NewReader(output)
	line, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &first)
	}
	if err != nil {
		server.err = fmt.Errorf("%s serve: %v", program, err)
		return
	}
	server.url = "http://" + first.Listen + "/flamecluster/"
	go func() { _, _ = io.Copy(io.Discard, lines) }()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.cmd != nil {
		_ = server.cmd.Process.Kill()
		_ = server.cmd.Wait()
	}
	os.Exit(code)
}

// ask sends a request to a hook ("sync") and gives back its answer.
func ask(t *testing.T, hook string, request any) []byte {
	t.Helper()
	server.once.Do(startServer)
	if server.err != nil {
		t.Fatal(server.err)
	}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(server.url+hook, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v %s\n%.4000s", hook, answer.Status, err, body, text)
	}
	return body
}

// problems are what the hook says is wrong with a FlameCluster that has just been created: "" for nothing.
func problems(t *testing.T, parent map[string]any) (string, response) {
	t.Helper()
	text := ask(t, "sync", map[string]any{"parent": parent, "children": map[string]any{}, "finalizing": false})
	answer := decodeResponse(t, &fixture{name: fmt.Sprint(at(parent, "metadata.name")), response: text})
	conditions, _ := answer.Status["conditions"].([]any)
	for _, condition := range conditions {
		if at(condition, "type") == "SpecValid" && at(condition, "status") != "True" {
			return fmt.Sprint(at(condition, "message")), answer
		}
	}
	return "", answer
}
