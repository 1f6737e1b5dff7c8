using System.Diagnostics;

namespace RlmEngine.Cli.Display;

/// <summary>Tells on standard error how many documents are done, some seconds apart.</summary>
internal sealed class SuiteProgress(CommandConsole console)
{
    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(5);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _last;

    /// <summary>Takes documents done, of all that are evaluated.</summary>
    public void Tell(string task, long done, long all)
    {
        if (_clock.Elapsed - _last < s_apart && done < all)
            return;
        _last = _clock.Elapsed;
        console.Error.WriteLine($"{task}: {done} of {all} documents");
    }
}
