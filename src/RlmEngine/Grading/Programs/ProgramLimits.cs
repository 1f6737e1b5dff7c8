namespace RlmEngine.Grading.Programs;

/// <summary>What one run of an untrusted program may use; what goes beyond is stopped.</summary>
public sealed record ProgramLimits
{
    /// <summary>Time by the clock, until which the program must have ended.</summary>
    public TimeSpan WallTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Processor time of each process, in whole seconds rounded up.</summary>
    public TimeSpan CpuTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Address space of each process and resident memory of all together, in bytes.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Processes and threads at a time, the program's first among them.</summary>
    public int Processes { get; init; } = 16;

    /// <summary>Open descriptors of each process.</summary>
    public int OpenFiles { get; init; } = 64;

    /// <summary>Bytes of one file.</summary>
    public long FileBytes { get; init; } = 16L << 20;

    /// <summary>Bytes of all files in the program's folder; they live in memory.</summary>
    public long FolderBytes { get; init; } = 64L << 20;

    /// <summary>Bytes written to standard output and standard error together.</summary>
    public int OutputBytes { get; init; } = 4 << 20;

    /// <summary>Bytes of the main thread's stack.</summary>
    public long StackBytes { get; init; } = 64L << 20;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(WallTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(WallTime, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(CpuTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(CpuTime, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryBytes, 64L << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(Processes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenFiles, 8);
        ArgumentOutOfRangeException.ThrowIfNegative(FileBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(FolderBytes, 1L << 20);
        ArgumentOutOfRangeException.ThrowIfNegative(OutputBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(StackBytes, 1L << 20);
    }
}
