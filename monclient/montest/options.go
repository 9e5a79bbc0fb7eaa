package montest

import (
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// Options says what kind of cluster to start. The zero value is one monitor of Reef, in memory, with cephx and an AES key.
type Options struct {
	// Mons is how many monitors there are, 0: 1. They are called a, b, c and so on.
	Mons int
	// Mgrs is how many managers there are, at most 3. They are called x, y, z; x is active. Without any, monitors answer what
	// of theirs they can, as they always do here.
	Mgrs int
	// Release is what the monitors say they are, and how they encode maps: cephmap.ReleasePacific, ReleaseReef or
	// ReleaseTentacle, 0: Reef.
	Release cephmap.Release
	// FSID is the cluster's id, zero: a random one.
	FSID uuid.UUID

	// NoAuth lets everybody in, without cephx.
	NoAuth bool
	// KeyType is the type of the keys, 0: AES, or AES256KRB5 from Tentacle on.
	KeyType cephx.KeyType
	// Modes are the connection modes that the monitors allow (ms_mon_service_mode), nil: secure and crc.
	Modes []cephx.Mode

	// TCP listens on loopback addresses with free ports, for clients in other processes. Otherwise the cluster is in
	// memory, at 192.0.2.1:3300 and following, and reached through Cluster.Dial only.
	TCP bool
	// IPv6 takes IPv6 addresses.
	IPv6 bool
	// Revision0 makes the messenger speak msgr2.0 only.
	Revision0 bool

	// Transcript records every frame; see Cluster.Transcript.
	Transcript bool
	// Logger gets what the monitors have to say, nil: nothing is logged.
	Logger *slog.Logger
}

// maxMons is as many names as there are letters, and many more than any quorum has.
const maxMons = 26

// withDefaults fills in what was not said.
func (o Options) withDefaults() (Options, error) {
	if o.Mons == 0 {
		o.Mons = 1
	}
	if o.Mons < 0 || o.Mons > maxMons {
		return o, fmt.Errorf("montest: Options.Mons is %d, want 1 to %d", o.Mons, maxMons)
	}
	if o.Mgrs < 0 || o.Mgrs > maxMgrs {
		return o, fmt.Errorf("montest: Options.Mgrs is %d, want 0 to %d", o.Mgrs, maxMgrs)
	}
	switch o.Release {
	case 0:
		o.Release = cephmap.ReleaseReef
	case cephmap.ReleasePacific, cephmap.ReleaseReef, cephmap.ReleaseTentacle:
	default:
		return o, fmt.Errorf("montest: Options.Release is %v, want Pacific, Reef or Tentacle", o.Release)
	}
	if o.FSID == uuid.Nil {
		o.FSID = uuid.New()
	}
	if o.KeyType == 0 {
		o.KeyType = cephx.AES
		if o.Release >= cephmap.ReleaseTentacle {
			o.KeyType = cephx.AES256KRB5
		}
	}
	if o.KeyType == cephx.AES256KRB5 && o.Release < cephmap.ReleaseTentacle {
		return o, fmt.Errorf("montest: Options.KeyType is aes256k, which monitors have from Tentacle on, not in %v", o.Release)
	}
	if o.Modes == nil {
		o.Modes = []cephx.Mode{cephx.ModeSecure, cephx.ModeCRC}
	}
	if len(o.Modes) == 0 {
		return o, fmt.Errorf("montest: Options.Modes is empty")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
