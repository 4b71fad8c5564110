package secrets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"airbyte-agent-mcp/schemas/rawjson"
)

// Found is what the intake found of secrets in the arguments of a call. The
// zero value is for a call without any.
type Found struct {
	references map[string]string // the secret by the reference that names it
	Present    bool              // credentials or references stand in the arguments
	Set        *Set              // all that must not come back
	places     map[string]bool   // where secrets stand in the arguments, by spot.key
}

// ByReference reports whether the call names secrets that this server reads.
func (g Found) ByReference() bool { return g.references != nil }

// Sum identifies the secrets that the references of a call name; empty where
// there are none. It stands in sealed texts alone.
func (g Found) Sum() string {
	if g.references == nil {
		return ""
	}
	h := sha256.New()
	for _, reference := range slices.Sorted(maps.Keys(g.references)) {
		fmt.Fprintf(h, "%q %q\n", reference, g.references[reference])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// MayHold reports whether a call with these arguments was given secrets, or might
// have been.
func (g Found) MayHold(arguments json.RawMessage) bool {
	for name := range rawjson.Named(arguments) {
		if slots[name].secret {
			return true
		}
	}
	return g.Present || g.Set != nil
}

// Hide returns the arguments without the secrets that may stand in them. Only
// where one stands it is blanked: else a call could hide what it sends by giving
// it as a secret as well.
func (g Found) Hide(arguments json.RawMessage) json.RawMessage {
	if len(g.places) == 0 {
		return arguments
	}
	return withoutPlaces(arguments, "", g.places)
}

func withoutPlaces(v json.RawMessage, key string, places map[string]bool) json.RawMessage {
	switch kind := rawjson.FirstByte(v); {
	case places[key]:
		return rawjson.Of(Redacted)
	case kind == '{':
		out := []byte{'{'}
		for name, value := range rawjson.Named(v) {
			out = rawjson.AppendMember(out, name, withoutPlaces(value, key+"\x00"+name, places))
		}
		return append(out, '}')
	case kind == '[':
		out := []byte{'['}
		n := 0
		for value := range rawjson.Elements(v) {
			if n > 0 {
				out = append(out, ',')
			}
			out = append(out, withoutPlaces(value, key+"\x00"+strconv.Itoa(n), places)...)
			n++
		}
		return append(out, ']')
	}
	return v
}

// Fill returns the arguments with secrets in the place of what names them.
func (g Found) Fill(arguments json.RawMessage) json.RawMessage {
	if g.references == nil {
		return arguments
	}
	out := []byte{'{'}
	for name, value := range rawjson.Named(arguments) {
		if slots[name].ruled {
			value = g.fillValue(value)
		}
		out = rawjson.AppendMember(out, name, value)
	}
	return append(out, '}')
}

func (g Found) fillValue(v json.RawMessage) json.RawMessage {
	if secret, ok := g.references[string(v)]; ok {
		return rawjson.Of(secret)
	}
	switch rawjson.FirstByte(v) {
	case '{':
		out := []byte{'{'}
		for name, value := range rawjson.Named(v) {
			out = rawjson.AppendMember(out, name, g.fillValue(value))
		}
		return append(out, '}')
	case '[':
		list := []json.RawMessage{}
		for value := range rawjson.Elements(v) {
			list = append(list, g.fillValue(value))
		}
		return rawjson.Of(list)
	}
	return v
}
