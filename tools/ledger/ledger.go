package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Ledger remembers what was handed out and what became of it, so that a plan, a
// yes or a link is good once: in this process or, with a folder, in all that
// share the folder, also after a restart. Records end at a time; none is changed
// by halves. Make one with OpenLedger.
type Ledger struct {
	id   string
	seal *Seal
	keep recordStore
}

// recordStore is where a ledger keeps its records, by name.
type recordStore interface {
	// add keeps a record if there is none of the name, and tells so.
	add(name string, r record, now time.Time) (first bool, err error)
	put(name string, r record, now time.Time) error
	get(name string, now time.Time) (r record, found bool, err error)
	drop(name string) error
}

type record struct {
	value []byte
	until time.Time
}

// maxRecords and maxRecordBytes bound a ledger: what is remembered cannot be
// forgotten early, or it could be used again, so that more is refused instead.
const maxRecords, maxRecordBytes = 16384, 64 << 20

var errLedgerFull = errors.New("too many plans and links are open; some must be answered or expire first")

// OpenLedger opens the ledger of a folder, which is made if it is not there, or
// without one a ledger that ends with this process. What the folder holds is
// sealed, since plans quote records.
func OpenLedger(folder string, seal *Seal) (*Ledger, error) {
	if folder == "" {
		return &Ledger{id: rand.Text(), seal: seal, keep: &memoryStore{byName: map[string]record{}}}, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	keep := &folderStore{root: root}
	id, err := keep.id()
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return &Ledger{id: id, seal: seal, keep: keep}, nil
}

// ID is the same for all who share the ledger, and only for them. What is sealed
// for it is worth nothing where it could not be known whether it was used.
func (l *Ledger) ID() string { return l.id }

// Add keeps a record until a time, unless there is one of the name already: of
// all who try, one is first.
func (l *Ledger) Add(name string, v any, until, now time.Time) (first bool, err error) {
	value, err := l.close(name, v, until)
	if err != nil {
		return false, err
	}
	return l.keep.add(name, record{value, until}, now)
}

// Put keeps a record until a time, in place of one of the name.
func (l *Ledger) Put(name string, v any, until, now time.Time) error {
	value, err := l.close(name, v, until)
	if err != nil {
		return err
	}
	return l.keep.put(name, record{value, until}, now)
}

// Get reads a record into v, and tells whether there is one.
func (l *Ledger) Get(name string, v any, now time.Time) (found bool, err error) {
	r, found, err := l.keep.get(name, now)
	if err != nil || !found {
		return false, err
	}
	if l.private() {
		return true, json.Unmarshal(r.value, v)
	}
	switch err := l.seal.Open("ledger "+l.id, name, now, string(r.value), v); {
	case errors.Is(err, ErrExpired):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("a record cannot be read: %w", err)
	}
	return true, nil
}

// Drop forgets a record.
func (l *Ledger) Drop(name string) error { return l.keep.drop(name) }

func (l *Ledger) close(name string, v any, until time.Time) ([]byte, error) {
	if l.private() {
		return json.Marshal(v)
	}
	sealed, err := l.seal.Close("ledger "+l.id, name, until, v)
	return []byte(sealed), err
}

// private tells whether nobody else can look into the records.
func (l *Ledger) private() bool {
	_, here := l.keep.(*memoryStore)
	return here
}

// Close lets go of the folder.
func (l *Ledger) Close() {
	if kept, ok := l.keep.(*folderStore); ok {
		_ = kept.root.Close()
	}
}

// memoryStore holds those of one process.
type memoryStore struct {
	mu     sync.Mutex // guards the fields below
	byName map[string]record
	bytes  int
}

func (m *memoryStore) add(name string, r record, now time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, found := m.byName[name]; found && now.Before(old.until) {
		return false, nil
	}
	return true, m.set(name, r, now)
}

func (m *memoryStore) put(name string, r record, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.set(name, r, now)
}

func (m *memoryStore) set(name string, r record, now time.Time) error {
	m.remove(name)
	if len(m.byName) >= maxRecords || m.bytes+len(r.value) > maxRecordBytes {
		for old, kept := range m.byName {
			if !now.Before(kept.until) {
				m.remove(old)
			}
		}
		if len(m.byName) >= maxRecords || m.bytes+len(r.value) > maxRecordBytes {
			return errLedgerFull
		}
	}
	m.byName[name] = r
	m.bytes += len(r.value)
	return nil
}

func (m *memoryStore) remove(name string) {
	m.bytes -= len(m.byName[name].value)
	delete(m.byName, name)
}

func (m *memoryStore) get(name string, now time.Time) (record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, found := m.byName[name]
	return r, found && now.Before(r.until), nil
}

func (m *memoryStore) drop(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remove(name)
	return nil
}

const (
	// sweepEvery is how often a process clears a folder of what is over.
	sweepEvery = 5 * time.Minute
	// sweepAfter is how long a record must be over for that: clocks differ.
	sweepAfter = time.Hour
	// maxRecord is the longest record of a folder, in bytes.
	maxRecord = 256 << 10
	idFile    = "ledger-id"
)

// folderStore has a file for each, made whole and then given its name: by a hard
// link where only one may be first, which file systems that have them make for
// one alone.
type folderStore struct {
	root *os.Root

	mu    sync.Mutex // guards what follows
	swept time.Time
	count int
}

// id is the folder's own, made by who comes first.
func (f *folderStore) id() (string, error) {
	fresh := rand.Text()
	if _, err := f.create(idFile, record{value: []byte(fresh)}); err != nil {
		return "", err
	}
	id, err := f.read(idFile)
	if err != nil {
		return "", err
	}
	if len(id) != len(fresh) {
		return "", fmt.Errorf("%s in it is not one of ours", idFile)
	}
	return string(id), nil
}

// fileOf is the name of a record's file, which tells nothing of it.
func fileOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:]) + ".record"
}

func (f *folderStore) add(name string, r record, now time.Time) (bool, error) {
	if err := f.sweep(now); err != nil {
		return false, err
	}
	return f.create(fileOf(name), r)
}

func (f *folderStore) put(name string, r record, now time.Time) error {
	if err := f.sweep(now); err != nil {
		return err
	}
	temporary, err := f.write(r)
	if err != nil {
		return err
	}
	if err := f.root.Rename(temporary, fileOf(name)); err != nil {
		_ = f.root.Remove(temporary)
		return err
	}
	return f.sync()
}

func (f *folderStore) get(name string, _ time.Time) (record, bool, error) {
	value, err := f.read(fileOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	return record{value: value}, err == nil, err
}

func (f *folderStore) drop(name string) error {
	if err := f.root.Remove(fileOf(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.sync()
}

// create makes a file unless there is one, and tells so.
func (f *folderStore) create(name string, r record) (first bool, err error) {
	temporary, err := f.write(r)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.root.Remove(temporary) }()
	switch err := f.root.Link(temporary, name); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, f.sync()
}

// sync makes sure that the names of files are on disk, too.
func (f *folderStore) sync() error {
	if runtime.GOOS == "windows" {
		return nil // which cannot be asked to
	}
	folder, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// write makes a file under a name that nobody looks for. When it was written
// last says when the record is over.
func (f *folderStore) write(r record) (name string, err error) {
	if len(r.value) > maxRecord {
		return "", errors.New("a record of the ledger would be too long")
	}
	name = rand.Text() + ".new"
	out, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = out.Write(r.value)
	// What was used must be known as used after a power cut, too.
	err = errors.Join(err, out.Sync(), out.Close())
	if !r.until.IsZero() {
		err = errors.Join(err, f.root.Chtimes(name, r.until, r.until))
	}
	if err != nil {
		_ = f.root.Remove(name)
		return "", err
	}
	return name, nil
}

func (f *folderStore) read(name string) ([]byte, error) {
	in, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(io.LimitReader(in, maxRecord))
}

// sweep clears the folder of what is long over, and refuses more when it is full.
func (f *folderStore) sweep(now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count++; f.count <= maxRecords && now.Sub(f.swept) < sweepEvery {
		return nil
	}
	folder, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return err
	}
	f.swept, f.count = now, 0
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".record") && !strings.HasSuffix(name, ".new") {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > sweepAfter {
			_ = f.root.Remove(name) // another process may have been first
			continue
		}
		f.count++
	}
	if f.count > maxRecords {
		return errLedgerFull
	}
	return nil
}
