package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	before, err := cpuUsage()
	require.NoError(t, err)
	rss, anon, err := residentMemory()
	require.NoError(t, err)
	require.Positive(t, anon)
	require.Greater(t, rss, anon)
	after, err := cpuUsage()
	require.NoError(t, err)
	require.GreaterOrEqual(t, after.user+after.system, before.user+before.system)
}
