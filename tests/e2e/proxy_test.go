package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// proxy stands between the controller and the operator, and is where requests get lost, come twice, or reach another replica.
type proxy struct {
	server   *http.Server
	port     int
	mu       sync.Mutex
	backends []*operator
	faults   faults
	count    atomic.Int64
	recorder *recorder // nil: nothing is recorded
}

// faults befall every nth request; 0: none.
type faults struct {
	loseRequest, loseAnswer, repeat int64
}

func newProxy(backends ...*operator) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{port: listener.Addr().(*net.TCPAddr).Port, backends: backends}
	p.server = &http.Server{Handler: p}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

func (p *proxy) url() string { return fmt.Sprintf("http://127.0.0.1:%d", p.port) }

func (p *proxy) use(f faults, backends ...*operator) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.backends = f, backends
}

func (p *proxy) record(r *recorder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recorder = r
}

func (p *proxy) send(to *operator, r *http.Request, body []byte) (*http.Response, []byte, error) {
	request, err := http.NewRequest(r.Method, to.url()+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header = r.Header.Clone()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, text, err
}

func isNth(n, every int64) bool { return every > 0 && n%every == 0 }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.count.Add(1)
	p.mu.Lock()
	f, to, recorder := p.faults, p.backends[int(n)%len(p.backends)], p.recorder
	p.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || isNth(n, f.loseRequest) {
		panic(http.ErrAbortHandler)
	}
	if recorder != nil {
		r.Header.Del("If-None-Match") // a 304 has no body to keep
	}
	answer, text, err := p.send(to, r, body)
	if err == nil && isNth(n, f.repeat) {
		answer, text, err = p.send(to, r, body)
	}
	if err != nil || isNth(n, f.loseAnswer) {
		panic(http.ErrAbortHandler)
	}
	if recorder != nil {
		recorder.keep(r.URL.Path, body, answer, text)
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(text)
}
