using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>Runs numbered pieces of work on all cores, without allocation; results never depend on how pieces meet threads.</summary>
/// <remarks>
/// Workers are persistent: they spin for some microseconds after a job, then block. The state of the current job is one 64-bit word,
/// (generation, pieces not yet claimed), so that a worker that comes late can claim nothing of a job it does not know. A call from inside
/// a piece, or while another thread uses the pool, runs its pieces inline.
/// </remarks>
public static unsafe class WorkPool
{
    private const int SpinsBeforeBlocking = 200;

    private static readonly Lock s_gate = new();
    private static readonly object s_wake = new();
    private static int s_threads = FromEnvironment(Environment.GetEnvironmentVariable("RLM_THREADS"));
    private static int s_workers;
    private static int s_sleeping;
    private static long s_state;
    private static int s_unfinished;
    private static int s_count;
    private static delegate*<void*, int, void> s_do;
    private static void* s_work;
    private static Exception? s_failure;

    [ThreadStatic]
    private static bool t_busy;

    /// <summary>How many threads work on one call, the caller's included; default: the cores, or the environment's <c>RLM_THREADS</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than one.</exception>
    public static int Threads
    {
        get => Volatile.Read(ref s_threads);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            lock (s_gate)
                Volatile.Write(ref s_threads, value);
        }
    }

    /// <summary>How many threads a call from here can have: one inside a piece.</summary>
    internal static int Available => t_busy ? 1 : Threads;

    /// <summary>Calls <c>work.Do(i)</c> once for each i in [0, <paramref name="count"/>) and returns when all are done.</summary>
    /// <param name="count">Number of pieces.</param>
    /// <param name="work">The pieces; copied, so a piece must not count on changes of the struct itself.</param>
    /// <exception cref="Exception">The first exception a piece threw; the other pieces still ran.</exception>
    public static void Run<TWork>(int count, in TWork work)
        where TWork : struct, IWork
    {
        if (count > 1 && !t_busy && Threads > 1 && s_gate.TryEnter())
        {
            try
            {
                TWork local = work;
                RunOnWorkers(count, &Invoke<TWork>, Unsafe.AsPointer(ref local));
            }
            finally
            {
                s_gate.Exit();
            }
        }
        else
        {
            RunInline(count, work);
        }
    }

    internal static int FromEnvironment(string? text) => text switch
    {
        null or "" => Environment.ProcessorCount,
        _ when int.TryParse(text, out int threads) && threads > 0 => threads,
        _ => throw new InvalidOperationException($"RLM_THREADS={text}: the number of threads is a whole number from 1"),
    };

    private static void RunInline<TWork>(int count, TWork work)
        where TWork : struct, IWork
    {
        ExceptionDispatchInfo? failure = null;
        for (int i = 0; i < count; i++)
        {
            try
            {
                work.Do(i);
            }
            catch (Exception exception)
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        failure?.Throw();
    }

    private static void Invoke<TWork>(void* work, int index)
        where TWork : struct, IWork => Unsafe.AsRef<TWork>(work).Do(index);

    private static void RunOnWorkers(int count, delegate*<void*, int, void> @do, void* work)
    {
        StartWorkers();
        s_do = @do;
        s_work = work;
        s_count = count;
        s_failure = null;
        s_unfinished = count;
        long generation = (Volatile.Read(ref s_state) >> 32) + 1;
        Interlocked.Exchange(ref s_state, (generation << 32) | (uint)count);
        if (Volatile.Read(ref s_sleeping) > 0)
        {
            lock (s_wake)
                Monitor.PulseAll(s_wake);
        }

        while (TryDoOne())
        {
        }

        SpinWait spin = default;
        while (Volatile.Read(ref s_unfinished) != 0)
            spin.SpinOnce(sleep1Threshold: -1);
        if (s_failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private static void StartWorkers()
    {
        while (s_workers < s_threads - 1)
        {
            int number = s_workers++;
            new Thread(() => WorkerLoop(number)) { IsBackground = true, Name = $"RlmEngine worker {number + 1}" }.Start();
        }
    }

    private static bool TryDoOne()
    {
        long state;
        do
        {
            state = Volatile.Read(ref s_state);
            if ((int)state == 0)
                return false;
        }
        while (Interlocked.CompareExchange(ref s_state, state - 1, state) != state);

        // From here the job cannot end before this piece does, so its fields stand still.
        t_busy = true;
        try
        {
            s_do(s_work, s_count - (int)state);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref s_failure, exception, null);
        }

        t_busy = false;
        Interlocked.Decrement(ref s_unfinished);
        return true;
    }

    private static bool HasWorkFor(int number) => number < Threads - 1 && (int)Volatile.Read(ref s_state) != 0;

    private static void WorkerLoop(int number)
    {
        while (true)
        {
            for (int spins = 0; spins < SpinsBeforeBlocking && !HasWorkFor(number); spins++)
                Thread.SpinWait(8);
            if (!HasWorkFor(number))
                Block(number);
            while (HasWorkFor(number) && TryDoOne())
            {
            }
        }
    }

    private static void Block(int number)
    {
        lock (s_wake)
        {
            Interlocked.Increment(ref s_sleeping);
            while (!HasWorkFor(number))
                Monitor.Wait(s_wake);
            Interlocked.Decrement(ref s_sleeping);
        }
    }
}
