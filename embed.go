// Package mnbench carries the sources from which mnbench builds its drivers,
// so that one installed binary can build every driver that it finds a
// toolchain for.
package mnbench

import "embed"

// Sources is the tree below the module root that drivers are built from:
// runtime/, workloads/ and competitors/. Names that start with "_" or "." are
// not in it, so build outputs go to folders called _build.
//
//go:embed runtime workloads competitors
var Sources embed.FS
