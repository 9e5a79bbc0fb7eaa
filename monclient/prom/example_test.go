package prom_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
	"github.com/libmonclient/libmonclient/monclient/prom"
)

// The metrics of one client, as Prometheus gets them.
func Example() {
	mons, err := montest.New(montest.Options{Mons: 3}) // monitors in this process, instead of a cluster
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mons.Close()
	client, err := monclient.Connect(context.Background(), monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	registry := prometheus.NewRegistry()
	registry.MustRegister(prom.NewCollector(map[string]*monclient.Client{"prod": client}))
	metrics := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // to be served as /metrics

	answer := httptest.NewRecorder()
	metrics.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "monclient_connected") || strings.HasPrefix(line, "monclient_sessions_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// monclient_connected{client="prod"} 1
	// monclient_sessions_total{client="prod"} 1
}
