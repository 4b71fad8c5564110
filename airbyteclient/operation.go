package airbyteclient

// Operation is one operation of the Agent API. The request values carry it,
// so that a path is written once.
type Operation struct {
	// Name is the method of Client that calls it.
	Name string
	// Title says in words what it does, as errors do: "get workspace".
	Title string
	// Method and Path are the HTTP method and the path with its parameters in
	// braces, as the published document writes them.
	Method, Path string
}

// Operations lists every operation of the published API that this package
// knows, in the order of its files. CloneSourceTemplate shares its operation with
// CreateSourceTemplate, and MintToken is called by the client itself. Those of
// sign-in sessions are not public and not listed.
func Operations() []Operation {
	return []Operation{
		opMintToken,
		opCreateScopedToken,
		opGetScopedTokenInfo,
		opCreateWidgetToken,
		opListWorkspaces,
		opGetWorkspaceStats,
		opGetWorkspace,
		opUpdateWorkspace,
		opDeleteWorkspace,
		opCreateConnector,
		opListConnectors,
		opGetConnector,
		opUpdateConnector,
		opDeleteConnector,
		opCheckNewConnector,
		opCheckConnector,
		opExecute,
		opInspectConnector,
		opListSourceDefinitions,
		opGetSourceDefinition,
		opListDestinationDefinitions,
		opGetDestinationDefinition,
		opListSourceTemplates,
		opCreateSourceTemplate,
		opGetSourceTemplate,
		opUpdateSourceTemplate,
		opDeleteSourceTemplate,
		opListConnectionTemplates,
		opCreateConnectionTemplate,
		opGetConnectionTemplate,
		opUpdateConnectionTemplate,
		opDeleteConnectionTemplate,
		opDescribeCron,
		opSetOAuthCredentials,
		opDeleteOAuthCredentials,
		opListSkills,
		opSearchSkills,
		opGetSkillDocs,
	}
}
