package tools

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"airbyte-agent-mcp/airbyteclient"
	"airbyte-agent-mcp/schemas/rawjson"
	"airbyte-agent-mcp/schemas/safetext"
	"airbyte-agent-mcp/tools/answer"
	"airbyte-agent-mcp/tools/refusal"
)

const (
	// maxText is how much of a text file is held, in bytes; the rest is fetched
	// by range when it is asked for.
	maxText = 256 << 10
	// maxAttachment is how long a file may be that is handed to the client as
	// it is, in bytes.
	maxAttachment = 1 << 20
)

// fileTextPath is where a file's text stands in an answer.
const fileTextPath = "/file/text"

// File is a download as a model can use it.
type File struct {
	Name        string `json:"name,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Size        int64  `json:"size"` // of the part that was asked for
	SHA256      string `json:"sha256,omitempty"`
	Text        string `json:"text,omitempty"`
	SavedAs     string `json:"saved_as,omitempty"`
	Note        string `json:"note,omitempty"`

	from int64           // where Text begins in the file
	data []byte          // the whole file, where it may be attached
	rest json.RawMessage // arguments that fetch what follows Text; nil if nothing does
}

// readFile reads a download as a stream: only its beginning is ever held. It is
// saved in folder if there is one.
func readFile(f *airbyteclient.File, in executeOperationIn, folder *os.Root) (_ *File, err error) {
	defer f.Body.Close()
	from, wanted := rangeAsked(in)
	if wanted > 0 && f.Size > wanted { // the service sends all of it whatever is asked
		if _, err := io.CopyN(io.Discard, f.Body, from); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	sum := sha256.New()
	body := io.TeeReader(f.Body, sum)
	out := &File{Name: f.Name, ContentType: f.ContentType, from: from}
	if folder != nil && in.rangeHeader() == "" {
		saved, failed := save(folder, f.Name)
		if failed != nil {
			return nil, failed
		}
		defer func() {
			if err = errors.Join(err, saved.Close()); err != nil { // half a file is none
				_ = folder.Remove(filepath.Base(saved.Name()))
			}
		}()
		body = io.TeeReader(body, saved)
		out.SavedAs = saved.Name()
	}
	start, err := io.ReadAll(io.LimitReader(body, maxAttachment))
	if err != nil {
		return nil, err
	}
	rest, err := io.Copy(io.Discard, body)
	if err != nil {
		return nil, err
	}
	out.Size = int64(len(start)) + rest
	if in.rangeHeader() == "" {
		out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	if isText(f.ContentType, start) {
		held := wholeRunes(start[:min(len(start), maxText)])
		out.Text = strings.ToValidUTF8(string(held), "\uFFFD")
		// A part as long as was asked for has more after it, as far as we know.
		if int64(len(held)) < out.Size || int64(len(held)) == wanted {
			out.rest = in.following(from + int64(len(held)))
		}
		return out, nil
	}
	if rest == 0 {
		out.data = start
	}
	switch {
	case strings.HasPrefix(f.ContentType, "image/") && rest == 0:
		out.Note = "The image itself is attached, for clients that show images."
	case out.SavedAs != "":
		out.Note = "It is not text; the file is in the server's download folder."
	default:
		out.Note = "It is not text, so its content is not shown. The person who runs the server can have files saved with --download-dir."
	}
	return out, nil
}

// shown is the file as an answer has it: with as much of its text as fits.
func (f *File) shown(fit *answer.Fitter) *File {
	if f == nil || f.Text == "" {
		return f
	}
	out := *f
	most := fit.Most - answer.LeastRoom
	if len(rawjson.Of(f.Text)) > most || f.rest != nil {
		out.Text = answer.TextWithin(f.Text, most-fit.Reserve)
		out.Note = fmt.Sprintf("The text is shown from byte %d to %d.", f.from, f.from+int64(len(out.Text)))
		if fit.Next = (answer.Place{Path: fileTextPath, Offset: len(out.Text)}); len(out.Text) == len(f.Text) {
			fit.Next, fit.Arguments = answer.Place{}, f.rest
		}
	}
	return &out
}

// goOn shows what follows of the text.
func (f *File) goOn(fit *answer.Fitter) {
	fit.Extract(rawjson.Of(f.Text), fit.Most-fit.Reserve)
	if fit.Next == (answer.Place{}) && f.rest != nil {
		fit.Arguments = f.rest
	}
}

// attachments is the file itself, where a client may show it.
func (f *File) attachments() []answer.Attachment {
	if f == nil || len(f.data) == 0 {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(f.ContentType)
	return []answer.Attachment{{URI: "airbyte://files/" + f.SHA256 + "/" + escapedName(f.Name), ContentType: kind, Data: f.data}}
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func escapedName(name string) string {
	return strings.Trim(notInName.ReplaceAllString(name, "-"), "-")
}

// save makes a file in folder that was not there before. The folder's own
// bounds hold: no name leads out of it.
func save(folder *os.Root, name string) (*os.File, error) {
	name = strings.TrimLeft(name, ".")
	if name == "" {
		name = "download"
	}
	ending := path.Ext(name)
	for n := range 100 {
		try := name
		if n > 0 {
			try = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ending), n, ending)
		}
		f, err := folder.OpenFile(try, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, refusal.New("The file could not be saved in --download-dir: %s.", safetext.Short(err.Error())).Next("The operator must look at that folder.")
		}
		return f, nil
	}
	return nil, refusal.New("The folder of --download-dir holds 100 files named like %q already.", safetext.Short(name)).Next("The operator must clear it.")
}

func (in executeOperationIn) rangeHeader() string {
	return rawjson.Text(rawjson.Member(in.Params, "range_header"))
}

var rangePattern = regexp.MustCompile(`^bytes=([0-9]{1,15})-([0-9]{1,15})$`)

// rangeAsked is where the wanted part of a file begins and how long it is; both
// are 0 where all of it or an open end is wanted.
func rangeAsked(in executeOperationIn) (from, length int64) {
	m := rangePattern.FindStringSubmatch(in.rangeHeader())
	if m == nil {
		return 0, 0
	}
	from, _ = strconv.ParseInt(m[1], 10, 64)
	to, _ := strconv.ParseInt(m[2], 10, 64)
	return from, to - from + 1
}

// following are the arguments that fetch a file from an offset on.
func (in executeOperationIn) following(from int64) json.RawMessage {
	next := in
	next.Params = append(rawjson.AppendMember(rawjson.Without(in.Params, "range_header"), "range_header", rawjson.Of(fmt.Sprintf("bytes=%d-%d", from, from+maxText-1))), '}')
	return rawjson.Of(next)
}

// wholeRunes leaves out a last character that was cut.
func wholeRunes(b []byte) []byte {
	for n := 1; n <= min(utf8.UTFMax-1, len(b)); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

func isText(contentType string, start []byte) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	switch {
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+json"), strings.HasSuffix(kind, "+xml"):
		return true
	case kind == "application/json", kind == "application/xml", kind == "application/csv":
		return true
	case kind == "", kind == "application/octet-stream":
		return utf8.Valid(wholeRunes(start)) && !bytes.ContainsRune(start, 0)
	}
	return false
}
