// Package description puts what is known of a connector into words for a model:
// entities, signatures of actions, and example calls that can be sent as they are.
//
// What comes in is a knowledge.Connector; what goes out is the answer of
// describe_connector, shortened in steps until it fits. Only tools imports it.
package description
