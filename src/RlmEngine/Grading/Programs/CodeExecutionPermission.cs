namespace RlmEngine.Grading.Programs;

/// <summary>The user's word that programs written by a model may run on this machine; nothing runs without it.</summary>
public sealed class CodeExecutionPermission
{
    /// <summary>The option of the command line that gives the permission.</summary>
    public const string Option = "--allow-code-execution";

    private CodeExecutionPermission()
    {
    }

    /// <summary>Passed only where the user asked for it, on the command line by <see cref="Option"/>.</summary>
    public static CodeExecutionPermission Granted { get; } = new();
}
