package sandbox

import (
	"encoding/json"
	"io"
	"strings"
)

const proseWords = "The manual says where each setting is, what it changes, and how to take it back. "

// prose is text of exactly so many bytes.
func prose(size int) string {
	return strings.Repeat(proseWords, size/len(proseWords)+1)[:size]
}

// proseReader reads the same text from one byte to before another, without holding it.
type proseReader struct{ at, end int }

func (p *proseReader) Read(b []byte) (int, error) {
	if p.at >= p.end {
		return 0, io.EOF
	}
	n := 0
	for limit := min(len(b), p.end-p.at); n < limit; {
		n += copy(b[n:limit], proseWords[(p.at+n)%len(proseWords):])
	}
	p.at += n
	return n, nil
}

// payloadRecord is how long the records of a payload are: a long article, since what
// many small values cost is another question than what many bytes cost.
const payloadRecord = 4 << 10

// asksForPayload tells the first page of a list that Options.Payload sizes.
func (s *Sandbox) asksForPayload(op operation) bool {
	page := op.params["page"]
	return op.action.payload != nil && s.options.Payload > 0 && (page == nil || same(page, 1))
}

// payload answers with a list of Options.Payload bytes, give or take the digits of its
// identifiers. It is made record by record while it is written.
func (s *Sandbox) payload(op operation) response {
	count := (s.options.Payload + payloadRecord - 1) / payloadRecord
	metadata := op.action.pages.metadata(page{rows: make([]*record, count), to: count, size: count})
	tail := s.envelopeEnd(op.connector, metadata, nil)
	body := prose(max(0, (s.options.Payload-len(envelopeBegin)-len(tail))/count-len(encode(op.action.payload(count, "")))-1))
	return response{status: 200, contentType: "application/json", size: -1, stream: func(w io.Writer) error {
		if _, err := io.WriteString(w, envelopeBegin+"["); err != nil {
			return err
		}
		records := json.NewEncoder(w)
		records.SetEscapeHTML(false)
		for i := range count {
			if i > 0 {
				if _, err := io.WriteString(w, ","); err != nil {
					return err
				}
			}
			if err := records.Encode(op.selection.apply(op.action.payload(i, body))); err != nil {
				return err
			}
		}
		_, err := w.Write(append([]byte("]"), tail...))
		return err
	}}
}
