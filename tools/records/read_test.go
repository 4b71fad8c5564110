package records

import (
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/tools/paging"
	"encoding/json"
	"testing"
)

func TestMergePutsTheLiveRecordInPlaceOfTheOldOne(t *testing.T) {
	t.Parallel()
	raw := func(records ...string) (list []json.RawMessage) {
		for _, r := range records {
			list = append(list, json.RawMessage(r))
		}
		return list
	}
	m := merge(
		raw(`{"id":1,"state":"open"}`, `{"id":2,"state":"open"}`, `{"id":3,"state":"open"}`),
		raw(`{"id":4,"state":"open"}`, `{"id":2,"state":"open","title":"new"}`, `{"id":3,"state":"closed"}`, `{"id":5,"state":"closed"}`, `{"id":6}`),
		json.RawMessage(`{"eq":{"state":"open"}}`),
	)
	list := recordList{}
	for _, r := range m.records {
		list.add(r)
	}
	const want = `[{"id":4,"state":"open"},{"id":1,"state":"open"},{"id":2,"state":"open","title":"new"}]`
	if got := string(list.json()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if m.changed != 1 || m.untold != 1 || m.liveOnly != 1 || m.inBoth != 1 {
		t.Errorf("%+v", m)
	}
}

func TestQueriesOfSalesforcePageAtTheirEnd(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		query      string
		size, seen int
		want       string
	}{
		{"SELECT Id FROM Account", 50, 0, "SELECT Id FROM Account ORDER BY Id LIMIT 50"},
		{"SELECT Id FROM Account", 50, 100, "SELECT Id FROM Account ORDER BY Id LIMIT 50 OFFSET 100"},
		{"select Id from Account order by Name limit 120 offset 10", 50, 100, "select Id from Account order by Name LIMIT 20 OFFSET 110"},
		{"SELECT Id FROM Account WHERE Name = 'LIMIT 5'", 50, 0, "SELECT Id FROM Account WHERE Name = 'LIMIT 5' ORDER BY Id LIMIT 50"},
		{"SELECT Id, (SELECT Id FROM Contacts LIMIT 5) FROM Account FOR VIEW", 9, 0, "SELECT Id, (SELECT Id FROM Contacts LIMIT 5) FROM Account ORDER BY Id LIMIT 9 FOR VIEW"},
		{"SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName", 9, 0, "SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName LIMIT 9"},
	} {
		if got := pageSOQL(row.query, row.size, row.seen); got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
	}
}

func TestResultWritesItselfAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	page := &paging.Page{HasMore: true}
	for name, r := range map[string]Result{
		"empty":   {},
		"records": {Reading: Reading{Records: json.RawMessage(`[{"a":"“x” – <b>"}]`), Page: page, Note: "n"}},
		"reduced": {Reading: Reading{Reduced: json.RawMessage(`{"count":1}`), Seen: &seen{Pages: 1}}},
		"alone":   {Reading: Reading{Records: json.RawMessage(`[]`)}},
		"several": {Results: []oneRead{{Connector: "a", Reading: Reading{Records: json.RawMessage(`[1]`)}}}},
	} {
		got, err := r.AppendJSON(nil)
		if want := rawjson.Of(r); err != nil || string(got) != string(want) {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, got, want)
		}
	}
}
