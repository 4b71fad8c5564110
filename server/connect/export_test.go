package connect

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"time"

	"airbyte-agent-mcp/server/connect/form"
)

// RenderForTest renders the form of a spec, new and as it comes back with what
// was posted, without a service. It is empty where the spec makes no form.
func RenderForTest(spec json.RawMessage, posted url.Values) []string {
	f, err := form.ReadForm("Acme", spec, nil)
	if err != nil {
		return nil
	}
	p := New(Options{Seal: noSeal{}, Ledger: noLedger{}, Base: func() string { return "http://127.0.0.1" }})
	l := link{ID: "x", Until: time.Now().Add(time.Minute)}
	auth, settings, a := form.Read(f, posted)
	if len(a.Errors) == 0 {
		if _, err := f.Requests(l.Request, auth, settings, ""); err != nil {
			panic(err) // what was read must encode
		}
	}
	var pages []string
	for _, view := range []formView{p.formView(l, f, nil, attempt{}), p.formView(l, f, posted, attempt{title: "Mistakes", fields: a.Errors})} {
		w := httptest.NewRecorder()
		p.render(w, 200, "form.html", view)
		if w.Code != 200 {
			panic("not rendered")
		}
		pages = append(pages, w.Body.String())
	}
	return pages
}

type noSeal struct{}

func (noSeal) Close(string, string, time.Time, any) (string, error) { return "sealed", nil }
func (noSeal) Open(string, string, time.Time, string, any) error    { return nil }

type noLedger struct{ Ledger }

func (noLedger) ID() string { return "none" }
