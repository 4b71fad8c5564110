package airbyteclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestWorkspacesGoesThroughAllPages(t *testing.T) {
	for _, prefix := range []string{"https://api.airbyte.ai/api/v1/workspaces", "/api/v1/workspaces", "", "https://API.airbyte.ai:443/x"} {
		t.Run(prefix, func(t *testing.T) {
			var asked []string
			c := clientOf(t, func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.RawQuery)
				switch r.URL.Query().Get("cursor") {
				case "":
					return reply(200, `{"data":[{"id":"1"},{"id":"2"}],"next":"`+prefix+`?limit=2&cursor=a%2Bb"}`), nil
				case "a+b":
					return reply(200, `{"data":[{"id":"3"}],"next":null}`), nil
				}
				return reply(400, ""), nil
			})
			var ids string
			for w, err := range c.Workspaces(t.Context(), ListWorkspacesOptions{NameContains: "a b", Limit: 2}) {
				if err != nil {
					t.Fatal(err)
				}
				ids += w.ID
			}
			if want := "[name_contains=a+b&limit=2 name_contains=a+b&cursor=a%2Bb&limit=2]"; ids != "123" || fmt.Sprint(asked) != want {
				t.Errorf("got %s by %s, want %s", ids, asked, want)
			}
		})
	}
}

func TestSkillsGoesThroughAllPages(t *testing.T) {
	c := clientOf(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("cursor") == "" {
			return reply(200, `{"data":[{"id":"1"}],"next_cursor":"x"}`), nil
		}
		return reply(200, `{"data":[{"id":"2"}],"next_cursor":""}`), nil
	})
	var ids string
	for s, err := range c.Skills(t.Context(), ListSkillsOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids += s.ID
	}
	if ids != "12" {
		t.Errorf("got %s", ids)
	}
}

func TestPagesStopEarly(t *testing.T) {
	calls := 0
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		calls++
		return reply(200, `{"data":[{"id":"1"},{"id":"2"}],"next_cursor":"x"}`), nil
	})
	for range c.Skills(t.Context(), ListSkillsOptions{}) {
		break
	}
	if calls != 1 {
		t.Errorf("%d pages were asked for", calls)
	}
}

func TestRepeatedCursorEndsTheWalk(t *testing.T) {
	calls := 0
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		calls++
		return reply(200, fmt.Sprintf(`{"data":[{"id":"1"}],"next_cursor":"c%d"}`, calls%3)), nil
	})
	var last error
	items := 0
	for _, err := range c.Skills(t.Context(), ListSkillsOptions{}) {
		if last = err; err == nil {
			items++
		}
	}
	if kindIs(t, last, KindBadAnswer); calls != 4 || items != 4 {
		t.Errorf("%d calls, %d items", calls, items)
	}
}

func TestEndlessPagesAreBounded(t *testing.T) {
	calls := 0
	c := clientOf(t, func(*http.Request) (*http.Response, error) {
		calls++
		return reply(200, fmt.Sprintf(`{"data":[],"next_cursor":"c%d"}`, calls)), nil
	})
	for _, err := range c.Skills(t.Context(), ListSkillsOptions{}) {
		kindIs(t, err, KindTooLarge)
	}
	if calls != maxPages {
		t.Errorf("%d calls", calls)
	}
}

func TestListsAreNeverNil(t *testing.T) {
	c := clientOf(t, func(*http.Request) (*http.Response, error) { return reply(200, `{}`), nil })
	page, err := c.ListWorkspaces(t.Context(), ListWorkspacesOptions{})
	if err != nil || page.Data == nil || page.NextCursor() != "" {
		t.Errorf("got %+v, %v", page, err)
	}
	if list, err := c.ListConnectors(t.Context(), ListConnectorsOptions{}); err != nil || list == nil {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestForeignNextPageIsRefused(t *testing.T) {
	for _, next := range []string{
		"https://evil.example/api/v1/workspaces?cursor=x", "http://api.airbyte.ai/?cursor=x", "//evil.example/?cursor=x",
		"https://api.airbyte.ai:8443/?cursor=x", "https://api.airbyte.ai@evil.example/?cursor=x", "https://u:p@api.airbyte.ai/?cursor=x",
		"https://api.airbyte.ai.evil.example/?cursor=x", "javascript:alert(1)?cursor=x", "file:///etc?cursor=x", "%zz", "/api/v1/workspaces", "abc",
	} {
		body, _ := json.Marshal(WorkspacePage{Next: next})
		c := clientOf(t, func(*http.Request) (*http.Response, error) { return reply(200, string(body)), nil })
		if _, err := c.ListWorkspaces(t.Context(), ListWorkspacesOptions{}); KindOf(err) != KindBadAnswer {
			t.Errorf("%s: %v", next, err)
		}
	}
}

func FuzzNextURL(f *testing.F) {
	for _, next := range []string{"https://api.airbyte.ai/x?cursor=a", "?cursor=b", "//h?cursor=c", "https:api?cursor=d", "\\\\h?cursor=e", "http://api.airbyte.ai:443/?cursor=f"} {
		f.Add(next)
	}
	c, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		if next == "" || c.checkNext(next) != nil {
			return
		}
		cursor := WorkspacePage{Next: next}.NextCursor()
		if cursor == "" {
			t.Fatalf("%q is taken, but has no cursor", next)
		}
		address, err := request{op: opListWorkspaces, query: ListWorkspacesOptions{Cursor: cursor}.query()}.url(c.base)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil || u.Host != "api.airbyte.ai" || u.Scheme != "https" || u.Path != opListWorkspaces.Path || u.Query().Get("cursor") != cursor || len(u.Query()) != 1 || strings.Contains(address, "#") {
			t.Fatalf("%q leads to %q: %v", next, address, err)
		}
	})
}
