// Package menu offers what people pick from lists of their client: prompts,
// resources, and completions of their arguments.
//
// What comes in are the tools that are served and the caller's API client; what goes
// out are lists and texts. Only the server imports it.
package menu
