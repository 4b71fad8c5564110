package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// lab is the built binaries, and the Agent API that they are measured with.
type lab struct {
	ours, peer string // binaries: this program, and testdata/bench
	api        string // base URL
}

func newLab(b *testing.B) *lab {
	b.Helper()
	dir := b.TempDir()
	l := &lab{ours: filepath.Join(dir, "airbyte-agent-mcp"), peer: filepath.Join(dir, "bench")}
	for binary, path := range map[string]string{l.ours: ".", l.peer: "./testdata/bench"} {
		if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, path).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	l.api = "http://" + l.start(b, l.peer, "api").address()
	return l
}

// process is a running server.
type process struct {
	b   *testing.B
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
	log string // file of its standard error
}

// start runs a binary until b ends.
func (l *lab) start(b *testing.B, binary string, args ...string) *process {
	b.Helper()
	log, err := os.CreateTemp(b.TempDir(), "log-*")
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p := &process{b: b, cmd: exec.CommandContext(b.Context(), binary, args...), log: log.Name()}
	p.cmd.Env = append(os.Environ(), "AIRBYTE_API_HOST="+l.api, "AIRBYTE_CLIENT_ID=x", "AIRBYTE_CLIENT_SECRET=y")
	p.cmd.Stderr = log
	in, errIn := p.cmd.StdinPipe()
	out, errOut := p.cmd.StdoutPipe()
	if errIn != nil || errOut != nil {
		b.Fatal(errIn, errOut)
	}
	p.in, p.out = in, out
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.stop)
	return p
}

func (p *process) stop() {
	_ = p.cmd.Process.Kill() // nothing it could still do is wanted
	_ = p.cmd.Wait()
}

var listening = regexp.MustCompile(`address=(\S+)\s`)

// address waits for a server to say where it listens.
func (p *process) address() string {
	p.b.Helper()
	for range 500 {
		text, err := os.ReadFile(p.log)
		if err != nil {
			p.b.Fatal(err)
		}
		if found := listening.FindSubmatch(text); found != nil {
			return string(found[1])
		}
		time.Sleep(10 * time.Millisecond)
	}
	text, _ := os.ReadFile(p.log)
	p.b.Fatalf("it does not listen: %s", text)
	return ""
}

// resident is the memory that the process holds, in bytes; 0 where the system
// does not tell.
func (p *process) resident() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kilobytes, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, err := strconv.ParseInt(string(kilobytes), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// busy is the processor time that the process has used; 0 where the system does
// not tell. Unlike the time of a call it is hardly longer on a busy machine.
func (p *process) busy() (sum time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	for _, thread := range threads {
		stat, _ := os.ReadFile(thread)
		ran, _, _ := bytes.Cut(stat, []byte(" "))
		n, _ := strconv.ParseInt(string(ran), 10, 64)
		sum += time.Duration(n)
	}
	return sum
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }
