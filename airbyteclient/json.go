package airbyteclient

import (
	"errors"
	"fmt"

	"airbyte-agent-mcp/schemas/rawjson"
)

var (
	errCutShort  = errors.New("the answer ends within its JSON")
	errTooDeep   = fmt.Errorf("the answer is nested deeper than %d levels", rawjson.MaxDepth)
	errNotObject = errors.New("the answer is not a JSON object")
)

// inAnswer words an error of rawjson for the JSON of an answer.
func inAnswer(err error) error {
	if wrong, ok := errors.AsType[*rawjson.SyntaxError](err); ok {
		return fmt.Errorf("the answer is not valid JSON (at byte %d)", wrong.Offset)
	}
	switch {
	case errors.Is(err, rawjson.ErrTooDeep):
		return errTooDeep
	case errors.Is(err, rawjson.ErrCutShort):
		return errCutShort
	}
	return err
}

// oneLine checks a JSON value and returns it as valid UTF-8 on one line. It
// copies only what it has to change.
func oneLine(data []byte) ([]byte, error) {
	data = rawjson.Trim(data)
	traits, err := rawjson.Check(data)
	if err != nil {
		return nil, inAnswer(err)
	}
	return rawjson.OneLine(data, traits), nil
}
