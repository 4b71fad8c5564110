package sandbox

import (
	"fmt"
	"strings"
)

// Files of the Drive of the default workspace: ManualFileID is text and Options.Payload
// bytes long, LogoFileID a PNG picture, GuideFileID Markdown, UsageFileID CSV and
// ReportFileID a PDF.
const (
	ManualFileID = "1Lw-manual-000000000000000000"
	LogoFileID   = "1Lw-logo-00000000000000000000"
	GuideFileID  = "1Lw-guide-0000000000000000000"
	UsageFileID  = "1Lw-alderquay-0000"
	ReportFileID = "1Lw-cindermoor-0002"
)

// drive has no Context Store: it can only be read live.
func drive() *definition {
	pages := func(params ...param) action { return listed(drivePages(), params...) }
	fileID := str("fileId", is("@file")).path().says("ID of the file.")
	self := str("fileId", is("id")).path().says("ID of the file.")
	shared := boolean("supportsAllDrives", nil)
	fields := str("fields", nil).says("Fields to return, in the syntax of the Drive API.")
	span := str("range_header", nil).says("Such as bytes=0-99.")
	comment := str("commentId", is("@comment")).path()
	return &definition{
		id: "9f8dda77-1048-4368-815b-269bf54ee9b8", name: "Google Drive", slug: "google-drive", support: "certified", api: "www.googleapis.example", directOnly: true,
		auth:     []authOption{{title: "OAuth 2.0", oauth: true, discriminator: "auth_type=Client", keys: oauthKeys(secret("refresh_token", "Refresh token."), "access_token", "client_id", "client_secret")}},
		settings: []setting{{name: "folder_url", about: "Address of the folder to read."}, {name: "streams", about: "Streams to sync.", kind: "array"}},
		direct:   []string{"List the files about Alderquay", "Download the usage sheet of a customer"},
		entities: []entity{
			{name: "files", about: "Documents, spreadsheets, presentations, PDFs, pictures and folders: name, type, description, owners, size, when modified.", actions: []action{
				pages(
					str("q", driveQuery).says("Drive query, such as name contains 'usage' and mimeType = 'text/csv'; fullText contains 'renewal' looks in name, description and content."), str("orderBy", nil), fields, str("corpora", nil),
					str("driveId", is("driveId")), boolean("includeItemsFromAllDrives", nil), shared,
				).sorted(driveSorts),
				got(self, fields, shared),
				{name: "download", params: []param{self, str("alt", nil).oneOf("media"), boolean("acknowledgeAbuse", nil), shared, span}, content: func(r *record, _ object) (file, bool) {
					if r.content == nil {
						return file{}, false
					}
					return *r.content, true
				}},
			}},
			{name: "files_export", about: "Google documents, sheets and presentations in another format.", table: "files", actions: []action{{name: "download", about: "Exports a Google document in another format.", params: []param{self, str("mimeType", nil).need().oneOf("application/pdf", "text/plain"), span}, content: exported}}},
			{name: "drives", about: "Shared drives: name, whether hidden.", actions: []action{pages(str("q", nil)), got(str("driveId", is("id")).path())}},
			{name: "permissions", about: "Who has access to a file: person, group or domain, and role (owner, writer, reader).", actions: []action{pages(fileID, shared), got(fileID, str("permissionId", is("id")).path(), shared)}},
			{name: "comments", about: "Comments on a file: text, author, whether resolved.", actions: []action{pages(fileID, fields, boolean("includeDeleted", nil)), got(fileID, str("commentId", is("id")).path(), fields)}},
			{name: "replies", about: "Replies to a comment on a file.", actions: []action{pages(fileID, comment, fields), got(fileID, comment, str("replyId", is("id")).path(), fields)}},
			{name: "revisions", about: "Versions of a file: when it was modified.", actions: []action{pages(fileID), got(fileID, str("revisionId", is("id")).path())}},
			{name: "changes", about: "What changed since a page token: file, time, whether removed.", actions: []action{driveChanges()}},
			{name: "changes_start_page_token", about: "The page token to follow changes from.", actions: []action{got(str("driveId", nil), shared)}},
			{name: "about", about: "The account: its user, and the storage quota (limit, usage).", actions: []action{got(fields)}},
		},
	}
}

// driveSorts reads orderBy, such as "modifiedTime desc,name".
func driveSorts(params object) []sortKey {
	var keys []sortKey
	for _, item := range strings.Split(text(params["orderBy"]), ",") {
		if field, direction, _ := strings.Cut(strings.TrimSpace(item), " "); field != "" {
			keys = append(keys, sortKey{field, direction == "desc"})
		}
	}
	return keys
}

// driveChanges cannot be listed without a token to start from.
func driveChanges() action {
	a := listed(drivePages(), boolean("includeRemoved", nil), boolean("restrictToMyDrive", nil))
	for i := range a.params {
		if a.params[i].name == "pageToken" {
			a.params[i].required = true
			a.params[i].about = "From changes_start_page_token get, or nextPageToken of the last answer."
		}
	}
	return a
}

// driveQuery reads clauses joined by "and": name contains, fullText contains, =, and in parents.
func driveQuery(r *record, value any) bool {
	for _, clause := range strings.Split(text(value), " and ") {
		clause = strings.TrimSpace(clause)
		field, rest, _ := strings.Cut(clause, " ")
		op, want, _ := strings.Cut(rest, " ")
		want = strings.Trim(want, "'")
		have := plain(r.lookup(field))
		fits := true
		switch {
		case strings.Contains(clause, " in parents"):
			parents, _ := r.fields["parents"].([]any)
			fits = len(parents) > 0 && plain(parents[0]) == strings.Trim(field, "'")
		case op == "contains" && field == "fullText":
			fits = mentions(r, want)
		case op == "contains":
			fits = strings.Contains(strings.ToLower(have), strings.ToLower(want))
		case op == "=":
			fits = have == want
		case op == "!=":
			fits = have != want
		case op == ">":
			fits = have > want
		case op == "<":
			fits = have < want
		}
		if !fits {
			return false
		}
	}
	return true
}

// exported gives a document in the asked format; plain files cannot be exported.
func exported(r *record, params object) (file, bool) {
	name := text(r.fields["name"])
	if !strings.HasPrefix(text(r.fields["mimeType"]), "application/vnd.google-apps") {
		return file{}, false
	}
	if params["mimeType"] == "application/pdf" {
		return file{name: name + ".pdf", kind: "application/pdf", bytes: paper(name)}, true
	}
	return file{name: name + ".txt", kind: "text/plain; charset=utf-8", bytes: []byte(name + "\n\n" + text(r.fields["description"]) + "\n")}, true
}

func driveWorld(who []customer, crew []person, payload int) dataset {
	d := dataset{}
	folder := "1Lw-root-00000000000000000000"
	add := func(id, name, kind string, hours int, f *file, about string) {
		owner := pick(crew, hours)
		o := object{
			"kind": "drive#file", "id": id, "name": name, "mimeType": kind, "description": about, "parents": []any{folder}, "createdTime": stamp(ago(hours + 500)), "modifiedTime": stamp(ago(hours)), "trashed": false, "starred": hours%9 == 0,
			"owners": []any{object{"displayName": owner.name, "emailAddress": owner.email()}}, "webViewLink": "https://drive.google.com/file/d/" + id + "/view", "driveId": "0ALwCustomers",
		}
		if f != nil {
			f.name, f.kind = name, kind
			o["size"] = fmt.Sprint(f.size()) // Drive writes sizes as strings
		}
		r := d.add("files", map[string]string{"file": id}, o)
		r.content = f
		keys := map[string]string{"file": id, "comment": id + "-c1"}
		d.add("permissions", keys, object{"kind": "drive#permission", "id": fmt.Sprint(1_800 + owner.n), "type": "user", "role": "owner", "emailAddress": owner.email(), "displayName": owner.name})
		d.add("permissions", keys, object{"kind": "drive#permission", "id": "domain", "type": "domain", "role": "reader", "domain": vendorDomain})
		d.add("revisions", keys, object{"kind": "drive#revision", "id": "1", "mimeType": kind, "modifiedTime": stamp(ago(hours)), "keepForever": false})
		d.add("comments", keys, object{
			"kind": "drive#comment", "id": keys["comment"], "content": "Is this still right for " + name + "?", "resolved": false,
			"author": object{"displayName": pick(crew, hours+3).name}, "createdTime": stamp(ago(hours)), "modifiedTime": stamp(ago(hours)),
		})
		d.add("replies", keys, object{
			"kind": "drive#reply", "id": id + "-r1", "content": "Yes, checked.", "author": object{"displayName": owner.name}, "createdTime": stamp(ago(hours)),
			"modifiedTime": stamp(ago(hours)),
		})
		d.add("changes", nil, object{"kind": "drive#change", "changeType": "file", "fileId": id, "removed": false, "time": stamp(ago(hours)), "file": object{"id": id, "name": name}})
	}
	for i, c := range who {
		id := fmt.Sprintf("1Lw-%s-%04d", c.slug(), i)
		switch i % 4 {
		case 3:
			add(id, "Account plan "+c.name, "application/vnd.google-apps.document", i*6, nil, story(c, i))
		default:
			f := attachmentOf(c, i)
			add(id, f.name, f.kind, i*6, &f, "From "+c.name+", HubSpot company "+c.hubspotID())
		}
	}
	if payload == 0 {
		payload = 4096
	}
	add(ManualFileID, "manual.txt", "text/plain; charset=utf-8", 400, &file{prose: payload}, "The whole manual.")
	add(LogoFileID, "logo.png", "image/png", 410, &file{bytes: logo()}, "The logo of "+vendor+".")
	add(GuideFileID, "welcoming-a-customer.md", "text/markdown; charset=utf-8", 420, &file{bytes: guide()}, "How a new customer is welcomed: our onboarding.")
	d.add("drives", nil, object{"kind": "drive#drive", "id": "0ALwCustomers", "name": "Customers", "createdTime": stamp(ago(20_000)), "hidden": false})
	d.add("drives", nil, object{"kind": "drive#drive", "id": "0ALwFinance", "name": "Finance", "createdTime": stamp(ago(20_000)), "hidden": true})
	d.add("changes_start_page_token", nil, object{"kind": "drive#startPageToken", "startPageToken": seal("~!!~", 0)})
	d.add("about", nil, object{
		"kind": "drive#about", "user": object{"displayName": crew[2].name, "emailAddress": crew[2].email()},
		"storageQuota": object{"limit": "16106127360", "usage": "731906048"},
	})
	return d
}
