package tools

// Toolset is a list of tools that are switched on together.
type Toolset struct {
	Name        string
	Description string
	Tools       []Tool
}

// Core is the toolset that is on unless others are chosen.
const Core = "core"

// Catalog is everything the server can do: the list of lists.
func Catalog() []Toolset {
	catalog := []Toolset{
		{Core, "Everyday work: find, connect, learn, read and write.", coreTools()},
		{"connectors", "More about single connectors.", connectorTools()},
		{"workspaces", "Manage workspaces.", workspaceTools()},
		{"templates", "Choose which services can be connected, and with which presets.", sourceTemplateTools()},
		{"replication", "Copy data into a warehouse: destinations and connection templates.", replicationTools()},
		{"tokens", "Mint tokens for one workspace or for the browser widget.", tokenTools()},
		{"oauth", "Use your own OAuth applications.", oauthTools()},
		{"skills", "The service's own documentation.", skillTools()},
	}
	for _, set := range catalog {
		for i := range set.Tools {
			set.Tools[i].Toolset = set.Name
		}
	}
	return catalog
}

// coreTools are sent to the model with every request of every user: a tool
// must earn its place here.
func coreTools() []Tool {
	return []Tool{
		listDefinitions(),
		getDefinition(),
		ListConnectors(),
		DescribeConnector(),
		createConnector(),
		checkConnector(),
		updateConnector(),
		deleteConnector(),
		executeOperation(),
		ReadRecords(),
		readMore(),
		listWorkspaces(),
	}
}
