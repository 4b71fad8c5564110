package airbyteclient

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
)

var (
	opListSkills   = Operation{"ListSkills", "list skills", http.MethodGet, "/api/v1/skills"}
	opSearchSkills = Operation{"SearchSkills", "search skills", http.MethodGet, "/api/v1/skills/search"}
	opGetSkillDocs = Operation{"GetSkillDocs", "get skill docs", http.MethodGet, "/api/v1/skills/docs"}
)

// Skill describes one document of how to use the API or a connector.
type Skill struct {
	// ID is for GetSkillDocs.
	ID string `json:"id"`
	// Kind is static or connector_source.
	Kind       string         `json:"kind"`
	Title      string         `json:"title"`
	Summary    string         `json:"summary,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	Provenance string         `json:"provenance"`
	Version    string         `json:"version"`
	Freshness  SkillFreshness `json:"freshness"`
	Warnings   []string       `json:"warnings,omitempty"`
}

// SkillFreshness tells how current a skill is.
type SkillFreshness struct {
	// State is static, live, degraded or unknown; live when empty.
	State     string `json:"state,omitempty"`
	CheckedAt string `json:"checked_at,omitempty"`
}

// SkillPage is one page of skills.
type SkillPage struct {
	Data []Skill `json:"data"`
	// NextCursor is opaque, and empty on the last page.
	NextCursor string `json:"next_cursor,omitempty"`
}

// ListSkillsOptions pages skills and may keep to an organization or workspace.
type ListSkillsOptions struct {
	// Limit is the page size, 1 to 100; the API takes 20 when it is 0.
	Limit int
	// Cursor is SkillPage.NextCursor of the page before.
	Cursor         string
	OrganizationID string
	WorkspaceID    string
}

// SkillDocsOptions says which document to read.
type SkillDocsOptions struct {
	// ID is required; of a connector it is ConnectorInspection.DocsSkillID.
	ID string
	// Section is SkillSection.ID; empty asks for the introduction.
	Section        string
	OrganizationID string
	WorkspaceID    string
}

// SkillDocs is a skill's outline and the content of one section.
type SkillDocs struct {
	Metadata  Skill          `json:"metadata"`
	Outline   []SkillSection `json:"outline"`
	SectionID string         `json:"section_id,omitempty"`
	Content   []SkillBlock   `json:"content,omitempty"`
}

// SkillSection is a line of a skill's outline.
type SkillSection struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"`
	// Available is true unless the service says otherwise; nil when it does not say.
	Available *bool `json:"available,omitempty"`
}

// SkillBlock is one block of a skill's content. Which fields are set depends
// on Type: heading, paragraph, list, code, table, or one of a later version.
type SkillBlock struct {
	Type     string     `json:"type"`
	Text     string     `json:"text,omitempty"`
	Level    int        `json:"level,omitempty"`
	Items    []string   `json:"items,omitempty"`
	Language string     `json:"language,omitempty"`
	Code     string     `json:"code,omitempty"`
	Headers  []string   `json:"headers,omitempty"`
	Rows     [][]string `json:"rows,omitempty"`
	// Raw is the block as it came, for types that the other fields do not fit.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the block as it came and never fails: a block of an
// unknown shape has Raw, and whatever else could be read.
func (b *SkillBlock) UnmarshalJSON(data []byte) error {
	type plain SkillBlock
	var p plain
	// A partial fill is what we want of a block of a later version.
	_ = json.Unmarshal(data, &p)
	p.Raw = append(json.RawMessage(nil), data...)
	*b = SkillBlock(p)
	return nil
}

// MarshalJSON gives Raw where there is one.
func (b SkillBlock) MarshalJSON() ([]byte, error) {
	if len(b.Raw) > 0 {
		return b.Raw, nil
	}
	type plain SkillBlock
	return json.Marshal(plain(b))
}

func (o ListSkillsOptions) query() query {
	q := query{}.
		set("cursor", o.Cursor).
		set("organization_id", o.OrganizationID).
		set("workspace_id", o.WorkspaceID)
	if o.Limit != 0 {
		q = q.set("limit", strconv.Itoa(o.Limit))
	}
	return q
}

// ListSkills returns one page of skills: GET /skills.
func (c *Client) ListSkills(ctx context.Context, opts ListSkillsOptions) (*SkillPage, error) {
	return c.skillPage(ctx, request{op: opListSkills, query: opts.query()})
}

// SearchSkills returns one page of the skills that match text:
// GET /skills/search. An empty text is refused by the service.
func (c *Client) SearchSkills(ctx context.Context, text string, opts ListSkillsOptions) (*SkillPage, error) {
	return c.skillPage(ctx, request{op: opSearchSkills, query: opts.query().set("query", text)})
}

func (c *Client) skillPage(ctx context.Context, r request) (*SkillPage, error) {
	page, err := call[SkillPage](ctx, c, r)
	if err != nil {
		return nil, err
	}
	page.Data = filled(page.Data)
	return page, nil
}

// Skills goes through all skills, page after page: GET /skills. It ends after
// the first error, which a repeated cursor is too.
func (c *Client) Skills(ctx context.Context, opts ListSkillsOptions) iter.Seq2[Skill, error] {
	return pages(opListSkills, opts.Cursor, func(cursor string) ([]Skill, string, error) {
		opts.Cursor = cursor
		page, err := c.ListSkills(ctx, opts)
		if err != nil {
			return nil, "", err
		}
		return page.Data, page.NextCursor, nil
	})
}

// GetSkillDocs reads a skill: GET /skills/docs.
func (c *Client) GetSkillDocs(ctx context.Context, opts SkillDocsOptions) (*SkillDocs, error) {
	docs, err := call[SkillDocs](ctx, c, request{op: opGetSkillDocs, query: query{}.
		set("id", opts.ID).
		set("section", opts.Section).
		set("organization_id", opts.OrganizationID).
		set("workspace_id", opts.WorkspaceID)})
	if err != nil {
		return nil, err
	}
	docs.Outline = filled(docs.Outline)
	docs.Content = filled(docs.Content)
	return docs, nil
}
