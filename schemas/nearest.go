package schemas

// Nearest is the name among known that takes the fewest edits to come to from
// name, spelling aside; "" when a third of the letters would have to change.
func Nearest(name string, known []string) string {
	if len(name) > 2*maxKey {
		return ""
	}
	plain := plainKey(name)
	best, fewest := "", len(plain)/3+1
	for _, k := range known {
		if d := edits(plain, plainKey(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}
