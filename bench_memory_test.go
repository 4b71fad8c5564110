package main

import (
	"fmt"
	"testing"
	"time"

	"airbyte-agent-mcp/testdata/bench/api"
)

// benchmarkStart measures how long a client waits from starting the process to
// its list of tools, beside a server over mcp-go with a single tool.
func (l *lab) benchmarkStart(b *testing.B) {
	const rounds = 21
	list := []struct {
		name   string
		binary string
		args   []string
	}{
		{"mcp-go, bare", l.peer, []string{"encoder", "stdio", l.api}},
		{"core tools", l.ours, nil},
		{"all tools", l.ours, []string{"--toolsets=all"}},
		{"with the sandbox", l.ours, []string{"--sandbox"}},
	}
	all := make([]figures, len(list))
	for b.Loop() {
		for round := range rounds + 1 {
			for i, c := range list {
				took, err := l.started(b, c.binary, c.args)
				if err != nil {
					b.Fatal(c.name, err)
				}
				if round > 0 {
					all[i].p50 = append(all[i].p50, took)
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Fprintf(out, "\n%-26s %9s %12s\n", "start to tools/list", "x bare", "p50, ms")
	for i, c := range list {
		fmt.Fprintf(out, "%-26s %9.2f %12.1f\n", c.name, all[i].over(all[0]), median(all[i].p50).Seconds()*1e3)
	}
}

// started starts a process, lists its tools, and ends it.
func (l *lab) started(b *testing.B, binary string, args []string) (time.Duration, error) {
	start := time.Now()
	p := l.start(b, binary, args...)
	defer p.stop()
	s, err := overPipes(p)
	if err != nil {
		return 0, err
	}
	_, err = s.ask(2, listTools)
	return time.Since(start), err
}

// benchmarkMemory looks at the memory that processes hold: at rest, with many
// sessions, and over many calls.
func (l *lab) benchmarkMemory(b *testing.B) {
	for b.Loop() {
		bare := l.start(b, l.peer, "encoder", "stdio", l.api)
		ours := l.start(b, l.ours)
		pipes := map[*process]*stream{}
		for _, p := range []*process{bare, ours} {
			s, err := overPipes(p)
			if err == nil {
				_, err = s.ask(2, listTools)
			}
			if err != nil {
				b.Fatal(err)
			}
			pipes[p] = s
		}
		settle()
		fmt.Fprintf(out, "\nat rest: %s (mcp-go, bare: %s)\n", megabytes(ours.resident()), megabytes(bare.resident()))
		l.manyCalls(b, ours, pipes[ours])
		l.manySessions(b)
	}
	b.ReportMetric(0, "ns/op")
}

// settle gives a process time to do what it does when it has nothing to do.
func settle() { time.Sleep(time.Second) }

func (l *lab) manyCalls(b *testing.B, p *process, s *stream) {
	const size, step = 2 << 10, 2500
	c := contender{tool: nameExecute, caller: s, arguments: api.Arguments}
	fmt.Fprintf(out, "over calls of 2 KB:")
	for n := step; n <= 4*step; n += step {
		if _, err := c.round(size, step, 16, 2*size*9/10); err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(out, " %d: %s ", n, megabytes(p.resident()))
	}
	fmt.Fprintln(out)
}

// manySessions opens sessions that are initialized and then silent.
func (l *lab) manySessions(b *testing.B) {
	const sessions = 1000
	p := l.start(b, l.ours, "--transport=http", "--address=127.0.0.1:0")
	address := p.address()
	settle()
	fmt.Fprintf(out, "over HTTP: %s", megabytes(p.resident()))
	client := newHTTPClient()
	for range sessions {
		if _, err := dialHTTP(client, address); err != nil {
			b.Fatal(err)
		}
	}
	settle()
	fmt.Fprintf(out, ", with %d sessions on /mcp: %s", sessions, megabytes(p.resident()))
	p.stop()

	p = l.start(b, l.ours, "--transport=sse", "--address=127.0.0.1:0")
	address = p.address()
	for range sessions {
		_, hangUp, err := overSSE(client, address)
		if err != nil {
			b.Fatal(err)
		}
		defer hangUp()
	}
	settle()
	fmt.Fprintf(out, ", with %d of SSE: %s\n", sessions, megabytes(p.resident()))
}
