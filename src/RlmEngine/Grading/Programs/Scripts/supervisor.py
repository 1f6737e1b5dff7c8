# Process 1 of the sandbox, trusted. Reads a job (one line of JSON) and then inputs (a line each) from standard input, runs the untrusted
# program in fresh processes that share no memory and no descriptor with it, and answers each input with one line of JSON.
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)


def close_to_inspection():
    # The program runs under the same user: a dumpable process would let it read this one's memory and open its descriptors.
    os.closerange(3, 256)
    if LIBC.prctl(4, 0, 0, 0, 0) != 0 or LIBC.prctl(3, 0, 0, 0, 0) != 0:
        raise OSError("PR_SET_DUMPABLE is not possible")


def bound(kind, soft, hard=None):
    old = resource.getrlimit(kind)[1]
    hard = soft if hard is None else hard
    if old != resource.RLIM_INFINITY:
        soft, hard = min(soft, old), min(hard, old)
    resource.setrlimit(kind, (soft, hard))


def restrict(limits):
    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_CPU, limits["cpuSeconds"], limits["cpuSeconds"] + 1)
    bound(resource.RLIMIT_FSIZE, limits["fileBytes"])
    bound(resource.RLIMIT_NOFILE, limits["openFiles"])
    bound(resource.RLIMIT_STACK, limits["stackBytes"])
    bound(resource.RLIMIT_MEMLOCK, 0)
    bound(resource.RLIMIT_MSGQUEUE, 0)
    bound(resource.RLIMIT_NPROC, limits["processes"] + 1)  # this process counts too
    bound(resource.RLIMIT_AS, limits["memoryBytes"])


def spawn(command, descriptors, folder, limits):
    child = os.fork()
    if child != 0:
        return child
    try:
        os.setsid()
        os.chdir(folder)
        high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16) for descriptor in descriptors]
        for number, descriptor in enumerate(high):
            os.dup2(descriptor, number)
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0",
                       "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8"}
        restrict(limits)
        os.execve(command[0], command, environment)
    except BaseException as problem:
        os.write(2, str(problem).encode())
    finally:
        os._exit(127)


def kill_all():
    # From process 1 this signals every other process of the sandbox, daemons too, and none can fork past it.
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


class Streams:
    """Feeds a child's standard input and collects its standard output and error up to a number of bytes."""

    def __init__(self, data, limit):
        (self.child_in, self.input), (self.output, child_out), (self.error, child_err) = os.pipe(), os.pipe(), os.pipe()
        self.descriptors = (self.child_in, child_out, child_err)
        self.data = memoryview(data)
        self.limit = limit
        self.taken = {self.output: bytearray(), self.error: bytearray()}
        self.poll = select.poll()

    def start(self):
        for descriptor in self.descriptors:
            os.close(descriptor)
        os.set_blocking(self.input, False)
        self.poll.register(self.input, select.POLLOUT)
        self.poll.register(self.output, select.POLLIN)
        self.poll.register(self.error, select.POLLIN)

    def close(self, descriptor):
        self.poll.unregister(descriptor)
        os.close(descriptor)
        if descriptor == self.input:
            self.input = -1

    def feed(self):
        try:
            self.data = self.data[os.write(self.input, self.data[:65536]):] if self.data else self.data
            if not self.data:
                self.close(self.input)
        except BlockingIOError:
            pass
        except OSError:
            self.close(self.input)

    def take(self, descriptor):
        part = os.read(descriptor, 65536)
        self.taken[descriptor] += part
        return len(part)

    def overflows(self):
        return sum(map(len, self.taken.values())) > self.limit

    def drain(self):
        # Every writer is dead: what is still in the pipes is all there will be.
        for descriptor in (self.output, self.error):
            try:
                while not self.overflows() and self.take(descriptor):
                    pass
            except OSError:
                pass

    def texts(self):
        output, error = (bytes(self.taken[d][:self.limit]).decode("utf-8", "replace") for d in (self.output, self.error))
        return output, error[-4096:]

    def done(self):
        for descriptor in (self.input, self.output, self.error):
            try:
                os.close(descriptor)
            except OSError:
                pass


def follow(child, streams, deadline):
    """Moves data until the child ends or breaks a limit; says which."""
    watch = os.pidfd_open(child)
    streams.poll.register(watch, select.POLLIN)
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "wall"
            for descriptor, _ in streams.poll.poll(left * 1000):
                if descriptor == watch:
                    return "exit"
                if descriptor == streams.input:
                    streams.feed()
                elif not streams.take(descriptor):
                    streams.poll.unregister(descriptor)
            if streams.overflows():
                return "output"
    finally:
        os.close(watch)


def run(command, data, folder, limits):
    streams = Streams(data, limits["outputBytes"])
    start = time.monotonic()
    child = spawn(command, streams.descriptors, folder, limits)
    streams.start()
    end = follow(child, streams, start + limits["wallSeconds"])
    if end == "exit":
        _, status, usage = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
    else:
        os.kill(child, signal.SIGKILL)
        usage, code = os.wait4(child, 0)[2], None
    seconds = time.monotonic() - start
    kill_all()
    streams.drain()
    output, error = streams.texts()
    if streams.overflows():
        end = "output"
    streams.done()
    return {"end": end, "code": code, "output": output, "error": error, "seconds": seconds, "cpuSeconds": usage.ru_utime + usage.ru_stime}


def fresh_folder(number, files):
    folder = "/box/%d" % number
    os.mkdir(folder, 0o700)
    for name, text in files.items():
        with open(os.path.join(folder, name), "x", encoding="utf-8") as file:
            file.write(text)
    return folder


def run_inputs(job):
    for number, line in enumerate(sys.stdin):
        try:
            folder = fresh_folder(number, {"solution.py": job["program"]})
        except OSError as problem:
            yield {"end": "folder", "code": None, "output": "", "error": str(problem), "seconds": 0.0, "cpuSeconds": 0.0}
            continue
        yield run([sys.executable, "-s", "-B", "solution.py"], json.loads(line).encode(), folder, job["limits"])


def take_answers_aside():
    """Tests may print: what they print goes nowhere, and answers through a descriptor of their own."""
    aside = os.fdopen(os.dup(1), "w")
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)
    return aside


def answer(value):
    ANSWERS.write(json.dumps(value) + "\n")
    ANSWERS.flush()


def probe():
    """What this sandbox fails to hold, or nothing."""
    if os.getpid() != 1:
        return "its process is not number 1"
    if os.path.exists("/proc/self"):
        return "it shows processes"
    if LIBC.unshare(0x10000000) == 0:
        return "it lets a program make user namespaces"
    for folder in ("/", "/usr", "/dev"):
        if os.access(folder, os.W_OK):
            return folder + " can be written to"
    with open("/box/probe", "x") as file:
        file.write("x")
    os.unlink("/box/probe")
    return probe_processes()


def probe_processes():
    # Root and older kernels do not count, or count processes outside too; so the limit is tried.
    reader, writer = os.pipe()
    if os.fork() == 0:
        bound(resource.RLIMIT_NPROC, 5)
        made = 0
        try:
            while made < 20:
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
                made += 1
        except OSError:
            pass
        os.write(writer, bytes([made]))
        os._exit(0)
    made = os.read(reader, 1)[0]
    kill_all()
    return "" if made == 3 else "its limit of processes does not hold (5 gave %d)" % (made + 2)
