package sandbox

import (
	"slices"
	"strings"
)

// sourceDefinitions lists every type of connector: those of which the default workspace
// has one first, then those that can be connected, then those that are only there to
// be found.
func sourceDefinitions() []*definition {
	all := []*definition{github(), hubspot(), stripe(), slack(), linear(), zendesk(), drive(), gong(), salesforce(), jira(), notion(), intercom()}
	for _, name := range []string{
		"Airtable", "Amazon Ads", "Amazon Seller Partner", "Amplitude", "Asana", "Ashby", "Chargebee", "ClickUp", "Confluence", "Customer.io",
		"Facebook Marketing", "Freshdesk", "GitLab", "Gmail", "Google Ads", "Google Analytics 4 (GA4)", "Google Search Console", "Granola",
		"Greenhouse", "Harvest", "incident.io", "Klaviyo", "LinkedIn Ads", "Mailchimp", "Monday", "Orb", "PayPal Transaction", "Pinterest",
		"Pylon", "SendGrid", "Sentry", "Shopify", "Snapchat Marketing", "TikTok Marketing", "Twilio", "Typeform", "WooCommerce",
		"Zendesk Chat", "Zendesk Talk", "Zoho CRM",
	} {
		slug := strings.Trim(strings.NewReplacer(" ", "-", ".", "-", "(", "", ")", "").Replace(strings.ToLower(name)), "-")
		all = append(all, &definition{
			id: uuid("definition", slug), name: name, slug: slug, support: "community", api: slug + ".example",
			auth:     []authOption{{title: "API Key", keys: []setting{secret("api_key", "API key of the account.")}}},
			settings: []setting{{name: "start_date", about: "Records from before this date are left out."}},
		})
	}
	all[slices.IndexFunc(all, func(d *definition) bool { return d.slug == "gmail" })].auth = []authOption{onlySignIn()}
	return all
}

// onlySignIn is the way of services to which Airbyte's own application must sign
// in: there is nothing that a person could fill in.
func onlySignIn() authOption {
	token := secret("refresh_token", "Refresh token.")
	token.hidden = true
	return authOption{title: "Sign in", oauth: true, discriminator: "auth_type=Client", keys: []setting{token}}
}

func secret(name, about string) setting {
	return setting{name: name, about: about, required: true, secret: true}
}

// optional makes keys that may be left out, as OAuth applications' own are.
func optional(names ...string) []setting {
	var list []setting
	for _, n := range names {
		list = append(list, setting{name: n, about: "Of the OAuth application or session.", secret: true})
	}
	return list
}

func oauthKeys(required setting, others ...string) []setting {
	return append([]setting{required}, optional(others...)...)
}

// summary is the definition as lists show it.
func (d *definition) summary() object {
	return object{
		"sourceDefinitionId": d.id, "name": d.name, "dockerRepository": "airbyte/source-" + d.slug,
		"iconUrl": "https://connectors.airbyte.com/files/metadata/airbyte/source-" + d.slug + "/latest/icon.svg", "custom": false, "supportLevel": d.support,
	}
}

func (s *Sandbox) listSourceDefinitions(c *call) response {
	name := strings.ToLower(c.URL.Query().Get("name"))
	out := []object{}
	for _, d := range s.store.definitions {
		if strings.Contains(strings.ToLower(d.name), name) {
			out = append(out, d.summary())
		}
	}
	return ok(object{"definitions": out})
}

func (s *Sandbox) getSourceDefinition(c *call) response {
	d := s.store.byID[strings.ToLower(c.id)]
	if d == nil {
		return notFound("Source definition", c.id)
	}
	full := d.summary()
	full["spec"] = d.spec()
	return ok(object{
		"id": d.id, "definition": full,
		"example_questions": object{"direct": append([]string{}, d.direct...), "search": append([]string{}, d.search...)},
	})
}

// spec describes the configuration as a JSON schema, in the replication dialect.
func (d *definition) spec() object {
	properties, required := object{}, []string{}
	order := 0
	add := func(into object, need *[]string, set setting) {
		into[set.name] = set.schema(order)
		order++
		if set.required {
			*need = append(*need, set.name)
		}
	}
	if d.flat() {
		for _, key := range d.auth[0].replication() {
			add(properties, &required, key)
		}
	} else {
		var options []any
		for _, option := range d.auth {
			name, value, _ := strings.Cut(option.discriminator, "=")
			need := []string{name}
			inner := object{name: object{"type": "string", "const": value, "default": value, "order": 0}}
			for _, key := range option.replication() {
				add(inner, &need, key)
			}
			options = append(options, object{"type": "object", "title": option.title, "required": need, "properties": inner})
		}
		properties["credentials"] = object{"type": "object", "title": "Authentication", "description": "How to authorize with " + d.name + ".", "order": 0, "oneOf": options}
		required = append(required, "credentials")
	}
	for _, set := range append(slices.Clone(d.environment), d.settings...) {
		add(properties, &required, set)
	}
	spec := object{
		"documentationUrl": "https://docs.airbyte.com/integrations/sources/" + d.slug,
		"connectionSpecification": object{
			"$schema": "http://json-schema.org/draft-07/schema#", "title": d.name + " Source Spec", "type": "object",
			"required": required, "properties": properties,
		},
	}
	if advanced := d.advancedAuth(); advanced != nil {
		spec["advanced_auth"] = advanced
	}
	return spec
}

// flat definitions have one way to authorize, whose keys stand beside the settings.
func (d *definition) flat() bool { return len(d.auth) == 1 && d.auth[0].discriminator == "" }

func (o authOption) replication() []setting {
	if o.replicationKey != nil {
		return o.replicationKey
	}
	return o.keys
}

func (s setting) schema(order int) object {
	kind := s.kind
	if kind == "" {
		kind = "string"
	}
	o := object{"type": kind, "title": strings.ReplaceAll(strings.ToUpper(s.name[:1])+s.name[1:], "_", " "), "description": s.about, "order": order}
	if s.secret {
		o["airbyte_secret"] = true
	}
	if s.hidden {
		o["airbyte_hidden"] = true
	}
	if kind == "array" {
		o["items"] = object{"type": "string"}
	}
	if s.example != "" {
		o["examples"] = []string{s.example}
	}
	if s.name == "start_date" {
		o["format"], o["examples"] = "date-time", []string{"2026-01-01T00:00:00Z"}
	}
	return o
}

func (d *definition) advancedAuth() object {
	for _, option := range d.auth {
		if !option.oauth {
			continue
		}
		output := object{}
		for _, key := range option.replication() {
			if key.required {
				path := []string{"credentials", key.name}
				if d.flat() {
					path = path[1:]
				}
				output[key.name] = object{"type": "string", "path_in_connector_config": path}
			}
		}
		application := object{"type": "object", "properties": object{"client_id": object{"type": "string"}, "client_secret": object{"type": "string"}}}
		advanced := object{
			"auth_flow_type": "oauth2.0",
			"oauth_config_specification": object{
				"complete_oauth_output_specification":        object{"type": "object", "properties": output},
				"complete_oauth_server_input_specification":  application,
				"complete_oauth_server_output_specification": application,
			},
		}
		if name, value, found := strings.Cut(option.discriminator, "="); found {
			advanced["predicate_key"], advanced["predicate_value"] = []string{"credentials", name}, value
		}
		return advanced
	}
	return nil
}

// destination is a type of destination: enough of one to make connection templates.
type destination struct {
	id, name, slug string
	settings       []setting
}

func destinations() []destination {
	host := setting{name: "host", about: "Host name of the server.", required: true}
	database := setting{name: "database", about: "Name of the database.", required: true}
	user := setting{name: "username", about: "User to connect as.", required: true}
	password := secret("password", "Password of the user.")
	list := []destination{
		{name: "Snowflake", slug: "snowflake", settings: []setting{host, database, user, password, {name: "warehouse", about: "Warehouse to load with.", required: true}, {name: "schema", about: "Default schema.", required: true}}},
		{name: "BigQuery", slug: "bigquery", settings: []setting{{name: "project_id", about: "Google Cloud project.", required: true}, {name: "dataset_id", about: "Default dataset.", required: true}, secret("credentials_json", "Service account key.")}},
		{name: "Postgres", slug: "postgres", settings: []setting{host, {name: "port", about: "Port of the server.", kind: "integer", required: true}, database, user, password}},
		{name: "S3", slug: "s3", settings: []setting{{name: "s3_bucket_name", about: "Bucket.", required: true}, {name: "s3_bucket_region", about: "Region of the bucket.", required: true}, secret("access_key_id", "Access key."), secret("secret_access_key", "Secret of the access key.")}},
		{name: "Databricks Lakehouse", slug: "databricks", settings: []setting{host, database, secret("personal_access_token", "Token.")}},
		{name: "Redshift", slug: "redshift", settings: []setting{host, database, user, password}},
	}
	for i := range list {
		list[i].id = uuid("destination", list[i].slug)
	}
	return list
}

func destinationByID(id string) (destination, bool) {
	for _, d := range destinations() {
		if strings.EqualFold(d.id, id) {
			return d, true
		}
	}
	return destination{}, false
}

func (d destination) icon() string {
	return "https://connectors.airbyte.com/files/metadata/airbyte/destination-" + d.slug + "/latest/icon.svg"
}

func (s *Sandbox) listDestinationDefinitions(c *call) response {
	wanted := c.URL.Query()["actorDefinitionIds"]
	for _, id := range wanted {
		if !isUUID(id) {
			return invalid(fieldError{"query.actorDefinitionIds", "Input should be a valid UUID", "uuid_parsing"})
		}
	}
	out := []object{}
	for _, d := range destinations() {
		if len(wanted) == 0 || slices.ContainsFunc(wanted, func(id string) bool { return strings.EqualFold(id, d.id) }) {
			out = append(out, object{"id": d.id, "name": d.name, "icon": d.icon()})
		}
	}
	return ok(object{"destinations": out})
}

func (s *Sandbox) getDestinationDefinition(c *call) response {
	d, found := destinationByID(c.id)
	if !found {
		return notFound("Destination definition", c.id)
	}
	properties, required := object{}, []string{}
	for i, set := range d.settings {
		properties[set.name] = set.schema(i)
		if set.required {
			required = append(required, set.name)
		}
	}
	return ok(object{"id": d.id, "definition": object{
		"destinationDefinitionId": d.id, "name": d.name, "dockerRepository": "airbyte/destination-" + d.slug,
		"iconUrl": d.icon(), "custom": false, "supportLevel": "certified",
		"spec": object{
			"documentationUrl": "https://docs.airbyte.com/integrations/destinations/" + d.slug,
			"connectionSpecification": object{
				"$schema": "http://json-schema.org/draft-07/schema#", "title": d.name + " Destination Spec", "type": "object", "required": required, "properties": properties,
			},
			"supported_destination_sync_modes": []string{"append", "append_dedup", "overwrite"},
		},
	}})
}
