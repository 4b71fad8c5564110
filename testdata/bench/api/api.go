// Package api is the Agent API as the benchmarks need it: every operation of
// its one connector answers with records of about the size that the entity's
// name ends in. Only benchmarks import it.
package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	connector = "c0000001-0000-4000-8000-000000000001"
	// ExecutePath is where operations are run.
	ExecutePath = "/api/v1/integrations/connectors/" + connector + "/execute"
)

// Arguments returns the arguments of a tool call that reads n bytes of records.
func Arguments(n int) string {
	return `{"connector_id":"` + connector + `",` + operation(n) + `}`
}

// Body returns the body of the request that such a call makes.
func Body(n int) string { return `{` + operation(n) + `}` }

func operation(n int) string {
	return `"entity":"` + entity + strconv.Itoa(n) + `","action":"list"`
}

// entity is what the names of entities begin with, the size follows.
const entity = "issues_"

// Handler serves the operations, and as much of the rest as the server asks for.
func Handler() http.Handler {
	var executions sync.Map // size → body
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":900}`)
			return
		case r.Method == http.MethodGet: // a connector that says little of itself
			_, _ = io.WriteString(w, `{"connector_id":"`+connector+`","id":"`+connector+`","name":"GitHub"}`)
			return
		}
		n := sizeIn(body)
		execution, ok := executions.Load(n)
		if !ok {
			execution, _ = executions.LoadOrStore(n, Execution(n))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(execution.([]byte))))
		_, _ = w.Write(execution.([]byte))
	})
}

// sizeIn finds the size in the body of a request.
func sizeIn(body []byte) (n int) {
	_, rest, _ := bytes.Cut(body, []byte(entity))
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		n = 10*n + int(digit-'0')
	}
	return n
}

// texts are what people write: dashes, quotes, accents, line breaks, emoji.
var texts = [...]string{
	`It’s broken again – the “Export” button does nothing on Safari 17.\nSteps:\n1. Open a report\n2. Click “Export → CSV”\n3. Wait…`,
	`Déjà vu: same as last month’s incident — see the café sync notes. Zoë thinks it’s the retry logic; I’m not so sure.`,
	`Customer (Müller & Söhne GmbH) asks for a refund of €1.234,56 – they were “charged twice” on 3–4 March. 🙏`,
	`Works for me with \"strict\" mode off. C:\\Users\\rené\\AppData has the log; here is the tail:\n\tERR timeout after 30 s\n\tERR giving up`,
	`Shipped ✅ Release notes are in the wiki. Thanks to everyone who helped – especially Íñigo, Łukasz and 健太! 🎉`,
	`Plain text without anything special, as most of what is written in English by hand or by a program looks, and rather long as well.`,
	`Follow-up from the call: pricing isn’t clear (\u201cper seat\u201d vs. \u201cper workspace\u201d). Proposal – two tiers, naïve but simple 👩‍💻.`,
}

// Execution returns the answer of an operation with n bytes of records.
func Execution(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"status":"success","result":[`)
	for i, start := 0, b.Len(); b.Len()-start < n-300; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"key":"OPS-%d","title":"Sync fails – “%s” (%d)","state":"open","author":{"id":"u_%05d","name":"Zoë Müller","email":"zoe@example.com"},`+
			`"body":"%s","labels":["bug","p%d"],"amount":%d.5,"closed":false,"created_at":"2026-11-%02dT09:15:00Z","parent":null}`,
			10_000+i, i, [...]string{"orders", "Café", "users"}[i%3], i, i%977, texts[i%len(texts)], i%4, i*3, i%28+1)
	}
	b.WriteString(`],"connector_metadata":{"has_more":false},"execution_metadata":{"connector_instance_id":"x","execution_time_ms":5},"warning":null}`)
	return b.Bytes()
}
