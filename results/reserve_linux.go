package results

import (
	"errors"
	"os"
	"syscall"
)

// keepSize is FALLOC_FL_KEEP_SIZE of fallocate(2): blocks are set aside past
// the end of the file while its length stays.
const keepSize = 0x1

// reserve sets size bytes aside behind off. Only a disk without that much
// room is an error: a file system that cannot reserve is none.
func reserve(f *os.File, off, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), keepSize, off, size)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return err
	}
	return nil
}
