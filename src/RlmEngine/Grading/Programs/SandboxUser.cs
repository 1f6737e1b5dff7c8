using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>Users that nobody has, one for each sandbox: the kernel counts processes by user, and does not count root's.</summary>
internal static class SandboxUser
{
    private const long ManyFirst = 2_000_000_000, ManyCount = 100_000_000;
    private const long FewFirst = 60_578, FewCount = 606;
    private static int s_started;

    /// <summary>A number that this process has not given out for long.</summary>
    /// <exception cref="UserInputException">This process may become no other user.</exception>
    public static int Next()
    {
        long turn = (long)Environment.ProcessId * 1000 + (uint)Interlocked.Increment(ref s_started);
        if (IsMapped(ManyFirst + ManyCount))
            return (int)(ManyFirst + turn % ManyCount);
        return IsMapped(FewFirst + FewCount)
            ? (int)(FewFirst + turn % FewCount)
            : throw new UserInputException("root here may become no other user (/proc/self/uid_map)");
    }

    private static bool IsMapped(long id)
    {
        foreach (string line in File.ReadLines("/proc/self/uid_map"))
        {
            long[] range = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
            if (id >= range[0] && id < range[0] + range[2])
                return true;
        }

        return false;
    }
}
