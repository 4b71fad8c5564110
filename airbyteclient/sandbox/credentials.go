package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// configuration is what a create or a check has been given, sorted out.
type configuration struct {
	credentials, environment, settings object
}

// readConfiguration holds credentials against the ways to authorize, in either
// dialect, and settings against what the connector cannot do without.
func readConfiguration(d *definition, body object) (configuration, *response) {
	given, _ := body["credentials"].(object)
	environment, _ := body["environment"].(object)
	settings, _ := body["replication_config"].(object)
	c := configuration{credentials: given, environment: environment, settings: maps.Clone(settings)}
	if body["server_side_oauth_secret_id"] != nil && given == nil {
		c.credentials = object{"server_side_oauth_secret_id": body["server_side_oauth_secret_id"]}
		return c, c.missing(d)
	}
	if c.credentials == nil {
		c.credentials = d.credentialsIn(settings)
	}
	if !slices.ContainsFunc(d.auth, func(o authOption) bool { return o.fits(c.credentials) }) {
		bad := failure(400, fmt.Sprintf("Credentials do not match any auth scheme. Provided keys: %s. Available schemes: %s",
			words(slices.Sorted(maps.Keys(c.credentials))), d.schemes()))
		return c, &bad
	}
	return c, c.missing(d)
}

// credentialsIn finds them in a replication configuration: under "credentials", or
// beside the settings where the connector has one way only.
func (d *definition) credentialsIn(settings object) object {
	if nested, found := settings["credentials"].(object); found {
		return nested
	}
	found := object{}
	if d.flat() {
		for _, key := range d.auth[0].replication() {
			if v, given := settings[key.name]; given {
				found[key.name] = v
			}
		}
	}
	return found
}

func (c configuration) missing(d *definition) *response {
	var errs []fieldError
	for _, set := range d.settings {
		if _, given := c.settings[set.name]; set.required && !given {
			errs = append(errs, fieldError{"body.replication_config", fmt.Sprintf("required property '%s' not found", set.name), "required"})
		}
	}
	for _, set := range d.environment {
		_, beside := c.settings[set.name]
		if _, given := c.environment[set.name]; set.required && !given && !beside {
			errs = append(errs, fieldError{"body.environment", fmt.Sprintf("required property '%s' not found", set.name), "required"})
		}
	}
	if errs == nil {
		return nil
	}
	bad := invalid(errs...)
	return &bad
}

// fits tells whether credentials are of this way to authorize, in either dialect.
func (o authOption) fits(given object) bool {
	name, value, discriminated := strings.Cut(o.discriminator, "=")
	if tag, tagged := given[name]; discriminated && tagged {
		return tag == value && holdsKeys(given, o.replication(), name)
	}
	return holdsKeys(given, o.keys, "") || holdsKeys(given, o.replication(), "")
}

func holdsKeys(given object, keys []setting, tag string) bool {
	known := map[string]bool{tag: true}
	for _, key := range keys {
		known[key.name] = true
		v, found := given[key.name]
		if key.required && (!found || v == nil || v == "") {
			return false
		}
	}
	for name := range given {
		if !known[name] {
			return false
		}
	}
	return true
}

func (d *definition) schemes() string {
	var all []string
	for _, o := range d.auth {
		var need, may []string
		for _, key := range o.keys {
			if key.required {
				need = append(need, key.name)
			} else {
				may = append(may, key.name)
			}
		}
		scheme := fmt.Sprintf("'%s' (required: %s", o.title, words(need))
		if may != nil {
			scheme += ", optional: " + words(may)
		}
		all = append(all, scheme+")")
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// refused tells credentials that the third party would not take: by convention of
// the sandbox, those in which "invalid" or "bad" stands.
func refused(o object) bool {
	for _, v := range o {
		if inner, nested := v.(object); nested && refused(inner) {
			return true
		}
		low := strings.ToLower(text(v))
		if strings.Contains(low, "invalid") || strings.Contains(low, "bad") {
			return true
		}
	}
	return false
}
