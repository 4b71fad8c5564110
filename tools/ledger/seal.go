package ledger

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Seal makes texts that are handed to a client and handed back later, so that
// nothing need be kept here and any process with the same keys can go on. What
// is in them cannot be read or changed, ends at a time, and is good for one
// caller and one purpose.
type Seal struct {
	keys []sealKey // the first one seals, all open
}

type sealKey struct {
	id   [4]byte
	aead cipher.AEAD
}

var (
	// ErrForged is for a text that no key of ours sealed for this caller.
	ErrForged = errors.New("it was not made here for this caller, or was changed")
	// ErrExpired is for a text whose time is over.
	ErrExpired = errors.New("it has expired")
)

// maxSealed bounds what a sealed text may grow to when opened, in bytes.
const maxSealed = 1 << 20

// deflaters are dear to make: a megabyte each.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.DefaultCompression) // the level is legal
	return w
}}

// NewSeal makes a seal from keys of 32 bytes, the newest first; from a key
// made now where none is given, and then other processes cannot open it.
func NewSeal(keys ...[]byte) (*Seal, error) {
	if len(keys) == 0 {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // crypto/rand.Read never fails
		keys = [][]byte{key}
	}
	s := &Seal{}
	for _, key := range keys {
		if len(key) != 32 {
			return nil, fmt.Errorf("a key has %d bytes, not 32", len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("key id"), key...))
		s.keys = append(s.keys, sealKey{[4]byte(sum[:4]), aead})
	}
	return s, nil
}

// ReadSealKeys reads a file of keys, one a line in base64, the newest first:
// put a new one above the old one to rotate. `openssl rand -base64 32` makes one.
func ReadSealKeys(path string) ([][]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("%s: line %d is not a key of 32 bytes in base64, as by openssl rand -base64 32", path, len(keys)+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no key", path)
	}
	return keys, nil
}

// Close seals v, which must encode as JSON, for one purpose and caller.
func (s *Seal) Close(purpose, caller string, until time.Time, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, until.Unix()) // a buffer takes all
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&b)
	_, _ = w.Write(plain)
	_ = w.Close()
	key := s.keys[0]
	sealed := append([]byte{}, key.id[:]...)
	nonce := make([]byte, key.aead.NonceSize())
	_, _ = rand.Read(nonce)
	sealed = append(sealed, nonce...)
	sealed = key.aead.Seal(sealed, nonce, b.Bytes(), bound(purpose, caller))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open reads into v what Close sealed for the same purpose and caller.
func (s *Seal) Open(purpose, caller string, now time.Time, sealed string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(sealed))
	if err != nil || len(raw) < 4 {
		return ErrForged
	}
	for _, key := range s.keys {
		if [4]byte(raw) != key.id {
			continue
		}
		rest := raw[4:]
		if len(rest) < key.aead.NonceSize() {
			return ErrForged
		}
		plain, err := key.aead.Open(nil, rest[:key.aead.NonceSize()], rest[key.aead.NonceSize():], bound(purpose, caller))
		if err != nil || len(plain) < 8 {
			return ErrForged
		}
		if now.Unix() >= int64(binary.BigEndian.Uint64(plain)) {
			return ErrExpired
		}
		inflated, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(plain[8:])), maxSealed))
		if err != nil {
			return ErrForged
		}
		return json.Unmarshal(inflated, v)
	}
	return ErrForged
}

func bound(purpose, caller string) []byte {
	return []byte(purpose + "\x00" + caller)
}
