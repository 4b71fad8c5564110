package sandbox

import (
	"fmt"
	"slices"
)

// gong has a fixed page size and a Context Store that is still loading.
func gong() *definition {
	filter := obj("filter", gongFilter).body("").says(`{"fromDateTime": "2026-11-01T00:00:00Z", "toDateTime": …, "callIds": […], "userIds": […]}`)
	workspace := str("workspaceId", is("workspaceId")).says("ID of the Gong workspace.")
	pages := func(params ...param) action { return listed(gongPages(), params...) }
	one := func() action { return got(str("id", is("id")).path()) }
	media := func(about string, make func(*record) file) action {
		return action{name: "download", about: about, params: []param{filter.need(), obj("contentSelector", nil).body(""), str("range_header", nil).says("Such as bytes=0-99.")},
			content: func(r *record, params object) (file, bool) {
				asked, _ := params["filter"].(object)
				ids, _ := asked["callIds"].([]any)
				return make(r), len(ids) > 0
			}}
	}
	all := func(name string, indexed bool, params ...param) entity {
		return entity{name: name, indexed: indexed, actions: []action{pages(params...)}}
	}
	once := func(name string, params ...param) entity {
		return entity{name: name, actions: []action{listed(whole(), params...)}}
	}
	transcripts := all("call_transcripts", true, filter).says("What was said in calls: speaker, topic, sentences.")
	transcripts.semantic = "transcript"
	return &definition{
		id: "32382e40-3b49-4b99-9c5c-4076501914e7", name: "Gong", slug: "gong", support: "certified", api: "api.gong.example", indexing: true,
		auth: []authOption{
			{title: "OAuth 2.0", oauth: true, discriminator: "auth_type=OAuth2.0", keys: oauthKeys(secret("refresh_token", "Refresh token, good for one use."), "access_token", "client_id", "client_secret")},
			{title: "Access Key", discriminator: "auth_type=APIKey", keys: []setting{secret("access_key", "Access key."), secret("access_key_secret", "Secret of the access key.")}},
		},
		settings: []setting{{name: "start_date", about: "Records from before this date are left out."}},
		direct:   []string{"List the calls of last week", "Get the transcript of a call"},
		search:   []string{"In which calls was pricing an objection?"},
		entities: []entity{
			{name: "users", about: "People of your company: first and last name, email, title, manager.", indexed: true, actions: []action{pages(), one()}},
			{name: "calls", about: "Calls that were recorded, the conversations and meetings with customers: title, when started, duration, host, direction.", indexed: true, actions: []action{pages(str("fromDateTime", since("started")).says("ISO 8601, such as 2026-11-01T00:00:00Z; calls that started from then on."), str("toDateTime", until("started")).says("ISO 8601; calls that started before then.")), one()}},
			all("calls_extensive", true, filter.need(), obj("contentSelector", nil).body("")).says("Calls with participants (parties), topics, trackers, a brief, and the CRM records they are about."),
			{name: "call_audio", about: "Sound of a call, as a file.", table: "calls", actions: []action{media("The sound of a call.", func(r *record) file {
				return file{name: "call-" + plain(r.fields["id"]) + ".wav", kind: "audio/wav", bytes: sound(2)}
			})}},
			{name: "call_video", about: "Video of a call, as a file.", table: "calls", actions: []action{media("The picture and sound of a call.", func(r *record) file {
				return file{name: "call-" + plain(r.fields["id"]) + ".mp4", kind: "video/mp4", bytes: append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), sound(1)...)}
			})}},
			once("workspaces").says("Parts of the company that keep calls apart: name, description."),
			transcripts,
			once("stats_activity_aggregate", filter).says("Numbers of calls that each user hosted, attended and gave feedback on."),
			once("stats_activity_day_by_day", filter).says("Calls of each user, day by day."),
			once("stats_interaction", filter).says("How users talk in calls: talk ratio, patience and the like."),
			once("settings_scorecards", workspace).says("Scorecards, the questions that calls are reviewed by."),
			once("settings_trackers", workspace).says("Trackers, the keywords that calls are searched for."),
			once("library_folders", workspace.need()).says("Folders of the library of calls."),
			all("library_folder_content", false, str("folderId", is("@folder")).need()).says("Calls in a folder of the library."),
			once("coaching", str("workspace-id", nil).need(), str("manager-id", is("manager.id")).need(), str("from", nil).need(), str("to", nil).need()).says("How managers coach: calls listened to, feedback given."),
			all("stats_activity_scorecards", false, filter).says("Answered scorecards: who reviewed whose call, and the score."),
		},
	}
}

// gongFilter reads the filter object of Gong's POST lists. Calls are known by callId,
// metaData.id or id; users by userId.
func gongFilter(r *record, value any) bool {
	filter, _ := value.(object)
	in := func(list any, have string) bool {
		ids, given := list.([]any)
		return !given || len(ids) == 0 || slices.ContainsFunc(ids, func(id any) bool { return plain(id) == have })
	}
	if !in(filter["callIds"], r.keys["call"]) || !in(filter["userIds"], r.keys["user"]) || !in(filter["reviewedUserIds"], r.keys["user"]) {
		return false
	}
	at, dated := r.keys["at"]
	for _, from := range []string{"fromDateTime", "fromDate"} {
		if v := text(filter[from]); dated && v != "" && at < v {
			return false
		}
	}
	for _, to := range []string{"toDateTime", "toDate"} {
		if v := text(filter[to]); dated && v != "" && at > v {
			return false
		}
	}
	return true
}

func gongWorld(who []customer, crew []person) dataset {
	d := dataset{}
	const workspace = "6210000000000000042"
	manager := crew[11]
	for _, p := range crew {
		keys := map[string]string{"user": p.gongID()}
		d.add("users", keys, object{
			"id": p.gongID(), "firstName": p.name, "lastName": "L.", "emailAddress": p.email(), "title": p.role, "active": true, "managerId": manager.gongID(),
			"created": stamp(ago(19_000)), "settings": object{"gongConnectEnabled": true, "webConferencesRecorded": true},
		})
		d.add("stats_activity_aggregate", keys, object{
			"userId": p.gongID(), "userEmailAddress": p.email(),
			"userAggregateActivityStats": object{"callsAsHost": 6 + p.n, "callsAttended": 11 + p.n, "callsGaveFeedback": p.n % 4},
		})
		d.add("stats_activity_day_by_day", keys, object{
			"userId": p.gongID(), "userEmailAddress": p.email(),
			"userDailyActivityStats": []any{object{"fromDate": day(48), "toDate": day(24), "callsAsHost": []any{fmt.Sprint(7_780_000_000_000_000_000 + p.n)}}},
		})
		d.add("stats_interaction", keys, object{
			"userId": p.gongID(), "userEmailAddress": p.email(),
			"personInteractionStats": []any{object{"name": "Talk Ratio", "value": 0.41 + float64(p.n)/100}, object{"name": "Patience", "value": 0.8}},
		})
		d.add("coaching", keys, object{
			"manager": object{"id": manager.gongID(), "emailAddress": manager.email()}, "user": object{"id": p.gongID(), "emailAddress": p.email()},
			"coachingMetrics": object{"callsListened": p.n, "feedbackGiven": p.n % 3},
		})
	}
	for i := range 120 {
		c := pick(who, i)
		host := crew[c.owner]
		id := fmt.Sprint(7_780_000_000_000_000_000 + int64(i)*1_000_003)
		started := stamp(ago(i*11 + 2))
		keys := map[string]string{"call": id, "at": started}
		call := object{
			"id": id, "title": pick([]string{"Renewal with ", "Demo for ", "Review with ", "Escalation call with "}, i) + c.name, "started": started, "scheduled": started, "duration": 900 + i*17, "primaryUserId": host.gongID(), "direction": "Conference", "scope": "External", "media": "Video", "language": "eng",
			"workspaceId": workspace, "isPrivate": false, "url": "https://app.gong.example/call?id=" + id, "purpose": nil, "system": "Zoom",
		}
		d.add("calls", keys, call)
		d.add("calls_extensive", keys, object{
			"metaData": call, "parties": []any{object{"name": host.name, "emailAddress": host.email(), "affiliation": "Internal", "userId": host.gongID()}, object{"name": c.contact, "emailAddress": c.email(), "affiliation": "External"}},
			"content": object{
				"topics": []any{object{"name": "Pricing", "duration": 120 + i}}, "trackers": []any{object{"name": "Competitors", "count": i % 3}},
				"brief": fmt.Sprintf("%s asked about: %s.", c.name, topic(i)),
			},
			"context": []any{object{"system": "HubSpot", "objects": []any{object{"objectType": "Company", "objectId": c.hubspotID()}}}},
		})
		d.add("call_transcripts", keys, object{"callId": id, "transcript": []any{
			object{"speakerId": host.gongID(), "topic": "Opening", "sentences": []any{object{"start": 0, "end": 4200, "text": "Thank you for the time. How has the month been for " + c.name + "?"}}},
			object{"speakerId": "external-" + c.slug(), "topic": "Problem", "sentences": []any{object{"start": 4300, "end": 21_000, "text": story(c, i)}}},
			object{
				"speakerId": host.gongID(), "topic": "Next steps",
				"sentences": []any{object{"start": 21_100, "end": 26_000, "text": "I will send a proposal for the renewal and a date for the fix."}},
			},
		}})
	}
	d.add("workspaces", nil, object{"id": workspace, "name": vendor, "description": "All calls."})
	for i, name := range []string{"Discovery", "Demo", "Renewal"} {
		scorecard := fmt.Sprint(6_300_000_000_000_000_001 + i)
		d.add("settings_scorecards", nil, object{
			"scorecardId": scorecard, "scorecardName": name, "workspaceId": workspace, "enabled": true, "created": stamp(ago(8000)),
			"questions": []any{object{"questionId": fmt.Sprint(i), "questionText": "Were next steps agreed?", "isOverall": true}},
		})
		folder := fmt.Sprint(6_400_000_000_000_000_001 + i)
		d.add("library_folders", nil, object{
			"id": folder, "name": name + " calls worth hearing", "parentFolderId": nil, "createdBy": manager.gongID(), "updated": stamp(ago(i * 100)),
			"workspaceId": workspace,
		})
		for j := range 5 {
			d.add("library_folder_content", map[string]string{"folder": folder}, object{
				"id": fmt.Sprint(7_780_000_000_000_000_000 + int64(i*5+j)*1_000_003), "title": name + " with " + pick(who, i*5+j).name, "created": stamp(ago(j * 60)),
				"addedBy": manager.gongID(),
			})
		}
	}
	for i, name := range []string{"Competitors", "Pricing objections", "Export problems", "Renewal risk"} {
		d.add("settings_trackers", nil, object{
			"trackerId": fmt.Sprint(6_500_000_000_000_000_001 + i), "trackerName": name, "workspaceId": workspace, "affiliation": "Anyone", "partOfQuestion": false,
			"created": stamp(ago(8000)), "languageKeywords": []any{object{"language": "eng", "keywords": []any{"price", "renewal"}}},
		})
	}
	for i := range 20 {
		p := pick(crew, i)
		d.add("stats_activity_scorecards", map[string]string{"user": p.gongID(), "call": fmt.Sprint(7_780_000_000_000_000_000 + int64(i)*1_000_003)}, object{
			"answeredScorecardId": fmt.Sprint(6_600_000_000_000_000_001 + i), "scorecardName": pick([]string{"Discovery", "Demo", "Renewal"}, i),
			"callId": fmt.Sprint(7_780_000_000_000_000_000 + int64(i)*1_000_003), "reviewedUserId": p.gongID(), "reviewerUserId": manager.gongID(),
			"reviewTime": stamp(ago(i * 30)), "answers": []any{object{"questionId": "0", "score": 1 + i%5}},
		})
	}
	return d
}
