package denc_test

import (
	"errors"
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// Pool is a structure of the caller. Version 2 of its encoding added Size.
type Pool struct {
	Name string
	Size uint32
}

func (p *Pool) DecodeFrom(r *denc.Reader) {
	s := r.Start("pool", 2)
	p.Name = r.String("name")
	if s.Version >= 2 {
		p.Size = r.Uint32("size")
	}
	r.Finish(s) // skips what a newer encoder appended
}

func (p Pool) AppendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, 2, 1)
	b = denc.AppendString(b, p.Name)
	b = denc.AppendUint32(b, p.Size)
	return denc.AppendFinish(b, mark)
}

func Example() {
	wire := Pool{Name: "rbd", Size: 3}.AppendTo(nil)
	fmt.Printf("%x\n", wire)

	r := denc.NewReader(wire)
	var p Pool
	p.DecodeFrom(r)
	fmt.Printf("%+v %v\n", p, r.Done())

	r = denc.NewReader(wire[:len(wire)-1])
	p.DecodeFrom(r)
	fmt.Println(r.Err())
	fmt.Println(errors.Is(r.Err(), denc.ErrShort))
	// Output:
	// 02010b0000000300000072626403000000
	// {Name:rbd Size:3} <nil>
	// denc: pool at byte 6: short input: needs 11 bytes, 10 left
	// true
}

func ExampleParseEntityAddrVec() {
	v, err := denc.ParseEntityAddrVec("[v2:10.0.0.1:3300,v1:10.0.0.1:6789]", denc.AddrAny)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, _ := v.Msgr2()
	fmt.Println(v)
	fmt.Println(a.AddrPort())
	// Output:
	// [v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]
	// 10.0.0.1:3300
}
