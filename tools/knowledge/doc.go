// Package knowledge holds what is known of a connector: its entities, actions and
// parameters, merged from the service's inspection, its documentation and the
// definition.
//
// What comes in is a connector's ID; what goes out is a Connector that says what is
// unknown. Paging, description, records, plan and the dispatcher may import it.
package knowledge
