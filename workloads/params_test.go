package workloads

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParamsKeepTheirOrderInJSON(t *testing.T) {
	const text = `{"window":1000,"n":18446744073709551615,"a":0}`
	var ps Params
	if err := json.Unmarshal([]byte(text), &ps); err != nil {
		t.Fatal(err)
	}
	if got := ps.String(); got != "window=1000 n=18446744073709551615 a=0" {
		t.Errorf("String = %s", got)
	}
	if out, err := json.Marshal(ps); err != nil || string(out) != text {
		t.Errorf("Marshal = %s, %v; want %s", out, err, text)
	}
	if v, ok := ps.Get("a"); !ok || v != 0 {
		t.Errorf("Get(a) = %d, %v", v, ok)
	}
	if _, ok := ps.Get("b"); ok {
		t.Error("Get(b): there is no b")
	}
	if m := ps.Map(); len(m) != 3 || m["window"] != 1000 {
		t.Errorf("Map = %v", m)
	}
}

func TestParamsRefuse(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`[1]`, "want an object"},
		{`"n=1"`, "want an object"},
		{`{"n":"1"}`, "n: want a number"},
		{`{"n":-1}`, "n: want a whole number of at least 0, have -1"},
		{`{"n":1.5}`, "have 1.5"},
		{`{"n":18446744073709551616}`, "have 18446744073709551616"},
		{`{"n":1,"n":2}`, "n is given twice"},
		{`{"n":{}}`, "n: want a number"},
	} {
		var ps Params
		err := json.Unmarshal([]byte(tc.text), &ps)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q in it", tc.text, err, tc.want)
		}
	}
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"n":1,"window":2}`, `{"a":18446744073709551615}`, `{"n":1e3}`, `{"n"`, `[{}]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var ps Params
		if json.Unmarshal([]byte(text), &ps) != nil {
			return
		}
		out, err := json.Marshal(ps)
		if err != nil {
			t.Fatalf("%q was read but cannot be written: %v", text, err)
		}
		var again Params
		if err := json.Unmarshal(out, &again); err != nil || again.String() != ps.String() {
			t.Fatalf("%q became %s and then %s, %v", text, out, again, err)
		}
	})
}
