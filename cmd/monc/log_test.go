package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
)

func TestWrongLogCommandLines(t *testing.T) {
	for args, want := range map[string]outcome{
		"log --level crit":      {exitUsage, "", "monc: --level: \"crit\" is none of debug, info, sec, warn, error\n"},
		"log -f xml":            {exitUsage, "", "monc: log: --format xml: it knows plain, json, json-pretty\n"},
		"log wirte x":           {exitUsage, "", "monc: log: \"wirte\" is none of write\n  try: monc log write TEXT, or monc help log\n"},
		"log write":             {exitUsage, "", "monc: log write: missing TEXT\n  try: monc log write \"what happened\"\n"},
		"log write -w x":        {exitUsage, "", "monc: log write: -w does not go with write\n  try: monc log -w\n"},
		"log write --count 3 x": {exitUsage, "", "monc: log write: --count does not go with write\n  try: monc log --count N\n"},
		"status --channel x":    {exitUsage, "", "monc: --channel goes with monc log\n  try: monc help log\n"},
		"log --count 0":         {exitUsage, "", "monc: --count: \"0\" is no number from 1 on\n"},
	} {
		require.Equal(t, want, world{}.run(t, strings.Fields(args)...), args)
	}
}

func TestLog(t *testing.T) {
	conf := startTestmon(t)
	monc := func(args ...string) outcome { return world{}.run(t, append([]string{"-c", conf}, args...)...) }
	require.Equal(t, outcome{}, monc("log", "write", "backup", "begins"))
	require.Equal(t, outcome{}, monc("log", "write", "--level", "wrn", "--channel", "backup", "slow\x1b[31m"))
	require.Regexp(t, `^20\S+ client\.admin \(client\.\d+\) 1 : cluster \[INF\] backup begins\n$`, monc("log", "--level", "info", "--count", "1").stdout)
	require.Regexp(t, `^20\S+ client\.admin \(client\.\d+\) 1 : backup \[WRN\] slow \[31m\n$`, monc("log", "--channel", "backup").stdout)
	var entries []monclient.LogEntry
	require.NoError(t, json.Unmarshal([]byte(monc("log", "--channel", "backup", "-f", "json").stdout), &entries))
	require.Len(t, entries, 1)
	require.Equal(t, monclient.LogWarn, entries[0].Level)
	require.Equal(t, outcome{0, "[]\n", ""}, monc("log", "--channel", "nothing", "-f", "json"))

	refused := monc("log", "write", "--channel", "../x", "text")
	require.Equal(t, exitUsage, refused.code)
	require.Contains(t, refused.stderr, `channel "../x" has something else than letters`)

	followed := make(chan outcome, 1)
	go func() {
		followed <- monc("log", "-w", "--channel", "*", "--level", "sec", "--count", "1", "--timeout", "60")
	}()
	var got outcome
	for i, done := 0, false; !done; i++ {
		select {
		case got = <-followed:
			done = true
		default:
			require.Zero(t, monc("log", "write", "--level", "sec", "--channel", "door", fmt.Sprint("knock ", i)).code)
		}
	}
	require.Regexp(t, `^20\S+ client\.admin \[(SEC|WRN)\] \S.*\n$`, got.stdout)
	require.Equal(t, exitNoAnswer, monc("log", "-w", "--channel", "nothing", "--count", "1", "--timeout", "0.05").code)
	require.Zero(t, monc("log", "-w", "--channel", "nothing", "--timeout", "0.05").code)
}
