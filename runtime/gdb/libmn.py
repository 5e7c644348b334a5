"""GDB commands for programs on libmn: on a live process and on a core file.

    (gdb) source .../libmn.py
    (gdb) info mn-threads        every green thread: number, name, state
    (gdb) mn-bt ID               its backtrace; ID is the number, the name, or the address
    (gdb) mn-bt all              everybody's
    (gdb) mn-frame ID            and go there: `up`, `info locals` and the rest work
    (gdb) mn-frame               back

Needs what a build with -g leaves of libmn's types. A thread that runs is backtraced
as the kernel thread that runs it. One that does not is unwound from its saved context by
an unwinder that puts it on top of the selected kernel thread's frames; nothing is written, so
a core file will do.
"""

import gdb
from gdb.unwinder import Unwinder

KINDS = {}


def value(text):
    return gdb.parse_and_eval(text)


def number(v):
    return int(v.cast(gdb.lookup_type("unsigned long")))


def atomic(v):
    """The plain value of an _Atomic field."""
    return v.cast(v.type.unqualified())


def runtime():
    try:
        return value("mni_rt")
    except gdb.error:
        raise gdb.GdbError("libmn: no symbols of libmn in this program: is it linked, with -g?")


def threads():
    """All descriptors in use, main first."""
    rt = runtime()
    if not int(rt["workers"]):
        return
    main = rt["main"].dereference()
    yield main
    slab = atomic(value("'pool.c'::depot")["slabs"])
    while number(slab):
        for i in range(int(slab["count"])):
            t = slab["thread"][i]
            if number(t["fn"]) and number(t.address) != number(main.address):
                yield t
        slab = slab["next"]


def carriers():
    """Kernel threads that run green ones, as (thread's address, kernel's number, worker or None)."""
    table = value("'handoff.c'::carriers")
    lo, hi = table.type.range()
    workers = {}
    rt = runtime()
    for i in range(int(rt["workers"])):
        w = rt["worker"][i]
        workers[number(atomic(w["carrier"]))] = w
    for i in range(lo, hi + 1):
        k = table[i]
        w = workers.get(number(k.address))
        t = number(w["current"]) if w is not None else number(k["thread"])
        if t:
            yield t, int(k["probe"]["task"]), None if w is None else int(w["id"])


def kernel_thread(task):
    for t in gdb.selected_inferior().threads():
        if t.ptid[1] == task or t.ptid[2] == task:
            return t
    return None


def handle(t):
    return int(atomic(t["generation"])) << 48 | number(t.address)


def name(t):
    text = t["name"].string(errors="replace") if int(t["name"][0]) else ""
    if not text and bool(t["main"]):
        text = "main"
    return "thread 0x%x" % handle(t) + (' "%s"' % text if text else "")


def owner(kind, at):
    """Who holds a mutex or a rwlock for writing, or None."""
    is_mutex = kind == "MUTEX"
    o = gdb.Value(at).cast(gdb.lookup_type("struct mn_mutex" if is_mutex else "struct mn_rwlock").pointer())
    state = int(o["state"])
    if not state & (1 if is_mutex else 0x80000000):
        return None
    who = int(o["owner"])
    if who == int(runtime()["main_name"]):
        return runtime()["main"].dereference()
    for t in threads():
        if number(t.address) == who:
            return t
    return None


WORDS = {
    "MUTEX": "waits for mutex", "COND": "waits for condition variable", "SEM": "waits for semaphore",
    "READ_LOCK": "waits to read: rwlock", "WRITE_LOCK": "waits to write: rwlock",
    "BARRIER": "waits at barrier", "WAITGROUP": "waits for waitgroup", "ONCE": "waits for once",
    "SEND": "waits to send: channel", "RECV": "waits to receive: channel",
    "SELECT": "waits for several channels:", "POLL": "waits for several fds: poll",
}


def waits(t):
    """(kind's name, object, timed)"""
    word = int(atomic(t["waits"])) & (2**64 - 1)
    if not KINDS:
        for f in gdb.lookup_type("enum mni_waits").fields():
            KINDS[int(f.enumval)] = f.name.replace("MNI_WAITS_", "")
    return KINDS.get(word >> 56, "NOTHING"), word & (2**55 - 1), bool(word >> 55 & 1)


def runs_on(t, u):
    return (number(t["fn"]) != 0 and number(t["unwind"]) != 0 and number(t["stack"]) != 0
            and number(t["stack"]) == number(u["stack"]))


def descriptor(at):
    return gdb.Value(at).cast(gdb.lookup_type("struct mn_thread").pointer()).dereference()


def state(t, running):
    kind, at, timed = waits(t)
    if number(atomic(t["join"])) == 2 and kind != "OTHERS" and not bool(t["main"]):
        return "has ended, and nobody has joined it"
    if number(t.address) in running:
        task, worker = running[number(t.address)]
        return "blocks LWP %d" % task if worker is None else "runs on worker %d (LWP %d)" % (worker, task)
    if kind == "INLINE" and not runs_on(descriptor(at), t):
        kind = "NOTHING"
    if kind == "NOTHING":
        if not number(t["sp"]):
            return "has not started: " + str(t["fn"])
        return "can run"
    if kind == "JOIN":
        text = "joins " + name(descriptor(at))
    elif kind == "INLINE":
        text = "joins, and runs on its own stack, " + name(descriptor(at))
    elif kind == "OTHERS":
        text = "waits for all others to end"
    elif kind == "SLEEP":
        text = "sleeps"
    elif kind == "MOVE":
        text = "waits for another worker"
    elif kind in ("FD_IN", "FD_OUT"):
        text = "waits to %s: fd %d" % ("read" if kind == "FD_IN" else "write", at)
    elif kind == "CALL":
        text = "waits for a blocking call: 0x%x" % at
    else:
        text = "%s 0x%x" % (WORDS.get(kind, "waits for"), at)
        if kind in ("MUTEX", "READ_LOCK", "WRITE_LOCK"):
            held = owner(kind, at)
            if held is not None:
                text += ", held by " + name(held)
    return text + (", not for ever" if timed else "")


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class Parked(Unwinder):
    """Puts the saved context of a green thread behind the innermost frame."""

    def __init__(self):
        super().__init__("libmn")
        self.context = None
        self.past_main = None

    def show(self, t):
        self.context = None
        if self.past_main is not None:
            gdb.execute("set backtrace past-main " + self.past_main)
            self.past_main = None
        if t is not None:
            # The frame that it is put behind may be main's own.
            self.past_main = "on" if gdb.parameter("backtrace past-main") else "off"
            gdb.execute("set backtrace past-main on")
            frame = t["sp"].cast(gdb.lookup_type("struct mn_arch_frame").pointer())
            fields = [f.name for f in frame.dereference().type.fields()]
            fp = "rbp" if "rbp" in fields else "x29"
            self.context = (number(frame) + frame.dereference().type.sizeof, number(frame["pc"]),
                            int(frame[fp]), fp)
        gdb.invalidate_cached_frames()

    def __call__(self, pending):
        if self.context is None or pending.level() != 0:
            return None
        sp, pc, fp, fp_name = self.context
        word = gdb.lookup_type("unsigned long")
        info = pending.create_unwind_info(FrameId(gdb.Value(sp - 1).cast(word), gdb.Value(pc).cast(word)))
        info.add_saved_register("rip" if fp_name == "rbp" else "pc", gdb.Value(pc).cast(word))
        info.add_saved_register("rsp" if fp_name == "rbp" else "sp", gdb.Value(sp).cast(word))
        info.add_saved_register(fp_name, gdb.Value(fp).cast(word))
        return info


PARKED = Parked()
gdb.unwinder.register_unwinder(None, PARKED, replace=True)


def running_threads():
    return {t: (task, worker) for t, task, worker in carriers()}


def find(text):
    matches = []
    for t in threads():
        plain = t["name"].string(errors="replace") if int(t["name"][0]) else "main" if bool(t["main"]) else ""
        if text in (plain, "0x%x" % handle(t), "%d" % handle(t), "0x%x" % number(t.address)):
            matches.append(t)
    if not matches:
        raise gdb.GdbError("libmn: there is no green thread '%s': see info mn-threads" % text)
    if len(matches) > 1:
        raise gdb.GdbError("libmn: %d green threads are called '%s': take the number" % (len(matches), text))
    return matches[0]


def select(t):
    """Makes t's frames those of the selected kernel thread. How many to leave out; None: it has none."""
    running = running_threads()
    kind, at, _ = waits(t)
    if number(t.address) in running:
        thread = kernel_thread(running[number(t.address)][0])
        if thread is None:
            return None
        PARKED.show(None)
        thread.switch()
        return 0
    if not number(t["sp"]) or (number(atomic(t["join"])) == 2 and not bool(t["main"])):
        return None
    if kind == "INLINE" and runs_on(descriptor(at), t):
        return None
    PARKED.show(t)
    return 1


def backtrace(t):
    before = gdb.selected_thread()
    print("%s: %s" % (name(t), state(t, running_threads())))
    try:
        skip = select(t)
        if skip is not None:
            frame = gdb.newest_frame()
            for _ in range(skip):
                frame = frame.older() if frame else None
            level = 0
            while frame is not None and level < 100:
                where = frame.find_sal()
                line = " at %s:%d" % (where.symtab.filename, where.line) if where.symtab else ""
                print("    #%-2d 0x%016x in %s ()%s" % (level, frame.pc(), frame.name() or "??", line))
                frame = frame.older()
                level += 1
    finally:
        PARKED.show(None)
        if before is not None and before.is_valid():
            before.switch()


class InfoThreads(gdb.Command):
    """Lists the green threads of libmn: number, name, state."""

    def __init__(self):
        super().__init__("info mn-threads", gdb.COMMAND_STATUS)

    def invoke(self, arg, from_tty):
        running = running_threads()
        for t in threads():
            print("%s: %s" % (name(t), state(t, running)))


class Backtrace(gdb.Command):
    """Backtrace of a green thread: mn-bt NUMBER|NAME|ADDRESS, or mn-bt all."""

    def __init__(self):
        super().__init__("mn-bt", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        if not arg:
            raise gdb.GdbError("mn-bt: of whom? A number or name of info mn-threads, or all")
        for t in list(threads()) if arg == "all" else [find(arg.strip('"'))]:
            backtrace(t)


class Frame(gdb.Command):
    """Goes to a green thread's frames: mn-frame NUMBER|NAME|ADDRESS. Without an argument, back."""

    def __init__(self):
        super().__init__("mn-frame", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        if not arg:
            PARKED.show(None)
            return
        skip = select(find(arg.strip('"')))
        if skip is None:
            raise gdb.GdbError("mn-frame: it has no frames of its own: see info mn-threads")
        frame = gdb.newest_frame()
        if skip:
            frame = frame.older()
        if frame is None:
            raise gdb.GdbError("mn-frame: gdb does not get behind the selected kernel thread's frame")
        frame.select()
        gdb.execute("frame")


InfoThreads()
Backtrace()
Frame()
