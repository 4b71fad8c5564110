package airbyteclient

import (
	"strings"
	"testing"
)

// executionOf is an answer to execute of about size bytes.
func executionOf(size int) []byte {
	const record = `{"id":"rec_0123456789","name":"Ada Lovelace","email":"ada@example.com","amount":1234.5,"tags":["a","b"],"note":"Called about the analytical engine; wants a demonstration of it next week."}`
	list := strings.Repeat(record+",", size/len(record)) + record
	return []byte(`{"status":"success","result":{"data":[` + list + `]},"connector_metadata":null,"execution_metadata":{"connector_instance_id":"c1","execution_time_ms":12}}`)
}

func BenchmarkEnvelope(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"2KB", 2 << 10}, {"200KB", 200 << 10}, {"5MB", 5 << 20}} {
		body := executionOf(size.bytes)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readExecution(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
