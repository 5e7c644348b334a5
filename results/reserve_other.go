//go:build !linux

package results

import "os"

func reserve(*os.File, int64, int64) error { return nil }
