package journal

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/secrets"
)

// Journal is where writes are written down, one JSON object a line. The first
// line holds a random salt; every line its number (n), the sum of the line
// before (prev) and, last, a sum of itself (sum). Values of arguments stand in
// it as HMACs with the salt: who knows a value can check that it was this one,
// who does not learns nothing but what guessing gives. A nil journal takes
// everything and writes nothing.
type Journal struct {
	path string // empty for stderr
	now  func() time.Time
	busy sync.WaitGroup // writes that were sent and have no outcome yet

	mu   sync.Mutex // guards all below
	out  io.Writer
	file *os.File // nil for stderr
	size int64    // of the file, as we left it
	n    int
	prev string
	salt []byte
	down error // what keeps it from being written
	// closing lets nothing begin any more; what has begun may still end.
	closing bool
}

const (
	maxJournalLine = 256 << 10
	// maxShapes bounds the values of one call that are written down.
	maxShapes = 300
	saltBytes = 32
)

// Entry is what a line says. The order of the fields is that of the file.
type Entry struct {
	N    int       `json:"n"`
	Prev string    `json:"prev,omitempty"`
	Time time.Time `json:"time"`
	// Step is begun (the first line), planned, approved, refused, denied, form,
	// sent or outcome.
	Step       string          `json:"step"`
	Salt       string          `json:"salt,omitempty"`
	Caller     string          `json:"caller,omitempty"`
	Tool       string          `json:"tool,omitempty"`
	ID         string          `json:"connector,omitempty"`
	Entity     string          `json:"entity,omitempty"`
	Action     string          `json:"action,omitempty"`
	Shape      json.RawMessage `json:"shape,omitempty"`  // of the arguments: their types
	Hashes     json.RawMessage `json:"hashes,omitempty"` // of their values, by path
	Plan       string          `json:"plan,omitempty"`
	Decided    string          `json:"decision,omitempty"` // allow, confirm, deny, yes or no
	By         string          `json:"by,omitempty"`
	Outcome    string          `json:"outcome,omitempty"` // ok, or the kind of error
	MayHaveRun bool            `json:"may_have_run,omitempty"`
	Request    string          `json:"request_id,omitempty"`
}

// Open goes on with a journal, or begins one.
func Open(target string, stderr io.Writer, now func() time.Time) (*Journal, error) {
	if target == "" {
		return nil, nil
	}
	j := &Journal{now: now, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(j.salt) // crypto/rand.Read never fails
	if target == "stderr" {
		j.out = stderr
		if stderr == nil {
			j.out = os.Stderr
		}
		return j, j.Write(Entry{Step: "begun", Salt: hex.EncodeToString(j.salt), Time: j.now()})
	}
	f, err := os.OpenFile(target, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j.path, j.out, j.file = target, f, f
	if err := j.goOn(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return j, nil
}

// goOn takes up the chain where the file ends.
func (j *Journal) goOn() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a plain file")
	}
	if j.size = info.Size(); j.size == 0 {
		return j.Write(Entry{Step: "begun", Salt: hex.EncodeToString(j.salt), Time: j.now()})
	}
	first, err := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, j.size), maxJournalLine).ReadSlice('\n')
	if err != nil {
		return errors.New("its first line is not that of a journal")
	}
	begun, err := readLine(first)
	if err != nil {
		return fmt.Errorf("its first line: %w", err)
	}
	if j.salt, err = saltOf(begun); err != nil {
		return fmt.Errorf("its first line: %w", err)
	}
	last, err := lastLine(j.file, j.size)
	if err != nil {
		return err
	}
	entry, err := readLine(last)
	if err != nil {
		return fmt.Errorf("its last line: %w; airbyte-agent-mcp audit verify tells more, and another file begins a new journal", err)
	}
	j.n, j.prev = entry.N, lineSum(last)
	return nil
}

func lastLine(f io.ReaderAt, size int64) ([]byte, error) {
	from := max(0, size-maxJournalLine-1)
	tail := make([]byte, size-from)
	if _, err := f.ReadAt(tail, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if tail[len(tail)-1] != '\n' {
		return nil, errors.New("its last line is not whole; airbyte-agent-mcp audit verify tells more, and another file begins a new journal")
	}
	if at := bytes.LastIndexByte(tail[:len(tail)-1], '\n'); at >= 0 {
		tail = tail[at+1:]
	}
	return tail, nil
}

// lineSum is the sum of a line, its end included.
func lineSum(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// sumMember is what stands between a line and its own sum.
const sumMember = `,"sum":"`

// readLine checks a line by its own sum.
func readLine(line []byte) (Entry, error) {
	var entry Entry
	whole, ended := bytes.CutSuffix(line, []byte("\"}\n"))
	at := bytes.LastIndex(whole, []byte(sumMember))
	if !ended || at < 0 {
		return entry, errors.New("it is not whole")
	}
	if lineSum(line[:at]) != string(whole[at+len(sumMember):]) {
		return entry, errors.New("it was altered")
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return entry, errors.New("it is not a line of a journal")
	}
	return entry, nil
}

func saltOf(begun Entry) ([]byte, error) {
	salt, err := hex.DecodeString(begun.Salt)
	if err != nil || len(salt) != saltBytes || begun.Step != "begun" || begun.N != 1 {
		return nil, errors.New("it is not the one that begins a journal")
	}
	return salt, nil
}

// Write adds a line and returns once it is on disk. After a failure nobody
// knows what is in the file, so nothing more is written to it.
func (j *Journal) Write(entry Entry) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.writeLocked(entry)
}

func (j *Journal) writeLocked(entry Entry) error {
	if j.down == nil {
		j.down = j.append(entry)
	}
	return j.down
}

func (j *Journal) append(entry Entry) error {
	if j.file != nil {
		info, err := j.file.Stat()
		if err != nil {
			return err
		}
		named, err := os.Stat(j.path)
		if err != nil {
			return err
		}
		if info.Size() != j.size || !os.SameFile(info, named) {
			return errors.New("something else writes to it, or has cut or replaced it; each server needs one of its own")
		}
	}
	entry.N, entry.Prev, entry.Time = j.n+1, j.prev, entry.Time.UTC()
	line, err := rawjson.Marshal(entry)
	if err != nil {
		return err
	}
	line = line[:len(line)-1]
	line = fmt.Appendf(line, `%s%s"}`+"\n", sumMember, lineSum(line))
	if len(line) > maxJournalLine {
		return errors.New("a line of it would be too long")
	}
	if _, err := j.out.Write(line); err != nil {
		return err
	}
	if j.file != nil {
		if err := j.file.Sync(); err != nil {
			return err
		}
	}
	j.n, j.prev, j.size = entry.N, lineSum(line), j.size+int64(len(line))
	return nil
}

// Begin writes down that something is sent; end must follow it if it could be.
func (j *Journal) Begin(entry Entry) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closing {
		return os.ErrClosed
	}
	if err := j.writeLocked(entry); err != nil {
		return err
	}
	j.busy.Add(1)
	return nil
}

// End writes down what came of what was sent.
func (j *Journal) End(entry Entry) error {
	if j == nil {
		return nil
	}
	defer j.busy.Done()
	return j.Write(entry)
}

// Close waits a little for the outcome of what was sent.
func (j *Journal) Close() {
	if j == nil {
		return
	}
	const patience = 3 * time.Second
	j.mu.Lock()
	j.closing = true
	j.mu.Unlock()
	ended := make(chan struct{})
	go func() { j.busy.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.down == nil {
		j.down = os.ErrClosed
	}
	if j.file != nil {
		_ = j.file.Close() // every line is on disk
	}
}

// WithShape fills in the shape of arguments and the hashes of their values.
func (j *Journal) WithShape(entry Entry, arguments json.RawMessage) Entry {
	if j == nil {
		return entry
	}
	s := shaper{salt: j.salt, hashes: []byte("{")}
	entry.Shape = s.shape(nil, rawjson.Trim(arguments), "", "", false, 0)
	entry.Hashes = append(s.hashes, '}')
	return entry
}

// shaper writes values down as their types, and hashes them.
type shaper struct {
	salt   []byte
	hashes []byte
	seen   int
}

func (s *shaper) shape(b []byte, v json.RawMessage, path, name string, secret bool, depth int) []byte {
	secret = secret && !secrets.PlainKey.MatchString(name) || secrets.Redactor{}.IsSecret(name)
	if s.seen++; s.seen > maxShapes || depth > 12 {
		return append(b, `"more"`...)
	}
	switch rawjson.FirstByte(v) {
	case '{':
		b = append(b, '{')
		n := 0
		for key, inner := range rawjson.Named(v) {
			if s.seen > maxShapes {
				break
			}
			if n++; n > 1 {
				b = append(b, ',')
			}
			label := safetext.Line(key, 100)
			b = append(append(b, rawjson.Of(label)...), ':')
			b = s.shape(b, inner, rawjson.JoinPath(path, label), key, secret, depth+1)
		}
		return append(b, '}')
	case '[':
		b = append(b, '[')
		n := 0
		for inner := range rawjson.Elements(v) {
			if s.seen > maxShapes {
				break
			}
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = s.shape(b, inner, rawjson.JoinPath(path, strconv.Itoa(n-1)), name, secret, depth+1)
		}
		return append(b, ']')
	case '"':
		if secret || secrets.LooksSecret(rawjson.Text(v)) || rawjson.Text(v) == secrets.Redacted {
			return append(b, `"secret"`...)
		}
		s.hash(path, []byte(rawjson.Text(v)))
		return append(b, `"string"`...)
	case 't', 'f':
		s.hash(path, v)
		return append(b, `"boolean"`...)
	case 'n':
		return append(b, `"null"`...)
	}
	if secret {
		return append(b, `"secret"`...)
	}
	s.hash(path, v)
	return append(b, `"number"`...)
}

func (s *shaper) hash(path string, value []byte) {
	mac := hmac.New(sha256.New, s.salt)
	_, _ = mac.Write(value) // a hash takes all
	if len(s.hashes) > 1 {
		s.hashes = append(s.hashes, ',')
	}
	s.hashes = append(append(s.hashes, rawjson.Of(safetext.Line(path, 300))...), ':', '"')
	s.hashes = append(hex.AppendEncode(s.hashes, mac.Sum(nil)), '"')
}

// BadLine is the first line of a journal that does not fit.
type BadLine struct {
	Line int
	Why  string
}

func (b *BadLine) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.Why) }

// Verify reads a journal of writes and counts its lines. The error is a
// *BadLine where one is missing, altered or out of its order. Lines cut off the
// end are not missed: who fears that notes down how many there were.
func Verify(r io.Reader) (lines int, err error) {
	in := bufio.NewReaderSize(r, maxJournalLine)
	prev := ""
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0 && lines == 0:
			return 0, &BadLine{1, "there is none"}
		case errors.Is(err, io.EOF) && len(line) == 0:
			return lines, nil
		case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull):
			return lines, &BadLine{lines + 1, "it is not whole"}
		case err != nil:
			return lines, err
		}
		if bad := followOn(line, prev, lines+1); bad != "" {
			return lines, &BadLine{lines + 1, bad}
		}
		prev = lineSum(line)
		lines++
	}
}

// followOn says why a line cannot be the one that comes at a place.
func followOn(line []byte, prev string, n int) string {
	entry, err := readLine(line)
	switch {
	case err != nil:
		return err.Error()
	case n == 1:
		if _, err := saltOf(entry); err != nil {
			return err.Error()
		}
	case entry.N != n:
		return fmt.Sprintf("it was written as line %d: lines are missing or out of order", entry.N)
	case entry.Prev != prev:
		return "the line before is not the one that it was written after"
	}
	return ""
}
