package compat

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(realceph.Main(m)) }
