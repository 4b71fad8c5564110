package knowledge

// SearchHint stands below every failed search: the service does not say with
// which status it refuses a store that is not ready.
const SearchHint = "If the Context Store has not indexed the entity yet (describe_connector shows context_store readiness), use a live action such as list or api_search meanwhile."
