package sandbox

import (
	"fmt"
	"strings"
)

// slack reads cursor in its lists, and ends with an empty one.
func slack() *definition {
	channel := str("channel", is("@channel")).path().says("ID of the channel, C….")
	window := []param{
		str("oldest", since("ts")).says("Unix seconds; only messages from then on."), str("latest", until("ts")).says("Unix seconds; only messages until then."),
		boolean("inclusive", nil),
	}
	here := str("channel", is("id")).path().says("ID of the channel, C….")
	change := func(name, field, target string) entity {
		return entity{name: name, table: "channels", actions: []action{action{name: "create", params: []param{str("channel", nil).body("").need(), str(field, nil).body("").need()}, about: "Sets the " + field + " of a channel."}.acting(target, field)}}
	}
	return &definition{
		id: "c2281cee-86f9-4a86-bb48-d23286b4c7bd", name: "Slack", slug: "slack", support: "certified", api: "slack.example", woken: true,
		auth: []authOption{
			{title: "Token", discriminator: "option_title=API Token Credentials", keys: []setting{secret("bot_key", "Bot token, xoxb-….")}, replicationKey: []setting{secret("api_token", "Bot token, xoxb-….")}},
			{title: "OAuth 2.0", oauth: true, discriminator: "option_title=Default OAuth2.0 authorization", keys: oauthKeys(secret("access_token", "Access token."), "client_id", "client_secret")},
		},
		settings: []setting{{name: "start_date", about: "Records from before this date are left out."}, {name: "lookback_window", about: "Days to look back for replies.", kind: "integer"}, {name: "join_channels", about: "Whether to join all public channels.", kind: "boolean"}},
		direct:   []string{"Show me the last messages in #customer-success", "Post a message to #general"},
		search:   []string{"Where was Alderquay mentioned this month?", "Which channels talk about renewals?"},
		entities: []entity{
			{name: "users", about: "People in the workspace: name, title, email, time zone, whether admin or bot.", indexed: true, actions: []action{listed(slackPages(false)), got(str("user", is("id")).path().says("ID of the user, U…."))}},
			{name: "channels", about: "Public and private channels: name, topic, purpose, number of members, whether archived.", indexed: true, actions: []action{
				listed(
					slackPages(false), str("types", slackTypes).says("Comma-separated: public_channel, private_channel."),
					boolean("exclude_archived", func(r *record, v any) bool { return plain(v) != "true" || r.fields["is_archived"] == false }),
				),
				got(here),
				{name: "create", params: []param{str("name", nil).body("name").need(), boolean("is_private", nil).body("is_private")}, make: makeSlackChannel},
				{name: "update", params: []param{here, str("name", nil).body("name").need()}},
			}},
			{name: "channel_messages", about: "What people write and talk about in channels: text, author, time, reactions, replies.", indexed: true, actions: []action{listed(slackPages(true), append([]param{channel}, window...)...)}},
			{name: "threads", about: "Replies to one message.", table: "channel_messages", actions: []action{listed(slackPages(true), append([]param{channel, str("ts", is("thread_ts")).says("Timestamp of the message that began the thread.")}, window...)...)}},
			{name: "messages", about: "Only to post (send) a message to a channel, or edit one; channel_messages reads them.", table: "channel_messages", actions: []action{
				{name: "create", params: []param{
					str("channel", nil).body("").need(), str("text", nil).body("text").need(), str("thread_ts", nil).body("thread_ts"), boolean("reply_broadcast", nil).body(""),
					boolean("unfurl_links", nil).body(""),
				}, make: makeSlackMessage},
				{name: "update", params: []param{channel, str("ts", is("ts")).path().says("Timestamp of the message."), str("text", nil).body("text").need()}},
			}},
			change("channel_topics", "topic", "topic.value").says("Only to set the topic of a channel; channels tells it."),
			change("channel_purposes", "purpose", "purpose.value").says("Only to set the purpose of a channel; channels tells it."),
			{name: "channel_archives", about: "Only to archive a channel.", table: "channels", actions: []action{action{name: "create", about: "Archives a channel.", params: []param{str("channel", nil).body("").need()}}.acting("is_archived", "")}},
			{name: "reactions", about: "Only to add an emoji to a message.", actions: []action{{name: "create", params: []param{
				str("channel", nil).body("").need(), str("timestamp", nil).body("").need(), str("name", nil).body("").need().says("Emoji without colons."),
			}, make: makeSlackReaction, result: func(*write, *record) any { return object{"ok": true} }}}},
			{name: "bookmarks", about: "Only to add a link at the top of a channel.", actions: []action{{name: "create", params: []param{
				str("channel_id", nil).body("").need(), str("title", nil).body("").need(), str("type", nil).body("").need().oneOf("link"), str("link", nil).body(""),
			}, make: makeSlackBookmark}}},
		},
	}
}

func slackTypes(r *record, v any) bool {
	kind := "public_channel"
	if r.fields["is_private"] == true {
		kind = "private_channel"
	}
	return strings.Contains(text(v), kind)
}

// acting makes a create that changes a channel: Slack words side effects that way.
func (a action) acting(target, param string) action {
	a.make = func(w *write) *record {
		var changed *record
		w.store.rewrite("slack", "channels", func(rows []*record) []*record {
			for i, r := range rows {
				if same(r.fields["id"], w.params["channel"]) {
					fields := object{}
					for k, v := range r.fields {
						fields[k] = v
					}
					value := any(true)
					if param != "" {
						value = w.params[param]
					}
					put(fields, target, value)
					changed = r.with(fields)
					rows[i] = changed
				}
			}
			return rows
		})
		return changed
	}
	a.inPlace = true
	return a
}

func (w *write) slackChannel(id any) bool {
	for _, r := range w.store.rows("slack", "channels") {
		if same(r.fields["id"], id) {
			return true
		}
	}
	return false
}

func makeSlackMessage(w *write) *record {
	if !w.slackChannel(w.params["channel"]) {
		return nil
	}
	m := object{"type": "message", "ts": fmt.Sprintf("%d.%06d", w.Sandbox.now().Unix(), w.store.next()), "user": "U07LW00BOT", "text": w.params["text"], "bot_id": "B07LW00BOT"}
	if w.params["thread_ts"] != nil {
		m["thread_ts"] = w.params["thread_ts"]
	}
	return newRecord(m, map[string]string{"channel": text(w.params["channel"])})
}

func makeSlackChannel(w *write) *record {
	id := fmt.Sprintf("C07LW%05dM", w.store.next())
	return newRecord(slackChannelFields(id, text(w.params["name"]), w.params["is_private"] == true, w.Sandbox.now().Unix()), map[string]string{"channel": id})
}

func makeSlackReaction(w *write) *record {
	if !w.slackChannel(w.params["channel"]) {
		return nil
	}
	return newRecord(object{"channel": w.params["channel"], "timestamp": w.params["timestamp"], "name": w.params["name"]}, nil)
}

func makeSlackBookmark(w *write) *record {
	if !w.slackChannel(w.params["channel_id"]) {
		return nil
	}
	return newRecord(object{
		"id": fmt.Sprintf("Bk07LW%04d", w.store.next()), "channel_id": w.params["channel_id"], "title": w.params["title"], "type": w.params["type"],
		"link": w.params["link"], "date_created": w.Sandbox.now().Unix(),
	}, nil)
}

func slackChannelFields(id, name string, private bool, created int64) object {
	return object{
		"id": id, "name": name, "is_channel": true, "is_private": private, "is_archived": false, "is_member": true, "created": created, "creator": "U07LW10000K", "num_members": 4 + len(name)%9,
		"topic": object{"value": "", "creator": "", "last_set": 0}, "purpose": object{"value": "About " + strings.ReplaceAll(name, "-", " ") + ".", "creator": "", "last_set": 0},
	}
}

func slackWorld(who []customer, crew []person) dataset {
	d := dataset{}
	for _, p := range crew {
		d.add("users", nil, object{
			"id": p.slackID(), "team_id": "T07LWTEAM", "name": p.handle(), "real_name": p.name, "deleted": false, "is_bot": false, "is_admin": p.n == 11, "tz": pick([]string{"Europe/Lisbon", "America/New_York", "Asia/Tokyo"}, p.n), "updated": ago(p.n * 100).Unix(),
			"profile": object{"email": p.email(), "title": p.role, "display_name": p.name, "status_text": ""},
		})
	}
	names := strings.Fields("general random customer-success sales support-escalations engineering incidents releases renewals product marketing finance design it-help")
	for i, name := range names {
		id := fmt.Sprintf("C07LW%05dA", 100+i)
		d.add("channels", map[string]string{"channel": id}, slackChannelFields(id, name, i == 11, ago(20_000).Unix()))
	}
	said := []string{
		"%s called about this: %s. Can somebody look before noon?", "Renewal of %s is at risk because of: %s.", "Closed the ticket of %s: %s is mended in v2.9.",
		"Demo with %s went well, they only asked about: %s.", "Reminder: %s waits for an answer on: %s.",
	}
	for i := range 320 {
		channel := i % len(names)
		keys := map[string]string{"channel": fmt.Sprintf("C07LW%05dA", 100+channel)}
		c := pick(who, i/3)
		ts := fmt.Sprintf("%d.%06d", ago(i*2).Unix(), i)
		m := object{"type": "message", "ts": ts, "user": pick(crew, i).slackID(), "text": fmt.Sprintf(pick(said, i), c.name, strings.ToLower(topic(i)))}
		if i%40 == 7 {
			m["text"] = story(c, i)
		}
		switch i % 20 {
		case 3:
			m["thread_ts"], m["reply_count"] = ts, 1
			reply := object{
				"type": "message", "ts": fmt.Sprintf("%d.%06d", ago(i*2).Unix()+600, i), "thread_ts": ts, "user": pick(crew, i+1).slackID(),
				"text": "On it. Their Stripe customer is " + c.stripeID() + ".",
			}
			d.add("channel_messages", keys, reply)
		case 9:
			m["reactions"] = []any{object{"name": "eyes", "count": 2, "users": []any{crew[0].slackID(), crew[1].slackID()}}}
		}
		d.add("channel_messages", keys, m)
	}
	d["reactions"], d["bookmarks"] = nil, nil
	return d
}
