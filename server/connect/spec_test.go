package connect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"airbyte-agent-mcp/server/connect"
	"airbyte-agent-mcp/server/connect/form"
)

// checkStructure holds a page against what a screen reader and a keyboard need.
func checkStructure(t *testing.T, page *answer) {
	t.Helper()
	ids := map[string]int{}
	page.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")]++ })
	for id, n := range ids {
		if n > 1 || id == "" || strings.ContainsAny(id, " \t\n") {
			t.Errorf("%s: id %q is there %d times", page.title(), id, n)
		}
	}
	page.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if label := page.Find("label[for='" + id + "']"); label.Length() != 1 || strings.TrimSpace(label.Text()) == "" {
			t.Errorf("%s: input %q has %d labels", page.title(), id, label.Length())
		}
	})
	page.Find("input[type=password]").Each(func(_ int, s *goquery.Selection) {
		if _, found := s.Attr("value"); found || s.AttrOr("autocomplete", "") != "off" {
			t.Errorf("%s: a secret has a value or is completed", page.title())
		}
	})
	for _, attribute := range []string{"aria-describedby", "aria-labelledby", "for"} {
		page.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attribute, "")) {
				if ids[id] == 0 {
					t.Errorf("%s: %s leads to %q, which is not there", page.title(), attribute, id)
				}
			}
		})
	}
	page.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		href := s.AttrOr("href", "")
		if strings.HasPrefix(href, "#") {
			if ids[href[1:]] == 0 {
				t.Errorf("%s: a link leads to %q, which is not there", page.title(), href)
			}
			return
		}
		if u, err := url.Parse(href); err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.Contains(s.AttrOr("rel", ""), "noreferrer") ||
			s.AttrOr("target", "") != "_blank" || !strings.Contains(s.Text(), "opens in a new tab") {
			t.Errorf("%s: link to %q with rel %q: %q", page.title(), href, s.AttrOr("rel", ""), s.Text())
		}
	})
	page.Find("fieldset").Each(func(_ int, s *goquery.Selection) {
		if s.ChildrenFiltered("legend").Length() != 1 {
			t.Errorf("%s: a fieldset without a legend", page.title())
		}
	})
	if page.Find("h1").Length() != 1 || page.Find("html[lang]").Length() != 1 || page.Find("main").Length() != 1 || page.title() == "" {
		t.Errorf("%s: no heading, language, main part or title", page.title())
	}
	if page.Find("script").Length() > 0 {
		t.Errorf("%s: a script", page.title())
	}
}

func TestEveryDefinitionRenders(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	all, err := b.client.ListSourceDefinitions(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		page := b.get(b.connect(form.Request{DefinitionID: d.SourceDefinitionID}).URL)
		if page.status != http.StatusOK || page.title() != "Connect "+d.Name || page.Find("input[type=password], button.primary[value=signin]").Length() == 0 {
			t.Errorf("%s: %d %q", d.Name, page.status, page.title())
		}
		checkStructure(t, page)
		if page.Find("input[type=password]").Length() == 0 {
			continue // it only signs in
		}
		mistaken := b.post(page.url, page.form(nil))
		if mistaken.status != http.StatusUnprocessableEntity || mistaken.Find("#summary li").Length() == 0 {
			t.Errorf("%s, nothing filled in: %d", d.Name, mistaken.status)
		}
		checkStructure(t, mistaken)
	}
}

// specBench serves one definition, of this spec, in place of the sandbox's.
func specBench(t *testing.T, spec string) *bench {
	t.Helper()
	b := newBench(t)
	b.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/definitions/"):
			fmt.Fprintf(w, `{"id":"d","definition":{"name":"Acme","spec":%s}}`, spec)
		case strings.HasSuffix(r.URL.Path, "/check"):
			fmt.Fprint(w, `{"id":"c","status":"succeeded"}`)
		default:
			var body struct {
				Config json.RawMessage `json:"replication_config"`
			}
			_ = json.NewDecoder(r.Body).Decode(&body)
			b.t.Logf("created with %s", body.Config)
			b.mu.Lock()
			b.decided = append(b.decided, string(body.Config))
			b.mu.Unlock()
			fmt.Fprint(w, `{"id":"new","name":"Acme","source_template":{},"replication_config":{}}`)
		}
	})
	return b
}

func readSpec(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestFieldsOfEveryKind(t *testing.T) {
	t.Parallel()
	b := specBench(t, readSpec(t, "kinds.json"))
	v := b.connect(form.Request{DefinitionID: "d"})
	page := b.get(v.URL)
	checkStructure(t, page)
	var got []string
	page.Find("form input, form select, form textarea").Each(func(_ int, s *goquery.Selection) {
		line := strings.Join(strings.Fields(goquery.NodeName(s)+" "+s.AttrOr("type", "")+" "+s.AttrOr("name", "")), " ")
		for _, attribute := range []string{"required", "checked", "class", "inputmode"} {
			if value, found := s.Attr(attribute); found {
				line += " " + strings.TrimSpace(attribute+"="+value)
			}
		}
		if s.AttrOr("name", "") != "token" && s.AttrOr("value", "") != "" {
			line += " = " + s.AttrOr("value", "")
		}
		got = append(got, line)
	})
	want := strings.Split(strings.TrimSpace(readSpec(t, "kinds.txt")), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	b.post(v.URL, page.form(map[string]string{
		"f.api_key": canary, "f.key_file": "-----BEGIN\r\nabc\r\n-----END\r\n", "f.region": "eu", "f.count": "7", "f.ratio": "0.5", "f.day": "2026-01-31",
		"f.tags": "one\r\ntwo", "f.numbers": "1\r\n2", "f.extra": `{"deep":{"er":1}}`, "f.tunnel.host": "bastion.example", "f.tunnel.port": "2222",
		"f.sync": "CDC", "f.sync.CDC.slot": "slot_1", "f.streams": "b",
	}))
	if o := b.outcome(v); o.State != connect.StateCreated {
		t.Fatalf("outcome %+v", o)
	}
	var config map[string]any
	if err := json.Unmarshal([]byte(b.decided[0]), &config); err != nil {
		t.Fatal(err)
	}
	wantConfig := map[string]any{
		"region": "eu", "count": 7.0, "ratio": 0.5, "day": "2026-01-31", "tags": []any{"one", "two"}, "numbers": []any{1.0, 2.0}, "extra": map[string]any{"deep": map[string]any{"er": 1.0}},
		"tunnel": map[string]any{"host": "bastion.example", "port": 2222.0}, "sync": map[string]any{"method": "CDC", "slot": "slot_1"}, "streams": []any{"b"}, "live": true, "fixed": "always",
	}
	if diff := cmp.Diff(wantConfig, config); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestMistakesInFieldsOfEveryKind(t *testing.T) {
	t.Parallel()
	b := specBench(t, readSpec(t, "kinds.json"))
	v := b.connect(form.Request{DefinitionID: "d"})
	page := b.post(v.URL, b.get(v.URL).form(map[string]string{
		"f.api_key": "short", "f.region": "moon", "f.count": "11", "f.ratio": "half", "f.day": "31.1.2026", "f.numbers": "1\r\ntwo", "f.extra": "{", "f.tunnel.port": "23", "f.sync": "other", "f.code": "abc",
	}))
	got := map[string]string{}
	page.Find("#summary a").Each(func(_ int, s *goquery.Selection) {
		got[strings.TrimPrefix(s.AttrOr("href", ""), "#")] = s.Text()
	})
	want := map[string]string{
		"f.region": "Choose one for Region.", "f.count": "Count must be 10 or less.", "f.ratio": "Ratio must be a number, such as 10.", "f.day": "Day must be a date, such as 2026-01-31.",
		"f.numbers": "Each line of Numbers must be a number, such as 10.", "f.extra": `Extra must be JSON, such as {"name": "value"}.`, "f.tunnel.host": "Fill in Host.",
		"f.sync.none": "Choose one for Sync.", "f.code": "Code must look like AB-12.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	checkStructure(t, page)
}

func TestHostileSpecIsOnlyText(t *testing.T) {
	t.Parallel()
	evil := `<script>alert(1)</script>\" onfocus=\"alert(2)`
	b := specBench(t, `{"documentationUrl":"javascript:alert(3)","connectionSpecification":{"required":["`+evil+`"],"properties":{
		"`+evil+`":{"type":"string","airbyte_secret":true,"title":"`+evil+`\u202e","description":"Get it <a href='https://vendor.example/keys?a=1&amp;b=2' onclick='x'>here</a>, <b>not</b> <a href=\"javascript:alert(4)\">there</a> or [in the docs](https://docs.example/x).","examples":["`+evil+`"]},
		"select":{"enum":["`+evil+`","b"],"default":"`+evil+`"},"a b":{"type":"string","default":"`+evil+`"},"a_b":{"type":"string"},"a~20b":{"type":"string"}}}}`)
	page := b.get(b.connect(form.Request{DefinitionID: "d"}).URL)
	checkStructure(t, page)
	if page.Find("[onfocus], [onclick], script").Length() > 0 {
		t.Error("markup of the spec is markup of the page")
	}
	var links []string
	page.Find("a").Each(func(_ int, s *goquery.Selection) { links = append(links, s.AttrOr("href", "")) })
	if diff := cmp.Diff([]string{"https://vendor.example/keys?a=1&b=2", "https://docs.example/x"}, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if !strings.Contains(page.Find(".help").Text(), "not there or in the docs") {
		t.Errorf("help: %q", page.Find(".help").Text())
	}
}

func TestServiceThatOnlySignsIn(t *testing.T) {
	t.Parallel()
	b := specBench(t, `{"advanced_auth":{"auth_flow_type":"oauth2.0","predicate_key":["credentials","auth_type"],"predicate_value":"Client"},
		"connectionSpecification":{"required":["credentials"],"properties":{"credentials":{"oneOf":[{"title":"OAuth","required":["auth_type","refresh_token"],"properties":{
		"auth_type":{"const":"Client"},"refresh_token":{"type":"string","airbyte_secret":true,"airbyte_hidden":true}}}]},"start_date":{"type":"string"}}}}`)
	page := b.get(b.connect(form.Request{DefinitionID: "d"}).URL)
	var choices []string
	page.Find("form button").Each(func(_ int, s *goquery.Selection) { choices = append(choices, s.AttrOr("value", "")) })
	if diff := cmp.Diff([]string{"signin", "cancel"}, choices); diff != "" || page.Find("form input:not([type=hidden])").Length() != 0 {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	checkStructure(t, page)
}

func TestSpecsThatMakeNoForm(t *testing.T) {
	t.Parallel()
	many := []string{}
	for i := range 300 {
		many = append(many, fmt.Sprintf(`"p%d":{"type":"string"}`, i))
	}
	for name, spec := range map[string]string{"none": "null", "text": `"x"`, "a list": "[]", "endless": `{"connectionSpecification":{"properties":{` + strings.Join(many, ",") + `}}}`} {
		b := specBench(t, spec)
		page := b.get(b.connect(form.Request{DefinitionID: "d"}).URL)
		if page.status != http.StatusBadGateway || page.Find("form").Length() != 0 {
			t.Errorf("%s: %d", name, page.status)
		}
		checkStructure(t, page)
	}
}

func TestTemplateAsksForWhatItLacks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"t","name":"Our Acme","source_definition_id":"d","user_config_spec":{"type":"object","properties":{"api_key":{"type":"string"}}},"partial_default_config":{}}`)
	})
	page := b.get(b.connect(form.Request{SourceTemplateID: "t"}).URL)
	if page.title() != "Connect Our Acme" || page.Find("input[type=password]").Length() != 1 {
		t.Errorf("got %q with %d secrets", page.title(), page.Find("input[type=password]").Length())
	}
}

func TestOtherPagesAreWellMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.connect(form.Request{DefinitionID: zendesk})
	form := zendeskForm(b.get(v.URL), canary)
	for _, page := range []*answer{
		b.get(b.approve(ticketChange()).URL), b.get(b.approve(ticketDeletion()).URL), b.get(b.url + "/connect/x"), b.post(v.URL, form), b.get(v.URL),
	} {
		checkStructure(t, page)
		if page.status >= 400 && page.Find("form").Length() > 0 {
			t.Errorf("%s: a form on a page that is over", page.title())
		}
	}
}

// FuzzForm fills a form made of any spec with anything.
func FuzzForm(f *testing.F) {
	f.Add(`{"connectionSpecification":{"required":["a"],"properties":{"a":{"type":"string","airbyte_secret":true},"b":{"oneOf":[{"properties":{"t":{"const":1}}},{"properties":{"c":{"type":"integer"}}}]}}}}`, "f.a=x&f.b=1&f.b.1.c=7")
	f.Add(`{"properties":{"a":{"type":["null","array"],"items":{"enum":[1,"x",null]}},"b":{"properties":{"c":{"properties":{"d":{"properties":{"e":{"properties":{"f":{}}}}}}}}}}}`, "f.a=1&f.a=x&name=y")
	f.Add(`{"connectionSpecification":{"properties":{"a":{"type":"string","pattern":"(","format":"date-time","default":7,"minimum":"x","order":"y","examples":"z"}}}}`, "f.a=2026-01-31")
	f.Fuzz(func(t *testing.T, spec, posted string) {
		if !json.Valid([]byte(spec)) || len(spec) > 10_000 {
			t.Skip()
		}
		form, err := url.ParseQuery(posted)
		if err != nil {
			t.Skip()
		}
		for _, page := range connect.RenderForTest(json.RawMessage(spec), form) {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			got := &answer{Document: doc, t: t}
			checkStructure(t, got)
			if n := doc.Find("form").Length(); n != 1 {
				t.Errorf("%d forms", n)
			}
		}
	})
}
