package consent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNoAnswer is the error of a person who typed neither yes nor no.
var ErrNoAnswer = errors.New("neither yes nor no: nothing was answered, and nothing is sent")

// IsTerminal reports whether a person types into in: a program that pipes text
// in is none.
func IsTerminal(in io.Reader) bool {
	f, ok := in.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// AskPerson shows a person the plan of a write on out and returns the yes or no
// that they type into in.
func AskPerson(in io.Reader, out io.Writer, plan string) (yes bool, err error) {
	fmt.Fprintf(out, "%s\n\nCarry this out? Type yes or no: ", plan)
	answer, err := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "yes":
		return true, nil
	case "no":
		return false, nil
	}
	return false, ErrNoAnswer
}

// AnswerPlan shows a person the plan of a code that a server on this machine
// has, by ask, and sends that server their yes or no. It returns what to tell
// them then.
func AnswerPlan(ctx context.Context, code string, ask func(plan string) (bool, error)) (said string, err error) {
	plan, err := Approval(ctx, code, "")
	if err != nil {
		return "", err
	}
	yes, err := ask(plan)
	if err != nil {
		return "", err
	}
	answer, said := "no", "Declined. Nothing is sent."
	if yes {
		answer, said = "yes", "Approved. The agent can make the call now, once."
	}
	if _, err := Approval(ctx, code, answer); err != nil {
		return "", err
	}
	return said, nil
}
