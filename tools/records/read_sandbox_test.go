package records_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools"
	"airbyte-agent-mcp/tools/account"
	"airbyte-agent-mcp/tools/account/accounttest"
	"airbyte-agent-mcp/tools/dispatch/dispatchtest"
	"airbyte-agent-mcp/tools/records"
)

// read makes one read of a connector, past the budget of answers.
func read(w dispatchtest.World, t *testing.T, ref, arguments string) (records.Reading, error) {
	t.Helper()
	var in records.Query
	if err := json.Unmarshal([]byte(arguments), &in); err != nil {
		t.Fatal(err)
	}
	return records.ReadOne(t.Context(), w.Api, in, ref)
}

func mustRead(w dispatchtest.World, t *testing.T, ref, arguments string) records.Reading {
	t.Helper()
	out, err := read(w, t, ref, arguments)
	if err != nil {
		t.Fatal(tools.ReadRecords().Explain(err))
	}
	return out
}

// Every service is paged through in its own way, and looks the same from
// outside: with limits that no page size divides, no record is lost or doubled.
func TestEveryDialectGivesEveryRecordOnce(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ slug, table, arguments string }{
		{"github", "github/repositories", `{"entity":"repositories","params":{"username":"lanternworks"}}`},
		{"hubspot", "hubspot/contacts", `{"entity":"contacts"}`},
		{"stripe", "stripe/charges", `{"entity":"charges","fields":["amount"]}`},
		{"slack", "slack/channels", `{"entity":"channels"}`},
		{"zendesk-support", "zendesk-support/tickets", `{"entity":"tickets","fields":["id"]}`},
		{"linear", "linear/issues", `{"entity":"issues","fields":["id"]}`},
		{"google-drive", "google-drive/files", `{"entity":"files","fields":["id"]}`},
		{"gong", "gong/users", `{"entity":"users"}`},
		{"salesforce", "salesforce/accounts", `{"entity":"accounts"}`},
		{"jira", "jira/issues", `{"entity":"issues","action":"api_search","params":{"jql":"created >= 2020-01-01"}}`},
		{"jira", "jira/projects", `{"entity":"projects","action":"api_search"}`},
		{"jira", "jira/users", `{"entity":"users"}`},
		{"notion", "notion/pages", `{"entity":"pages"}`},
		{"intercom", "intercom/contacts", `{"entity":"contacts"}`},
		{"linear", "linear/comments", `{"entity":"comments","action":"context_store_search"}`},
	} {
		t.Run(row.table, func(t *testing.T) {
			t.Parallel()
			const list = 1000
			w := dispatchtest.New(t, sandbox.Options{Records: map[string]int{row.table: list}})
			id := connectorOf(w, t, row.slug)
			var arguments map[string]any
			if err := json.Unmarshal([]byte(row.arguments), &arguments); err != nil {
				t.Fatal(err)
			}
			if arguments["action"] == nil {
				arguments["action"] = "list"
			}
			arguments["limit"] = 130
			seen := map[string]bool{}
			for calls := 0; ; calls++ {
				out := mustRead(w, t, id, string(rawjson.Of(arguments)))
				for record := range rawjson.Elements(out.Records) {
					id := records.IdOf(record)
					if id == "" {
						id = string(record)
					}
					if seen[id] {
						t.Fatalf("record %s came twice", id)
					}
					seen[id] = true
				}
				if !out.Page.HasMore || calls > 20 {
					break
				}
				if out.Page.NextCursor == "" || out.Seen.All {
					t.Fatalf("more follows, but not where: %s", rawjson.Of(out.Page))
				}
				arguments["cursor"] = out.Page.NextCursor
			}
			if len(seen) < list {
				t.Errorf("%d records of %d", len(seen), list)
			}
		})
	}
}

// connectorOf is the ID of the connector of a kind, which is made if the world
// has none.
func connectorOf(w dispatchtest.World, t *testing.T, slug string) string {
	t.Helper()
	id, err := account.ConnectorRef{ConnectorID: slug}.Resolve(t.Context(), w.Api)
	if err == nil {
		return id
	}
	name := strings.ToUpper(slug[:1]) + slug[1:]
	list, err := w.Api.ListSourceDefinitions(t.Context(), name)
	if err != nil || len(list) == 0 {
		t.Fatalf("no definition %q: %v", name, err)
	}
	made, err := w.Api.CreateConnector(t.Context(), airbyteclient.CreateConnectorRequest{
		Name: slug, WorkspaceName: "default", DefinitionID: list[0].SourceDefinitionID, Credentials: credentialsOf[slug],
		Environment: json.RawMessage(`{"subdomain":"lanternworks"}`), ReplicationConfig: json.RawMessage(`{"start_date":"2026-01-01T00:00:00Z"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

var credentialsOf = map[string]json.RawMessage{
	"salesforce": json.RawMessage(`{"refresh_token":"r","client_id":"c","client_secret":"s"}`),
	"jira":       json.RawMessage(`{"username":"ada@lanternworks.example","password":"p"}`),
	"notion":     json.RawMessage(`{"token":"t"}`),
	"intercom":   json.RawMessage(`{"access_token":"t"}`),
}

// scripted is a service whose execute answers are given.
func scripted(t *testing.T, answers func(request map[string]any) string) dispatchtest.World {
	t.Helper()
	s := sandbox.New(sandbox.Options{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if !strings.HasSuffix(r.URL.Path, "/execute") || json.NewDecoder(r.Body).Decode(&body) != nil {
			s.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, answers(body))
	}))
	t.Cleanup(srv.Close)
	api, err := airbyteclient.New(airbyteclient.Config{
		APIHost: srv.URL, ClientID: sandbox.ClientID,
		ClientSecret: airbyteclient.NewSecret(sandbox.ClientSecret), OrganizationID: sandbox.OrganizationID,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	w := dispatchtest.New(t, sandbox.Options{})
	w.Api.Client = api
	return w
}

func envelope(result, metadata string) string {
	return `{"status":"success","result":` + result + `,"connector_metadata":` + metadata + `,"execution_metadata":null}`
}

func TestARepeatedPageEndsTheRead(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]string{
		"same cursor":  `{"next_cursor":"again","has_more":true}`,
		"same records": `{"next_cursor":"%d","has_more":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			w := scripted(t, func(map[string]any) string {
				calls++
				return envelope(`[{"id":"a"},{"id":"b"}]`, strings.ReplaceAll(metadata, "%d", fmt.Sprint(calls)))
			})
			out := mustRead(w, t, "slack", `{"entity":"users","action":"list","limit":100,"max_pages":50}`)
			if calls != 2 || out.Page.NextCursor != "" || out.Seen.All || !strings.Contains(out.Note, "same page again") {
				t.Errorf("%d calls, %s", calls, rawjson.Of(out))
			}
		})
	}
}

func TestALaterPageThatFailsLeavesTheEarlierOnes(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.Forbidden, Path: "/execute", Skip: 2}}})
	out := mustRead(w, t, "stripe", `{"entity":"charges","action":"list","params":{"limit":10},"limit":50}`)
	if out.Seen.Records != 20 || out.Page.NextCursor == "" || !strings.Contains(out.Note, "Page 3 failed (forbidden)") {
		t.Errorf("%s", rawjson.Of(out))
	}
}

func TestPagesAreCapped(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	out := mustRead(w, t, "stripe", `{"entity":"charges","action":"list","params":{"limit":5},"limit":50}`)
	if out.Seen.Pages != 3 || out.Seen.Records != 15 || !strings.Contains(out.Note, "at least 15") {
		t.Errorf("%s", rawjson.Of(out))
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	cursor := mustRead(w, t, "stripe", `{"entity":"charges","action":"list","limit":2}`).Page.NextCursor
	for _, row := range []struct{ name, ref, arguments, want string }{
		{"a write", "stripe", `{"entity":"charges","action":"create"}`, `"create" is not one of reading`},
		{"a download", "google-drive", `{"entity":"files","action":"download"}`, "Use execute_operation"},
		{"describe", "stripe", `{"entity":"","action":"describe"}`, "describe_connector"},
		{"search", "stripe", `{"entity":"charges","action":"search"}`, "context_store_search"},
		{"a mistyped action", "stripe", `{"entity":"charges","action":"lst"}`, `did you mean "list"`},
		{"a mistyped entity", "stripe", `{"entity":"charge"}`, `did you mean "charges"`},
		{"an action that it has not", "slack", `{"entity":"users","action":"api_search"}`, "It has list"},
		{"filter of a list", "stripe", `{"entity":"charges","action":"list","filter":{"eq":{"status":"failed"}}}`, "filter and sort are for context_store_search"},
		{"query of a list", "stripe", `{"entity":"charges","action":"list","query":"x"}`, "query with api_search"},
		{"query without a semantic index", "slack", `{"entity":"users","query":"ada"}`, `{"fuzzy":{"title":"words"}}`},
		{"no SQL", "stripe", `{"entity":"charges","action":"context_store_sql_query"}`, "context_store_sql_query"},
		{"a foreign cursor", "stripe", `{"entity":"charges","cursor":"ch_1"}`, "is not one that read_records gave out"},
		{"the cursor of another read", "stripe", `{"entity":"customers","cursor":"` + cursor + `"}`, "belongs to another read"},
		{"a mistyped reduction", "stripe", `{"entity":"charges","reduce":{"groupby":"status"}}`, `did you mean "group_by"`},
		{"two reductions", "stripe", `{"entity":"charges","reduce":{"distinct":"status","count":true}}`, "one thing at a time"},
		{"top of nothing", "stripe", `{"entity":"charges","reduce":{"top":3}}`, "by the field that ranks"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, err := read(w, t, row.ref, row.arguments)
			if err == nil {
				t.Fatalf("read: %s", rawjson.Of(out))
			}
			if words := tools.ReadRecords().Explain(err); !strings.Contains(words, row.want) || !strings.Contains(words, "Nothing was ") {
				t.Errorf("got  %s\nwant %s", words, row.want)
			}
		})
	}
}

func TestReadsGoOnWithoutDocumentation(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"docs": "/skills", "inspect": "/inspect"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := dispatchtest.New(t, sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.Forbidden, Path: path}}})
			out := mustRead(w, t, "stripe", `{"entity":"charges","action":"list","limit":15}`)
			if out.Seen.Records != 15 || out.Page.NextCursor == "" || !strings.Contains(out.Note, "could not be learned") {
				t.Errorf("%s", rawjson.Of(out))
			}
		})
	}
}

// Of a service that nothing is known of, no parameter is made up.
func TestNoParameterIsInvented(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	id := connectorOf(w, t, "slack")
	w.Sandbox.Inject(sandbox.Fault{Kind: sandbox.Forbidden, Path: "/inspect"})
	out := mustRead(w, t, id, `{"entity":"users","action":"list","params":{"limit":2}}`)
	if !out.Page.HasMore || out.Page.NextCursor != "" || !strings.Contains(out.Note, "No parameter for the next page is known") {
		t.Errorf("%s", rawjson.Of(out))
	}
	requests := w.Sandbox.Requests()
	if last := requests[len(requests)-1]; !strings.Contains(string(last.Body), `"params":{"limit":2}}`) {
		t.Errorf("sent %s", last.Body)
	}
}

func TestAnEmptyLiveListNamesWhatWasSent(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	out := mustRead(w, t, "linear", `{"entity":"comments","action":"list","params":{"issueId":"WEB-299","first":5}}`)
	if out.Seen.Records != 0 || !strings.Contains(out.Note, "a parameter did not match (sent: issueId)") {
		t.Errorf("%s", rawjson.Of(out))
	}
}

func TestNumbersWrittenAsTextsAreAddedUp(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	out := mustRead(w, t, "hubspot", `{"entity":"deals","reduce":{"sum":"properties.amount","max":"properties.amount"}}`)
	if got := string(out.Reduced); got != `{"count":60,"sum":3337500,"max":107250}` || !strings.Contains(out.Note, "read as numbers") {
		t.Errorf("%s, %s", got, out.Note)
	}
}

func TestFiguresOfAPartSaySo(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	out := mustRead(w, t, "stripe", `{"entity":"charges","action":"list","params":{"limit":10},"max_pages":2,"reduce":{"count":true}}`)
	if string(out.Reduced) != `{"count":20}` || out.Seen.All || !strings.Contains(out.Note, "of these alone") {
		t.Errorf("%s", rawjson.Of(out))
	}
}

func TestTheWorldIsReducedWithoutSendingIt(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	for _, row := range []struct{ arguments, want string }{
		{`{"entity":"charges","action":"list","reduce":{"count":true}}`, `"count":`},
		{`{"entity":"charges","reduce":{"group_by":"status","sum":"amount"}}`, `"key":"succeeded","count":`},
		{`{"entity":"charges","reduce":{"top":2,"by":"amount"},"fields":["id"]}`, `"top":[{"amount":89900,`},
		{`{"entity":"charges","reduce":{"distinct":"currency"}}`, `"values":[`},
	} {
		out := mustRead(w, t, "stripe", row.arguments)
		if !strings.Contains(string(out.Reduced), row.want) || out.Records != nil || !out.Seen.All || out.Seen.Records == 0 {
			t.Errorf("%s\n%s\n%s", row.arguments, out.Reduced, rawjson.Of(out.Seen))
		}
	}
}

func TestMergedReadSeesWhatWasWrittenSince(t *testing.T) {
	t.Parallel()
	w := dispatchtest.New(t, sandbox.Options{})
	id := connectorOf(w, t, "stripe")
	_, err := w.Api.Execute(t.Context(), id, airbyteclient.ExecuteRequest{Entity: "customers", Action: "create", Params: json.RawMessage(`{"name":"Brand New","email":"new@example.com"}`)})
	if err != nil {
		t.Fatal(err)
	}
	const arguments = `{"entity":"customers","filter":{"fuzzy":{"name":"brand"}},"fields":["name"]`
	if out := mustRead(w, t, id, arguments+`}`); out.Seen.Records != 0 || !strings.Contains(out.Note, "Check live with list") {
		t.Errorf("search alone: %s", rawjson.Of(out))
	}
	out := mustRead(w, t, id, arguments+`,"merge_live":true}`)
	if !strings.Contains(string(out.Records), "Brand New") || rawjson.Len(out.Records) != 1 {
		t.Errorf("merged: %s", rawjson.Of(out))
	}
}

func TestSeveralConnectorsAnswerApart(t *testing.T) {
	t.Parallel()
	w := accounttest.New(t, sandbox.Options{})
	out, err := records.ReadSeveral(t.Context(), w.Api, records.Query{Connectors: []string{"slack", "nobody", "linear"}, Entity: "users", Action: "list", Limit: 2}, tools.ReadRecords().Explain)
	if err != nil {
		t.Fatal(err)
	}
	if r := out.Results; len(r) != 3 || r[0].Source == nil || r[1].Error == "" || rawjson.Len(r[2].Records) != 2 {
		t.Errorf("%s", rawjson.Of(out))
	}
}
