package airbyteclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretNeverPrints(t *testing.T) {
	const canary = "canary-of-a-secret"
	secret := NewSecret(canary)
	type holder struct {
		Open   Secret
		hidden Secret
		list   []Secret
		byName map[string]*Secret
	}
	c := newTestClient(t, Config{ClientID: "c", ClientSecret: secret})
	c.token.keep(&mintedToken{AccessToken: canary}, c.token.endsAt)
	values := map[string]any{
		"secret": secret, "pointer": &secret, "zero": Secret{},
		"holder": holder{secret, secret, []Secret{secret}, map[string]*Secret{"x": &secret}},
		"config": Config{ClientSecret: secret}, "settings": Settings{ClientSecret: secret}, "client": c, "request": request{bearer: secret},
		"scoped token": ScopedToken{canary}, "widget token": &WidgetToken{canary},
		"sign-in": &SignInSession{AuthPayload: AuthPayload{NewSecret(canary)}}, "payload": AuthPayload{NewSecret(canary)},
	}
	for name, value := range values {
		var shown bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "value", value)
		if !strings.Contains(name, "token") { // whose JSON is what a tool hands out
			slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "value", value)
			_ = json.NewEncoder(&shown).Encode(value)
		}
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%v", []byte(canary))} {
			if strings.Contains(shown.String(), form) {
				t.Errorf("%s shows the secret: %s", name, shown.String())
			}
		}
	}
	if got := fmt.Sprintf("%v %s %q %#v", secret, secret, secret, secret); got != "[redacted] [redacted] [redacted] [redacted]" {
		t.Errorf("got %s", got)
	}
}

func TestSecretIsFilledFromText(t *testing.T) {
	var in struct {
		A, B Secret
		C    Secret
	}
	if err := json.Unmarshal([]byte(`{"A":"x","B":"","C":null}`), &in); err != nil {
		t.Fatal(err)
	}
	if !in.A.Equal(NewSecret("x")) || in.A.reveal() != "x" || !in.B.IsZero() || !in.C.IsZero() {
		t.Error("not what was read")
	}
}
