// Package prom gives the numbers of monclient clients to Prometheus. It is the one package of this module that imports
// github.com/prometheus/client_golang, and nothing of the module imports it: who does without metrics does without that.
//
// A Collector is registered like any other, and asks its clients whenever it is scraped. All metrics begin with monclient_
// and have the label client, a name that the caller has chosen; other labels are mon, a monitor's name, and prefix and
// outcome of commands, step of attempts, cause of lost sessions, map and service, each as monclient.Stats has them. None
// has more values than that bounds.
package prom
