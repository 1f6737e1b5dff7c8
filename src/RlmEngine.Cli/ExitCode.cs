using RlmEngine.Checkpoints;
using RlmEngine.Metrics;

namespace RlmEngine.Cli;

/// <summary>The exit codes of the command line, and the one place where exceptions become one of them.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The engine failed.</summary>
    public const int Failed = 1;

    /// <summary>The user's input is wrong.</summary>
    public const int WrongInput = 2;

    /// <summary>Stopped by a signal.</summary>
    public const int Interrupted = 130;

    /// <summary>Set to 1, it shows the stack trace of a failure.</summary>
    public const string DebugVariable = "RLM_DEBUG";

    /// <summary>Runs a command, says in one line why it did not succeed, and gives its exit code.</summary>
    public static int Of(Func<int> command, CommandConsole console)
    {
        try
        {
            return command();
        }
        catch (OperationCanceledException e)
        {
            console.Complain(e.Message);
            return Interrupted;
        }
        catch (Exception e)
        {
            bool isWrongInput = IsWrongInput(e);
            console.Complain(isWrongInput ? Message(e) : $"failed: {e.GetType().Name}: {e.Message} ({DebugVariable}=1 shows where)");
            if (Environment.GetEnvironmentVariable(DebugVariable) == "1")
                console.Error.WriteLine(e);
            return isWrongInput ? WrongInput : Failed;
        }
    }

    /// <summary>True when what the user gave, not the engine, is the cause.</summary>
    public static bool IsWrongInput(Exception exception) =>
        exception is UserInputException or InvalidDataException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException
            or PathTooLongException || FullDisk.IsCauseOf(exception);

    private static string Message(Exception exception) =>
        FullDisk.IsCauseOf(exception) ? $"{exception.Message} (the disk is full; make room and go on with --resume)" : exception.Message;
}
