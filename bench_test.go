package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"airbyte-agent-mcp/testdata/bench/api"
)

// BenchmarkProcess measures the server as its users have it: a process of its
// own, over real pipes and sockets, in front of an API in another process, with
// text as people write it. What counts are the ratios: to the direct call of
// the API, and to the same tool made with the encoder of mcp-go and with the
// least that a server over mcp-go can do (testdata/bench). All are measured in
// turns, so that they share whatever else the machine does.
//
//	go test -run '^$' -bench Process -benchtime 1x .
func BenchmarkProcess(b *testing.B) {
	l := newLab(b)
	for _, c := range []struct {
		name                        string
		size, calls, atOnce, rounds int
		noRead                      bool
	}{
		{name: "2KB/c=1", size: 2 << 10, calls: 100, atOnce: 1, rounds: 9},
		{name: "2KB/c=16", size: 2 << 10, calls: 480, atOnce: 16, rounds: 7},
		{name: "200KB/c=1", size: 200 << 10, calls: 40, atOnce: 1, rounds: 9},
		{name: "200KB/c=16", size: 200 << 10, calls: 80, atOnce: 16, rounds: 5},
		{name: "5MB/c=1", size: 5 << 20, calls: 5, atOnce: 1, rounds: 5, noRead: true},
	} {
		b.Run(c.name, func(b *testing.B) {
			list := l.contenders(b, !c.noRead)
			for b.Loop() {
				table(measure(b, list, c.size, c.calls, c.atOnce, c.rounds))
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("start", l.benchmarkStart)
	b.Run("memory", l.benchmarkMemory)
}

// contender is one way to make the call.
type contender struct {
	name, way string // way is stdio, http, sse, or empty
	tool      string
	caller    caller
	process   *process // nil for the direct call
	arguments func(size int) string
}

const (
	nameDirect  = "direct"
	nameExecute = "execute_operation"
	nameRead    = "read_records"
	nameEncoder = "mcp-go's encoder"
	namePass    = "pass-through"
)

// contenders starts everything that is measured.
func (l *lab) contenders(b *testing.B, read bool) []contender {
	b.Helper()
	must := func(c caller, err error) caller {
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	whole := "--max-answer-tokens=4194304" // all of an answer is passed on
	overHTTP := []string{whole, "--transport=http", "--address=127.0.0.1:0"}
	pipes, posts, events := l.start(b, l.ours, whole), l.start(b, l.ours, overHTTP...), l.start(b, l.ours, overHTTP...)
	stream, _, err := overSSE(newHTTPClient(), events.address())
	ours := []contender{
		{way: "stdio", process: pipes, caller: must(overPipes(pipes))},
		{way: "http", process: posts, caller: must(dialHTTP(newHTTPClient(), posts.address()))},
		{way: "sse", process: events, caller: must(stream, err)},
	}
	list := []contender{{name: nameDirect, caller: direct{newHTTPClient(), l.api}, arguments: api.Arguments}}
	for _, c := range ours {
		c.name, c.tool, c.arguments = nameExecute, nameExecute, api.Arguments
		list = append(list, c)
	}
	for _, c := range ours {
		c.name, c.tool, c.arguments = nameRead, nameRead, func(size int) string {
			return strings.TrimSuffix(api.Arguments(size), "}") + `,"limit":1000}`
		}
		if read {
			list = append(list, c)
		}
	}
	for _, peer := range []struct{ name, command string }{{namePass, "passthrough"}, {nameEncoder, "encoder"}} {
		pipes, posts := l.start(b, l.peer, peer.command, "stdio", l.api), l.start(b, l.peer, peer.command, "http", l.api)
		list = append(list,
			contender{peer.name, "stdio", nameExecute, must(overPipes(pipes)), pipes, api.Arguments},
			contender{peer.name, "http", nameExecute, must(dialHTTP(newHTTPClient(), posts.address())), posts, api.Arguments})
	}
	return list
}

// figures is what a contender took.
type figures struct {
	contender
	p50  []time.Duration // the median of a call in each round
	busy []time.Duration // processor time of a call, in each round
}

// measure lets everybody make calls in turns. An answer that is too short to
// hold the records twice, as text and as structure, is none.
func measure(b *testing.B, list []contender, size, calls, atOnce, rounds int) []figures {
	b.Helper()
	all := make([]figures, len(list))
	const held = 4 << 20 // the most that execute_operation holds of a list
	for round := range rounds + 1 {
		for i, c := range list {
			least := 2 * min(size, held) * 9 / 10
			if c.name == nameDirect {
				least = size * 9 / 10
			}
			n := calls
			if slow := c.name == nameEncoder && size > 100<<10; slow || round == 0 {
				n = max(2*atOnce, calls/5)
			}
			before := c.busy()
			p50, err := c.round(size, n, atOnce, least)
			if err != nil {
				b.Fatalf("%s %s: %v", c.name, c.way, err)
			}
			if all[i].contender = c; round > 0 { // the first warms up
				all[i].p50 = append(all[i].p50, p50)
				all[i].busy = append(all[i].busy, (c.busy()-before)/time.Duration(n))
			}
		}
	}
	return all
}

// round makes n calls and returns the median of their times.
func (c contender) round(size, n, atOnce, least int) (time.Duration, error) {
	arguments := c.arguments(size)
	times, errs := make([]time.Duration, n), make([]error, atOnce)
	var wait sync.WaitGroup
	for worker := range atOnce {
		wait.Go(func() {
			for i := worker; i < n; i += atOnce {
				start := time.Now()
				got, err := c.caller.call(c.tool, arguments, size)
				times[i] = time.Since(start)
				if err == nil && got < least {
					err = fmt.Errorf("an answer of %d bytes is no answer", got)
				}
				if err != nil {
					errs[worker] = err
					return
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return median(times), nil
}

// busy is the processor time that the contender's process has used.
func (c contender) busy() time.Duration {
	if c.process == nil {
		return 0
	}
	return c.process.busy()
}

func median[T ~int64 | ~float64](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// over is the median of the ratios to another contender, round by round.
func (f figures) over(other figures) float64 {
	ratios := make([]float64, len(f.p50))
	for i := range f.p50 {
		ratios[i] = float64(f.p50[i]) / float64(other.p50[i])
	}
	return median(ratios)
}

// out is where figures go: a benchmark's own log would be cut to ten lines.
var out io.Writer = os.Stdout

// table prints the ratios. Times stand beside them for information: they are
// those of this machine now.
func table(all []figures) {
	find := func(name, way string) (figures, bool) {
		i := slices.IndexFunc(all, func(f figures) bool { return f.name == name && f.way == way })
		return all[max(i, 0)], i >= 0
	}
	fmt.Fprintf(out, "\n%-26s %10s %12s %10s %10s %10s\n", "", "x direct", "x pass-thr.", "x encoder", "p50, µs", "CPU, µs")
	for _, f := range all {
		fmt.Fprintf(out, "%-26s", strings.TrimSpace(f.name+" "+f.way))
		for i, other := range []struct{ name, way string }{{nameDirect, ""}, {namePass, f.way}, {nameEncoder, f.way}} {
			ratio := ""
			if o, known := find(other.name, other.way); known {
				ratio = fmt.Sprintf("%.2f", f.over(o))
			}
			fmt.Fprintf(out, " %*s", []int{10, 12, 10}[i], ratio)
		}
		fmt.Fprintf(out, " %10d %10d\n", median(f.p50).Microseconds(), median(f.busy).Microseconds())
	}
}
