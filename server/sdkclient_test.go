package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mark3labs/mcp-go/client"
	sdktransport "github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// handler is what a client's program does when its person is asked.
type handler func(mcp.ElicitationParams) mcp.ElicitationResponse

func (h handler) Elicit(_ context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return &mcp.ElicitationResult{ElicitationResponse: h(r.Params)}, nil
}

// The whole of both moments, by a client that is not ours.
func TestSDKsClientConnectsAndWrites(t *testing.T) {
	t.Parallel()
	both := &mcp.ElicitationCapability{Form: &struct{}{}, URL: &struct{}{}}
	url := &mcp.ElicitationCapability{URL: &struct{}{}}
	form := &mcp.ElicitationCapability{}
	for _, row := range []struct {
		name, transport, version string
		can                      *mcp.ElicitationCapability
	}{
		{"stdio/url", "stdio", "2025-11-25", url},
		{"stdio/both", "stdio", "2025-11-25", both},
		{"stdio modern/url", "stdio", "2026-07-28", url},
		{"mcp/form", "mcp", "2025-11-25", form},
		{"mcp/url", "mcp", "2025-11-25", url},
		{"mcp modern/url", "mcp", "2026-07-28", url},
		{"mcp modern/form", "mcp", "2026-07-28", form},
		{"mcp modern/none", "mcp", "2026-07-28", nil},
		{"sse/none", "sse", "2024-11-05", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, settings{config: func(c *Config) {
				confirming(c)
				if row.transport == "stdio" {
					c.Transport = "stdio"
				}
			}})
			var connection sdktransport.Interface
			var person *browser
			if row.transport == "stdio" {
				connection, person = stdioTransport(t, b), newBrowser(t, nil)
			} else {
				web := b.listen(t).web
				connection, person = webTransport(t, web.client, web.url, row.transport), newBrowser(t, web.client.Transport)
			}
			var forms, pages atomic.Int32
			var people sync.WaitGroup // on pages
			t.Cleanup(people.Wait)
			options := []client.ClientOption{client.WithClientCapabilities(mcp.ClientCapabilities{Elicitation: row.can})}
			if row.can != nil {
				options = append(options, client.WithElicitationHandler(handler(func(p mcp.ElicitationParams) mcp.ElicitationResponse {
					if p.Mode != mcp.ElicitationModeURL {
						forms.Add(1)
						return mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"approve": true}}
					}
					pages.Add(1)
					people.Go(func() { person.finish(momentOf(p.URL), p.URL, "") })
					return mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept}
				})))
			}
			c := client.NewClient(connection, options...)
			if err := c.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			hello := mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: row.version, ClientInfo: mcp.Implementation{Name: "test", Version: "1"}}}
			if _, err := c.Initialize(t.Context(), hello); err != nil || c.ProtocolVersion() != row.version {
				t.Fatalf("speaks %q: %v", c.ProtocolVersion(), err)
			}
			wantForms, wantPages := int32(0), int32(0)
			for moment, call := range moments {
				ask := func() (*mcp.CallToolResult, string) {
					t.Helper()
					got, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: call.tool, RawArguments: []byte(call.arguments)}})
					people.Wait()
					if err != nil {
						t.Fatal(err)
					}
					return got, mcp.GetTextFromContent(got.Content[0])
				}
				ability := map[*mcp.ElicitationCapability]string{both: "both", url: "url", form: "form", nil: "none"}[row.can]
				got, said := ask()
				switch wayTo(row.transport, ability, moment) {
				case "form":
					wantForms++
				case "url":
					wantPages++
				default:
					person.finish(moment, pageLink.FindString(said), "")
					got, said = ask()
				}
				if got.IsError || !strings.Contains(said, call.outcome) || b.sent(moment) != 1 {
					t.Errorf("%d were sent: %s", b.sent(moment), said)
				}
			}
			if forms.Load() != wantForms || pages.Load() != wantPages {
				t.Errorf("asked by %d forms and %d pages, want %d and %d", forms.Load(), pages.Load(), wantForms, wantPages)
			}
		})
	}
}

func momentOf(page string) string {
	if strings.Contains(page, "/approve/") {
		return "write"
	}
	return "connect"
}

func stdioTransport(t *testing.T, b *bench) sdktransport.Interface {
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := b.ServeStdio(ctx, in, out); err != nil {
			t.Error(err)
		}
		_ = out.Close()
	}()
	t.Cleanup(func() { stop(); _ = in.Close(); _ = fromServer.Close(); <-served })
	return sdktransport.NewIO(fromServer, toServer, io.NopCloser(strings.NewReader("")))
}

func webTransport(t *testing.T, c *http.Client, url, kind string) sdktransport.Interface {
	t.Helper()
	var made sdktransport.Interface
	var err error
	if kind == "sse" {
		made, err = sdktransport.NewSSE(url+"/sse", sdktransport.WithHTTPClient(c), sdktransport.WithSSELogger(discarded))
	} else {
		made, err = sdktransport.NewStreamableHTTP(url+"/mcp", sdktransport.WithHTTPBasicClient(c), sdktransport.WithHTTPLogger(discarded))
	}
	if err != nil {
		t.Fatal(err)
	}
	return made
}
