package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// github pages like GraphQL, wants owner and repo with almost everything, and answers
// null for what it does not know.
func github() *definition {
	owner, repo := str("owner", is("@owner")).path().says("Account or organization that owns the repository."), str("repo", is("@repo")).path().says("Name of the repository.")
	pages := func() *dialect { return githubPages("per_page") }
	one := func(params ...param) action {
		a := got(params...).with(list("fields", nil).says("Fields to ask of the API."))
		a.nullable = true
		return a
	}
	issueNumber := str("issue_number", is("number")).path().says("Number of the issue or pull request.")
	states := list("states", among("state"))
	all := func(params ...param) action { return listed(pages(), params...) }
	inRepo := func(params ...param) action { return all(append([]param{owner, repo}, params...)...) }
	query := func(kind string) param {
		return str("query", githubQuery(kind)).need().says("GitHub search syntax, such as repo:lanternworks/platform is:open export.")
	}
	org := str("org", is("@owner")).path().says("Login of the organization.")

	return &definition{
		id: "ef69ef6e-aa7f-4af1-a01d-ef775033524e", name: "GitHub", slug: "github", support: "certified", api: "api.github.example",
		auth: []authOption{
			{title: "OAuth 2", oauth: true, discriminator: "option_title=OAuth Credentials", keys: []setting{secret("access_token", "OAuth access token.")}},
			{title: "Personal Access Token", discriminator: "option_title=PAT Credentials", keys: []setting{secret("token", "Personal access token.")}, replicationKey: []setting{secret("personal_access_token", "Personal access token.")}},
		},
		settings: []setting{
			{name: "repositories", about: "Repositories as owner/name.", kind: "array", required: true},
			{name: "start_date", about: "Records from before this date are left out."},
		},
		direct: []string{"List the open issues in lanternworks/platform", "Who reviewed pull request 101?"},
		search: []string{"Which issues mention webhooks?", "What did we merge last week?"},
		entities: []entity{
			{name: "repositories", about: "Code repositories of a user or organization: name, description, private or public, language, stars, forks.", indexed: true, actions: []action{
				one(owner, repo), all(str("username", is("@owner")).need().says("Login of the user or organization.")), searched(githubPages("limit"), query("repositories")),
			}},
			{name: "org_repositories", about: "Only those repositories that one organization owns, by its login; the same records as repositories.", table: "repositories", actions: []action{all(org)}},
			{name: "branches", about: "Lines of development in a repository: name, latest commit.", indexed: true, actions: []action{inRepo(), one(owner, repo, str("branch", is("name")).path())}},
			{name: "commits", about: "Changes to the code: message, author, date, lines added and deleted.", indexed: true, actions: []action{inRepo(), one(owner, repo, str("sha", is("oid")).path())}},
			{name: "releases", about: "Published versions of the software: tag, name, release notes (description), date.", indexed: true, actions: []action{inRepo(), one(owner, repo, str("tag", is("tagName")).path())}},
			{name: "issues", about: "Bugs, feature requests and tasks that people reported: title, body, state (OPEN, CLOSED), labels, assignees, author.", indexed: true, actions: []action{
				inRepo(states.oneOf("OPEN", "CLOSED")), one(owner, repo, integer("number", is("number")).path()), searched(pages(), query("issues")),
				{name: "create", params: []param{
					owner, repo, str("title", nil).body("title").need(), str("body", nil).body("body"), list("labels", nil).body("labels"),
					list("assignees", nil).body("assignees"), integer("milestone", nil).body("milestone"),
				}, make: makeGitHubIssue},
				{name: "update", params: []param{
					owner, repo, issueNumber, str("title", nil).body("title"), str("body", nil).body("body"), str("state", nil).body("").oneOf("open", "closed"),
					str("state_reason", nil).body("stateReason"), list("labels", nil).body("labels"), list("assignees", nil).body("assignees"),
					integer("milestone", nil).body("milestone"),
				}, change: changeGitHubIssue},
			}},
			{name: "pull_requests", about: "Proposed changes to the code: title, state (OPEN, CLOSED, MERGED), author, branches, when merged.", indexed: true, actions: []action{
				inRepo(states.oneOf("OPEN", "CLOSED", "MERGED")), one(owner, repo, integer("number", is("number")).path()), searched(pages(), query("pull_requests")),
				{name: "create", params: []param{
					owner, repo, str("title", nil).body("title").need(), str("head", nil).body("headRefName").need(), str("base", nil).body("baseRefName").need(),
					str("body", nil).body("body"), boolean("draft", nil).body("isDraft"), boolean("maintainer_can_modify", nil).body(""),
				}, make: makeGitHubPull},
			}},
			{name: "reviews", about: "Reviews of a pull request: who approved it or requested changes, and when.", indexed: true, actions: []action{inRepo(integer("number", is("@number")).path())}},
			{name: "comments", about: "What people wrote under an issue or pull request: text, author, date.", indexed: true, actions: []action{
				inRepo(integer("number", is("@number")).path()), one(str("id", is("id")).path()),
				{name: "create", params: []param{owner, repo, str("issue_number", is("@number")).path(), str("body", nil).body("body").need()}, make: makeGitHubComment},
			}},
			{name: "pr_comments", about: "Comments of reviewers on single lines of a pull request.", actions: []action{inRepo(integer("number", is("@number")).path()), one(str("id", is("id")).path())}},
			{name: "labels", about: "Labels of a repository that issues are sorted by: name, color, description.", actions: []action{inRepo(), one(owner, repo, str("name", is("name")).path())}},
			{name: "milestones", about: "Goals that issues are gathered under: title, state, due date, progress.", indexed: true, actions: []action{inRepo(states.oneOf("OPEN", "CLOSED")), one(owner, repo, integer("number", is("number")).path())}},
			{name: "organizations", about: "Accounts that companies share: login, name, description.", actions: []action{one(str("org", is("login")).path()), all(str("username", nil).need())}},
			{name: "users", about: "People: login, name, email, company.", indexed: true, actions: []action{one(str("username", is("login")).path()), all(org), searched(githubPages("limit"), query("users"))}},
			{name: "teams", about: "Teams of people in an organization: name, slug, privacy, number of members.", indexed: true, actions: []action{all(org), one(org, str("team_slug", is("slug")).path())}},
			{name: "tags", about: "Git tags, the names given to commits.", actions: []action{inRepo(), one(owner, repo, str("tag", is("name")).path())}},
			{name: "stargazers", about: "People who starred a repository, and when.", actions: []action{inRepo()}},
			{name: "viewer", about: "The signed-in user: login, name, email.", actions: []action{one()}},
			{name: "viewer_repositories", about: "Only those repositories that the signed-in user can reach; the same records as repositories.", table: "repositories", actions: []action{all()}},
			{name: "projects", about: "Project boards of an organization: title, number, whether closed.", actions: []action{all(org), one(org, integer("project_number", is("number")).path())}},
			{name: "project_items", about: "Cards on a project board: an issue or pull request, and its status.", actions: []action{all(org, integer("project_number", is("@project")).path())}},
		},
	}
}

// githubQuery reads the qualifiers repo:, org:, is:, state:, label:, author: and plain words.
func githubQuery(kind string) func(*record, any) bool {
	return func(r *record, value any) bool {
		var rest []string
		for _, word := range strings.Fields(text(value)) {
			key, v, qualified := strings.Cut(word, ":")
			ok := true
			switch {
			case !qualified:
				rest = append(rest, word)
			case key == "repo":
				ok = strings.EqualFold(r.keys["owner"]+"/"+r.keys["repo"], v)
			case key == "org" || key == "user" || key == "owner":
				ok = strings.EqualFold(r.keys["owner"], v)
			case key == "is" || key == "state":
				isKind := v == "issue" || v == "pr" || v == "public" || v == "private"
				ok = isKind || strings.EqualFold(plain(r.fields["state"]), v)
			case key == "label":
				labels, _ := r.fields["labels"].([]any)
				ok = slices.ContainsFunc(labels, func(l any) bool { return strings.EqualFold(plain(l), strings.Trim(v, `"`)) })
			case key == "author":
				ok = same(r.lookup("author.login"), v)
			}
			if !ok {
				return false
			}
		}
		return mentions(r, strings.Join(rest, " "))
	}
}

func repoKeys(repo string) map[string]string {
	return map[string]string{"owner": githubOrg, "repo": repo}
}

func numbered(repo string, number int) map[string]string {
	keys := repoKeys(repo)
	keys["number"] = fmt.Sprint(number)
	return keys
}

// repositoryOf finds where a new issue goes, and the next number there.
func (w *write) repositoryOf() (keys map[string]string, number int) {
	owner, repo := text(w.params["owner"]), text(w.params["repo"])
	for _, r := range w.store.rows("github", "repositories") {
		if r.keys["owner"] == owner && r.keys["repo"] == repo {
			return repoKeys(repo), 1000 + int(w.store.next())
		}
	}
	return nil, 0
}

func makeGitHubIssue(w *write) *record {
	keys, number := w.repositoryOf()
	if keys == nil {
		return nil
	}
	labels, _ := w.params["labels"].([]any)
	assignees, _ := w.params["assignees"].([]any)
	return newRecord(object{
		"id": fmt.Sprintf("I_kwDOLw%06d", number), "number": number, "title": w.params["title"], "body": w.params["body"], "state": "OPEN", "stateReason": nil,
		"labels": append([]any{}, labels...), "assignees": append([]any{}, assignees...), "milestone": w.params["milestone"], "author": object{"login": githubOrg + "-bot"},
		"createdAt": w.now, "updatedAt": w.now, "closedAt": nil, "url": fmt.Sprintf("https://github.com/%s/%s/issues/%d", githubOrg, keys["repo"], number),
	}, keys)
}

func changeGitHubIssue(w *write, fields object) {
	if state := text(w.params["state"]); state != "" {
		fields["state"], fields["closedAt"] = strings.ToUpper(state), nil
		if state == "closed" {
			fields["closedAt"] = w.now
		}
	}
	fields["updatedAt"] = w.now
}

func makeGitHubPull(w *write) *record {
	keys, number := w.repositoryOf()
	if keys == nil {
		return nil
	}
	return newRecord(object{
		"id": fmt.Sprintf("PR_kwDOLw%06d", number), "number": number, "title": w.params["title"], "body": w.params["body"], "state": "OPEN",
		"isDraft": w.params["draft"] == true, "headRefName": w.params["head"], "baseRefName": w.params["base"], "author": object{"login": githubOrg + "-bot"},
		"labels": []any{}, "createdAt": w.now, "updatedAt": w.now, "mergedAt": nil, "url": fmt.Sprintf("https://github.com/%s/%s/pull/%d", githubOrg, keys["repo"], number),
	}, keys)
}

// discussed tells whether there is an issue or pull request of that number.
func (w *write) discussed(keys map[string]string) bool {
	for _, table := range []string{"issues", "pull_requests"} {
		for _, r := range w.store.rows("github", table) {
			if r.keys["repo"] == keys["repo"] && same(r.fields["number"], keys["number"]) {
				return true
			}
		}
	}
	return false
}

func makeGitHubComment(w *write) *record {
	keys, _ := w.repositoryOf()
	if keys == nil {
		return nil
	}
	keys["number"] = plain(w.params["issue_number"])
	if !w.discussed(keys) {
		return nil
	}
	return newRecord(object{
		"id": fmt.Sprintf("IC_kwDOLw%06d", w.store.next()), "body": w.params["body"], "author": object{"login": githubOrg + "-bot"},
		"createdAt": w.now, "updatedAt": w.now, "url": fmt.Sprintf("https://github.com/%s/%s/issues/%s#issuecomment", githubOrg, keys["repo"], keys["number"]),
	}, keys)
}

func githubWorld(who []customer, crew []person) dataset {
	d := dataset{}
	repos := []string{"platform", "webapp", "connectors", "docs", "infrastructure"}
	labels := []string{"bug", "enhancement", "customer", "performance", "documentation"}
	for i, repo := range repos {
		keys := repoKeys(repo)
		d.add("repositories", keys, object{
			"id": fmt.Sprintf("R_kgDOLw%04d", i), "name": repo, "nameWithOwner": githubOrg + "/" + repo, "description": fmt.Sprintf("The %s of %s.", repo, vendor),
			"isPrivate": i > 2, "stargazerCount": 420 - i*61, "forkCount": 12 + i, "primaryLanguage": object{"name": pick([]string{"Go", "TypeScript", "Python"}, i)},
			"defaultBranchRef": object{"name": "main"}, "owner": object{"login": githubOrg}, "createdAt": stamp(ago(20_000)), "updatedAt": stamp(ago(i * 5)), "url": "https://github.com/" + githubOrg + "/" + repo,
		})
		for j, name := range []string{"main", "release/2026.11", "fix/export-timeout", "feature/audit-actor"} {
			d.add("branches", keys, object{"name": name, "prefix": "refs/heads/", "target": object{"oid": hash("branch", repo, j), "committedDate": stamp(ago(j * 30))}})
		}
		for j := range 12 {
			d.add("commits", keys, object{
				"oid": hash("commit", repo, j), "messageHeadline": "Fix: " + strings.ToLower(topic(i+j)), "committedDate": stamp(ago(j*11 + i)),
				"author": object{"name": pick(crew, 7+j%3).name, "user": object{"login": pick(crew, 7+j%3).handle()}}, "additions": 10 + j*3, "deletions": j,
			})
		}
		for j := range 3 {
			tag := fmt.Sprintf("v2.%d.%d", 9-j, i)
			d.add("releases", keys, object{
				"id": fmt.Sprintf("RE_kwDOLw%02d%02d", i, j), "tagName": tag, "name": "Release " + tag, "isPrerelease": false, "publishedAt": stamp(ago(24 * (7 + j*21))),
				"description": "Mended: " + strings.ToLower(topic(i+j)) + ".",
			})
			d.add("tags", keys, object{"name": tag, "prefix": "refs/tags/", "target": object{"oid": hash("tag", repo, j)}})
		}
		for j, name := range labels {
			d.add("labels", keys, object{"id": fmt.Sprintf("LA_kwDOLw%02d%02d", i, j), "name": name, "color": pick([]string{"d73a4a", "a2eeef", "0075ca"}, j), "description": "About " + name + "."})
		}
		for j := range 2 {
			d.add("milestones", keys, object{
				"id": fmt.Sprintf("MI_kwDOLw%02d%02d", i, j), "number": j + 1, "title": pick([]string{"2026 Q4", "2027 Q1"}, j), "state": "OPEN",
				"dueOn": pick([]string{"2026-12-31", "2027-03-31"}, j), "progressPercentage": 60 - j*50,
			})
		}
		for j := range 6 {
			d.add("stargazers", keys, object{"login": pick(who, i*6+j).slug(), "starredAt": stamp(ago(j * 50))})
		}
	}
	for i := range 60 {
		c, repo, number := pick(who, i), pick(repos, i), 200-i
		author := pick(crew, 4+i)
		issue := object{
			"id": fmt.Sprintf("I_kwDOLw%06d", number), "number": number, "title": topic(i) + " for " + c.name, "body": story(c, i), "state": pick([]string{"OPEN", "OPEN", "CLOSED"}, i),
			"stateReason": nil, "labels": []any{pick(labels, i), "customer"}, "assignees": []any{pick(crew, 7+i%3).handle()}, "milestone": nil,
			"author": object{"login": author.handle()}, "comments": object{"totalCount": 2}, "createdAt": stamp(ago(i*17 + 5)), "updatedAt": stamp(ago(i * 16)), "closedAt": nil,
			"url": fmt.Sprintf("https://github.com/%s/%s/issues/%d", githubOrg, repo, number),
		}
		if issue["state"] == "CLOSED" {
			issue["closedAt"], issue["stateReason"] = issue["updatedAt"], "COMPLETED"
		}
		d.add("issues", repoKeys(repo), issue)
		for j := range 2 {
			d.add("comments", numbered(repo, number), object{
				"id":     fmt.Sprintf("IC_kwDOLw%04d%d", number, j),
				"body":   pick([]string{"Reproduced on the account of " + c.name + ".", "See Zendesk ticket " + fmt.Sprint(ticketID(i)) + "."}, j),
				"author": object{"login": pick(crew, i+j).handle()}, "createdAt": stamp(ago(i*16 - j)), "updatedAt": stamp(ago(i*16 - j)),
			})
		}
	}
	for i := range 40 {
		repo, number := pick(repos, i), 140-i
		state := pick([]string{"MERGED", "OPEN", "MERGED", "CLOSED"}, i)
		pull := object{
			"id": fmt.Sprintf("PR_kwDOLw%06d", number), "number": number, "title": "Mend: " + strings.ToLower(topic(i)), "body": fmt.Sprintf("Closes #%d. Asked for by %s.", 200-i, pick(who, i).name), "state": state, "isDraft": false,
			"author": object{"login": pick(crew, 7+i%3).handle()}, "labels": []any{pick(labels, i)}, "headRefName": fmt.Sprintf("fix/%d", 200-i), "baseRefName": "main", "additions": 20 + i*4, "deletions": 3 + i,
			"createdAt": stamp(ago(i*19 + 9)), "updatedAt": stamp(ago(i * 19)), "mergedAt": nil, "url": fmt.Sprintf("https://github.com/%s/%s/pull/%d", githubOrg, repo, number),
		}
		if state == "MERGED" {
			pull["mergedAt"] = pull["updatedAt"]
		}
		d.add("pull_requests", repoKeys(repo), pull)
		d.add("reviews", numbered(repo, number), object{
			"id": fmt.Sprintf("PRR_kwDOLw%04d", number), "state": pick([]string{"APPROVED", "CHANGES_REQUESTED"}, i),
			"author": object{"login": pick(crew, 8+i%3).handle()}, "body": "Reads well.", "submittedAt": stamp(ago(i*19 + 2)),
		})
		d.add("pr_comments", numbered(repo, number), object{
			"id": fmt.Sprintf("PRC_kwDOLw%04d", number), "body": "Could the test cover " + strings.ToLower(topic(i)) + "?",
			"author": object{"login": pick(crew, 9+i%3).handle()}, "createdAt": stamp(ago(i*19 + 3)),
		})
	}
	ours := map[string]string{"owner": githubOrg}
	for _, p := range crew {
		d.add("users", ours, object{"id": fmt.Sprintf("U_kgDOLw%02d", p.n), "login": p.handle(), "name": p.name, "email": p.email(), "company": vendor, "createdAt": stamp(ago(30_000))})
	}
	for i, name := range []string{"backend", "frontend", "support"} {
		d.add("teams", ours, object{"id": fmt.Sprintf("T_kwDOLw%02d", i), "slug": name, "name": strings.ToUpper(name[:1]) + name[1:], "privacy": "VISIBLE", "members": object{"totalCount": 4}})
	}
	d.add("organizations", ours, object{
		"id": "O_kgDOLw01", "login": githubOrg, "name": vendor, "description": "Software for teams that answer customers.",
		"repositories": object{"totalCount": len(repos)},
	})
	d.add("viewer", nil, object{"id": "U_kgDOLw99", "login": githubOrg + "-bot", "name": vendor + " bot", "email": "bot@" + vendorDomain})
	for i, title := range []string{"Roadmap", "Customer requests"} {
		d.add("projects", ours, object{"id": fmt.Sprintf("PVT_kwDOLw%02d", i), "number": i + 1, "title": title, "closed": false, "updatedAt": stamp(ago(i * 40))})
		for j := range 12 {
			d.add("project_items", map[string]string{"owner": githubOrg, "project": fmt.Sprint(i + 1)}, object{
				"id": fmt.Sprintf("PVTI_kwDOLw%02d%02d", i, j), "type": "ISSUE", "content": object{"number": 200 - j, "title": topic(j)},
				"status": pick([]string{"Todo", "In progress", "Done"}, j),
			})
		}
	}
	return d
}

func hash(kind, name string, n int) string {
	return strings.ReplaceAll(uuid(kind, name, fmt.Sprint(n)), "-", "") + "c0ffee00"
}
