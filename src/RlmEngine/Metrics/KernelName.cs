using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Metrics;

/// <summary>Kernels and their sizes as traces, tables and the meter call them.</summary>
public static class KernelName
{
    private static readonly string[] s_names = [.. Enum.GetValues<KernelKind>().Select(Name)];

    /// <summary>As in "gemm.dw".</summary>
    public static string Of(KernelKind kind) => s_names[(int)kind];

    /// <summary>The sizes of a call by name, as in m, n, k of a product.</summary>
    public static IEnumerable<KeyValuePair<string, long>> Sizes(KernelKind kind, KernelShape shape) => kind switch
    {
        KernelKind.GemmForward or KernelKind.GemmInputGradient or KernelKind.GemmWeightGradient =>
            [new("m", shape.Rows), new("n", shape.Columns), new("k", shape.Inner)],
        KernelKind.AttentionForward or KernelKind.AttentionBackward =>
            [new("rows", shape.Rows), new("width", shape.Columns), new("keyWidth", shape.Inner), new("pairs", shape.Pairs), new("keys", shape.Keys)],
        KernelKind.AttentionPacking => [new("rows", shape.Rows), new("keyWidth", shape.Inner)],
        KernelKind.HeadForward or KernelKind.HeadBackward =>
            [new("rows", shape.Rows), new("vocabulary", shape.Columns), new("hidden", shape.Inner)],
        KernelKind.LogProbEntropy or KernelKind.LogitGradient or KernelKind.Sampling =>
            [new("rows", shape.Rows), new("vocabulary", shape.Columns)],
        KernelKind.WeightPacking => [new("outputs", shape.Rows), new("inputs", shape.Columns)],
        KernelKind.SwiGluForward or KernelKind.SwiGluBackward or KernelKind.GradientNorm => [new("count", shape.Rows)],
        KernelKind.AdamW => [new("count", shape.Rows), new("packedCopies", shape.Inner)],
        _ => [new("rows", shape.Rows), new("columns", shape.Columns)],
    };

    private static string Name(KernelKind kind) => kind switch
    {
        KernelKind.GemmForward => "gemm.forward",
        KernelKind.GemmInputGradient => "gemm.dx",
        KernelKind.GemmWeightGradient => "gemm.dw",
        KernelKind.WeightPacking => "gemm.pack",
        KernelKind.AttentionPacking => "attention.pack",
        KernelKind.AttentionForward => "attention.forward",
        KernelKind.AttentionBackward => "attention.backward",
        KernelKind.HeadForward => "head.forward",
        KernelKind.HeadBackward => "head.backward",
        KernelKind.LogProbEntropy => "head.log-prob-entropy",
        KernelKind.LogitGradient => "head.logit-gradient",
        KernelKind.Sampling => "head.sample",
        KernelKind.RmsNormForward => "rmsnorm.forward",
        KernelKind.RmsNormBackward => "rmsnorm.backward",
        KernelKind.RmsNormGain => "rmsnorm.gain",
        KernelKind.Rope => "rope",
        KernelKind.SwiGluForward => "swiglu.forward",
        KernelKind.SwiGluBackward => "swiglu.backward",
        KernelKind.EmbeddingGather => "embedding.gather",
        KernelKind.EmbeddingBackward => "embedding.backward",
        KernelKind.BiasForward => "bias.forward",
        KernelKind.BiasBackward => "bias.backward",
        KernelKind.GradientNorm => "gradient-norm",
        KernelKind.AdamW => "adamw",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kernel"),
    };
}
