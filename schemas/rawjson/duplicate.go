package rawjson

import "strconv"

// fewMembers is how many members of an object are compared with each other
// rather than kept in a map.
const fewMembers = 16

// Duplicate returns where an object has two members of the same name, escapes
// aside: the names and numbers of elements on the way to the second one. It
// returns nil when no object in v has. Which of the two a reader takes differs
// from reader to reader.
func Duplicate(v []byte) []string {
	return duplicate(v, 0)
}

func duplicate(v []byte, depth int) []string {
	if depth > MaxDepth {
		return nil
	}
	switch v = Trim(v); KindOf(v) {
	case Object:
		var keys keySet
		for key, value := range Members(v) {
			if !keys.add(key) {
				return []string{key.String()}
			}
			if inner := duplicateWithin(value, depth); inner != nil {
				return append([]string{key.String()}, inner...)
			}
		}
	case Array:
		n := 0
		for value := range Elements(v) {
			if inner := duplicateWithin(value, depth); inner != nil {
				return append([]string{strconv.Itoa(n)}, inner...)
			}
			n++
		}
	}
	return nil
}

func duplicateWithin(v []byte, depth int) []string {
	if kind := KindOf(v); kind != Object && kind != Array {
		return nil
	}
	return duplicate(v, depth+1)
}

// keySet is the keys of one object. The first few need no memory of their own.
type keySet struct {
	few  [fewMembers]Key
	n    int
	many map[string]bool
}

// add reports whether the key is new.
func (s *keySet) add(key Key) bool {
	if s.many == nil {
		for _, other := range s.few[:s.n] {
			if key.Equal(other) {
				return false
			}
		}
		if s.n < fewMembers {
			s.few[s.n] = key
			s.n++
			return true
		}
		s.many = map[string]bool{}
		for _, other := range s.few {
			s.many[other.String()] = true
		}
	}
	name := key.String()
	if s.many[name] {
		return false
	}
	s.many[name] = true
	return true
}
