using System.Globalization;
using System.Runtime.InteropServices;

namespace RlmEngine.Grading.Programs;

/// <summary>The processes below one process, as /proc shows them.</summary>
internal static partial class ProcessTree
{
    private const int Kill = 9;

    /// <summary>The numbers of a process's children; none where it has ended or the kernel does not list them.</summary>
    public static IReadOnlyList<int> Children(int process)
    {
        try
        {
            string list = File.ReadAllText($"/proc/{process}/task/{process}/children");
            return [.. list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Resident memory of all processes below one, in bytes; pages shared after a fork count for each.</summary>
    public static long ResidentBytes(int process)
    {
        long bytes = 0;
        var left = new Stack<int>(Children(process));
        while (left.TryPop(out int next))
        {
            bytes += OwnResidentBytes(next);
            foreach (int child in Children(next))
                left.Push(child);
        }

        return bytes;
    }

    /// <summary>Ends a process's children at once.</summary>
    public static void KillChildren(int process)
    {
        foreach (int child in Children(process))
            _ = Signal(child, Kill);
    }

    private static long OwnResidentBytes(int process)
    {
        try
        {
            string[] pages = File.ReadAllText($"/proc/{process}/statm").Split(' ');
            return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
