using System.Runtime.InteropServices;

namespace RlmEngine.Cli;

/// <summary>Ctrl-C (and SIGTERM): the first asks the command to stop after its step, the second ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CommandConsole _console;
    private readonly string _answer;
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Listens until disposed.</summary>
    /// <param name="console">Where the first signal is answered.</param>
    /// <param name="answer">One line: what happens now.</param>
    public Interruption(CommandConsole console, string answer = "stopping after this step; once more stops at once")
    {
        _console = console;
        _answer = answer;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
    }

    /// <summary>Asked to stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested)
            return;
        context.Cancel = true;
        _console.Complain(_answer);
        _source.Cancel();
    }
}
