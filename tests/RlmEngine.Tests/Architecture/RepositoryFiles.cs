namespace RlmEngine.Tests.Architecture;

/// <summary>The repository's files as the tests see them.</summary>
public static class RepositoryFiles
{
    /// <summary>The folder that holds RlmEngine.sln, found by walking up from the test assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>C# files under the folders named, without build output, as paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Sources(params string[] folders) =>
        from folder in folders
        where Directory.Exists(Path.Combine(Root, folder))
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Contains("/bin/", StringComparison.Ordinal) && !relative.Contains("/obj/", StringComparison.Ordinal)
        orderby relative
        select relative;

    /// <summary>The text of a file given by its path from the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RlmEngine.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"No RlmEngine.sln above {AppContext.BaseDirectory}.");
    }
}
