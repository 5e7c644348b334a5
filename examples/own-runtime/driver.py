"""A driver for CPython's threads: the driver protocol in 60 lines of the standard library."""
import json, os, sys, threading, time

def spawn(n, window):  # create n threads, join the oldest first, at most window at once
    def child(i):
        slots[i] = i + 1
    slots, open_ = [0] * n, []
    for i in range(n):
        if len(open_) == window:
            open_.pop(0).join()
        open_.append(threading.Thread(target=child, args=(i,)))
        open_[-1].start()
    for thread in open_:
        thread.join()
    return n, sum(slots)  # units of work, answer

def pingpong(pairs, rounds):  # two threads a pair hand a counter back and forth
    def play(pair, side):
        for _ in range(rounds):
            with pair["changed"]:
                while pair["turn"] != side:
                    pair["changed"].wait()
                pair["counter"], pair["turn"] = pair["counter"] + 1, 1 - side
                pair["changed"].notify()
    table = [{"changed": threading.Condition(), "turn": 0, "counter": 0} for _ in range(pairs)]
    threads = [threading.Thread(target=play, args=(pair, side)) for pair in table for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 2 * pairs * rounds, sum(pair["counter"] for pair in table)

WORKLOADS = {"pingpong": pingpong, "spawn": spawn}

def say(**line):
    print(json.dumps(line), flush=True)

if sys.argv[1] == "describe":
    say(protocol=1, runtime="pythreads", version=sys.version.split()[0], language="python", model="1:1",
        workloads=sorted(WORKLOADS), modes=["parallel"])
    sys.exit(0)
name, options, params = sys.argv[2], {"--mode": "parallel"}, {}
for flag, value in zip(sys.argv[3::2], sys.argv[4::2]):
    if flag == "--param":
        params[value.split("=")[0]] = int(value.split("=")[1])
    else:
        options[flag] = value
if name not in WORKLOADS or options["--mode"] != "parallel":
    print(f"pythreads does not do {name} in mode {options['--mode']}", file=sys.stderr)
    sys.exit(77)
say(type="config", pid=os.getpid(), workers=int(options["--workers"]), cpus=len(os.sched_getaffinity(0)))
for phase, times in (("warmup", int(options["--warmup"])), ("timed", int(options["--iterations"]))):
    for index in range(times):
        start = time.perf_counter_ns()
        units, answer = WORKLOADS[name](**params)
        say(type="sample", phase=phase, index=index, ns=time.perf_counter_ns() - start, units=units, answer=str(answer))
say(type="end")
