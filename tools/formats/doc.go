// Package formats prints the catalog for others: as JSON for OpenAI, Anthropic,
// Gemini, LangChain, Vercel and MCP, checked against what each of them takes.
//
// What comes in are tools; what goes out is JSON, or a list of faults. The rules of
// providers and clients are data (targets.json). Only the command line imports it.
package formats
