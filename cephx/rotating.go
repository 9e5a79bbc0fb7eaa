package cephx

import (
	"fmt"
	"slices"
	"time"

	"github.com/libmonclient/libmonclient/denc"
)

// keptSecrets is how many secrets a service has at a time: the previous, the current and the next one (KEY_ROTATE_NUM
// in src/auth/Auth.h).
const keptSecrets = 3

// rotatedServices are the services that tickets are for (KeyServer::prepare_rotating_update in
// src/auth/cephx/CephxKeyServer.cc).
var rotatedServices = []denc.EntityType{denc.EntityMon, denc.EntityMDS, denc.EntityOSD, denc.EntityMgr, denc.EntityAuth}

// rotatingSecrets are a service's secrets in the order of their ids (RotatingSecrets in src/auth/Auth.h).
type rotatingSecrets struct {
	secrets []rotatingSecret
	lastID  uint64
}

type rotatingSecret struct {
	id      uint64
	key     Key
	expires time.Time
}

// SecretInfo describes one rotating secret of a service.
type SecretInfo struct {
	ID      uint64
	Type    KeyType
	Expires time.Time
}

// add appends a secret that outlives the last one by ttl, and drops those that are too many.
func (r *rotatingSecrets) add(key Key, now time.Time, ttl time.Duration) {
	expires := now
	if n := len(r.secrets); n > 0 {
		expires = later(now.Add(ttl), r.secrets[n-1].expires)
	}
	r.lastID++
	r.secrets = append(r.secrets, rotatingSecret{r.lastID, key, expires.Add(ttl)})
	if n := len(r.secrets) - keptSecrets; n > 0 {
		r.secrets = slices.Delete(r.secrets, 0, n)
	}
}

// due reports whether another secret is needed: some are missing, or the current one has expired.
func (r *rotatingSecrets) due(now time.Time) bool {
	return len(r.secrets) < keptSecrets || !r.secrets[1].expires.After(now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// rotate brings all secrets up to date. The caller holds the lock.
func (s *KeyServer) rotate() error {
	now := s.now()
	for _, service := range rotatedServices {
		r := s.secrets[service]
		if r == nil {
			r = &rotatingSecrets{}
			s.secrets[service] = r
		}
		for r.due(now) {
			if err := s.addSecret(service, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// addSecret adds a secret of the type that the policy says. The caller holds the lock.
func (s *KeyServer) addSecret(service denc.EntityType, now time.Time) error {
	key, err := GenerateKey(s.policy.ServiceKeyType, now, s.rand)
	if err != nil {
		return err
	}
	s.secrets[service].add(key, now, s.ttl(service))
	return nil
}

// ttl returns the lifetime of a service's tickets. The caller holds the lock.
func (s *KeyServer) ttl(service denc.EntityType) time.Duration {
	if service == denc.EntityAuth {
		return s.policy.AuthTTL
	}
	return s.policy.ServiceTTL
}

// Rotate makes the next secret of every service the current one, before its time: tickets of what was the previous
// one die, and after two rotations all that exist now are dead.
func (s *KeyServer) Rotate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rotate(); err != nil {
		return err
	}
	now := s.now()
	for _, service := range rotatedServices {
		if err := s.addSecret(service, now); err != nil {
			return err
		}
	}
	return nil
}

// WipeServices replaces the secrets of all services but AUTH, as the command auth wipe-rotating-service-keys does: all service
// tickets are dead at once, AUTH tickets are not. The new secrets have the ids of a new cluster's. To tell the clients,
// a monitor raises the auth_epoch of its monmap.
func (s *KeyServer) WipeServices() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for service := range s.secrets {
		if service != denc.EntityAuth {
			delete(s.secrets, service)
		}
	}
	return s.rotate()
}

// ExpireTickets makes every ticket worthless that was given out so far: it replaces all secrets, AUTH's included.
func (s *KeyServer) ExpireTickets() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.secrets {
		r.secrets = nil // the ids go on: an old one names nothing
	}
	return s.rotate()
}

// Secrets describes the secrets of a service, from the previous to the next.
func (s *KeyServer) Secrets(service denc.EntityType) ([]SecretInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rotate(); err != nil {
		return nil, err
	}
	return s.describe(service), nil
}

// describe returns the secrets of a service as they are, due or not. The caller holds the lock.
func (s *KeyServer) describe(service denc.EntityType) []SecretInfo {
	var infos []SecretInfo
	if r := s.secrets[service]; r != nil {
		for _, secret := range r.secrets {
			infos = append(infos, SecretInfo{secret.id, secret.key.Type(), secret.expires})
		}
	}
	return infos
}

// sealing is what the tickets for a service are made with at one moment.
type sealing struct {
	secretID uint64
	secret   Key
	validity time.Duration
}

// sealing returns the current secret of a service, ok is false for what is no service. A ticket does not outlive the
// next secret, which matters after the lifetime was raised.
func (s *KeyServer) sealing(service denc.EntityType, now time.Time) (sealing, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rotate(); err != nil {
		return sealing{}, false, err
	}
	r := s.secrets[service]
	if r == nil {
		return sealing{}, false, nil
	}
	current, next := r.secrets[1], r.secrets[keptSecrets-1]
	return sealing{current.id, current.key, min(s.ttl(service), next.expires.Sub(now))}, true, nil
}

// serviceSecret returns the secret that a ticket names. Whether the ticket is too old is a matter of that alone:
// monitors do not look at the times that it holds.
func (s *KeyServer) serviceSecret(service denc.EntityType, id uint64) (Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rotate(); err != nil {
		return Key{}, err
	}
	if r := s.secrets[service]; r != nil {
		for _, secret := range r.secrets {
			if secret.id == id {
				return secret.key, nil
			}
		}
	}
	return Key{}, fmt.Errorf("%w: no secret %d of service %v", ErrNoTicket, id, service)
}
