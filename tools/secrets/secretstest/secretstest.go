package secretstest

import (
	"strings"
)

// Made is a made-up text of n characters of an alphabet, always the same. The
// tokens here are put together when the tests run: no scanner should find them.
func Made(alphabet string, n int) string {
	b, x := make([]byte, n), uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = alphabet[x%uint32(len(alphabet))]
	}
	return string(b)
}

const (
	numerals, hexes, uppers = "0123456789", "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	latin                   = "abcdefghijklmnopqrstuvwxyz" + uppers
	Alnums, wides           = latin + numerals, latin + numerals + "_-"
)

// SomeTokens are made-up tokens, by what they look like.
func SomeTokens() map[string][]string {
	uuid := Made(hexes, 8) + "-" + Made(hexes, 4) + "-" + Made(hexes, 4) + "-" + Made(hexes, 4) + "-" + Made(hexes, 12)
	all := map[string][]string{
		"a GitHub token":               {"github_pat_" + Made(Alnums, 22) + "_" + Made(Alnums, 59)},
		"a GitLab token":               {"glpat-" + Made(wides, 20), "glpat-" + Made(wides, 27) + ".01." + Made(hexes, 9)},
		"a webhook signing secret":     {"whsec_" + Made(Alnums+"+/", 32)},
		"a Slack token":                {"xapp-1-A" + Made(uppers+numerals, 10) + "-" + Made(numerals, 13) + "-" + Made(hexes, 64)},
		"a HubSpot token":              {"pat-na1-" + uuid, "pat-eu1-" + uuid},
		"a Notion token":               {"ntn_" + Made(numerals, 11) + Made(Alnums, 35), "secret_" + Made(Alnums, 43)},
		"a Linear key":                 {"lin_api_" + Made(Alnums, 40), "lin_oauth_" + Made(hexes, 64)},
		"a Google API key":             {"AIza" + Made(wides, 35)},
		"a Google token":               {"ya29." + Made(wides, 120), "1//0" + Made(wides, 60)},
		"a Google OAuth client secret": {"GOCSPX-" + Made(wides, 28)},
		"an AWS access key":            {"AKIA" + Made(uppers+"234567", 16), "ASIA" + Made(uppers+"234567", 16)},
		"a Salesforce token":           {"00D" + Made(Alnums, 12) + "!" + Made(Alnums, 90), "5Aep861" + Made(Alnums, 70)},
		"an Airbyte model key":         {"abm_" + Made(Alnums, 32)},
		"a JWT":                        {"eyJ" + Made(Alnums, 33) + ".eyJ" + Made(Alnums, 80) + "." + Made(wides, 43)},
		"a SendGrid key":               {"SG." + Made(wides, 22) + "." + Made(wides, 43)},
		"an Anthropic key":             {"sk-ant-" + "api03-" + Made(wides, 93) + "AA"},
		"an OpenAI key":                {"sk-" + Made(Alnums, 48), "sk-proj-" + Made(wides, 120), "sk-or-v1-" + Made(hexes, 64)},
		"an npm token":                 {"npm_" + Made(Alnums, 36)},
		"an Intercom token":            {"dG9rO" + Made(Alnums, 51) + "=="},
		"an Atlassian token":           {"ATATT3x" + "FfGF0" + Made(wides, 180) + "=" + Made("ABCDEF"+numerals, 8)},
		"a private key":                {"-----BEGIN RSA " + "PRIVATE KEY-----\n" + Made(Alnums+"+/", 64) + "\n" + Made(Alnums+"+/", 64) + "\n-----END RSA PRIVATE KEY-----"},
	}
	for _, kind := range []string{"p", "o", "u", "s", "r"} {
		all["a GitHub token"] = append(all["a GitHub token"], "gh"+kind+"_"+Made(Alnums, 36))
	}
	for _, kind := range []string{"sk", "rk"} {
		for _, mode := range []string{"live", "test"} {
			all["a Stripe key"] = append(all["a Stripe key"], kind+"_"+mode+"_"+Made(Alnums, 24), kind+"_"+mode+"_51"+Made(Alnums, 97))
		}
	}
	for _, kind := range []string{"b", "p", "a", "r", "s"} {
		all["a Slack token"] = append(all["a Slack token"], "xox"+kind+"-"+Made(numerals, 12)+"-"+Made(numerals, 13)+"-"+Made(Alnums, 24))
	}
	for _, kind := range []string{"at", "ss", "pa"} {
		all["a Shopify token"] = append(all["a Shopify token"], "shp"+kind+"_"+Made(hexes, 32))
	}
	return all
}

// Ordinary are texts that people and services write, and no secrets.
var Ordinary = []string{
	"", "ghp_xxxx", "sk_live_...", "ghp_" + strings.Repeat("x", 36), "sk_test_XXXXXXXXXXXXXXXXXXXXXXXX", "ghp_YOUR_TOKEN_GOES_HERE_PLEASE_1",
	"ghp_abcdefghijklmnopqrstuvwxyz0123456789", "sk_live_1234567890123456", "AKIAIOSFODNN7" + "EXAMPLE", "xoxb-your-bot-token-goes-here-1234",
	"lin_api_<key>", "github_pat_" + strings.Repeat("0", 82), "Tokens begin with ghp_, gho_ or github_pat_ and have 40 characters.",
	"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", "postgres://user:password@localhost/db", "postgres://$USER:$PASSWORD@$HOST/db",
	"mongodb://user:<password>@host", "http://localhost:3000 or mail ines@lanternworks.example", "https://host.example:443/x?mail=a@b.example",
	"ssh://git@github.com:22/x.git", "git@github.com:airbytehq/airbyte.git", "user@example.com", "urn:x://a:b", "12:30://x",
	"cus_Lw10000000Qx", "sub_1MowQVLkdIwHu7ixeRlqHVzs", "pi_3MtwBwLkdIwHu7ix28a3tqPa", "price_1MoBy5LkdIwHu7ixZhnattbh", "acct_1032D82eZvKYlo2C",
	"evt_1NG8Du2eZvKYlo2CUI79vXWy", "ch_3MmlLrLkdIwHu7ix0snN0B15", "in_1MtHbELkdIwHu7ixl4OzzPMv",
	"ef69ef6e-aa7f-4af1-a01d-ef775033524e", "00D5f000000abcdEAG", "0015f00002abcdEAAQ", "U012ABCDEF", "C0123456789", "1Lw-alderquay-0000",
	"da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256:" + strings.Repeat("0123456789abcdef", 4), "lanternworks-app-1.2.3-amd64",
	"sk-fading-circle-2-with-a-very-long-modifier-name-indeed", "sk-SK", "risk-2026-11-02-board-review-of-everything", "task_live_" + "1a2b3c4d5e6f7g8h9i0j",
	"secret_santa_2026_participants_and_their_wishes_by_team", "ntn_roadmap", "patient-na1-record", "eyJhIjoxfQ==", "eyJwYWdlIjoyLCJhZnRlciI6ImFiYzEyMyJ9",
	"MToxNzYxMDA4MDAwOmFiY2RlZmdoaWprbG1ub3A", "WzE3NjEwMDgwMDAsImFiYyJd", "AIzaddition", "ASIA and AKIA", "ASIAPACIFICREGIONSALES2026", "SG.1.2", "SG. The rest follows.",
	"whsec_", "npm_config_registry_of_this_project_0", "00D! is no ID", "shpat_is_a_prefix", "Basic dXNlcjpwYXNz",
	"SELECT Id, Name FROM Account WHERE CreatedDate > 2026-01-01T00:00:00Z", "0 0 9 ? * MON-FRI",
}
