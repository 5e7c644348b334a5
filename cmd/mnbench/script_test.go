package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// TestScript runs testdata/script/*.txtar: the behaviour of the command line,
// one piece in each. Beside testscript's own commands there are
//
//	status N PROGRAM ARG...   run it; its exit code must be N
//	mkfifo FILE...
//	await FIFO REGEXP         read lines from FIFO until one matches
//	ended FIFO                read FIFO until nobody writes to it any more
//	background, code N        remember what runs in the background, then after wait: its exit code must be N
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			examples, err := filepath.Abs("../../examples")
			if err != nil {
				return err
			}
			e.Setenv("EXAMPLES", examples)
			for name, val := range map[string]string{
				"HOME": e.WorkDir + "/home", "MNBENCH_CACHE": e.WorkDir + "/cache", "TERM": "xterm",
				"CI": "", "NO_COLOR": "", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "JAVA_HOME": "",
				"GORACE": "atexit_sleep_ms=0",
			} {
				e.Setenv(name, val)
			}
			e.Values[stateKey{}] = &scriptState{fifos: map[string]*bufio.Reader{}}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status": status, "mkfifo": mkfifo, "await": await, "ended": ended, "background": background, "code": code,
		},
	})
}

// scriptState is what the commands of one script share.
type scriptState struct {
	fifos      map[string]*bufio.Reader // reading ends, open until the script ends
	background []*exec.Cmd
}

type stateKey struct{}

func stateOf(ts *testscript.TestScript) *scriptState { return ts.Value(stateKey{}).(*scriptState) }

func wantArgs(ts *testscript.TestScript, neg bool, args []string, least int, usage string) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, "status N PROGRAM ARG...")
	checkCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	have := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		have = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(have) != want {
		ts.Fatalf("exit code %d, want %s", have, want)
	}
}

func background(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 0, "background")
	stateOf(ts).background = ts.BackgroundCmds()
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1, "code N")
	cmds := stateOf(ts).background
	if len(cmds) != 1 {
		ts.Fatalf("%d commands were in the background when background was called, want 1", len(cmds))
	}
	if have := cmds[0].ProcessState.ExitCode(); strconv.Itoa(have) != args[0] {
		ts.Fatalf("exit code %d, want %s", have, args[0])
	}
}

func mkfifo(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1, "mkfifo FILE...")
	for _, name := range args {
		ts.Check(unix.Mkfifo(ts.MkAbs(name), 0o600))
	}
}

// reader opens a FIFO, which waits for somebody who writes to it.
func reader(ts *testscript.TestScript, name string) *bufio.Reader {
	fifos := stateOf(ts).fifos
	name = ts.MkAbs(name)
	if r := fifos[name]; r != nil {
		return r
	}
	file, err := os.Open(name)
	ts.Check(err)
	ts.Defer(func() { file.Close() })
	fifos[name] = bufio.NewReader(file)
	return fifos[name]
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 2, "await FIFO REGEXP")
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	r := reader(ts, args[0])
	for {
		line, err := r.ReadString('\n')
		line = strings.TrimSuffix(line, "\n")
		ts.Logf("%s: %s", args[0], line)
		if re.MatchString(line) {
			return
		}
		if err != nil {
			ts.Fatalf("%s ended without a line that matches %s: %v", args[0], args[1], err)
		}
	}
}

func ended(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, 1, "ended FIFO")
	r := reader(ts, args[0])
	for {
		line, err := r.ReadString('\n')
		ts.Logf("%s: %s", args[0], strings.TrimSuffix(line, "\n"))
		if err != nil {
			return
		}
	}
}
