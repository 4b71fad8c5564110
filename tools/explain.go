package tools

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/approval"
	"airbyte-agent-mcp/tools/refusal"
	"airbyte-agent-mcp/tools/secrets"
)

// Explain words an error for a model that has nothing else to go by: what
// happened, whether calling again can help, and what to do next.
func (t Tool) Explain(err error) string {
	var faults *schemas.ValidationError
	var refused *refusal.Error
	var api *airbyteclient.Error
	var hint refusal.Hinted
	var inner During
	var waits *approval.ConfirmNeeded
	var needs *CredentialsNeeded
	if errors.As(err, &inner) {
		t = inner.Tool
	}
	if errors.As(err, &hint) && hint.ReadOnly {
		t.Effect = Read
	}
	words := ""
	switch {
	case errors.As(err, &faults):
		words = "The arguments of " + t.Name + " are not right, and nothing was sent.\n" + faults.Error() +
			"\nMend all of these and call again."
	case errors.As(err, &refused):
		words = refused.Error()
	case errors.As(err, &waits):
		words = waits.Explain()
	case errors.As(err, &needs):
		words = "The credentials are missing, and a person must enter them: there is no page for that here. Nothing was created. They can connect the service in the Airbyte web app, or this server be asked by an MCP client."
	case errors.As(err, &api):
		words = safetext.Words(t.happened(api), hint.Hint, t.advice(api), t.mayHaveRun(api), trailer(api))
	case errors.Is(err, context.Canceled):
		words = "The call was canceled." + t.ran()
	case errors.Is(err, context.DeadlineExceeded):
		words = "The call took too long." + t.ran()
	default:
		words = "The server could not do this: " + safetext.Short(err.Error()) + ". Calling again is unlikely to help."
	}
	return secrets.Discreetly(words, err)
}

// happened says what the service answered, with its own words and the fields
// it named: they often list the legal values.
func (t Tool) happened(e *airbyteclient.Error) string {
	var b strings.Builder
	switch {
	case e.Status == 0:
		fmt.Fprintf(&b, "%s did not succeed: %s.", t.Name, safetext.Sentence(e.Message))
	case e.Status < 300 && e.Kind == airbyteclient.KindNotFound:
		fmt.Fprintf(&b, "%s found nothing: %s.", t.Name, safetext.Sentence(e.Message))
	case e.Status < 300:
		fmt.Fprintf(&b, "%s got an answer from Airbyte that cannot be used: %s.", t.Name, safetext.Sentence(e.Message))
	default:
		fmt.Fprintf(&b, "Airbyte answered %s with HTTP %d: %s.", t.Name, e.Status, safetext.Sentence(e.Message))
	}
	for _, f := range e.Fields {
		if f.Message == e.Message {
			continue
		}
		b.WriteString("\n- ")
		if f.Field != "" {
			b.WriteString(f.Field + ": ")
		}
		b.WriteString(f.Message)
	}
	if len(e.Fields) > 0 && strings.Contains(b.String(), "\n") {
		b.WriteString("\n")
	}
	return b.String()
}

func (t Tool) advice(e *airbyteclient.Error) string {
	// A tool that executes also mints tokens and looks up names.
	execute := e.Op == "execute"
	again := "Try once more"
	if t.Effect != Read && e.MaybeSent {
		again = "Do not simply repeat it" // mayHaveRun says why
	}
	switch e.Kind {
	case airbyteclient.KindMissingCredentials:
		return "Calling again will not help. The person who runs this server must set AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET (from the Airbyte web app), or start it with --sandbox to try it without an account."
	case airbyteclient.KindUnauthorized:
		if execute {
			return "Calling again will not help: a fresh token was tried. Either Airbyte refused this server's credentials (AIRBYTE_CLIENT_ID, AIRBYTE_CLIENT_SECRET), or the connected service refused the connector's own, which may have expired. check_connector tells which."
		}
		return "Calling again will not help: a fresh token was tried. The settings AIRBYTE_CLIENT_ID and AIRBYTE_CLIENT_SECRET must be checked."
	case airbyteclient.KindNotEnabled:
		return "It exists, but is not enabled for agents. Calling again will not help: an administrator must enable it in Airbyte Cloud, Organization settings, Context layer."
	case airbyteclient.KindForbidden:
		return "Access is denied: the organization may have no Agents subscription, or these credentials no access to the workspace or entity. Calling again will not help; ask an administrator of the organization." + aboutCredentials(execute)
	case airbyteclient.KindOrganizationNeeded:
		return "The credentials reach several organizations. Calling again will not help until AIRBYTE_ORGANIZATION_ID is set on this server."
	case airbyteclient.KindNotFound:
		return t.whereToLook(e, execute)
	case airbyteclient.KindConflict:
		return "Something else changed it, or it exists already. Look at its state before you call again."
	case airbyteclient.KindInvalid, airbyteclient.KindFailed:
		return t.whatToMend(execute)
	case airbyteclient.KindBadRequest:
		if t.Finder == "" {
			return "Nothing was sent. Calling again unchanged will not help."
		}
		return "Nothing was sent. Calling again unchanged will not help; " + t.Finder + " has the right ones."
	case airbyteclient.KindCanceled:
		return "Call again only if it is still wanted."
	case airbyteclient.KindRateLimited:
		if t.Effect != Read && e.MaybeSent { // by an earlier try
			return fmt.Sprintf("Too many requests. Wait %s.", wait(e.RetryAfter))
		}
		return fmt.Sprintf("Too many requests. Nothing was done. Wait %s, then call once more.", wait(e.RetryAfter))
	case airbyteclient.KindUnavailable, airbyteclient.KindServer:
		return "The fault is on the service's side and may pass. " + again + "." + aboutCredentials(execute)
	case airbyteclient.KindTooLarge:
		return "Ask for less: fewer fields (select_fields), fewer records, or a narrower filter. The operator can raise --max-answer-bytes (--max-download-bytes for a file)."
	case airbyteclient.KindTimeout:
		setting := "--api-timeout"
		if execute {
			setting = "--execute-timeout"
		}
		return again + "; ask for less at a time. The operator can raise " + setting + "."
	case airbyteclient.KindNetwork:
		return "The connection to Airbyte failed. " + again + "; if it stays so, the operator must check the network and AIRBYTE_API_HOST."
	case airbyteclient.KindBadAnswer:
		return "A proxy may be in between, or AIRBYTE_API_HOST names something that is not the Agent API. Calling again is unlikely to help."
	}
	return ""
}

// aboutCredentials is for the statuses that third parties hide behind.
func aboutCredentials(execute bool) string {
	if !execute {
		return ""
	}
	return " If it is about the connected service's own credentials, check_connector tests them."
}

func (t Tool) whereToLook(e *airbyteclient.Error, execute bool) string {
	switch {
	case strings.HasPrefix(t.Name, "delete_") && e.MaybeSent:
		return "It does not exist now: the answer to an earlier try of this call was lost, and that one may have deleted it."
	case execute:
		return "The connector, the entity or the record does not exist, or is not visible to these credentials. list_connectors has the connectors, describe_connector the entities and actions. Calling again unchanged will not help."
	case t.whenNotFound != "":
		return t.whenNotFound
	case t.Finder != "":
		return "It does not exist, or is not visible to these credentials. Find the right ID or name with " + t.Finder + ", then call again."
	}
	return "It does not exist, or is not visible to these credentials. Calling again unchanged will not help."
}

func (t Tool) whatToMend(execute bool) string {
	switch {
	case execute:
		return "Calling again unchanged will not help. describe_connector has the entities and actions with their parameters; legal values that the message lists may be used as they are." + aboutCredentials(execute)
	case t.whenInvalid != "":
		return t.whenInvalid
	}
	return "Mend what the message names, then call again."
}

// mayHaveRun warns where a write could have been carried out all the same.
func (t Tool) mayHaveRun(e *airbyteclient.Error) string {
	if t.Effect == Read || !e.MaybeSent {
		return ""
	}
	return strings.TrimSpace(t.ran())
}

// ran is what to say of a call whose end is not known.
func (t Tool) ran() string {
	if t.Effect == Read {
		return " Nothing was changed."
	}
	return " If it was to change something, it may have run all the same: look before you call again, and never on another target."
}

func wait(d time.Duration) string {
	if d <= 0 {
		return "a few seconds"
	}
	if d <= time.Second {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", int(math.Ceil(d.Seconds())))
}

func trailer(e *airbyteclient.Error) string {
	if e.RequestID == "" {
		return ""
	}
	return "(Airbyte request " + e.RequestID + ")"
}
