package rawjson

func JoinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
