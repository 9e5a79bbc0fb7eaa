package msgr2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/libmonclient/libmonclient/denc"
)

// Features of the messenger itself, exchanged in the banner (CEPH_MSGR2_FEATURE_* in src/include/msgr.h).
const (
	// Revision1 is msgr2.1: its frames have separate checksums or tags for header and body.
	Revision1 uint64 = 1 << 0
	// Compression adds a round trip that negotiates compressed frames. Daemons never agree to it for a client.
	Compression uint64 = 1 << 1

	supportedBits = Revision1 | Compression
)

const (
	bannerPrefix       = "ceph v2\n"
	legacyBannerPrefix = "ceph v027"
	bannerPayloadLen   = 16
	// maxBannerPayload bounds what a newer peer may have appended to the two feature words.
	maxBannerPayload = 1024
)

// banner is what both sides send first.
type banner struct {
	supported uint64
	required  uint64
}

func (b banner) append(dst []byte) []byte {
	dst = append(dst, bannerPrefix...)
	dst = binary.LittleEndian.AppendUint16(dst, bannerPayloadLen)
	dst = binary.LittleEndian.AppendUint64(dst, b.supported)
	return binary.LittleEndian.AppendUint64(dst, b.required)
}

// readBanner reads the peer's banner.
func readBanner(r io.Reader) (b banner, err error) {
	head := make([]byte, len(bannerPrefix)+2)
	if n, err := io.ReadFull(r, head); err != nil {
		// A peer that talks first and little, or hangs up, shows what it is by the bytes that came.
		if n > 0 && !strings.HasPrefix(bannerPrefix, string(head[:min(n, len(bannerPrefix))])) {
			return b, notCeph(head[:n])
		}
		return b, unexpected(err)
	}
	if !bytes.HasPrefix(head, []byte(bannerPrefix)) {
		return b, notCeph(head)
	}
	n := int(binary.LittleEndian.Uint16(head[len(bannerPrefix):]))
	if n < bannerPayloadLen || n > maxBannerPayload {
		return b, frameErrorf("banner payload of %d bytes, want %d to %d", n, bannerPayloadLen, maxBannerPayload)
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return b, unexpected(err)
	}
	p := denc.NewReader(payload)
	b.supported, b.required = p.Uint64("banner.supported"), p.Uint64("banner.required")
	return b, p.Err()
}

// notCeph says what the first bytes look like.
func notCeph(got []byte) error {
	if bytes.HasPrefix(got, []byte(legacyBannerPrefix)) {
		return ErrLegacyPeer
	}
	return fmt.Errorf("%w: it begins with %q", ErrNotCeph, got)
}

// agree checks the required features of both sides and returns what both support.
func (b banner) agree(peer banner) (common uint64, err error) {
	if missing := b.required &^ peer.supported; missing != 0 {
		return 0, fmt.Errorf("%w: the peer lacks the messenger features 0x%x", ErrFeatures, missing)
	}
	if missing := peer.required &^ b.supported; missing != 0 {
		return 0, fmt.Errorf("%w: the peer requires the messenger features 0x%x", ErrFeatures, missing)
	}
	return b.supported & peer.supported, nil
}
