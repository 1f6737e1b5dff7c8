using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class WorkPoolTests
{
    private int _threads;

    [SetUp]
    public void KeepThreads() => _threads = WorkPool.Threads;

    [TearDown]
    public void RestoreThreads() => WorkPool.Threads = _threads;

    [Test]
    public void Run_AnyCountAndThreads_DoesEachPieceOnce(
        [Values(0, 1, 2, 3, 1000)] int count, [Values(1, 2, 3, 8)] int threads)
    {
        WorkPool.Threads = threads;
        var done = new int[count];
        WorkPool.Run(count, new CountWork(done));
        Assert.That(done, Is.All.EqualTo(1));
    }

    [Test]
    public void Run_ManyShortJobs_LosesNone()
    {
        WorkPool.Threads = 3;
        var done = new int[7];
        for (int i = 0; i < 20_000; i++)
            WorkPool.Run(done.Length, new CountWork(done));
        Assert.That(done, Is.All.EqualTo(20_000));
    }

    [Test]
    public void Run_AfterWorkersWentToSleep_WakesThem()
    {
        WorkPool.Threads = 2;
        var done = new int[4];
        for (int i = 0; i < 20; i++)
        {
            Thread.Sleep(2);
            WorkPool.Run(done.Length, new CountWork(done));
        }

        Assert.That(done, Is.All.EqualTo(20));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Run_PieceThrows_CallerSeesItAndOthersRan(int threads)
    {
        WorkPool.Threads = threads;
        var done = new int[10];
        Assert.That(() => WorkPool.Run(10, new ThrowWork(done, 4)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("piece 4"));
        Assert.That(done.Sum(), Is.EqualTo(9));
        WorkPool.Run(10, new CountWork(done));
        Assert.That(done.Sum(), Is.EqualTo(19), "the pool works on after a failure");
    }

    [Test]
    public void Run_InsideAPiece_RunsInline()
    {
        WorkPool.Threads = 3;
        var done = new int[12];
        WorkPool.Run(4, new NestedWork(done));
        Assert.That(done, Is.All.EqualTo(1));
    }

    [Test]
    public void Run_FromSeveralThreads_DoesAllOfEach()
    {
        WorkPool.Threads = 3;
        var done = new int[4][];
        var callers = Enumerable.Range(0, 4).Select(caller => new Thread(() =>
        {
            done[caller] = new int[5];
            for (int i = 0; i < 2000; i++)
                WorkPool.Run(5, new CountWork(done[caller]));
        })).ToList();
        callers.ForEach(thread => thread.Start());
        callers.ForEach(thread => thread.Join());
        Assert.That(done.SelectMany(counts => counts), Is.All.EqualTo(2000));
    }

    [Test]
    public void Run_Called_AllocatesNothing()
    {
        WorkPool.Threads = 2;
        var done = new int[8];
        WorkPool.Run(8, new CountWork(done));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            WorkPool.Run(8, new CountWork(done));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Threads_Zero_Throws() => Assert.That(() => WorkPool.Threads = 0, Throws.TypeOf<ArgumentOutOfRangeException>());

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("two")]
    public void FromEnvironment_NotACount_Throws(string text) =>
        Assert.That(() => WorkPool.FromEnvironment(text), Throws.InvalidOperationException.With.Message.Contains(text));

    [Test]
    public void FromEnvironment_Count_IsTaken()
    {
        Assert.That(WorkPool.FromEnvironment("5"), Is.EqualTo(5));
        Assert.That(WorkPool.FromEnvironment(null), Is.EqualTo(Environment.ProcessorCount));
    }

    private readonly struct CountWork(int[] done) : IWork
    {
        public void Do(int index) => Interlocked.Increment(ref done[index]);
    }

    private readonly struct ThrowWork(int[] done, int bad) : IWork
    {
        public void Do(int index)
        {
            if (index == bad)
                throw new InvalidDataException($"piece {index}");
            Interlocked.Increment(ref done[index]);
        }
    }

    private readonly struct NestedWork(int[] done) : IWork
    {
        public void Do(int index) => WorkPool.Run(3, new OffsetWork(done, 3 * index));
    }

    private readonly struct OffsetWork(int[] done, int offset) : IWork
    {
        public void Do(int index) => Interlocked.Increment(ref done[offset + index]);
    }
}
