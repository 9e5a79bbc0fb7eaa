package cephx

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
)

// needles are the ways in which bytes can show up in text.
func needles(secret []byte) []string {
	decimal := strings.Trim(fmt.Sprint(secret[:6]), "[]")
	var goHex []string
	for _, b := range secret[:6] {
		goHex = append(goHex, fmt.Sprintf("0x%x", b))
	}
	return []string{
		string(secret[:4]), hex.EncodeToString(secret[:6]), strings.ToUpper(hex.EncodeToString(secret[:6])),
		base64.StdEncoding.EncodeToString(secret)[:8], base64.RawStdEncoding.EncodeToString(secret[1:])[:8],
		base64.RawStdEncoding.EncodeToString(secret[2:])[:8],
		decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "), strings.Join(goHex, ", "),
	}
}

// allForms prints v in every way that someone might by accident.
func allForms(t *testing.T, v any) map[string]string {
	t.Helper()
	forms := map[string]string{
		"Sprint":    fmt.Sprint(v),
		"Sprintln":  fmt.Sprintln(v),
		"Errorf":    fmt.Errorf("failed with %v", v).Error(),
		"Join":      errors.Join(fmt.Errorf("%+v", v)).Error(),
		"in any":    fmt.Sprintf("%+v %#v", []any{v}, map[string]any{"k": v}),
		"pointer":   fmt.Sprintf("%v %+v %#v", &v, &v, &v),
		"as a key":  fmt.Sprintf("%v", struct{ X any }{v}),
		"unexposed": fmt.Sprintf("%v %+v %#v %s %x %d", struct{ x any }{v}, struct{ x any }{v}, struct{ x any }{v}, struct{ x any }{v}, struct{ x any }{v}, struct{ x any }{v}),
	}
	for _, format := range []string{"%!", "surplus", "%[2]v", "%*d", "%.*d", "%z"} {
		forms[format] = fmt.Sprintf(format, v)
	}
	for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "#+", "20", ".3", "+20.3"} {
			forms["%"+flags+string(verb)] = fmt.Sprintf("%"+flags+string(verb), v)
		}
	}
	if b, err := json.Marshal(v); err == nil {
		forms["json"] = string(b)
	}
	if b, err := json.Marshal(map[string]any{"nested": []any{v}}); err == nil {
		forms["json nested"] = string(b)
	}
	if b, err := xml.Marshal(v); err == nil {
		forms["xml"] = string(b)
	}
	if m, ok := v.(interface{ MarshalText() ([]byte, error) }); ok {
		b, err := m.MarshalText()
		require.NoError(t, err)
		forms["text"] = string(b)
	}
	if s, ok := v.(fmt.Stringer); ok {
		forms["String"] = s.String()
	}
	if s, ok := v.(fmt.GoStringer); ok {
		forms["GoString"] = s.GoString()
	}
	var text, js bytes.Buffer
	for name, h := range map[string]slog.Handler{"text": slog.NewTextHandler(&text, nil), "json": slog.NewJSONHandler(&js, nil)} {
		log := slog.New(h).With("with", v).WithGroup(name)
		log.LogAttrs(context.Background(), slog.LevelError, "attrs", slog.Any("k", v), slog.Group("g", "k", v))
		log.Error("plain", "k", v, "list", []any{v}, "struct", struct{ X any }{v})
	}
	forms["slog text"], forms["slog json"] = text.String(), js.String()
	return forms
}

type holder struct {
	Name string
	Key  Key
	Ptr  *Key
	key  Key
	ptr  *Key
	keys []Key
	m    map[string]Key
}

func TestSecretsNeverPrint(t *testing.T) {
	for _, typ := range []KeyType{AES, AES256KRB5} {
		t.Run(typ.String(), func(t *testing.T) {
			clk := newClock()
			mon := newFakeMon(t, typ, clk)
			key := mon.key
			h, err := NewHandshake(Config{Name: admin, Key: key, Now: clk.now})
			require.NoError(t, err)
			beginning := fmt.Sprintf("%v %+v %#v", h, h, *h)
			sessionKey, connectionSecret := mon.authenticate(h)
			session, err := h.Session()
			require.NoError(t, err)
			_, err = session.RenewRequest()
			require.NoError(t, err)
			state := session.State()
			ticket, ok := state.Ticket(denc.EntityMgr)
			require.True(t, ok)
			service, err := NewServiceHandshake(state, denc.EntityMgr, nil, nil)
			require.NoError(t, err)
			_, _, _, err = service.Begin()
			require.NoError(t, err)
			ring := &Keyring{File: "k", Entries: []Entry{{Name: admin, Key: key, Caps: map[string]string{"mon": "allow r"}}}}

			secret, err := key.secret()
			require.NoError(t, err)
			mgrSecret, err := ticket.sessionKey.secret()
			require.NoError(t, err)
			auth, _ := state.authTicket()
			hidden := [][]byte{secret, key.AppendTo(nil), sessionKey, connectionSecret, mgrSecret, ticket.opaque(), auth.opaque()}

			values := map[string]any{
				"key": key, "pointer": &key, "slice": []Key{key}, "array": [1]Key{key}, "map": map[string]Key{"k": key},
				"map key": map[Key]int{key: 1}, "holder": holder{"n", key, &key, key, &key, []Key{key}, map[string]Key{"k": key}},
				"holder pointer": &holder{"n", key, &key, key, &key, []Key{key}, map[string]Key{"k": key}},
				"config":         Config{Name: admin, Key: key, Previous: state}, "config pointer": &Config{Name: admin, Key: key, Previous: state},
				"entry": ring.Entries[0], "keyring": ring, "keyring value": *ring,
				"ticket": ticket, "ticket pointer": &ticket, "tickets": state.tickets, "state": state, "state pointer": &state,
				"handshake": h, "handshake value": *h, "session": session, "session value": *session, "service": service, "service value": *service,
				"hidden": auth.blob, "reply": authReply{auth: auth, services: state.tickets},
				"unexported state": struct{ s AuthState }{state}, "unexported ticket": struct{ t Ticket }{ticket},
				"unexported config": struct{ c Config }{Config{Name: admin, Key: key, Previous: state}},
			}
			for name, v := range values {
				for form, text := range allForms(t, v) {
					for _, s := range hidden {
						for _, needle := range needles(s) {
							require.NotContains(t, text, needle, "%s printed with %s", name, form)
						}
					}
					require.NotContains(t, text, key.Reveal())
				}
			}
			require.NotContains(t, beginning, key.Reveal())
		})
	}
}

// The test above would pass if everything printed nothing.
func TestRedactedFormsSayWhatTheyAre(t *testing.T) {
	k := mustKey(t, realKey1)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%20s"} {
		require.Equal(t, redacted, fmt.Sprintf(verb, k))
		require.Equal(t, redacted, fmt.Sprintf(verb, Key{}))
	}
	require.Equal(t, "{n [redacted]}", fmt.Sprint(struct {
		Name string
		Key  Key
	}{"n", k}))
	b, err := json.Marshal(Entry{Name: admin, Key: k})
	require.NoError(t, err)
	require.JSONEq(t, `{"Name":{"Type":8,"ID":"admin"},"Key":"[redacted]","Caps":null}`, string(b))

	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "key", k)
	require.Contains(t, out.String(), "key=[redacted]")

	require.Equal(t, "<nil>", fmt.Sprint((*Key)(nil)))
	require.Equal(t, "handshake{}", fmt.Sprint((*Handshake)(nil)))
	require.Equal(t, "session{}", fmt.Sprint((*Session)(nil)))
	require.Equal(t, "service_handshake{}", fmt.Sprint((*ServiceHandshake)(nil)))

	clk := newClock()
	mon := newFakeMon(t, AES, clk)
	h, err := NewHandshake(Config{Name: admin, Key: mon.key, Now: clk.now})
	require.NoError(t, err)
	require.Equal(t, "handshake{client.admin method:cephx phase:new}", fmt.Sprintf("%+v", h))
	mon.authenticate(h)
	s, err := h.Session()
	require.NoError(t, err)
	require.Equal(t, "session{method:cephx auth_state{global_id:4123 tickets:[mon osd mgr auth]}}", fmt.Sprintf("%#v", s))
	ticket, _ := s.State().Ticket(denc.EntityOSD)
	require.Equal(t, "ticket{service:osd secret_id:3 expires:2026-01-02 04:04:05 +0000 UTC [redacted]}", fmt.Sprint(ticket))
}
