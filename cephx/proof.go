package cephx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/libmonclient/libmonclient/denc"
)

// proof computes the answer to a monitor's challenge that shows knowledge of k (cephx_calc_client_server_challenge in
// src/auth/cephx/CephxProtocol.cc): the exclusive or of the 64-bit words of a keyed function of both challenges.
func proof(k Key, serverChallenge, clientChallenge uint64) (uint64, error) {
	secret, err := k.secret()
	if err != nil {
		return 0, err
	}
	challenges := denc.AppendUint64(denc.AppendUint64(make([]byte, 0, 16), serverChallenge), clientChallenge)
	var x []byte
	if k.Type() == AES {
		// The length prefix takes part, and so the last four bytes of the ciphertext do not.
		if x, err = k.appendSealed(nil, 0, challenges, nil); err != nil {
			return 0, err
		}
	} else {
		mac := hmac.New(sha256.New, secret)
		mac.Write(challenges)
		x = mac.Sum(nil)
	}
	var sum uint64
	for ; len(x) >= 8; x = x[8:] {
		sum ^= binary.LittleEndian.Uint64(x)
	}
	return sum, nil
}
