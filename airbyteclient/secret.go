package airbyteclient

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a text that does not print, log or encode: it always shows as
// [redacted], even where fmt looks into a struct's unexported fields, since it
// holds a pointer. The zero value is no secret. Compare with Equal.
type Secret struct{ value *string }

// NewSecret wraps a text; the empty text gives the zero Secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal tells whether two secrets are the same text.
func (s Secret) Equal(other Secret) bool { return s.reveal() == other.reveal() }

// UnmarshalText takes the text of a flag, an environment variable or JSON.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

func (s Secret) String() string               { return redacted }
func (s Secret) GoString() string             { return redacted }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// reveal opens the secret for the code that sends it.
func (s Secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}
