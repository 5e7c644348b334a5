package results

import "bytes"

// fastSample reads a sample line as the writer writes it, several times faster
// than encoding/json: a record may have millions. It knows no more of JSON
// than it needs for that, and reports false for everything else, right or
// wrong, which encoding/json then judges. What it takes, that takes alike: a
// fuzz test holds it to that.
func fastSample(text []byte, s *Sample) bool {
	p := scanner{text: bytes.TrimSuffix(text, []byte("\n"))}
	if !p.take('{') {
		return false
	}
	*s = Sample{}
	var seen uint
	for {
		key, ok := p.word()
		if !ok || !p.take(':') {
			return false
		}
		field := uint(0)
		switch string(key) {
		case "type":
			field, s.Type = 1, "sample"
			v, ok := p.word()
			if !ok || string(v) != s.Type {
				return false
			}
		case "cell":
			field, ok = 2, p.small(&s.Cell)
		case "invocation":
			field, ok = 4, p.small(&s.Invocation)
		case "phase":
			field = 8
			var v []byte
			v, ok = p.word()
			switch string(v) {
			case string(Warmup):
				s.Phase = Warmup
			case string(Timed):
				s.Phase = Timed
			default:
				return false
			}
		case "index":
			field, ok = 16, p.small(&s.Index)
		case "ns":
			field, ok = 32, p.signed(&s.NS)
		case "units":
			field, ok = 64, p.number(&s.Units)
		case "answer":
			field, ok = 128, p.take('"') && p.number(&s.Answer) && p.take('"')
		case "rss_bytes":
			field, ok = 256, p.number(&s.RSSBytes)
		case "counters":
			field, ok = 512, p.counters(s)
		default:
			return false
		}
		if !ok || seen&field != 0 { // the last of two would count
			return false
		}
		seen |= field
		if p.take(',') {
			continue
		}
		return p.take('}') && len(p.text) == 0
	}
}

// scanner takes a text apart from its beginning.
type scanner struct{ text []byte }

func (p *scanner) take(c byte) bool {
	if len(p.text) == 0 || p.text[0] != c {
		return false
	}
	p.text = p.text[1:]
	return true
}

// word takes a string of plain ASCII without escapes.
func (p *scanner) word() ([]byte, bool) {
	if !p.take('"') {
		return nil, false
	}
	for i, c := range p.text {
		switch {
		case c == '"':
			w := p.text[:i]
			p.text = p.text[i+1:]
			return w, true
		case c < ' ' || c > '~' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// number takes up to 18 digits, which fit any type; more are for
// encoding/json to judge.
func (p *scanner) number(v *uint64) bool {
	n, i := uint64(0), 0
	for i < len(p.text) && p.text[i] >= '0' && p.text[i] <= '9' {
		n = 10*n + uint64(p.text[i]-'0')
		i++
	}
	if i == 0 || i > 18 || i > 1 && p.text[0] == '0' {
		return false
	}
	*v, p.text = n, p.text[i:]
	return true
}

func (p *scanner) signed(v *int64) bool {
	minus := p.take('-')
	var n uint64
	if !p.number(&n) {
		return false
	}
	*v = int64(n)
	if minus {
		*v = -*v
	}
	return true
}

func (p *scanner) small(v *int) bool {
	var n int64
	ok := p.signed(&n)
	*v = int(n)
	return ok && int64(*v) == n
}

func (p *scanner) counters(s *Sample) bool {
	if !p.take('{') {
		return false
	}
	s.Counters = map[string]uint64{}
	if p.take('}') {
		return true
	}
	for {
		name, ok := p.word()
		var n uint64
		if !ok || !p.take(':') || !p.number(&n) {
			return false
		}
		s.Counters[string(name)] = n
		if p.take(',') {
			continue
		}
		return p.take('}')
	}
}
