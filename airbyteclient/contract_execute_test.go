package airbyteclient_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/airbyteclient/sandbox"
)

// executeCalls has one call of each kind of action, and of each way in which
// one is refused.
var executeCalls = []contractCall{
	{"Execute", "list", 200, execute("stripe", "customers", "list", `{"limit":3}`)},
	{"Execute", "list in the connector's own shape", 200, execute("hubspot", "companies", "list", `{"limit":3}`)},
	{"Execute", "get", 200, executeOnFirst("stripe", "customers", "get", "id", `{}`)},
	{"Execute", "get of what is not there", 200, execute("linear", "issues", "get", `{"id":"nothing"}`)},
	{"Execute", "api_search", 200, execute("stripe", "charges", "api_search", `{"query":"status:'succeeded'","limit":2}`)},
	{"Execute", "api_search in an envelope of its own", 200, execute("hubspot", "deals", "api_search", `{"query":"renewal","limit":2}`)},
	{"Execute", "context_store_search", 200, execute("slack", "channels", "context_store_search", `{"query":{"filter":{"fuzzy":{"name":"support"}},"sort":[{"name":"asc"}]},"limit":2}`)},
	{"Execute", "context_store_search by meaning", 200, execute("linear", "issues", "context_store_search", `{"semantic":{"prompt":"exports are slow"},"limit":2}`)},
	{"Execute", "context_store_search that wakes the store", 200, func(ctx context.Context, w *contractWorld) error {
		got, err := w.Execute(ctx, w.connectorID(ctx, "default", "slack"), airbyteclient.ExecuteRequest{Entity: "users", Action: "context_store_search", Params: raw(`{"limit":1}`)})
		if err == nil && got.Warning == nil {
			return errors.New("no warning")
		}
		return err
	}},
	{"Execute", "context_store_search of a store that is loading", 400, execute("gong", "calls", "context_store_search", `{}`)},
	{"Execute", "create", 200, execute("stripe", "customers", "create", `{"name":"New","email":"new@new.example"}`)},
	{"Execute", "update", 200, executeOnFirst("stripe", "customers", "update", "id", `{"name":"Renamed"}`)},
	{"Execute", "delete", 200, executeOnFirst("stripe", "customers", "delete", "id", `{}`)},
	{"Execute", "describe", 200, execute("github", "", "describe", "")},
	{"Execute", "download", 200, download("")},
	{"Execute", "download of a range", 206, download("bytes=0-9")},
	{"Execute", "download of what is not there", 200, func(ctx context.Context, w *contractWorld) error {
		err := execute("google-drive", "files", "download", `{"fileId":"nothing"}`)(ctx, w)
		if airbyteclient.KindOf(err) != airbyteclient.KindNotFound {
			return fmt.Errorf("no bytes were not taken for no file: %v", err)
		}
		return nil
	}},
	{"Execute", "with everything there is to say", 200, func(ctx context.Context, w *contractWorld) error {
		return only(w.Execute(ctx, w.connectorID(ctx, "default", "zendesk-support"), airbyteclient.ExecuteRequest{
			Entity: "tickets", Action: "list", Params: raw(`{"per_page":2}`), SelectFields: []string{"id", "description"}, ExcludeFields: []string{"tags"},
			SkipTruncation: ptr(false), Intent: strings.Repeat("ü", 512), Idempotent: true,
		}))
	}},
	{"Execute", "of an unknown entity", 400, execute("stripe", "customer", "list", `{}`)},
	{"Execute", "with bad parameters", 400, execute("github", "issues", "list", `{"owner":"x"}`)},
	{"Execute", "of what the third party does not have", 404, execute("stripe", "customers", "get", `{"id":"cus_none"}`)},
	{"Execute", "with credentials that were revoked", 400, func(ctx context.Context, w *contractWorld) error {
		return only(w.Execute(ctx, w.connectorID(ctx, "staging", "linear"), airbyteclient.ExecuteRequest{Entity: "issues", Action: "list"}))
	}},
	{"Execute", "with credentials that have expired", 401, func(ctx context.Context, w *contractWorld) error {
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.ExpiredCredentials})
		return execute("stripe", "customers", "list", `{}`)(ctx, w)
	}},
	{"Execute", "in an inactive workspace", 403, func(ctx context.Context, w *contractWorld) error {
		return only(w.Execute(ctx, w.connectorID(ctx, "archive", "github"), airbyteclient.ExecuteRequest{Entity: "viewer", Action: "get"}))
	}},
	{"Execute", "where agents have no access", 403, func(ctx context.Context, w *contractWorld) error {
		w.sandbox.Inject(sandbox.Fault{Kind: sandbox.NotEnabled, Path: "/execute"})
		return execute("stripe", "customers", "list", `{}`)(ctx, w)
	}},
	{"Execute", "on nobody", 404, func(ctx context.Context, w *contractWorld) error {
		return only(w.Execute(ctx, nobody, airbyteclient.ExecuteRequest{Entity: "a", Action: "list"}))
	}},
}

func execute(connector, entity, action, params string) func(context.Context, *contractWorld) error {
	return func(ctx context.Context, w *contractWorld) error {
		return only(w.Execute(ctx, w.connectorID(ctx, "default", connector), airbyteclient.ExecuteRequest{Entity: entity, Action: action, Params: raw(params)}))
	}
}

// executeOnFirst runs an action on the first record that a list gives.
func executeOnFirst(connector, entity, action, key, params string) func(context.Context, *contractWorld) error {
	return func(ctx context.Context, w *contractWorld) error {
		id := w.connectorID(ctx, "default", connector)
		listed, err := w.Execute(ctx, id, airbyteclient.ExecuteRequest{Entity: entity, Action: "list"})
		if err != nil {
			return err
		}
		var records []object
		if err := json.Unmarshal(listed.Result, &records); err != nil || len(records) == 0 {
			return fmt.Errorf("no %s to begin with: %v", entity, err)
		}
		var all object
		if err := json.Unmarshal([]byte(params), &all); err != nil {
			return err
		}
		all[key] = records[0][key]
		full, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return only(w.Execute(ctx, id, airbyteclient.ExecuteRequest{Entity: entity, Action: action, Params: full}))
	}
}

func download(span string) func(context.Context, *contractWorld) error {
	return func(ctx context.Context, w *contractWorld) error {
		params, err := json.Marshal(object{"fileId": sandbox.ManualFileID, "range_header": span})
		if err != nil {
			return err
		}
		got, err := w.Execute(ctx, w.connectorID(ctx, "default", "google-drive"), airbyteclient.ExecuteRequest{Entity: "files", Action: "download", Params: params})
		if err != nil {
			return err
		}
		defer got.File.Body.Close()
		n, err := io.Copy(io.Discard, got.File.Body)
		if n == 0 {
			return errors.Join(err, errors.New("no bytes"))
		}
		return err
	}
}
