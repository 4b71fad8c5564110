package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// store is the state of the service. Records are values that never change: a write
// puts a new slice in place of the old, so a reader holds the lock only to fetch one.
type store struct {
	counter     atomic.Int64
	options     Options
	definitions []*definition
	byID        map[string]*definition
	made        map[string]*sync.Once // by connector slug: its records are made when first asked for

	writes sync.Mutex // held by who rewrites a table, and taken before mu

	mu                  sync.RWMutex       // guards all below
	data                map[string]dataset // by connector slug
	indexed             map[string]dataset // what the Context Store holds
	workspaces          []*workspace
	connectors          []*connector
	sourceTemplates     []*sourceTemplate
	connectionTemplates []*connectionTemplate
	oauth               map[string]object
	sessions            map[string]session // by ID
}

type workspace struct {
	id, name, status, visibility string
	color                        any
	cacheEnabled                 any // bool, or nil to inherit
	created, updated             time.Time
}

type connector struct {
	id, name, workspaceID, templateID string
	definition                        *definition
	credentials, environment, config  object
	entities                          any // []any, or nil when never set
	created, updated                  time.Time
	refused                           bool   // the third party does not take these credentials
	job                               string // of its deletion
	sightings                         int    // how often it is still seen once its deletion is asked for
}

func newStore(o Options) *store {
	st := &store{
		options: o, definitions: sourceDefinitions(), byID: map[string]*definition{}, oauth: map[string]object{}, sessions: map[string]session{},
		made: map[string]*sync.Once{}, data: map[string]dataset{}, indexed: map[string]dataset{},
	}
	for _, d := range st.definitions {
		st.byID[d.id] = d
		if d.entities != nil {
			st.made[d.slug] = &sync.Once{}
		}
	}
	for key := range o.Records {
		slug, name, _ := strings.Cut(key, "/")
		if d := st.slug(slug); d == nil || d.entity(name) == nil {
			panic(fmt.Sprintf("sandbox: Options.Records: there is no entity %q", key))
		}
	}
	st.sourceTemplates = seedSourceTemplates(st.definitions)
	st.connectionTemplates = seedConnectionTemplates()
	st.workspaces, st.connectors = seedOrganization(st)
	return st
}

// next numbers what is made: identifiers are the same in every run of the same requests.
func (st *store) next() int64 { return st.counter.Add(1) }

func (st *store) newID(kind string) string { return uuid("made", kind, fmt.Sprint(st.next())) }

// uuid derives an identifier from names.
func uuid(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "/")))
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (st *store) workspace(id string) *workspace {
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, w := range st.workspaces {
		if strings.EqualFold(w.id, id) {
			return w
		}
	}
	return nil
}

// workspaceNamed finds a workspace by its exact name; the oldest wins.
func (st *store) workspaceNamed(name string) *workspace {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.named(name)
}

func (st *store) named(name string) *workspace {
	for _, w := range st.workspaces {
		if w.name == name {
			return w
		}
	}
	return nil
}

func (st *store) ensureWorkspace(name string, now time.Time) *workspace {
	st.mu.Lock()
	defer st.mu.Unlock()
	if w := st.named(name); w != nil {
		return w
	}
	w := &workspace{id: st.newID("workspace"), name: name, status: "active", visibility: "shared", created: now, updated: now}
	st.workspaces = append(st.workspaces, w)
	return w
}

// replaceWorkspace puts a changed copy in place, or removes the workspace and what
// lives in it when changed is nil.
func (st *store) replaceWorkspace(id string, change func(workspace) *workspace) *workspace {
	st.mu.Lock()
	defer st.mu.Unlock()
	for i, w := range st.workspaces {
		if !strings.EqualFold(w.id, id) {
			continue
		}
		changed := change(*w)
		if changed != nil {
			st.workspaces[i] = changed
			return changed
		}
		st.workspaces = slices.Delete(st.workspaces, i, i+1)
		st.connectors = slices.DeleteFunc(st.connectors, func(c *connector) bool { return c.workspaceID == w.id })
		return w
	}
	return nil
}

// connector returns the connector unless its deletion has been asked for.
func (st *store) connector(id string) *connector {
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, c := range st.connectors {
		if strings.EqualFold(c.id, id) && c.job == "" {
			return c
		}
	}
	return nil
}

// sight returns the connectors that fit, as a list or a get sees them: one whose
// deletion has been asked for is seen once more, then it is gone.
func (st *store) sight(fits func(*connector) bool) []connector {
	st.mu.Lock()
	defer st.mu.Unlock()
	var seen []connector
	st.connectors = slices.DeleteFunc(st.connectors, func(c *connector) bool {
		if !fits(c) {
			return false
		}
		if c.job != "" {
			if c.sightings == 0 {
				return true
			}
			c.sightings--
		}
		seen = append(seen, *c)
		return false
	})
	return seen
}

func (st *store) addConnector(c *connector) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.connectors = append(st.connectors, c)
}

func (st *store) replaceConnector(id string, change func(*connector)) *connector {
	st.mu.Lock()
	defer st.mu.Unlock()
	for i, c := range st.connectors {
		if strings.EqualFold(c.id, id) {
			changed := *c
			change(&changed)
			st.connectors[i] = &changed
			return &changed
		}
	}
	return nil
}

// furnish makes the records of a connector type, once. Most tests read one or two of
// the twelve, and all of them together took most of the time of New.
func (st *store) furnish(slug string) {
	once := st.made[slug]
	if once == nil {
		return
	}
	once.Do(func() {
		d := newWorld(slug, st.options.Payload)
		for _, e := range st.slug(slug).entities {
			d.grow(slug, e.rows(), st.options.Records[slug+"/"+e.name])
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		st.data[slug], st.indexed[slug] = d, maps.Clone(d)
	})
}

// rows returns the records of a table as they are now.
func (st *store) rows(slug, table string) []*record {
	st.furnish(slug)
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.data[slug][table]
}

// synced returns the records of a table as the Context Store holds them.
func (st *store) synced(slug, table string) []*record {
	st.furnish(slug)
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.indexed[slug][table]
}

// rewrite replaces the records of a table. The change may read the store, which it
// could not if it ran under the lock of readers.
func (st *store) rewrite(slug, table string, change func([]*record) []*record) {
	st.writes.Lock()
	defer st.writes.Unlock()
	changed := change(slices.Clone(st.rows(slug, table)))
	st.mu.Lock()
	defer st.mu.Unlock()
	st.data[slug][table] = changed
}
