using System.Runtime.InteropServices;

namespace RlmEngine.Cli;

/// <summary>Ctrl-C (and SIGTERM): the first asks the command to stop after its step, the second ends the process at once.</summary>
/// <remarks>
/// A process that another one started is asked by the end of its standard input, which also comes when that one dies; Ctrl-C, which a
/// terminal sends to both, is then left to the other.
/// </remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CommandConsole _console;
    private readonly string _answer;
    private readonly PosixSignalRegistration[] _registrations;
    private bool _isDisposed;

    /// <summary>Listens until disposed.</summary>
    /// <param name="console">Where the first signal is answered.</param>
    /// <param name="answer">One line: what happens now.</param>
    /// <param name="followed">Input whose end asks to stop, in place of Ctrl-C; null for none.</param>
    public Interruption(CommandConsole console, string answer = "stopping after this step; once more stops at once", Stream? followed = null)
    {
        _console = console;
        _answer = answer;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, followed is null ? Handle : context => context.Cancel = true),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
        ];
        if (followed is not null)
            new Thread(() => Follow(followed)) { IsBackground = true, Name = "input" }.Start();
    }

    /// <summary>Asked to stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        lock (_source)
            _isDisposed = true;
        _source.Dispose();
    }

    private void Follow(Stream input)
    {
        var buffer = new byte[256];
        while (input.Read(buffer) > 0)
        {
        }

        lock (_source)
        {
            if (!_isDisposed)
                _source.Cancel();
        }
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
