package knowledge

const ListAction = "list"

const GetAction = "get"

const ApiSearch = "api_search"

const StoreSearch = "context_store_search"

const StoreSQL = "context_store_sql_query"

var ReadActions = []string{ListAction, GetAction, ApiSearch, StoreSearch, StoreSQL}
