// Package eventq keeps events of many sources, in the order in which they came, until somebody takes them: a thread that
// calls callbacks, or a program that polls a file descriptor. A source whose events nobody takes is bounded; its oldest
// events are dropped and counted. Nothing here waits but Source.Drop; who wants to wait for events has a Level.
//
// It knows nothing of C, nor of what the events are. Package capi uses it for completion queues and callback threads.
package eventq
