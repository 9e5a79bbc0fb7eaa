// Package montest starts embedded Ceph monitors for tests: a quorum that speaks the real messenger and the real cephx,
// with a small, scriptable cluster behind it. Nothing of Ceph needs to be installed.
//
// In memory, which is the default, it uses no sockets and works inside testing/synctest; over TCP any client may come,
// the ceph tool and librados included. It is the other end of the wire, made by the same hands as the client: that the two
// agree proves nothing, which is why this module's tests let Ceph's own clients judge it.
//
// It knows nothing of package monclient, which its users test against it:
//
//	mons := montest.Start(t, montest.Options{Mons: 3})
//	client, err := monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
package montest
