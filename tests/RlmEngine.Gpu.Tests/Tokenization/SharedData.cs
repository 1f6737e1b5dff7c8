namespace RlmEngine.Gpu.Tests.Tokenization;

/// <summary>Finds the project's shared data beside the repository.</summary>
internal static class SharedData
{
    /// <summary>The full path of a file or folder in shared/data; ignores the test where it is absent.</summary>
    public static string PathOf(string name)
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", name);
            if (Path.Exists(path))
                return path;
        }

        Assert.Ignore($"shared/data/{name} is not there");
        return "";
    }
}
