package montest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/msgr2"
)

// Frame is a line of the transcript.
type Frame struct {
	Mon  string // the monitor
	Conn int    // the connection, counted from 1 over the whole cluster
	Sent bool   // by the monitor
	Tag  string // of the frame, or the name of the message in it
	Text string // what is in it; secrets, and what changes from run to run, are left out
}

// String prints "a 1 < MMonCommand status": < is towards the monitor, > from it.
func (f Frame) String() string {
	direction := "<"
	if f.Sent {
		direction = ">"
	}
	return strings.TrimRight(fmt.Sprintf("%s %d %s %s %s", f.Mon, f.Conn, direction, f.Tag, f.Text), " ")
}

// Transcript is what went over the wire.
type Transcript []Frame

// String prints a line for each frame.
func (t Transcript) String() string {
	var b strings.Builder
	for _, f := range t {
		fmt.Fprintln(&b, f)
	}
	return b.String()
}

// Without returns the transcript without frames of some tags, KEEPALIVE2 for example.
func (t Transcript) Without(tags ...string) Transcript {
	return slices.DeleteFunc(slices.Clone(t), func(f Frame) bool { return slices.Contains(tags, f.Tag) })
}

// Transcript returns what has gone over the wire until now, empty unless Options.Transcript is set. Frames of different
// connections are in the order in which the monitors saw them.
func (c *Cluster) Transcript() Transcript {
	c.recorder.Lock()
	defer c.recorder.Unlock()
	return slices.Clone(c.recorder.frames)
}

// tracer returns what records the frames of a new connection, nil if nobody wants them.
func (c *Cluster) tracer(m *Mon) func(msgr2.Frame) {
	if !c.opts.Transcript {
		return nil
	}
	c.recorder.Lock()
	defer c.recorder.Unlock()
	c.recorder.conns++
	conn := c.recorder.conns
	return func(f msgr2.Frame) {
		line := Frame{Mon: m.name, Conn: conn, Sent: f.Sent, Tag: f.Tag}
		if msg, ok := f.IsMessage(); ok {
			line.Tag, line.Text = describeMessage(msg)
		} else {
			line.Text = describeControl(f)
		}
		c.recorder.Lock()
		defer c.recorder.Unlock()
		c.recorder.frames = append(c.recorder.frames, line)
	}
}

// describeControl says what is in a control frame. What authenticates is only measured.
func describeControl(f msgr2.Frame) string {
	r := denc.NewReader(f.Segments[0])
	switch f.Tag {
	case "HELLO":
		return denc.EntityType(r.Uint8("type")).String()
	case "AUTH_REQUEST":
		method := r.Uint32("method")
		var modes []string
		for range r.Count(4, "modes") {
			modes = append(modes, msgr2.ModeName(r.Uint32("modes")))
		}
		p := denc.NewReader(r.Blob("payload"))
		if p.Uint8("mode") < firstMonMode {
			return fmt.Sprintf("%s %v, an authorizer", methodName(method), modes)
		}
		var name denc.EntityName
		name.DecodeFrom(p)
		claim := "a new global_id"
		if id := p.Uint64("global_id"); id != 0 {
			claim = "its global_id again"
		}
		return fmt.Sprintf("%s %s %v, %s", methodName(method), name, modes, claim)
	case "AUTH_BAD_METHOD":
		method := r.Uint32("method")
		return fmt.Sprintf("%s %s", methodName(method), denc.ErrnoOf(r.Int32("result")).Name())
	case "AUTH_DONE":
		r.Uint64("global_id")
		return msgr2.ModeName(r.Uint32("mode"))
	}
	return ""
}

// firstMonMode is the first of the modes in which who authenticates has no ticket (AUTH_MODE_MON in src/auth/Auth.h).
const firstMonMode = 10

func methodName(method uint32) string {
	switch method {
	case msgr2.MethodNone:
		return "none"
	case msgr2.MethodCephx:
		return "cephx"
	}
	return fmt.Sprintf("method %d", method)
}

// describeMessage names a message and says what is in it.
func describeMessage(in *msgr2.Message) (name, text string) {
	name = monmsg.TypeName(in.Type)
	m, err := monmsg.Decode(in.Type, in.Version, in.Compat, in.Front, in.Middle, in.Data)
	if err != nil {
		return name, err.Error()
	}
	switch m := m.(type) {
	case *monmsg.MMonSubscribe:
		var subs []string
		for _, what := range slices.Sorted(maps.Keys(m.What)) {
			w := m.What[what]
			s := fmt.Sprintf("%s from %d", what, w.Start)
			if w.Flags&monmsg.SubscribeOnetime != 0 {
				s += " once"
			}
			subs = append(subs, s)
		}
		text = strings.Join(subs, ", ")
	case *monmsg.MMonMap:
		text = "unreadable"
		if mm, err := cephmap.DecodeMonMap(m.Map); err == nil {
			text = fmt.Sprintf("epoch %d", mm.Epoch)
		}
	case *monmsg.MMonCommand:
		text = describeCommand(m.Cmd, m.Input)
	case *monmsg.MCommand:
		text = describeCommand(m.Cmd, m.Input)
	case *monmsg.MMonCommandAck:
		text = fmt.Sprintf("%d %q", m.Retval, m.Status)
	case *monmsg.MMgrCommand:
		text = describeCommand(m.Cmd, m.Input)
	case *monmsg.MMgrCommandReply:
		text = fmt.Sprintf("%d %q", m.Retval, m.Status)
	case *monmsg.MCommandReply:
		text = fmt.Sprintf("%d %q", m.Retval, m.Status)
	case *monmsg.MMonGetVersion:
		text = m.What
	case *monmsg.MMonGetVersionReply:
		text = fmt.Sprintf("%d, oldest %d", m.Version, m.Oldest)
	case *monmsg.MOSDMap:
		var epochs []string
		for _, e := range m.Full {
			epochs = append(epochs, fmt.Sprintf("full %d", e.Epoch))
		}
		for _, e := range m.Incrementals {
			epochs = append(epochs, fmt.Sprintf("inc %d", e.Epoch))
		}
		text = strings.Join(epochs, ", ")
	case *monmsg.MMgrMap:
		text = fmt.Sprintf("epoch %d", m.Epoch())
	case *monmsg.MFSMap:
		text = fmt.Sprintf("epoch %d", m.Epoch)
	case *monmsg.MServiceMap:
		text = fmt.Sprintf("epoch %d", m.Epoch())
	case *monmsg.MConfig:
		text = strings.Join(slices.Sorted(maps.Keys(m.Options)), " ")
	case *monmsg.MKVData:
		text = fmt.Sprintf("%s %d keys", m.Prefix, len(m.Values))
	case *monmsg.MLog:
		text = fmt.Sprintf("%d entries", len(m.Entries))
	case *monmsg.MLogAck:
		text = fmt.Sprintf("up to %d", m.Last)
	case *monmsg.MPoolOp:
		text = fmt.Sprintf("0x%02x %q", uint32(m.Op), m.Name)
	case *monmsg.MPoolOpReply:
		text = fmt.Sprintf("%d, epoch %d", m.Code, m.Epoch)
	case *monmsg.MGetPoolStats:
		text = strings.Join(m.Pools, " ")
	case *monmsg.MAuthReply:
		text = denc.ErrnoOf(m.Result).Name()
		if m.Result == 0 {
			text = "0"
		}
	}
	return name, text
}

// describeCommand prints a command's prefix, and its other arguments unless it is of the kind that carries secrets.
func describeCommand(cmd []string, input []byte) string {
	c, bad := parseCommand(cmd)
	if bad != nil {
		return fmt.Sprintf("%q", cmd)
	}
	args := maps.Clone(c.Args)
	delete(args, "prefix")
	text := c.Prefix
	switch {
	case strings.HasPrefix(c.Prefix, "auth"), strings.HasPrefix(c.Prefix, "config"), len(args) == 0:
	default:
		b, _ := json.Marshal(args) // of JSON, so it succeeds
		text += " " + string(b)
	}
	if len(input) > 0 {
		text += fmt.Sprintf(", %d bytes of input", len(input))
	}
	return text
}
