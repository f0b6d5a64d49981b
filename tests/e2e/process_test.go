package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs beside the tests and ends with them.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan error
}

// start runs a program with its output in <dir>/<name>.log.
func start(dir, name, path string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &process{name: name, cmd: exec.Command(path, args...), done: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	// Should the tests be killed, nothing of theirs stays behind.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p, nil
}

// stop asks the program to end, and ends it if it does not.
func (p *process) stop() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.kill()
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

var givenPorts sync.Map

// freePorts are ports of the loopback address that nobody listens on, each given once. They are below those that Linux gives to outgoing
// connections: a program that starts seconds later would find its port taken by the connection of another one.
func freePorts(count int) ([]int, error) {
	var ports []int
	for attempt := 0; len(ports) < count; attempt++ {
		port := 10000 + rand.IntN(22000)
		if _, taken := givenPorts.LoadOrStore(port, true); taken {
			continue
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if attempt > 1000 {
				return nil, err
			}
			continue
		}
		_ = listener.Close()
		ports = append(ports, port)
	}
	return ports, nil
}

// poll asks until the answer is nil, and gives back the last answer if it never is.
func poll(limit time.Duration, ask func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %s: %w", limit, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// lastWords are the ends of a folder's logs.
func lastWords(dir string) string {
	var words strings.Builder
	files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		lines := strings.SplitAfter(strings.TrimSpace(string(text)), "\n")
		fmt.Fprintf(&words, "\n%s:\n%s\n", filepath.Base(file), strings.Join(lines[max(0, len(lines)-15):], ""))
	}
	return words.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
