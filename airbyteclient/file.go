package airbyteclient

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// File is a file that a connector hands out.
type File struct {
	// Name is the last element of the name that the service gave, or empty.
	Name        string
	ContentType string
	// Size is in bytes, -1 if unknown.
	Size int64
	// Body streams the file. Its errors are of type *Error, that of a file
	// longer than Config.MaxDownloadBytes too. The caller closes it.
	Body io.ReadCloser
}

// isFile goes by the answer and not by what was asked: an answer of JSON is
// one even to a download, unless it says that it is an attachment.
func isFile(header http.Header) bool {
	if header.Get("Content-Disposition") != "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil:
		return false // no type or a broken one: read it as JSON, which then fails in words
	case kind == "application/json", strings.HasSuffix(kind, "+json"), kind == "text/html":
		return false // a page without a file name comes from a gateway
	}
	return true
}

// openFile looks at the first byte: the service answers 200 with no bytes when
// there is no such file.
func (c *Client) openFile(got *answer, resp *http.Response) (*File, *Error) {
	tooLarge := got.fail(KindTooLarge, errors.New("the file is longer than "+byteCount(c.maxDownload)))
	tooLarge.MaybeSent = true
	if resp.ContentLength > c.maxDownload {
		return nil, tooLarge
	}
	reader := bufio.NewReaderSize(resp.Body, 32<<10)
	if _, err := reader.Peek(1); err == io.EOF {
		return nil, noSuchFile(got)
	} else if err != nil {
		return nil, c.readError(request{op: got.op}, got, err)
	}
	return &File{
		Name:        fileName(resp.Header.Get("Content-Disposition")),
		ContentType: resp.Header.Get("Content-Type"),
		Size:        resp.ContentLength,
		Body:        &boundedBody{Reader: reader, Closer: resp.Body, left: c.maxDownload, tooLarge: tooLarge},
	}, nil
}

func noSuchFile(got *answer) *Error {
	return got.fail(KindNotFound, errors.New("there is no such file: the service sent no bytes"))
}

// fileName keeps the last element only: the name may have come from a stranger.
func fileName(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	name := params["filename"]
	name = tidy(name[strings.LastIndexAny(name, `/\`)+1:], 255)
	if name == "." || name == ".." {
		return ""
	}
	return name
}

// boundedBody fails when there is more than left.
type boundedBody struct {
	io.Reader
	io.Closer
	left     int64
	tooLarge error
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, b.tooLarge
	}
	// One byte beyond the limit tells a file that just fits from a longer one.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.Reader.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, b.tooLarge
	}
	return n, err
}

// fileBody ends the call's timeout when the file is closed, and words errors.
type fileBody struct {
	io.ReadCloser
	close  func()
	failed func(error) error
}

func (b *fileBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return n, err
	}
	return n, b.failed(err)
}

func (b *fileBody) Close() error {
	defer b.close()
	return b.ReadCloser.Close()
}

// byteCount says a limit as people do.
func byteCount(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
