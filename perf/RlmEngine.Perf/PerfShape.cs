namespace RlmEngine.Perf;

/// <summary>The sizes benchmarks run at: one row per model and batch, so that no benchmark invents its own.</summary>
/// <param name="Name">Model and number of rows.</param>
/// <param name="Rows">Tokens in the batch.</param>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Intermediate">Width inside the feed-forward layer.</param>
/// <param name="Vocabulary">Tokens of the vocabulary.</param>
public sealed record PerfShape(string Name, int Rows, int Hidden, int Intermediate, int Vocabulary)
{
    /// <summary>The embedded world's model: decoding and training.</summary>
    public static PerfShape TinyDecode { get; } = new("tiny x 8", 8, 128, 384, 1024);

    /// <inheritdoc cref="TinyDecode"/>
    public static PerfShape TinyTrain { get; } = new("tiny x 1024", 1024, 128, 384, 1024);

    /// <summary>Qwen2.5-0.5B's widths, with a vocabulary cut to 32,000 to fit a benchmark's memory.</summary>
    public static PerfShape QwenDecode { get; } = new("qwen-0.5b x 8", 8, 896, 4864, 32_000);

    /// <inheritdoc cref="QwenDecode"/>
    public static PerfShape QwenTrain { get; } = new("qwen-0.5b x 256", 256, 896, 4864, 32_000);

    /// <summary>All of them.</summary>
    public static IEnumerable<PerfShape> All => [TinyDecode, TinyTrain, QwenDecode, QwenTrain];

    /// <summary>Seeded numbers in (−1, 1).</summary>
    public static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = 2 * random.NextSingle() - 1;
        return numbers;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
