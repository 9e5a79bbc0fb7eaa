package cephmap

import (
	"fmt"

	"github.com/libmonclient/libmonclient/denc"
)

// ServiceMapHeader is what identifies a map of service daemons. It has no fsid.
type ServiceMapHeader struct {
	Epoch    uint32
	Modified denc.UTime
}

// DecodeServiceMapHeader reads what identifies a map of service daemons (src/mgr/ServiceMap.h) and checks that b holds
// it completely and nothing else.
func DecodeServiceMapHeader(b []byte) (ServiceMapHeader, error) {
	var h ServiceMapHeader
	err := decodeHeader(b, "servicemap", serviceMapVersion, func(r *denc.Reader) {
		h.Epoch = r.Uint32("epoch")
		h.Modified = r.UTime("modified")
	})
	return h, err
}

const (
	serviceMapVersion    = 1 // in all releases from Luminous to Tentacle
	serviceDaemonVersion = 2

	minService       = 6 + 4 + 4
	minServiceDaemon = 6 + 8 + minAddr + 4 + 8 + 4
	minAddr          = 1 + 6 + 12 // an address: marker, frame, type, nonce, no sockaddr
)

// ServiceMap is the map of daemons that are known to the manager rather than to the monitors, such as those of RGW and of
// mirroring (src/mgr/ServiceMap.h). The zero value is an empty map of epoch 0.
type ServiceMap struct {
	Epoch    uint32
	Modified denc.UTime
	Services map[string]Service // by name, such as rgw
}

// Service is the daemons of one kind (ServiceMap::Service).
type Service struct {
	Daemons map[string]ServiceDaemon // by name
	Summary string                   // nothing, in all releases
}

// ServiceDaemon is a daemon (ServiceMap::Daemon). Those of Ceph's own kinds, such as mds, are here for their TaskStatus;
// nothing else is said of them.
type ServiceDaemon struct {
	GID        uint64
	Addr       denc.EntityAddr
	StartEpoch uint32 // of the map
	StartStamp denc.UTime
	Metadata   map[string]string
	TaskStatus map[string]string
}

// DecodeServiceMap decodes a map of which b has nothing else. Its error wraps one of denc's and names the field.
func DecodeServiceMap(b []byte) (*ServiceMap, error) {
	r := denc.NewReader(b)
	m := new(ServiceMap)
	m.DecodeFrom(r)
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cephmap: %w", err)
	}
	return m, nil
}

// DecodeFrom reads m.
func (m *ServiceMap) DecodeFrom(r *denc.Reader) {
	*m = ServiceMap{}
	s := r.Start("servicemap", serviceMapVersion)
	m.Epoch = r.Uint32("epoch")
	m.Modified = r.UTime("modified")
	m.Services = readMap(r, "services", 4+minService, r.String, func() (v Service) {
		v.decodeFrom(r)
		return v
	})
	r.Finish(s)
}

func (v *Service) decodeFrom(r *denc.Reader) {
	s := r.Start("service", 1)
	v.Daemons = readMap(r, "daemons", 4+minServiceDaemon, r.String, func() (d ServiceDaemon) {
		d.decodeFrom(r)
		return d
	})
	v.Summary = r.String("summary")
	r.Finish(s)
}

func (d *ServiceDaemon) decodeFrom(r *denc.Reader) {
	s := r.Start("daemon", serviceDaemonVersion)
	d.GID = r.Uint64("gid")
	d.Addr.DecodeFrom(r)
	d.StartEpoch = r.Uint32("start_epoch")
	d.StartStamp = r.UTime("start_stamp")
	d.Metadata = readStringMap(r, "metadata")
	if s.Version >= 2 {
		d.TaskStatus = readStringMap(r, "task_status")
	}
	r.Finish(s)
}

// AppendTo appends the encoding of m for a peer of Nautilus or later. A map out of a monitor of Octopus or later comes out
// as the very bytes that it was decoded from.
func (m *ServiceMap) AppendTo(b []byte) []byte {
	b, mark := denc.AppendStart(b, serviceMapVersion, 1)
	b = denc.AppendUint32(b, m.Epoch)
	b = denc.AppendUTime(b, m.Modified)
	b = putMap(b, m.Services, denc.AppendString, appendService)
	return denc.AppendFinish(b, mark)
}

func appendService(b []byte, v Service) []byte {
	b, mark := denc.AppendStart(b, 1, 1)
	b = putMap(b, v.Daemons, denc.AppendString, appendServiceDaemon)
	b = denc.AppendString(b, v.Summary)
	return denc.AppendFinish(b, mark)
}

func appendServiceDaemon(b []byte, d ServiceDaemon) []byte {
	b, mark := denc.AppendStart(b, serviceDaemonVersion, 1)
	b = denc.AppendUint64(b, d.GID)
	b = d.Addr.AppendTo(b, denc.FeaturesAll)
	b = denc.AppendUint32(b, d.StartEpoch)
	b = denc.AppendUTime(b, d.StartStamp)
	b = putStringMap(b, d.Metadata)
	b = putStringMap(b, d.TaskStatus)
	return denc.AppendFinish(b, mark)
}
