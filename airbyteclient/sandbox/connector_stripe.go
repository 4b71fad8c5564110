package sandbox

import (
	"fmt"
	"strings"
)

// stripe pages by the id of the last object and counts money in cents.
func stripe() *definition {
	id := str("id", is("id")).path()
	created := obj("created", within("created")).says(`Range of Unix seconds: {"gte": 1760000000, "lt": 1770000000}.`)
	customer := str("customer", is("customer")).says("ID of the customer.")
	lists := func(params ...param) action {
		return listed(stripePages(), append([]param{created}, params...)...)
	}
	search := searched(stripeSearchPages(), str("query", stripeQuery).need().says("Stripe search syntax, such as email:'nadia@alderquay.example' or status:'paid' AND currency:'usd'."))
	name, email := str("name", nil).body("name"), str("email", nil).body("email")
	about, metadata := str("description", nil).body("description"), obj("metadata", nil).body("metadata")
	remove := action{name: "delete", params: []param{id}, result: func(_ *write, r *record) any {
		return object{"id": r.fields["id"], "object": r.fields["object"], "deleted": true}
	}}
	intent := str("payment_intent", is("payment_intent")).says("ID of the payment intent.")

	return &definition{
		id: "e094cb9a-26de-4645-8761-65c0c425d1de", name: "Stripe", slug: "stripe", support: "certified", api: "api.stripe.example",
		auth:     []authOption{{title: "API Key", keys: []setting{secret("api_key", "Secret key, sk_test_… or sk_live_….")}, replicationKey: []setting{secret("client_secret", "Secret key, sk_test_… or sk_live_….")}}},
		settings: []setting{{name: "account_id", about: "Account, acct_…."}, {name: "start_date", about: "Records from before this date are left out."}},
		direct:   []string{"List recent charges", "Create a customer for a new company"},
		search:   []string{"Which customers have unpaid invoices?", "Who paid the most in the last quarter?"},
		entities: []entity{
			{name: "customers", about: "People and companies who pay you: name, email, balance, whether delinquent, metadata.", indexed: true, actions: []action{
				lists(str("email", is("email")).says("Exact email.")),
				{name: "create", params: []param{name, email, about, str("phone", nil).body("phone"), metadata}, make: makeStripeCustomer},
				got(id), {name: "update", params: []param{id, name, email, about, str("phone", nil).body("phone"), metadata}}, remove, search,
			}},
			{name: "invoices", about: "Bills to customers: number, status, amounts due, paid and remaining, due date. Overdue are open ones past their due date.", indexed: true, actions: []action{lists(
				customer, str("status", is("status")).oneOf("draft", "open", "paid", "uncollectible", "void"), str("subscription", is("subscription")),
				str("collection_method", is("collection_method")),
			), got(id), search}},
			{name: "charges", about: "Attempts to take a payment from a card or bank account: amount, status (succeeded, failed), customer, invoice.", indexed: true, actions: []action{lists(customer, intent), got(id), search}},
			{name: "subscriptions", about: "Recurring payments for a plan: customer, status, plan, quantity, current period.", indexed: true, actions: []action{lists(customer, str("status", func(r *record, v any) bool { return v == "all" || same(r.fields["status"], v) }).oneOf("active", "past_due", "canceled", "trialing", "unpaid", "incomplete", "all")), got(id), search}},
			{name: "refunds", about: "Money given back to customers: amount, charge, reason, status.", indexed: true, actions: []action{
				lists(str("charge", is("charge")), intent),
				{name: "create", params: []param{
					str("charge", nil).body("charge"), str("payment_intent", nil).body("payment_intent"),
					integer("amount", nil).body("amount").says("In cents; the whole charge unless given."),
					str("reason", nil).body("reason").oneOf("duplicate", "fraudulent", "requested_by_customer"),
				}, make: makeStripeRefund},
				got(id),
			}},
			{name: "products", about: "Goods, services and plans that you sell: name, description, whether active.", indexed: true, actions: []action{
				lists(boolean("active", is("active"))), {name: "create", params: []param{name.need(), about, boolean("active", nil).body("active"), metadata}, make: makeStripeProduct},
				got(id), {name: "update", params: []param{id, name, about, boolean("active", nil).body("active"), metadata}}, remove, search,
			}},
			{name: "balance", about: "Money in the account now, available and pending, by currency.", actions: []action{got()}},
			{name: "balance_transactions", about: "Every movement of money in or out of the balance: amount, fee, net, type.", actions: []action{lists(str("type", is("type")), str("source", is("source")), str("currency", is("currency"))), got(id)}},
			{name: "payment_intents", about: "Payments from the first try until they succeed: amount, status, customer.", indexed: true, actions: []action{lists(customer), got(id), search}},
			{name: "disputes", about: "Chargebacks, payments that customers question with their bank: amount, reason, status (needs_response, won, lost).", indexed: true, actions: []action{lists(str("charge", is("charge")), intent), got(id)}},
			{name: "payouts", about: "Transfers of your balance to your bank account: amount, status (paid, in_transit), arrival date.", indexed: true, actions: []action{lists(str("status", is("status"))), got(id)}},
		},
	}
}

// stripeQuery reads field:'value' and field~'part' joined by AND.
func stripeQuery(r *record, value any) bool {
	for _, clause := range strings.Split(text(value), " AND ") {
		clause = strings.TrimSpace(clause)
		negated := strings.HasPrefix(clause, "-")
		at := strings.IndexAny(clause, ":~<>")
		if at < 0 {
			return mentions(r, clause)
		}
		field, want := strings.TrimPrefix(clause[:at], "-"), strings.Trim(strings.TrimLeft(clause[at+1:], "="), `'"`)
		have := r.lookup(strings.NewReplacer("['", ".", `["`, ".", "']", "", `"]`, "").Replace(field))
		var fits bool
		switch clause[at] {
		case ':':
			fits = strings.EqualFold(plain(have), want)
		case '~':
			fits = strings.Contains(strings.ToLower(plain(have)), strings.ToLower(want))
		case '>':
			fits = have != nil && (compare(have, want) > 0 || clause[at+1] == '=' && same(have, want))
		case '<':
			fits = have != nil && (compare(have, want) < 0 || clause[at+1] == '=' && same(have, want))
		}
		if fits == negated {
			return false
		}
	}
	return true
}

func (w *write) stripeID(prefix string) string {
	return fmt.Sprintf("%s_Made%08d", prefix, w.store.next())
}

func makeStripeCustomer(w *write) *record {
	return newRecord(object{
		"id": w.stripeID("cus"), "object": "customer", "name": w.params["name"], "email": w.params["email"], "description": w.params["description"], "phone": w.params["phone"],
		"metadata": orEmpty(w.params["metadata"]), "balance": 0, "currency": nil, "delinquent": false, "livemode": false, "created": w.Sandbox.now().Unix(),
	}, nil)
}

func orEmpty(v any) any {
	if v == nil {
		return object{}
	}
	return v
}

func makeStripeProduct(w *write) *record {
	active := w.params["active"]
	if active == nil {
		active = true
	}
	now := w.Sandbox.now().Unix()
	return newRecord(object{
		"id": w.stripeID("prod"), "object": "product", "name": w.params["name"], "description": w.params["description"], "active": active,
		"metadata": orEmpty(w.params["metadata"]), "created": now, "updated": now,
	}, nil)
}

func makeStripeRefund(w *write) *record {
	for _, charge := range w.store.rows("stripe", "charges") {
		if same(charge.fields["id"], w.params["charge"]) || same(charge.fields["payment_intent"], w.params["payment_intent"]) {
			amount := w.params["amount"]
			if amount == nil {
				amount = charge.fields["amount"]
			}
			return newRecord(object{
				"id": w.stripeID("re"), "object": "refund", "amount": amount, "charge": charge.fields["id"], "payment_intent": charge.fields["payment_intent"],
				"currency": "usd", "reason": w.params["reason"], "status": "succeeded", "created": w.Sandbox.now().Unix(),
			}, nil)
		}
	}
	return nil
}

func stripeWorld(who []customer) dataset {
	d := dataset{}
	unix := func(hours int) int64 { return ago(hours).Unix() }
	prices := map[string]int{"starter": 4900, "growth": 19900, "enterprise": 89900}
	for i, plan := range []string{"starter", "growth", "enterprise", "support-plus"} {
		d.add("products", nil, object{
			"id": fmt.Sprintf("prod_Lw%06dQ", i), "object": "product", "name": vendor + " " + plan, "description": "Plan " + plan + ", billed monthly.", "active": i < 3,
			"metadata": object{"plan": plan}, "created": unix(15_000), "updated": unix(900),
		})
	}
	for _, c := range who {
		delinquent := c.n%9 == 4
		d.add("customers", nil, object{
			"id": c.stripeID(), "object": "customer", "name": c.name, "email": c.email(), "description": "Account of " + c.name, "phone": nil, "balance": 0, "currency": "usd",
			"delinquent": delinquent, "livemode": false, "metadata": object{"plan": c.plan, "hubspot_company_id": c.hubspotID(), "zendesk_organization_id": fmt.Sprint(c.zendeskID())}, "created": unix(9000 - c.n*90),
		})
		status := "active"
		if delinquent {
			status = "past_due"
		} else if c.n%11 == 10 {
			status = "canceled"
		}
		d.add("subscriptions", nil, object{
			"id": fmt.Sprintf("sub_Lw%06dQ", c.n), "object": "subscription", "customer": c.stripeID(), "status": status, "collection_method": "charge_automatically", "currency": "usd", "quantity": c.seats,
			"plan": object{"nickname": c.plan, "amount": prices[c.plan], "interval": "month"}, "created": unix(9000 - c.n*90), "current_period_start": unix(20 * 24), "current_period_end": unix(-10 * 24), "cancel_at_period_end": c.n%13 == 5,
		})
	}
	for i := range 120 {
		c := pick(who, i)
		status := "paid"
		if c.n%9 == 4 && i < 40 {
			status = "open"
		}
		amount := prices[c.plan]
		paid := amount
		if status == "open" {
			paid = 0
		}
		d.add("invoices", nil, object{
			"id": fmt.Sprintf("in_Lw%06dQ", i), "object": "invoice", "number": fmt.Sprintf("LW-2026-%04d", 900-i), "customer": c.stripeID(), "customer_name": c.name, "customer_email": c.email(), "status": status, "currency": "usd",
			"amount_due": amount, "amount_paid": paid, "amount_remaining": amount - paid, "subscription": fmt.Sprintf("sub_Lw%06dQ", c.n), "collection_method": "charge_automatically", "created": unix(i * 18), "due_date": unix(i*18 - 24*14),
		})
		d.add("payment_intents", nil, object{
			"id": fmt.Sprintf("pi_Lw%06dQ", i), "object": "payment_intent", "customer": c.stripeID(), "amount": amount, "currency": "usd",
			"status": pick([]string{"succeeded", "succeeded", "requires_payment_method"}, i), "created": unix(i * 18),
		})
	}
	for i := range 300 {
		c := pick(who, i)
		d.add("charges", nil, object{
			"id": fmt.Sprintf("ch_Lw%07dQ", i), "object": "charge", "customer": c.stripeID(), "amount": prices[c.plan], "amount_refunded": 0, "currency": "usd", "status": pick([]string{"succeeded", "succeeded", "succeeded", "failed"}, i),
			"paid": i%4 != 3, "payment_intent": fmt.Sprintf("pi_Lw%06dQ", i%120), "invoice": fmt.Sprintf("in_Lw%06dQ", i%120), "description": "Subscription of " + c.name, "receipt_email": c.email(), "created": unix(i * 7),
		})
	}
	for i := range 12 {
		d.add("refunds", nil, object{
			"id": fmt.Sprintf("re_Lw%06dQ", i), "object": "refund", "charge": fmt.Sprintf("ch_Lw%07dQ", i*8), "payment_intent": fmt.Sprintf("pi_Lw%06dQ", i*8),
			"amount": 4900, "currency": "usd", "reason": "requested_by_customer", "status": "succeeded", "created": unix(i * 60),
		})
		d.add("payouts", nil, object{
			"id": fmt.Sprintf("po_Lw%06dQ", i), "object": "payout", "amount": 812_000 + i*9_100, "currency": "usd",
			"status": pick([]string{"paid", "paid", "in_transit"}, i), "arrival_date": unix(i * 24 * 7), "created": unix(i*24*7 + 48),
		})
	}
	for i := range 150 {
		d.add("balance_transactions", nil, object{
			"id": fmt.Sprintf("txn_Lw%06dQ", i), "object": "balance_transaction", "amount": 4900, "fee": 172, "net": 4728, "currency": "usd",
			"type": pick([]string{"charge", "charge", "payout"}, i), "source": fmt.Sprintf("ch_Lw%07dQ", i), "created": unix(i * 7),
		})
	}
	for i := range 5 {
		d.add("disputes", nil, object{
			"id": fmt.Sprintf("dp_Lw%06dQ", i), "object": "dispute", "charge": fmt.Sprintf("ch_Lw%07dQ", i*16), "payment_intent": fmt.Sprintf("pi_Lw%06dQ", i*16),
			"amount": 4900, "currency": "usd", "reason": "product_not_received", "status": pick([]string{"needs_response", "won", "lost"}, i), "created": unix(i * 200),
		})
	}
	d.add("balance", nil, object{
		"object": "balance", "livemode": false, "available": []any{object{"amount": 1_284_500, "currency": "usd"}},
		"pending": []any{object{"amount": 96_300, "currency": "usd"}},
	})
	return d
}
