package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

func TestOperators(t *testing.T) {
	t.Parallel()
	rows := []*record{
		newRecord(object{"id": 1, "name": "Alderquay Logistics", "amount": 10, "tags": []any{"a", "b"}, "owner": object{"city": "Lisbon"}, "parts": []any{object{"sku": "x"}}}, nil),
		newRecord(object{"id": 2, "name": "Logistics of Bramblewick", "amount": 20, "tags": []any{"b"}, "owner": object{"city": "Porto"}, "parts": []any{}}, nil),
		newRecord(object{"id": 3, "name": "Cindermoor-Analytics", "amount": 30.5, "tags": []any{}, "owner": object{"city": nil}, "parts": []any{object{"sku": "y"}}}, nil),
	}
	for _, row := range []struct{ name, filter, want string }{
		{"eq", `{"eq":{"amount":20}}`, "2"},
		{"eq takes a number as text", `{"eq":{"amount":"20"}}`, "2"},
		{"neq", `{"neq":{"amount":20}}`, "13"},
		{"gt", `{"gt":{"amount":20}}`, "3"},
		{"gte", `{"gte":{"amount":20}}`, "23"},
		{"lt", `{"lt":{"amount":20}}`, "1"},
		{"lte", `{"lte":{"amount":20}}`, "12"},
		{"in", `{"in":{"id":[1,3]}}`, "13"},
		{"like is exact", `{"like":{"name":"%Logistics%"}}`, "12"},
		{"like minds case", `{"like":{"name":"logistics"}}`, ""},
		{"fuzzy minds neither order nor case", `{"fuzzy":{"name":"LOGISTICS alder"}}`, "1"},
		{"fuzzy ignores punctuation", `{"fuzzy":{"name":"cindermoor analytics"}}`, "3"},
		{"keyword wants one whole word", `{"keyword":{"name":"logistics nothing"}}`, "12"},
		{"keyword wants whole words", `{"keyword":{"name":"logist"}}`, ""},
		{"contains in a list", `{"contains":{"tags":"a"}}`, "1"},
		{"contains in a text", `{"contains":{"name":"wick"}}`, "2"},
		{"array_contains", `{"array_contains":{"tags":"b"}}`, "12"},
		{"startswith", `{"startswith":{"name":"Alder"}}`, "1"},
		{"endswith", `{"endswith":{"name":"wick"}}`, "2"},
		{"any", `{"any":{"parts":{"eq":{"sku":"y"}}}}`, "3"},
		{"nested paths", `{"eq":{"owner.city":"Porto"}}`, "2"},
		{"two operators both hold", `{"gt":{"amount":5},"lt":{"amount":15}}`, "1"},
		{"and", `{"and":[{"gt":{"amount":5}},{"fuzzy":{"name":"bramble"}}]}`, "2"},
		{"or", `{"or":[{"eq":{"id":1}},{"eq":{"id":3}}]}`, "13"},
		{"not", `{"not":{"eq":{"id":1}}}`, "23"},
		{"nothing asked", `{}`, "123"},
	} {
		t.Run(row.name, func(t *testing.T) {
			filter, err := decode([]byte(row.filter))
			if err != nil {
				t.Fatal(err)
			}
			found, refusal := newSearch("things", rows).run(object{"filter": filter})
			got := ""
			for _, r := range found {
				got += plain(r.fields["id"])
			}
			if got != row.want || refusal != "" {
				t.Errorf("got %q (%s), want %q", got, refusal, row.want)
			}
		})
	}
}

func TestWrongQueriesAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	for _, row := range []struct {
		params object
		says   string
	}{
		{object{"query": object{"filter": object{"matches": object{"name": "x"}}}}, "Unknown operator 'matches'. Supported operators: ['eq', 'neq'"},
		{object{"query": object{"filter": object{"eq": object{"nmae": "x"}}}}, "Unknown field 'nmae' for entity 'customers'. Available fields: ['id', 'name', 'metadata.plan'"},
		{object{"query": object{"filter": object{"in": object{"name": "x"}}}}, "'in' takes a list"},
		{object{"query": object{"filter": object{"and": object{}}}}, "'and' takes a list"},
		{object{"query": object{"filters": object{}}}, "unknown key 'filters'"},
		{object{"query": object{"sort": []any{object{"name": "down"}}}}, "expected one of: ['asc', 'desc']"},
		{object{"query": object{"sort": []any{object{"nmae": "asc"}}}}, "Unknown field 'nmae'"},
		{object{"query": object{}, "semantic": object{"prompt": "x"}}, "mutually exclusive"},
		{object{"semantic": object{"prompt": "x"}}, "Semantic search is not available"},
		{object{"limit": 0}, "expected an integer between 1 and 1000"},
		{object{"cursor": "abc"}, "Invalid cursor"},
	} {
		status, out := c.try(stripeID, "customers", contextStoreSearch, row.params)
		if status != http.StatusBadRequest || !strings.Contains(message(out), row.says) {
			t.Errorf("%v: got %d %q", row.params, status, message(out))
		}
	}
}

func TestContextStorePages(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	params := object{"query": object{"filter": object{"eq": object{"status": "paid"}}, "sort": []any{object{"created": "asc"}}}, "limit": 25, "fields": []any{[]any{"id"}, []any{"created"}}}
	seen, last := map[string]bool{}, ""
	for range 10 {
		result := c.execute(stripeID, "invoices", contextStoreSearch, params)["result"].(object)
		for _, r := range result["data"].([]any) {
			o := r.(object)
			if len(o) != 2 || plain(o["created"]) < last {
				t.Fatalf("unsorted or unselected: %v after %s", o, last)
			}
			last, seen[text(o["id"])] = plain(o["created"]), true
		}
		meta := result["meta"].(object)
		if meta["has_more"] == false {
			break
		}
		params["cursor"] = meta["cursor"]
	}
	want := 0
	for _, r := range c.box.store.rows("stripe", "invoices") {
		if r.fields["status"] == "paid" {
			want++
		}
	}
	if len(seen) != want {
		t.Errorf("%d of %d", len(seen), want)
	}
	t.Run("ten unless asked", func(t *testing.T) {
		if n := len(c.execute(stripeID, "invoices", contextStoreSearch, nil)["result"].(object)["data"].([]any)); n != 10 {
			t.Errorf("got %d", n)
		}
	})
	t.Run("a cursor belongs to its search", func(t *testing.T) {
		status, _ := c.try(stripeID, "charges", contextStoreSearch, object{"cursor": params["cursor"]})
		if status != http.StatusBadRequest {
			t.Errorf("got %d", status)
		}
	})
}

func TestSearchingAWokenContextStoreWarns(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	warning, _ := c.execute(slackID, "channel_messages", contextStoreSearch, nil)["warning"].(object)
	if text(warning["code"]) == "" || text(warning["message"]) == "" {
		t.Errorf("slack: %v", warning)
	}
	if w := c.execute(stripeID, "charges", contextStoreSearch, nil)["warning"]; w != nil {
		t.Errorf("stripe: %v", w)
	}
}

func TestSemanticSearchRanks(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	result := c.execute(linearID, "issues", contextStoreSearch, object{"semantic": object{"prompt": "certificate broke single sign-on"}, "limit": 3})["result"].(object)
	hits := result["data"].([]any)
	first := hits[0].(object)
	if len(hits) != 3 || !strings.Contains(text(first["entity"].(object)["title"]), "Single sign-on") || first["metadata"].(object)["score"] == nil {
		t.Errorf("got %v", hits)
	}
}
