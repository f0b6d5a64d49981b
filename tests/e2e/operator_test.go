package e2e

import (
	"fmt"
	"io"
	"net/http"
)

// operator is our server, on a port that it keeps over a restart.
type operator struct {
	program, dir string
	port, admin  int
	process      *process
	starts       int
	args         []string // instead of the tests' own
}

func newOperator(program, dir string) (*operator, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	o := &operator{program: program, dir: dir, port: ports[0], admin: ports[1]}
	return o, o.start()
}

func (o *operator) url() string { return fmt.Sprintf("http://127.0.0.1:%d", o.port) }

func (o *operator) start() error {
	o.starts++
	args := o.args
	if args == nil {
		args = []string{"serve", "--log-level", "debug", "--drain-delay", "0s", "--listen", fmt.Sprintf("127.0.0.1:%d", o.port),
			"--admin-listen", fmt.Sprintf("127.0.0.1:%d", o.admin)}
	}
	var err error
	o.process, err = start(o.dir, fmt.Sprintf("operator-%d-%d", o.port, o.starts), o.program, args...)
	if err != nil {
		return err
	}
	return poll(limit, func() error {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/readyz", o.admin))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz: %s", answer.Status)
		}
		return nil
	})
}

func (o *operator) metrics() (string, error) {
	answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", o.admin))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}
