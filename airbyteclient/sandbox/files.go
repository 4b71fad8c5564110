package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
)

// file is what a download gives: bytes, or so many bytes of prose.
type file struct {
	name, kind string
	bytes      []byte
	prose      int
}

func (f file) size() int {
	if f.prose > 0 {
		return f.prose
	}
	return len(f.bytes)
}

// part reads the file from one byte to before another.
func (f file) part(from, to int) io.Reader {
	if f.prose > 0 {
		return &proseReader{from, to}
	}
	return bytes.NewReader(f.bytes[from:to])
}

// pixel is the smallest picture there is, ready-made: encoding one anew for every
// record took a third of the time to make a world.
func pixel() []byte {
	const ready = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNIjPsPAALiAb8LgaAsAAAAAElFTkSuQmCC"
	b, err := base64.StdEncoding.DecodeString(ready)
	if err != nil {
		panic("sandbox: the picture is broken: " + err.Error())
	}
	return b
}

// logo is a lantern of 64 by 64 points on a clear ground.
func logo() []byte {
	const side = 64
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := x-side/2, y-side/2
			switch far := dx*dx + dy*dy; {
			case far < 14*14:
				picture.Set(x, y, color.NRGBA{255, 214, 92, 255})
			case far < 28*28:
				picture.Set(x, y, color.NRGBA{97, 94, 255, uint8(255 - far/8)})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		panic("sandbox: the logo is broken: " + err.Error())
	}
	return b.Bytes()
}

// guide is how this company welcomes a customer, in Markdown.
func guide() []byte {
	var b strings.Builder
	b.WriteString("# Welcoming a customer\n\nOnboarding takes a week:\n\n1. Make the workspace and invite the administrator.\n2. Connect their data.\n3. Agree on the first review.\n\n## What they ask most\n\n")
	for _, t := range topics() {
		b.WriteString("- " + t + "\n")
	}
	b.WriteString("\n| Plan | Answer within |\n|---|---|\n| starter | 2 days |\n| growth | 1 day |\n| enterprise | 1 hour |\n")
	return []byte(b.String())
}

// paper is a PDF of one page, made by hand: binary enough that text decoding spoils it.
func paper(title string) []byte {
	text := fmt.Sprintf("BT /F1 18 Tf 60 740 Td (%s) Tj ET", strings.NewReplacer("(", "", ")", "").Replace(title))
	return fmt.Appendf(nil, "%%PDF-1.4\n%%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"+
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"+
		"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n", len(text), text)
}

// sheet is a customer's usage as CSV.
func sheet(c customer) []byte {
	var b strings.Builder
	b.WriteString("month,seats,exports,tickets\n")
	for m := range 12 {
		fmt.Fprintf(&b, "2026-%02d,%d,%d,%d\n", m+1, c.seats+m%3, 40+c.n*3+m*7, (c.n+m)%6)
	}
	return []byte(b.String())
}

// attachmentOf is what a customer sends along with a ticket.
func attachmentOf(c customer, i int) file {
	switch i % 3 {
	case 0:
		return file{name: "usage-" + c.slug() + ".csv", kind: "text/csv", bytes: sheet(c)}
	case 1:
		return file{name: "screenshot-" + c.slug() + ".png", kind: "image/png", bytes: pixel()}
	}
	return file{name: "report-" + c.slug() + ".pdf", kind: "application/pdf", bytes: paper(topic(i) + " at " + c.name)}
}

// sound is a WAV of silence: header and samples.
func sound(seconds int) []byte {
	const rate = 800
	n := seconds * rate
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x20\x03\x00\x00\x20\x03\x00\x00\x01\x00\x08\x00data")
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	for i, v := 0, len(b)+n-8; i < 4; i++ {
		b[4+i] = byte(v >> (8 * i))
	}
	return append(b, bytes.Repeat([]byte{0x80}, n)...)
}
