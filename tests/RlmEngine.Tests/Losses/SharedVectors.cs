using System.Text.Json;

namespace RlmEngine.Tests.Losses;

/// <summary>Files of shared/data/vectors, found by walking up from the tests; tests that need one are ignored, saying so, where it is absent.</summary>
public static class SharedVectors
{
    public static JsonElement Read(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "vectors", name);
            if (File.Exists(path))
                return JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        }
        Assert.Ignore($"no shared/data/vectors/{name} beside the repository");
        return default;
    }

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetDouble())];

    public static float[] Singles(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetSingle())];

    public static float[][] Rows(this JsonElement array) => [.. array.EnumerateArray().Select(Singles)];
}
