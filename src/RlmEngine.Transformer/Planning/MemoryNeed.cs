namespace RlmEngine.Transformer.Planning;

/// <summary>Bytes of one kind of work, by what they hold; what the runtime and the tokenizer take is not in it.</summary>
public sealed record MemoryNeed
{
    /// <summary>All parameters in float32.</summary>
    public long Weights { get; init; }

    /// <summary>Copies of the matrices in panels, for both products.</summary>
    public long PackedWeights { get; init; }

    /// <summary>Cosines and sines of all positions.</summary>
    public long RotaryTable { get; init; }

    /// <summary>Gradients of all parameters.</summary>
    public long Gradients { get; init; }

    /// <summary>AdamW's two moments of all parameters.</summary>
    public long Moments { get; init; }

    /// <summary>What rows leave for the backward, and the memory layers work in.</summary>
    public long Activations { get; init; }

    /// <summary>Logits of one tile of rows.</summary>
    public long LogitsTile { get; init; }

    /// <summary>Pages of keys and values.</summary>
    public long KeyValueCache { get; init; }

    /// <summary>The sum.</summary>
    public long Total => Weights + PackedWeights + RotaryTable + Gradients + Moments + Activations + LogitsTile + KeyValueCache;
}
