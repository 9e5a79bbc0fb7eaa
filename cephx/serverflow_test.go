package cephx

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// TestServerFlows plays monitor with the recorded sessions: given the recorded challenges it takes the very proofs that
// real monitors took, and no others.
func TestServerFlows(t *testing.T) {
	for release, typ := range map[string]KeyType{"pacific": AES, "reef": AES, "tentacle": AES256KRB5} {
		t.Run(release, func(t *testing.T) {
			f, err := os.Open("testdata/" + release + ".flow")
			require.NoError(t, err)
			defer func() { require.NoError(t, f.Close()) }()
			p := &serverFlow{q: newQuorum(t, typ, KeyServerConfig{}), t: t}
			lines := bufio.NewScanner(f)
			lines.Buffer(nil, 1<<20)
			for n := 1; lines.Scan(); n++ {
				words := strings.Fields(lines.Text())
				if strings.HasPrefix(words[0], "#") {
					continue
				}
				p.play(fmt.Sprintf("line %d", n), strings.Join(words[:min(2, len(words)-1)], " "), words[2:], words[len(words)-1])
			}
			require.NoError(t, lines.Err())
			require.Equal(t, 2, p.handshakes)
			require.Equal(t, 2, p.renewals)
		})
	}
}

type serverFlow struct {
	t          *testing.T
	q          *quorum
	h          *ServerHandshake
	session    *ServerSession
	granted    []byte // the payload that the first handshake ended with
	handshakes int
	renewals   int
}

func (p *serverFlow) play(line, event string, words []string, last string) {
	t := p.t
	switch event {
	case "key":
		p.q.ring.Set(Entry{Name: admin, Key: mustKey(t, last), Caps: allCaps})
	case "> begin":
		p.h = p.q.NewHandshake(p.q.assign)
		var modes []uint32
		for m := range strings.SplitSeq(words[1], ",") {
			modes = append(modes, map[string]uint32{"1": 1, "2": 2}[m])
		}
		out, err := p.h.Request(2, modes, unhex(t, last))
		require.NoError(t, err, line)
		require.NotNil(t, out.More, line)
		require.Equal(t, admin, p.h.session.name)
		require.Equal(t, p.handshakes > 0, p.h.session.origin == originClaimed, line)
	case "< more":
		challenge := unhex(t, last)
		r := denc.NewReader(challenge[1:])
		p.h.session.challenge = r.Uint64("challenge")
		require.NoError(t, r.Done())
		require.Equal(t, challenge, denc.AppendUint64([]byte{1}, p.h.session.challenge))
	case "> more":
		p.handshakes++
		p.proof(line, p.h.session, unhex(t, last))
		out, err := p.h.More(unhex(t, last))
		require.NoError(t, err, line)
		if p.handshakes > 1 {
			require.EqualValues(t, -13, out.Refused.Result, "%s: the ticket is not one of ours", line)
			return
		}
		p.granted = out.Done.Payload
		p.session, err = p.h.Session()
		require.NoError(t, err)
	case "< done":
		if p.handshakes == 1 && p.q.key(admin).Type() == AES256KRB5 {
			require.Len(t, p.granted, len(unhex(t, last)), line)
		}
	case "> renew":
		request := unhex(t, last)
		if request[1] == 1 {
			p.renewals++
			p.proof(line, p.session, request)
		}
		result, _ := p.session.Renew(request)
		require.EqualValues(t, -13, result, "%s: the ticket is not one of ours", line)
	}
}

// proof checks that the session takes the proof in the request, and none that differs from it in a bit.
func (p *serverFlow) proof(line string, s *ServerSession, request []byte) {
	r := denc.NewReader(request)
	require.EqualValues(p.t, getAuthSessionKey, r.Uint16("type"))
	require.EqualValues(p.t, 3, r.Uint8("v"))
	challenge, answer := r.Uint64("client_challenge"), r.Uint64("key")
	var old ticketBlob
	old.decodeFrom(r)
	require.EqualValues(p.t, DefaultWant, r.Uint32("other_keys"))
	require.NoError(p.t, r.Done())
	_, err := s.prove(challenge, answer)
	require.NoError(p.t, err, line)
	for bit := range 64 {
		_, err := s.prove(challenge, answer^1<<bit)
		require.Equal(p.t, refusal(denc.EACCES), err)
		_, err = s.prove(challenge^1<<bit, answer)
		require.Equal(p.t, refusal(denc.EACCES), err)
	}
}
