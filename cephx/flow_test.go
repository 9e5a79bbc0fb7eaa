package cephx

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// TestFlows replays what real monitors of each release sent, and requires of the client the very bytes that they
// accepted: a handshake in mode secure, a renewal of the service tickets, two of the AUTH ticket, and a reclaim in mode crc.
func TestFlows(t *testing.T) {
	for release, typ := range map[string]KeyType{"pacific": AES, "reef": AES, "tentacle": AES256KRB5} {
		t.Run(release, func(t *testing.T) {
			f, err := os.Open("testdata/" + release + ".flow")
			require.NoError(t, err)
			defer func() { require.NoError(t, f.Close()) }()
			p := &flowPlayer{t: t, clk: newClock(), random: &countingReader{}}
			lines := bufio.NewScanner(f)
			lines.Buffer(nil, 1<<20)
			for n := 1; lines.Scan(); n++ {
				if line := lines.Text(); !strings.HasPrefix(line, "#") {
					p.play(fmt.Sprintf("line %d", n), strings.Fields(line))
				}
			}
			require.NoError(t, lines.Err())
			require.Equal(t, typ, p.cfg.Key.Type())
			require.Equal(t, map[string]int{"> begin": 2, "> more": 2, "> renew": 3}, p.sent)
			require.Equal(t, DefaultWant, p.session.State().Have(p.clk.t, DefaultWant))
			require.NotZero(t, p.session.GlobalID())
		})
	}
}

// flowPlayer plays a recorded flow against the client.
type flowPlayer struct {
	t       *testing.T
	clk     *clock
	random  *countingReader
	cfg     Config
	h       *Handshake
	session *Session
	reply   []byte // from the client, to be compared with the next line
	sent    map[string]int
}

func (p *flowPlayer) play(line string, words []string) {
	require.NotEmpty(p.t, words, line)
	event := words[0]
	if event == "<" || event == ">" {
		event += " " + words[1]
	}
	last := words[len(words)-1]
	var err error
	switch event {
	case "key":
		p.cfg = Config{Name: admin, Key: mustKey(p.t, last), Rand: p.random, Now: p.clk.now}
		p.sent = map[string]int{}
	case "clock":
		d, err := time.ParseDuration(last)
		require.NoError(p.t, err, line)
		p.clk.advance(d)
	case "> begin":
		p.cfg.Modes = nil
		for m := range strings.SplitSeq(words[3], ",") {
			p.cfg.Modes = append(p.cfg.Modes, Mode(p.number(m)))
		}
		if p.session != nil {
			p.cfg.Previous = p.session.State()
		}
		p.h = newHandshake(p.t, p.cfg)
		var method uint32
		method, _, p.reply, err = p.h.Begin()
		require.EqualValues(p.t, p.number(words[2]), method, line)
	case "< more":
		p.reply, err = p.h.More(unhex(p.t, last))
	case "< done":
		_, _, err = p.h.Done(p.number(words[2]), uint32(p.number(words[3])), unhex(p.t, last))
		require.NoError(p.t, err, line)
		if p.session != nil {
			require.Equal(p.t, p.session.GlobalID(), p.number(words[2]), "reclaimed")
		}
		p.session, err = p.h.Session()
	case "> renew":
		p.reply, err = p.session.RenewRequest()
	case "< renew":
		err = p.session.RenewReply(int32(p.number(words[2])), unhex(p.t, last))
		require.Zero(p.t, p.session.State().Need(p.clk.t, DefaultWant), line)
	case "> more":
	default:
		require.Fail(p.t, "unknown event", "%s: %s", line, event)
	}
	require.NoError(p.t, err, line)
	if strings.HasPrefix(event, ">") {
		require.Equal(p.t, unhex(p.t, last), p.reply, line)
		p.sent[event]++
	}
}

func (p *flowPlayer) number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(p.t, err)
	return n
}

// A recorded AUTH_DONE leaves nothing unread, up to its last byte.
func TestFlowTicketsFillTheirReply(t *testing.T) {
	data, err := os.ReadFile("testdata/tentacle.flow")
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(data), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "<" || words[1] != "done" {
			continue
		}
		r := denc.NewReader(unhex(t, words[len(words)-1]))
		r.Bytes(6, "header")
		r.Bytes(1, "v")
		require.Equal(t, 1, r.Count(14, "tickets"))
		r.Bytes(5, "service_id, v")
		r.Blob("sealed")
		r.Bool("encrypted")
		r.Blob("blob")
		r.Blob("cbl")
		r.Blob("extra")
		require.NoError(t, r.Done())
	}
}
