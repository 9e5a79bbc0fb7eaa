package monmsg

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMMonMap(t *testing.T) {
	checkWire(t, []wireTest{{name: "blob", wire: "03000000 010203", want: &MMonMap{Map: []byte{1, 2, 3}}}})
}

func TestMMonMapAliasesTheFront(t *testing.T) {
	front := unhex(t, "03000000 010203")
	m, err := Decode(TypeMonMap, 1, 1, front, nil, nil)
	require.NoError(t, err)
	require.Same(t, &front[4], &m.(*MMonMap).Map[0])
}
