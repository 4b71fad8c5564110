package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"sort"
	"strings"
)

// semanticSearch scores by shared words. It is not meaning, but it is the shape of
// the service's answer, and a prompt about a record finds that record.
func (s *Sandbox) semanticSearch(op operation, rows []*record, limit int, warning any) response {
	if op.entity.semantic == "" {
		return failure(http.StatusBadRequest, fmt.Sprintf("Semantic search is not available for entity '%s'. Use 'query' instead.", op.entity.name))
	}
	ask, _ := op.params["semantic"].(object)
	prompt := tokens(ask["prompt"])
	if len(prompt) == 0 {
		return failure(http.StatusBadRequest, "Missing required parameter 'prompt' in 'semantic'")
	}
	field := op.entity.semantic
	if given := text(ask["field"]); given != "" && given != field {
		return failure(http.StatusBadRequest, fmt.Sprintf("Invalid value '%s' for parameter 'field'; expected one of: %s", given, words([]string{field})))
	}
	if filter, given := ask["filter"].(object); given {
		var refusal string
		if rows, refusal = newSearch(op.entity.name, rows).run(object{"filter": filter}); refusal != "" {
			return failure(http.StatusBadRequest, refusal)
		}
	}
	type hit struct {
		row   *record
		score float64
	}
	var hits []hit
	for _, r := range rows {
		if score := overlap(prompt, append(tokens(r.lookup("title")), tokens(r.lookup(field))...)); score > 0 {
			hits = append(hits, hit{r, score})
		}
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].score > hits[j].score })
	total := len(hits)
	hits = hits[:min(limit, 100, total)]
	data := make([]any, len(hits))
	for i, h := range hits {
		passage := plain(h.row.lookup(field))
		data[i] = object{
			"entity":   op.selection.apply(h.row.fields),
			"metadata": object{"score": math.Round(h.score*1000) / 1000, "context": strings.ToValidUTF8(passage[:min(len(passage), 400)], ""), "field": field},
		}
	}
	meta := object{"has_more": total > len(hits), "cursor": nil, "took_ms": 11}
	return s.success(op.connector, object{"data": data, "meta": meta}, nil, warning)
}

func overlap(prompt, words []string) float64 {
	shared := 0.0
	for _, p := range prompt {
		if len(p) > 3 && slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, p) || len(w) > 3 && strings.HasPrefix(p, w) }) {
			shared++
		}
	}
	return shared / float64(len(prompt))
}
