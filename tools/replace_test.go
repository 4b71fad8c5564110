package tools

import (
	"encoding/json"
	"testing"
)

func TestBlankedSettingsAreNotTakenOver(t *testing.T) {
	t.Parallel()
	got := withoutBlanks(json.RawMessage(`{"a":1,"credentials":{"title":"x"},"key":"[redacted]","url":"https://u:[redacted]@h","list":["[redacted]"],"deep":{"secret":"[redacted]"},"kept":{"b":2,"token":"[redacted]"}}`))
	if string(got) != `{"a":1,"kept":{"b":2}}` {
		t.Errorf("%s", got)
	}
}
