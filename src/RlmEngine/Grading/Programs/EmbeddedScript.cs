namespace RlmEngine.Grading.Programs;

/// <summary>The scripts that stand in this assembly.</summary>
internal static class EmbeddedScript
{
    /// <summary>The text of a script.</summary>
    /// <param name="name">File name, as "supervisor.py".</param>
    public static string Read(string name)
    {
        using Stream stream = typeof(EmbeddedScript).Assembly.GetManifestResourceStream(name)
                              ?? throw new InvalidOperationException($"{name} is not in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
