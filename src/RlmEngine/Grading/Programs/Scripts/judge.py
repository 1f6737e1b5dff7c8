# The trusted side of tests in code: they run here, on values; only the functions they call run in the program's process. So a program
# may change what it likes in its own process: results are compared where it cannot reach, by code that it does not see.
import ast
import builtins

LONGEST_ANSWER = 64 << 20


class Gone(BaseException):
    """The program's process ended or broke a limit: no test can go on, whatever it catches."""


class Far:
    """The program's process."""

    def __init__(self, job):
        requests, self.requests = os.pipe()
        self.replies, replies = os.pipe()
        null = os.open("/dev/null", os.O_RDWR)
        folder = fresh_folder(0, {})
        command = [sys.executable, "-s", "-B", "-c", job["driver"]]
        self.child = spawn(command, (null, null, null, requests, replies), folder, job["limits"])
        for descriptor in (null, requests, replies):
            os.close(descriptor)
        self.reader = os.fdopen(self.replies, "rb")

    def ask(self, act, **request):
        request["act"] = act
        data = memoryview(json.dumps(request).encode() + b"\n")
        try:
            while data:
                data = data[os.write(self.requests, data):]
        except BrokenPipeError:
            raise Gone(self.end())
        line = self.reader.readline(LONGEST_ANSWER)
        if not line.endswith(b"\n"):
            raise Gone("its answer is too long" if len(line) == LONGEST_ANSWER else self.end())
        return self.read(line, act)

    def read(self, line, act):
        try:
            reply = json.loads(line)
            if "value" in reply:
                return unpack(reply["value"], lambda number: Remote(self, number))
            if act == "next" and "stop" in reply:
                raise StopIteration
            error, text = reply.get("error"), reply.get("text")
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError, ArithmeticError):
            raise Gone("its process answered with something else than a value")
        raise self.problem(str(error), str(text))

    def problem(self, name, text):
        kind = getattr(builtins, name, None)
        # An end of iteration that is none would cut the tests' own loops short; UnicodeErrors want five arguments.
        if not isinstance(kind, type) or not issubclass(kind, Exception) or issubclass(kind, (StopIteration, StopAsyncIteration, UnicodeError)):
            kind = type(name.replace("\0", "") or "Exception", (Exception,), {})
        return kind(text)

    def end(self):
        for _ in range(50):
            ended, status = os.waitpid(self.child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                if code == -signal.SIGXCPU:
                    return "stopped: the limit of processor time"
                return "its process ended by signal %d" % -code if code < 0 else "its process ended with exit code %d" % code
            time.sleep(0.01)
        return "its process closed its channel"


def pack_near(value):
    def only_remote(thing):
        if type(thing) is Remote:
            return {"object": object.__getattribute__(thing, "number")}
        raise TypeError("a value of type %s cannot be given to the program" % type(thing).__name__)
    return pack(value, only_remote)


class Remote:
    """Something of the program's that is no plain value. It is equal to itself only."""

    __slots__ = ("far", "number")

    def __init__(self, far, number):
        object.__setattr__(self, "far", far)
        object.__setattr__(self, "number", number)

    def __getattr__(self, name):
        return ask(self, "get", name=name)

    def __setattr__(self, name, value):
        ask(self, "set", name=name, value=pack_near(value))

    def __call__(self, *positional, **named):
        return ask(self, "call", positional=pack_near(positional), named=pack_near(named))

    def __iter__(self):
        return ask(self, "iterate")

    def __next__(self):
        return ask(self, "next")

    def __len__(self):
        return ask(self, "length")

    def __bool__(self):
        return bool(ask(self, "truth"))

    def __str__(self):
        return str(ask(self, "text"))


def ask(remote, act, **request):
    far = object.__getattribute__(remote, "far")
    return far.ask(act, subject={"object": object.__getattribute__(remote, "number")}, **request)


class Names(dict):
    """The tests' names: their own, what the reference defines, Python's, the standard library's modules; what is left is the program's."""

    def __init__(self, far, asked):
        super().__init__(__name__="tests", __builtins__=builtins)
        self.far = far
        self.asked = asked

    def __missing__(self, name):
        if name not in self.asked and hasattr(builtins, name):
            raise KeyError(name)
        if name not in self.asked and name in getattr(sys, "stdlib_module_names", ("math", "re", "collections", "itertools", "functools", "string", "random", "copy")):
            value = __import__(name)
        else:
            value = self.far.ask("name", name=name)
        self[name] = value
        return value


def defined(source):
    """Names that a reference solution defines at its top: they are the program's even where Python has them too."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError:
        return []
    return [node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


class Verdict:
    """Answers once, from a test's end or from the alarm."""

    def __init__(self, tests):
        self.reasons = []
        self.tests = tests

    def alarm(self, *_):
        self.reasons.append("stopped: the limit of time by the clock")
        self.finish()

    def finish(self):
        signal.setitimer(signal.ITIMER_REAL, 0)
        left = self.reasons[-1] if self.reasons and self.reasons[-1] else "not run"
        reasons = (self.reasons + [left] * self.tests)[:self.tests]
        answer({"reasons": reasons})
        os._exit(0)

    def attempt(self, act):
        """Runs one test; says whether more can follow."""
        try:
            reason = act()
        except Gone as gone:
            self.reasons.append(str(gone))
            return False
        except RecursionError:
            reason = "RecursionError"
        except BaseException as problem:
            reason = ("%s: %s" % (type(problem).__name__, problem)).rstrip(": ")
        self.reasons.append(reason or "")
        return True

    def require(self, act):
        """Without this no test can be run."""
        if not self.attempt(act) or self.reasons[-1]:
            self.finish()
        self.reasons.pop()


def run_code_tests(job):
    verdict = Verdict(len(job["tests"]))
    signal.signal(signal.SIGALRM, verdict.alarm)
    signal.setitimer(signal.ITIMER_REAL, job["limits"]["wallSeconds"])
    far = Far(job)
    names = Names(far, {*defined(job["reference"]), *job["names"]})

    def prepare():
        exec(job["prelude"], names)
        for name in job["names"]:
            names.pop(name, None)
        far.ask("run", program=job["program"])
        exec(job["setup"], names)

    def run_test(source):
        exec(compile(source, "tests", "exec"), names)

    verdict.require(prepare)
    for source in job["tests"]:
        if not verdict.attempt(lambda: run_test(source)):
            break
    verdict.finish()


def run_calls(job):
    verdict = Verdict(len(job["calls"]))
    signal.signal(signal.SIGALRM, verdict.alarm)
    far = Far(job)

    def start_clock():
        signal.setitimer(signal.ITIMER_REAL, job["limits"]["wallSeconds"])

    def call(arguments, expected):
        start_clock()
        result = far.ask("function", name=job["function"])(*arguments)
        return "" if agree(result, expected) or (job["wrapped"] and agree(result, unwrapped(expected))) else "its result is another"

    start_clock()
    verdict.require(lambda: far.ask("run", program=job["program"]))
    for arguments, expected in job["calls"]:
        if not verdict.attempt(lambda: call(arguments, expected)):
            break
    verdict.finish()


def unwrapped(expected):
    return expected[0] if isinstance(expected, list) and len(expected) == 1 else expected


def agree(result, expected):
    return plain(result) == plain(expected)


def plain(value):
    """JSON knows neither tuples nor keys that are no strings."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value
