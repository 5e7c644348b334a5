package workloads

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Params are the parameters of one cell in the order in which the workload
// declares them. In JSON they are an object that keeps this order.
type Params []Param

// Param is one parameter and its value.
type Param struct {
	Name  string
	Value uint64
}

// Get returns the value of the named parameter and whether it is there.
func (ps Params) Get(name string) (uint64, bool) {
	for _, p := range ps {
		if p.Name == name {
			return p.Value, true
		}
	}
	return 0, false
}

// Map returns the parameters without their order.
func (ps Params) Map() map[string]uint64 {
	m := make(map[string]uint64, len(ps))
	for _, p := range ps {
		m[p.Name] = p.Value
	}
	return m
}

// String is the canonical form, "n=1000 window=1": equal strings mean equal
// parameters.
func (ps Params) String() string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = p.Name + "=" + strconv.FormatUint(p.Value, 10)
	}
	return strings.Join(parts, " ")
}

// MarshalJSON writes an object with the parameters in order.
func (ps Params) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(p.Name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.WriteString(strconv.FormatUint(p.Value, 10))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object of non-negative integers and keeps its order.
func (ps *Params) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	open, err := dec.Token()
	if err != nil {
		return err
	}
	if open == nil {
		return nil
	}
	if open != json.Delim('{') {
		return fmt.Errorf("params: want an object, have %v", open)
	}
	out := Params{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		val, err := dec.Token()
		if err != nil {
			return err
		}
		num, ok := val.(json.Number)
		if !ok {
			return fmt.Errorf("params: %s: want a number, have %v", name, val)
		}
		v, err := strconv.ParseUint(num.String(), 10, 64)
		if err != nil {
			return fmt.Errorf("params: %s: want a whole number of at least 0, have %s", name, num)
		}
		if _, dup := out.Get(name); dup {
			return fmt.Errorf("params: %s is given twice", name)
		}
		out = append(out, Param{name, v})
	}
	*ps = out
	return nil
}
