package montest

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

var testedReleases = []cephmap.Release{cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle}

// withArgs are arguments without which a command only fails.
var withArgs = map[string]string{
	"config get": `"who":"client.admin"`, "config-key get": `"key":"k"`, "config-key exists": `"key":"k"`,
	"auth get": `"entity":"client.admin"`, "auth get-key": `"entity":"client.admin"`, "auth print-key": `"entity":"client.admin"`,
	"auth print_key": `"entity":"client.admin"`, "mon count-metadata": `"property":"arch"`,
}

// notJSON are commands whose output is none by design.
var notJSON = []string{"config-key get", "config-key exists", "mon getmap", "osd getmap", "osd blocklist ls", "osd blacklist ls"}

func TestEveryReadAnswersJSON(t *testing.T) {
	for _, release := range testedReleases {
		t.Run(release.String(), func(t *testing.T) {
			h := newHarness(t, Options{Release: release, Mons: 3})
			h.c.SetKV("k", []byte("v"))
			for _, prefix := range sortedKeys(monCommands) {
				if strings.Contains(monCommands[prefix].perm, "w") || prefix == "mon_status" {
					continue
				}
				for _, format := range []string{"plain", "json", "json-pretty"} {
					command := `{"prefix":"` + prefix + `","format":"` + format + `"`
					if args := withArgs[prefix]; args != "" {
						command += "," + args
					}
					r := h.do(command+"}", "")
					require.Zerof(t, r.Retval, "%s: %s", prefix, r.Status)
					if format == "plain" || strings.Contains(" "+strings.Join(notJSON, " ; ")+" ", " "+prefix+" ") {
						continue
					}
					require.Truef(t, json.Valid(r.Output), "%s %s: %s", prefix, format, r.Output)
					if format == "json" {
						require.NotContains(t, strings.TrimSuffix(string(r.Output), "\n"), "\n", prefix)
					} else {
						require.True(t, strings.HasSuffix(string(r.Output), "\n"), prefix)
					}
				}
			}
		})
	}
}

// description is an entry of get_command_descriptions.
type description struct {
	Sig    []any   `json:"sig"`
	Help   string  `json:"help"`
	Module *string `json:"module"`
	Perm   *string `json:"perm"`
	Flags  *int    `json:"flags"`
}

func describedBy(t *testing.T, r Result) map[string]description {
	t.Helper()
	require.Zero(t, r.Retval)
	var all map[string]description
	require.NoError(t, json.Unmarshal(r.Output, &all))
	byPrefix := make(map[string]description)
	for key, d := range all {
		require.Regexp(t, `^cmd\d{3}$`, key)
		var words []string
		for _, s := range d.Sig {
			if word, ok := s.(string); ok {
				words = append(words, word)
			}
		}
		byPrefix[strings.Join(words, " ")] = d
	}
	return byPrefix
}

func TestCommandDescriptions(t *testing.T) {
	for _, release := range testedReleases {
		t.Run(release.String(), func(t *testing.T) {
			h := newHarness(t, Options{Release: release})
			for _, format := range []string{"json", "plain"} {
				mon := describedBy(t, h.do(`{"prefix":"get_command_descriptions","format":"`+format+`"}`, ""))
				known := maps.Clone(monCommands)
				maps.DeleteFunc(known, func(_ string, row ownCommand) bool { return row.since > release })
				require.Equal(t, sortedKeys(known), sortedKeys(mon))
				for prefix, d := range mon {
					require.NotEmpty(t, d.Help, prefix)
					require.NotNil(t, d.Module, prefix)
					require.NotEmpty(t, *d.Module, prefix)
					require.NotNil(t, d.Perm, prefix)
					require.NotNil(t, d.Flags, prefix)
					checkArguments(t, prefix, d)
				}
				_, typed := argumentOf(mon["auth add"], "key_type")
				require.Equal(t, release == cephmap.ReleaseTentacle, typed)
				epoch, _ := argumentOf(mon["osd dump"], "epoch")
				require.Equal(t, map[string]any{"name": "epoch", "type": "CephInt", "range": "0", "req": false}, epoch)
			}
			tell := describedBy(t, h.tell(`{"prefix":"get_command_descriptions"}`))
			require.Equal(t, sortedKeys(tellCommands), sortedKeys(tell))
			for prefix, d := range tell {
				require.Nil(t, d.Module, prefix)
				checkArguments(t, prefix, d)
			}
		})
	}
}

func argumentOf(d description, name string) (map[string]any, bool) {
	for _, s := range d.Sig {
		if a, ok := s.(map[string]any); ok && a["name"] == name {
			return a, true
		}
	}
	return nil, false
}

func checkArguments(t *testing.T, prefix string, d description) {
	t.Helper()
	for _, s := range d.Sig {
		a, ok := s.(map[string]any)
		if !ok {
			continue
		}
		require.NotEmpty(t, a["name"], prefix)
		require.Regexp(t, `^Ceph(Int|Float|String|Bool|Choices|Poolname|EntityAddr|IPAddr|OsdName)$`, a["type"], prefix)
		for k, v := range a {
			switch k {
			case "name", "type", "n", "strings", "range", "goodchars":
				require.IsType(t, "", v, prefix)
			case "req", "positional":
				require.IsType(t, true, v, prefix)
			default:
				t.Errorf("%s: unknown attribute %s", prefix, k)
			}
		}
	}
}

func TestCapabilities(t *testing.T) {
	const read, list, change, keys, add = `{"prefix":"fsid"}`, `{"prefix":"auth ls"}`, `{"prefix":"osd set","key":"noout"}`,
		`{"prefix":"config-key exists","key":"k"}`, `{"prefix":"auth add","entity":"client.new"}`
	all := []string{read, list, change, keys, add}
	for _, tt := range []struct {
		caps    string
		allowed []string
		tell    bool
	}{
		{"allow *", all, true},
		{"allow all", all, true},
		{"allow r", []string{read}, false},
		{"allow rx", []string{read, list}, false},
		{"allow rw", []string{read, change}, false},
		{"allow rwx", []string{read, list, change, add}, true},
		{"allow r, allow w;allow x", []string{read, list, change, add}, true},
		{`allow command "config-key exists"`, []string{keys}, false},
		{`allow command fsid, allow service auth rwx`, []string{read, list, add}, false},
		{"allow service config-key r", []string{keys}, false},
		{"profile rbd", []string{read}, false},
		{"allow profile bootstrap-osd", []string{read}, false},
		{"", nil, false},
		{"allow command", nil, false},
		{`allow command "fsid`, []string{read}, false},
		{"deny *", nil, false},
	} {
		t.Run(tt.caps, func(t *testing.T) {
			h := newHarness(t, Options{})
			h.c.SetKV("k", []byte("v"))
			_, err := h.c.AddEntity("client.x", map[string]string{"mon": tt.caps, "osd": "allow *"})
			require.NoError(t, err)
			h.client = "client.x"
			for _, command := range all {
				r := h.do(command, "")
				if strings.Contains(strings.Join(tt.allowed, ""), command) {
					require.Zero(t, r.Retval, command)
				} else {
					require.Equal(t, Fail(denc.EACCES, "access denied"), r, command)
				}
			}
			for _, command := range []string{`{"prefix":"version"}`, `{"prefix":"help"}`, `{"prefix":"get_command_descriptions"}`} {
				if r := h.tell(command); tt.tell {
					require.Zero(t, r.Retval, command)
				} else {
					require.Equal(t, Fail(denc.EACCES, "insufficient caps"), r, command)
				}
			}
			require.Zero(t, h.do(`{"prefix":"get_command_descriptions"}`, "").Retval, "everybody may ask for these")
		})
	}
	t.Run("no authentication", func(t *testing.T) {
		h := newHarness(t, Options{NoAuth: true})
		h.c.SetKV("k", []byte("v"))
		h.client = "client.anybody"
		for _, command := range all {
			require.Zero(t, h.do(command, "").Retval, command)
		}
	})
}

func TestArgumentTypes(t *testing.T) {
	h := newHarness(t, Options{})
	for _, tt := range []struct{ command, field string }{
		{`{"prefix":"config set","who":"global","name":"debug_ms","value":5}`, "value"},
		{`{"prefix":"osd dump","epoch":"1"}`, "epoch"},
		{`{"prefix":"osd dump","epoch":1.5}`, "epoch"},
		{`{"prefix":"osd dump","epoch":null}`, "epoch"},
		{`{"prefix":"log","logtext":"hello"}`, "logtext"},
		{`{"prefix":"auth add","entity":["client.x"]}`, "entity"},
		{`{"prefix":"osd blocklist","blocklistop":"add","addr":"1.2.3.4","expire":100}`, "expire"},
		{`{"prefix":"osd set","key":"noout","yes_i_really_mean_it":1}`, "yes_i_really_mean_it"},
	} {
		require.Equal(t, Fail(denc.EINVAL, "bad or missing field '%s'", tt.field), h.do(tt.command, ""), tt.command)
	}
}

// TestCommandsWithoutArguments runs every command with none: nothing may panic.
func TestCommandsWithoutArguments(t *testing.T) {
	for _, release := range testedReleases {
		h := newHarness(t, Options{Release: release, Mons: 3})
		for _, prefix := range sortedKeys(monCommands) {
			h.do(`{"prefix":"`+prefix+`"}`, "")
			h.do(`{"prefix":"`+prefix+`"}`, "\x00\xff[")
		}
		for _, prefix := range sortedKeys(tellCommands) {
			h.tell(`{"prefix":"` + prefix + `"}`)
		}
	}
}

func TestHealthOfMonitors(t *testing.T) {
	h := newHarness(t, Options{Mons: 3, Release: cephmap.ReleaseTentacle})
	h.c.Mon("c").Kill()
	require.Equal(t, "HEALTH_WARN 1/3 mons down, quorum a,b\n[WRN] MON_DOWN: 1/3 mons down, quorum a,b\n"+
		"    mon.c (rank 2) addr v2:192.0.2.3:3300/0 is down (out of quorum)\n",
		string(h.do(`{"prefix":"health","detail":"detail"}`, "").Output))
	status := string(h.do(`{"prefix":"status"}`, "").Output)
	require.Regexp(t, `(?m)^    mon: 3 daemons, quorum a,b \(age [0-9.e-]+s\) \[leader: a\], out of quorum: c$`, status)
	require.Contains(t, string(h.do(`{"prefix":"mon stat"}`, "").Output), ", leader 0 a, quorum 0,1 a,b\n")
	var view struct {
		State         string   `json:"state"`
		Quorum        []int    `json:"quorum"`
		OutsideQuorum []string `json:"outside_quorum"`
	}
	require.NoError(t, json.Unmarshal([]byte(h.c.state.pingMonStatus(t, "c")), &view))
	require.Equal(t, "probing", view.State)
	require.Empty(t, view.Quorum)
}

// pingMonStatus returns the part of a ping's answer that is the monitor's own view.
func (st *state) pingMonStatus(t *testing.T, name string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var pong map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(st.pingReply(&Mon{name: name})), &pong))
	require.Contains(t, pong, "health")
	return string(pong["mon_status"])
}

func TestHealthOfKeys(t *testing.T) {
	h := newHarness(t, Options{Release: cephmap.ReleaseTentacle, KeyType: cephx.AES})
	require.Equal(t, "HEALTH_WARN 1 auth client entities with insecure key types\n"+
		"[WRN] AUTH_INSECURE_CLIENT_KEY_TYPE: 1 auth client entities with insecure key types\n"+
		"    entity client.admin using insecure key type: aes\n",
		string(h.do(`{"prefix":"health","detail":"detail"}`, "").Output))
}

func TestAuthInput(t *testing.T) {
	h := newHarness(t, Options{})
	key := anyKey(t)
	ring := "[client.imp]\n\tkey = " + key + "\n\tcaps mon = \"allow r\"\n"
	require.Zero(t, h.do(`{"prefix":"auth import"}`, ring).Retval)
	require.Equal(t, ring, string(h.do(`{"prefix":"auth get","entity":"client.imp"}`, "").Output))
	require.Equal(t, done("added key for client.k"), h.do(`{"prefix":"auth add","entity":"client.k"}`, "[client.k]\n\tkey = "+key+"\n"))
	require.Equal(t, key, string(h.do(`{"prefix":"auth get-key","entity":"client.k"}`, "").Output))
	require.Equal(t, Fail(denc.EINVAL, "entity client.imp exists but key does not match"),
		h.do(`{"prefix":"auth add","entity":"client.imp"}`, "[client.imp]\n\tkey = "+anyKey(t)+"\n"))
	for _, input := range []string{"nonsense", "[client.x", "[client.x]\nkey = nokey\n", "\x00"} {
		r := h.do(`{"prefix":"auth import"}`, input)
		require.Equal(t, Fail(denc.EINVAL, "error decoding keyring cannot parse buffer: Malformed input"), r, input)
	}
	require.Equal(t, Fail(denc.EINVAL, "entity client.x has no key"), h.do(`{"prefix":"auth import"}`, "[client.x]\n\tcaps mon = \"allow r\"\n"))
}

func TestKeyTypes(t *testing.T) {
	h := newHarness(t, Options{Release: cephmap.ReleaseTentacle})
	for name, want := range map[string]cephx.KeyType{"": cephx.AES256KRB5, "aes": cephx.AES, "aes256k": cephx.AES256KRB5} {
		command := `{"prefix":"auth get-or-create-key","entity":"client.t` + name + `"`
		if name != "" {
			command += `,"key_type":"` + name + `"`
		}
		key, err := cephx.ParseKey(string(h.do(command+"}", "").Output))
		require.NoError(t, err)
		require.Equal(t, want, key.Type())
	}
	require.Equal(t, Fail(denc.EINVAL, "unknown key type 'rot13'"), h.do(`{"prefix":"auth add","entity":"client.z","key_type":"rot13"}`, ""))
}

func TestLog(t *testing.T) {
	h := newHarness(t, Options{})
	require.Zero(t, h.do(`{"prefix":"log","logtext":["hello","world"]}`, "").Retval)
	require.Zero(t, h.do(`{"prefix":"log","logtext":["careful"],"level":"warn"}`, "").Retval)
	const line = `^20\S+ client\.admin \(client\.\?\) 0 : cluster `
	require.Regexp(t, line+`\[INF\] hello world\n20\S+ .*\[WRN\] careful\n$`, string(h.do(`{"prefix":"log last"}`, "").Output))
	require.Regexp(t, line+`\[WRN\] careful\n$`, string(h.do(`{"prefix":"log last","num":1}`, "").Output))
	require.Regexp(t, line+`\[WRN\] careful\n$`, string(h.do(`{"prefix":"log last","level":"warn"}`, "").Output))
	var entries []map[string]any
	require.NoError(t, json.Unmarshal(h.do(`{"prefix":"log last","channel":"*","level":"debug","format":"json"}`, "").Output, &entries))
	require.Greater(t, len(entries), 2)
}

func TestAudit(t *testing.T) {
	for _, tt := range []struct {
		release          cephmap.Release
		started, settled string
	}{
		{cephmap.ReleaseReef, `cmd=[{"key":"noout","prefix":"osd set"}]: dispatch`, `cmd='[{"key":"noout","prefix":"osd set"}]': finished`},
		{cephmap.ReleaseTentacle, `cmd={"key":"noout","prefix":"osd set"} : dispatch`, `cmd='[{"key":"noout","prefix":"osd set"}]': finished`},
	} {
		h := newHarness(t, Options{Release: tt.release})
		h.do(`{"prefix":"osd set","key":"noout"}`, "")
		h.do(`{"prefix":"osd set","key":"bogus"}`, "")
		h.do(`{"prefix":"config-key set","key":"k","val":"swordfish"}`, "")
		h.do(`{"prefix":"config set","who":"global","name":"x","value":"swordfish"}`, "")
		out := string(h.do(`{"prefix":"log last","channel":"audit","num":100}`, "").Output)
		require.Contains(t, out, tt.started)
		require.Contains(t, out, tt.settled)
		require.Equal(t, 4, strings.Count(out, "dispatch"))
		require.Equal(t, 3, strings.Count(out, "finished"), "what failed is not finished")
		require.NotContains(t, out, "swordfish")
		for _, e := range h.c.state.log.entries {
			require.Equal(t, "audit", e.Channel)
			require.LessOrEqual(t, e.Priority, monmsg.LogInfo)
		}
	}
}

func TestTell(t *testing.T) {
	h := newHarness(t, Options{Mons: 3})
	require.JSONEq(t, `{"version":"18.2.7","release":"reef","release_type":"stable"}`, string(h.tell(`{"prefix":"version"}`).Output))
	for _, prefix := range sortedKeys(tellCommands) {
		if r := h.tell(`{"prefix":"` + prefix + `","format":"json"}`); r.Retval == 0 && prefix != "add_bootstrap_peer_hint" {
			require.Truef(t, json.Valid(r.Output), "%s: %s", prefix, r.Output)
		}
	}
	get := func() string {
		return string(h.tell(`{"prefix":"config get","var":"debug_ms","format":"json"}`).Output)
	}
	require.JSONEq(t, `{"debug_ms":"0/0"}`, get())
	require.JSONEq(t, `{"success":""}`, string(h.tell(`{"prefix":"config set","var":"debug_ms","val":["3"]}`).Output))
	require.JSONEq(t, `{"debug_ms":"3/3"}`, get())
	require.JSONEq(t, `{"diff":{"debug_ms":{"default":"0/0","mon":"3/3","final":"3/3"}}}`, string(h.tell(`{"prefix":"config diff"}`).Output))
	require.Zero(t, h.tell(`{"prefix":"injectargs","injected_args":["--debug-ms=2 --debug_mon 7/8"]}`).Retval)
	require.JSONEq(t, `{"debug_ms":"2/2"}`, get())
	require.Zero(t, h.tell(`{"prefix":"config unset","var":"debug_ms"}`).Retval)
	require.JSONEq(t, `{"debug_ms":"0/0"}`, get())
	require.Equal(t, Fail(denc.EINVAL, " failed to parse arguments: --nonsense=2\n"), h.tell(`{"prefix":"injectargs","injected_args":["--nonsense=2"]}`))
	require.Equal(t, Fail(denc.ENOENT, "error getting 'nonsense': (2) No such file or directory"), h.tell(`{"prefix":"config get","var":"nonsense"}`))
	require.Equal(t, Fail(denc.ENOENT, "error setting 'nonsense' to '3': (2) No such file or directory"), h.tell(`{"prefix":"config set","var":"nonsense","val":["3"]}`))
	require.JSONEq(t, `{"mon":{"num_sessions":0}}`, string(h.tell(`{"prefix":"perf dump","logger":"mon","counter":"num_sessions"}`).Output))

	var view map[string]any
	require.NoError(t, json.Unmarshal(h.tell(`{"prefix":"mon_status"}`).Output, &view))
	require.Equal(t, []string{
		"election_epoch", "extra_probe_peers", "feature_map", "features", "monmap", "name", "outside_quorum", "quorum", "quorum_age",
		"rank", "state", "stretch_mode", "sync_provider", "uptime",
	}, sortedKeys(view))
	require.Equal(t, "leader", view["state"])
}

func TestMapsAsCommandsGiveThem(t *testing.T) {
	h := newHarness(t, Options{})
	m, err := cephmap.DecodeMonMap(h.do(`{"prefix":"mon getmap"}`, "").Output)
	require.NoError(t, err)
	require.Equal(t, h.c.MonMap().FSID, m.FSID)
	h.do(`{"prefix":"osd set","key":"noout"}`, "")
	for _, tt := range []struct {
		command string
		epoch   uint32
	}{{`{"prefix":"osd getmap"}`, 2}, {`{"prefix":"osd getmap","epoch":1}`, 1}} {
		r := h.do(tt.command, "")
		header, err := cephmap.DecodeOSDMapHeader(r.Output)
		require.NoError(t, err)
		require.Equal(t, tt.epoch, header.Epoch)
	}
	for _, epoch := range []string{"0", "3", "-1", "4294967297", "99999999999999999999"} {
		h.do(`{"prefix":"osd getmap","epoch":`+epoch+`}`, "")
		h.do(`{"prefix":"osd dump","epoch":`+epoch+`}`, "")
	}
}

func TestPoolBounds(t *testing.T) {
	h := newHarness(t, Options{Release: cephmap.ReleaseReef})
	for _, tt := range []struct {
		args   string
		retval denc.Errno
	}{
		{`"pg_num":-1`, denc.ERANGE}, {`"pg_num":65537`, denc.ERANGE}, {`"size":-1`, denc.EINVAL}, {`"size":11`, denc.EINVAL},
		{`"pool_type":"erasure"`, denc.EOPNOTSUPP}, {`"pool_type":"odd"`, denc.EINVAL}, {`"size":10`, 0},
	} {
		require.Equal(t, -int32(tt.retval), h.do(`{"prefix":"osd pool create","pool":"p",`+tt.args+`}`, "").Retval, tt.args)
	}
	require.Equal(t, done("pool names beginning with . are not allowed"), h.do(`{"prefix":"osd pool create","pool":".x"}`, ""))
	require.Equal(t, done("pool '.x' created"), h.do(`{"prefix":"osd pool create","pool":".x","yes_i_really_mean_it":true}`, ""))
	require.Contains(t, string(h.do(`{"prefix":"osd pool ls","detail":"detail"}`, "").Output), "pool 2 '.x' replicated size 3 min_size 2 ")
}
