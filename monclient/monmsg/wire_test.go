package monmsg

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// testFSID is the cluster's in all captured bytes.
var testFSID = uuid.MustParse("4d2b5b1e-6d1c-4bb1-9d0a-0123456789ab")

const (
	testFSIDHex  = "4d2b5b1e6d1c4bb19d0a0123456789ab"
	noPaxosHex   = "0000000000000000" + "ffff" + "0000000000000000" // what every client sends
	firstPaxosV1 = "0100000000000000" + "ffff" + "0000000000000000"
)

// wireTest is one front segment and what it means.
type wireTest struct {
	name string
	wire string // hex, blanks ignored
	want Message

	version uint16 // of the header, when it is not the one that want has
	oneWay  bool   // an older or unusual form, which is not written again
	shorter []int  // lengths at which a prefix of wire is a legal front too
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

// checkWire holds every type to the same: known bytes decode and encode, each strict prefix fails cleanly, bytes
// after the front are an error in our version and ignored in a newer one.
func checkWire(t *testing.T, tests []wireTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wire := unhex(t, tt.wire)
			typ := tt.want.MsgType()
			version, compat := tt.want.MsgVersion()
			if tt.version != 0 {
				version = tt.version
				compat = min(compat, version)
			}
			got, err := Decode(typ, version, compat, wire, nil, nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			if !tt.oneWay {
				require.Equal(t, wire, tt.want.AppendFront([]byte{}, denc.FeaturesAll))
			}
			for n := range wire {
				if slices.Contains(tt.shorter, n) {
					continue
				}
				_, err := Decode(typ, version, compat, wire[:n], nil, nil)
				require.Error(t, err, "prefix of %d bytes", n)
				require.True(t, errors.Is(err, denc.ErrShort) || errors.Is(err, denc.ErrMalformed), "prefix of %d bytes: %v", n, err)
				require.ErrorContains(t, err, "monmsg: "+TypeName(typ)+" ")
			}
			long := append(slices.Clone(wire), 0xff)
			_, err = Decode(typ, version, compat, long, nil, nil)
			require.Error(t, err)
			newer, err := Decode(typ, newestVersion(typ)+1, 1, long, nil, nil)
			if !tt.oneWay && len(wire) > 0 && len(tt.shorter) == 0 {
				require.NoError(t, err)
				require.Equal(t, tt.want, newer)
			}
		})
	}
}

// decodeErr decodes a front that must not decode, and returns why.
func decodeErr(t *testing.T, typ, version uint16, wire string) error {
	t.Helper()
	_, err := Decode(typ, version, 1, unhex(t, wire), nil, nil)
	require.Error(t, err)
	return err
}
