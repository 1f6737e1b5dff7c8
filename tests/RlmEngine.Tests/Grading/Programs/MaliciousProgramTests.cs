using System.Net;
using System.Net.Sockets;
using RlmEngine.Grading.Programs;

namespace RlmEngine.Tests.Grading.Programs;

/// <summary>One test for each way to do harm: stopped, reported as failed with the reason, and nothing left behind.</summary>
[TestFixture]
public sealed class MaliciousProgramTests
{
    private const string Loopback = "import socket, sys\ns = socket.socket()\ns.settimeout(1)\ns.connect(('127.0.0.1', int(input())))\nprint('in')";

    /// <summary>Written into a process's name by the programs below, so that what is left of them can be found.</summary>
    private string _mark = "";

    [SetUp]
    public void MarkProcesses() => _mark = $"evil{Guid.NewGuid():N}"[..15];

    [TearDown]
    public void NothingIsLeft()
    {
        IEnumerable<string> left = from folder in Directory.EnumerateDirectories("/proc")
                                   where Path.GetFileName(folder).All(char.IsAsciiDigit) && NameOf(folder) == _mark
                                   select folder;
        Assert.That(left, Is.Empty);
    }

    private static IEnumerable<TestCaseData> Programs()
    {
        yield return Case("ForkBomb", "import os\nwhile True: os.fork()", ProgramOutcome.Processes);
        yield return Case("ForkBombThatIgnoresErrors", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", ProgramOutcome.CpuTime, ProgramOutcome.WallTime);
        yield return Case("ThreadBomb", "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()", ProgramOutcome.Processes);
        yield return Case("TenGigabytes", "x = bytearray(10 * 2**30)", ProgramOutcome.Memory);
        yield return Case("GrowingMemory", "x = []\nwhile True: x.append(bytearray(2**20))", ProgramOutcome.Memory, ProgramOutcome.CpuTime);
        yield return Case("MemoryOfManyProcesses", "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = b'x' * (200 * 2**20)\n        time.sleep(99)\ntime.sleep(99)", ProgramOutcome.Memory);
        yield return Case("EndlessOutput", "while True: print('x' * 1000)", ProgramOutcome.Output);
        yield return Case("EndlessErrors", "import os\nwhile True: os.write(2, b'x' * 1000)", ProgramOutcome.Output);
        yield return Case("EndlessComputation", "while True: pass", ProgramOutcome.CpuTime);
        yield return Case("SleepForEver", "import time\ntime.sleep(10**6)", ProgramOutcome.WallTime);
        yield return Case("SignalsIgnored", "import signal, time\nfor s in set(signal.Signals) - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile True: pass", ProgramOutcome.CpuTime, ProgramOutcome.WallTime);
        yield return Case("StandardOutputClosed", "import os, time\nfor d in range(3): os.close(d)\ntime.sleep(10**6)", ProgramOutcome.WallTime);
        yield return Case("HugeFile", "f = open('x', 'wb')\nwhile True: f.write(b'x' * 2**16)", ProgramOutcome.Files);
        yield return Case("ManyFiles", "i = 0\nwhile True:\n    open(str(i), 'wb').write(b'x' * 2**16)\n    i += 1", ProgramOutcome.Files);
        yield return Case("ManyDescriptors", "x = [open('/dev/null') for _ in range(1000)]", ProgramOutcome.Failed);
        yield return Case("DeepRecursion", "def f(n): return f(n + 1)\nf(0)", ProgramOutcome.Failed);
        yield return Case("DeepRecursionOfTheStack", "import sys, re\nsys.setrecursionlimit(10**9)\nclass A:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nA().x", ProgramOutcome.Failed, ProgramOutcome.Memory, ProgramOutcome.CpuTime);
        yield return Case("ParentKilled", "import os, signal\nos.kill(1, signal.SIGKILL)\nos.kill(-1, signal.SIGKILL)\nraise SystemExit(4)", ProgramOutcome.Failed);
        yield return Case("NetworkCall", "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)", ProgramOutcome.Failed);
        yield return Case("NameLookup", "import socket\nsocket.gethostbyname('example.org')", ProgramOutcome.Failed);
        yield return Case("UserNamespace", "import ctypes\nraise SystemExit(7 if ctypes.CDLL(None).unshare(0x10000000) else 0)", ProgramOutcome.Failed);
        yield return Case("ChangeOfRoot", "import os\nos.chroot('/box')", ProgramOutcome.Failed);
        yield return Case("BecomingRoot", "import os\nos.setgroups([0])", ProgramOutcome.Failed);
        yield return Case("LongerLimits", "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))", ProgramOutcome.Failed);
    }

    private static IEnumerable<TestCaseData> ForeignPlaces()
    {
        yield return new TestCaseData("/tmp").SetArgDisplayNames("tmp");
        yield return new TestCaseData("/dev/shm").SetArgDisplayNames("shm");
        yield return new TestCaseData("/usr/bin").SetArgDisplayNames("usr");
        yield return new TestCaseData("/").SetArgDisplayNames("root");
        yield return new TestCaseData(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)).SetArgDisplayNames("home");
        yield return new TestCaseData(TestContext.CurrentContext.TestDirectory).SetArgDisplayNames("tests");
    }

    [TestCaseSource(nameof(Programs))]
    public void Run_MaliciousProgram_IsStoppedWithTheReason(string program, ProgramOutcome[] expected)
    {
        ProgramLimits limits = expected.Contains(ProgramOutcome.WallTime) ? SandboxedPrograms.Small : SandboxedPrograms.Patient;
        ProgramResult result = SandboxedPrograms.Runner.Run(Marked(program), "", limits);
        Assert.Multiple(() =>
        {
            Assert.That(expected, Does.Contain(result.Outcome), result.Error);
            Assert.That(result.Reason, Is.Not.Empty.And.Not.EqualTo("finished").And.Not.Contains("\n"));
            Assert.That(result.Output, Has.Length.LessThanOrEqualTo(SandboxedPrograms.Small.OutputBytes));
        });
    }

    [Test]
    public void Run_ConnectionToThisMachine_ReachesNoServer()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        ProgramResult result = SandboxedPrograms.Runner.Run(Marked(Loopback), $"{((IPEndPoint)server.LocalEndpoint).Port}", SandboxedPrograms.Patient);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(ProgramOutcome.Failed));
            Assert.That(result.Reason, Does.Contain("unreachable"));
            Assert.That(server.Pending(), Is.False);
        });
    }

    [TestCaseSource(nameof(ForeignPlaces))]
    public void Run_WritingOutsideItsFolder_FailsAndWritesNothing(string folder)
    {
        string path = Path.Combine(folder, _mark);
        ProgramResult result = SandboxedPrograms.Runner.Run(Marked("open(input(), 'w').write('x')"), path, SandboxedPrograms.Patient);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(ProgramOutcome.Failed));
            Assert.That(result.Reason, Does.Contain("Error: [Errno"));
            Assert.That(File.Exists(path), Is.False);
        });
    }

    [Test]
    public void Run_Symlinks_LeadNowhereOutside()
    {
        const string program = "import os\nfor i, target in enumerate(input().split('|')):\n    os.symlink(target, str(i))\n    try: open(str(i), 'r+')\n"
                               + "    except OSError: continue\n    print(target)\nos.remove('solution.py')\nos.symlink('/etc', 'solution.py')\nos.chmod('.', 0)";
        string victim = Path.Combine(Path.GetTempPath(), _mark);
        File.WriteAllText(victim, "mine");
        try
        {
            ProgramResult[] results = [.. SandboxedPrograms.Runner.RunEach(Marked(program), [$"{victim}|/etc/passwd|/proc/1/mem|..", "/x"], SandboxedPrograms.Patient)];
            Assert.Multiple(() =>
            {
                Assert.That(results.Select(result => result.Output), Is.All.Empty);
                Assert.That(File.ReadAllText(victim), Is.EqualTo("mine"));
            });
        }
        finally
        {
            File.Delete(victim);
        }
    }

    [Test]
    public void Run_Daemon_DiesWithTheProgram()
    {
        const string program = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True: time.sleep(1)\n    os._exit(0)\nprint('done')";
        ProgramResult result = SandboxedPrograms.Runner.Run(Marked(program), "", SandboxedPrograms.Patient);
        Assert.That((result.Outcome, result.Output), Is.EqualTo((ProgramOutcome.Finished, "done\n")));
    }

    [Test]
    public void Run_SecretsOfThisMachine_AreNotThere()
    {
        const string name = "RLM_TEST_SECRET";
        Environment.SetEnvironmentVariable(name, _mark);
        const string program = "import os\nprint(sorted(os.environ))\nfor path in ('/proc', '/sys', '/etc/passwd', '/etc/shadow', '/run', '/var', '/root/.ssh', '/home'): print(os.path.exists(path))";
        string output = SandboxedPrograms.Runner.Run(Marked(program), "", SandboxedPrograms.Patient).Output;
        Assert.Multiple(() =>
        {
            Assert.That(output, Does.Not.Contain(_mark).And.Not.Contain(name).And.Contain("HOME"));
            Assert.That(output.Split('\n').Skip(1).Where(line => line.Length > 0), Is.All.EqualTo("False").And.Exactly(8).Items);
        });
    }

    /// <summary>The program with a name that its processes inherit.</summary>
    private string Marked(string program)
        => $"import ctypes\nctypes.CDLL(None).prctl(15, b'{_mark}', 0, 0, 0)\n{program}";

    private static TestCaseData Case(string name, string program, params ProgramOutcome[] expected)
        => new TestCaseData(program, expected).SetArgDisplayNames(name);

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
