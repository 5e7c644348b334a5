package competitors

import (
	"os"
	"slices"
)

// Variables of mnbench's own environment that tools and builds see: what they
// need to find programs, caches and the way out. Everything that would change
// what is built (CFLAGS, GOFLAGS, MAKEFLAGS, JAVA_TOOL_OPTIONS, ...) stays out:
// the cache key does not know it.
var buildPasses = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CACHE_HOME",
	"GOCACHE", "GOPATH", "GOMODCACHE", "GOPROXY", "GONOSUMDB", "GOSUMDB", "CARGO_HOME", "RUSTUP_HOME",
	"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// Variables that a driver sees. GOMAXPROCS, GOGC, LD_PRELOAD and their like
// stay out: what is measured is what the manifest says.
var runPasses = []string{"PATH", "HOME", "TMPDIR"}

// environment is what is passed on, LC_ALL=C, and the sets in order (later
// ones win), sorted.
func environment(pass []string, sets ...map[string]string) []string {
	vars := map[string]string{"LC_ALL": "C"}
	for _, name := range pass {
		if v, ok := os.LookupEnv(name); ok {
			vars[name] = v
		}
	}
	for _, set := range sets {
		for k, v := range set {
			vars[k] = v
		}
	}
	env := make([]string, 0, len(vars))
	for k, v := range vars {
		env = append(env, k+"="+v)
	}
	slices.Sort(env)
	return env
}
