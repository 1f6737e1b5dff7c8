using System.Text.Json;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>Finds the published vectors in a folder shared/data that stands beside one of the folders above the tests.</summary>
internal static class SharedVectors
{
    public static JsonElement Open(string name)
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "vectors", name);
            if (!File.Exists(path)) continue;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return document.RootElement.Clone();
        }

        Assert.Ignore($"shared/data/vectors/{name} is not beside the repository");
        return default;
    }
}
