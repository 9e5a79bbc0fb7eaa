package msgr2

import (
	"encoding/binary"
	"io"

	"github.com/libmonclient/libmonclient/denc"
)

// crcFraming is the crc mode: checksums, no secrecy.
type crcFraming struct {
	rev1 bool
	// apart, when set, takes the large segments of what is sealed, which are left out then.
	apart *[]apart
	head  [preambleLen]byte // of the opener
	tail  [epilogueCRC0Len]byte
}

// seal implements sealer. Revision 1 puts the first segment's crc behind it, and the others' in an epilogue that a
// frame of one segment does not have; revision 0 puts all of them in an epilogue that every frame has.
func (c *crcFraming) seal(dst []byte, t tag, segs []segment) ([]byte, error) {
	start := len(dst)
	dst = appendPreamble(dst)
	var (
		lens [maxSegments]int
		crcs [maxSegments]uint32
	)
	n := 1
	for i, s := range segs {
		from, whole := len(dst), s.bytes
		if c.apart != nil && s.encoder == nil && len(whole) >= apartSize {
			*c.apart = append(*c.apart, apart{from, whole})
		} else {
			dst = s.appendTo(dst)
			whole = dst[from:]
		}
		if lens[i] = len(whole); lens[i] > 0 {
			n = i + 1
		}
		crcs[i] = denc.CRC32C(denc.CRCSeed, whole)
		if c.rev1 && i == 0 && lens[0] > 0 {
			dst = binary.LittleEndian.AppendUint32(dst, crcs[0])
		}
	}
	for i := n; i < maxSegments; i++ {
		crcs[i] = 0
	}
	fillPreamble(dst[start:start+preambleLen], t, lens[:n])
	switch {
	case !c.rev1:
		dst = appendCRCs(append(dst, 0), crcs[:])
	case n > 1:
		dst = appendCRCs(append(dst, lateStatusComplete), crcs[1:])
	}
	return dst, nil
}

func appendCRCs(dst []byte, crcs []uint32) []byte {
	for _, c := range crcs {
		dst = binary.LittleEndian.AppendUint32(dst, c)
	}
	return dst
}

// open implements opener.
func (c *crcFraming) open(r io.Reader, f *frame, limit int) error {
	for {
		if _, err := io.ReadFull(r, c.head[:]); err != nil {
			return err
		}
		pre, err := parsePreamble(c.head[:], limit)
		if err != nil {
			return err
		}
		aborted, err := c.openBody(r, f, pre)
		if err != nil || !aborted {
			return err
		}
	}
}

func (c *crcFraming) openBody(r io.Reader, f *frame, pre preamble) (aborted bool, err error) {
	f.tag, f.n, f.segs = pre.tag, pre.n, [maxSegments][]byte{}
	if f.seg0, err = readInto(r, f.seg0[:0], pre.lens[0]); err != nil {
		return false, err
	}
	f.segs[0] = f.seg0
	if c.rev1 && pre.lens[0] > 0 {
		if _, err := io.ReadFull(r, c.tail[:crcLen]); err != nil {
			return false, unexpected(err)
		}
		if err := checkSegment(pre.tag, 0, f.seg0, c.tail[:]); err != nil {
			return false, err
		}
	}
	if c.rev1 && pre.n == 1 {
		return false, nil
	}
	rest := 0
	for _, n := range pre.lens[1:pre.n] {
		rest += n
	}
	if f.body, err = readInto(r, f.body[:0], rest); err != nil {
		return false, err
	}
	for i, at := 1, 0; i < pre.n; i++ {
		end := at + pre.lens[i]
		f.segs[i] = f.body[at:end:end]
		if i == pre.n-1 { // the room behind it, of what has been checked, is its own
			f.segs[i] = f.body[at:end]
		}
		at += pre.lens[i]
	}
	if c.rev1 {
		return c.epilogue1(r, f)
	}
	return c.epilogue0(r, f)
}

func (c *crcFraming) epilogue1(r io.Reader, f *frame) (aborted bool, err error) {
	e := c.tail[:epilogueCRC1Len]
	if _, err := io.ReadFull(r, e); err != nil {
		return false, unexpected(err)
	}
	if aborted, err = checkLateStatus(f.tag, e[0]); aborted || err != nil {
		return aborted, err
	}
	for i := 1; i < f.n; i++ {
		if err := checkSegment(f.tag, i, f.segs[i], e[1+crcLen*(i-1):]); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (c *crcFraming) epilogue0(r io.Reader, f *frame) (aborted bool, err error) {
	e := c.tail[:epilogueCRC0Len]
	if _, err := io.ReadFull(r, e); err != nil {
		return false, unexpected(err)
	}
	if e[0]&lateFlagAborted != 0 {
		return true, nil
	}
	for i := range f.n {
		if err := checkSegment(f.tag, i, f.segs[i], e[1+crcLen*i:]); err != nil {
			return false, err
		}
	}
	return false, nil
}

func checkSegment(t tag, i int, seg, crc []byte) error {
	if got, want := binary.LittleEndian.Uint32(crc), denc.CRC32C(denc.CRCSeed, seg); got != want {
		return frameErrorf("%v: crc of segment %d is 0x%08x, computed 0x%08x", t, i, got, want)
	}
	return nil
}
