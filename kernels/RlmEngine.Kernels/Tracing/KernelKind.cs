namespace RlmEngine.Kernels.Tracing;

/// <summary>What a kernel call does; the sizes each takes from a <see cref="KernelShape"/> stand beside it.</summary>
public enum KernelKind
{
    /// <summary>Y = X·Wᵀ: Rows × Inner times Inner × Columns.</summary>
    GemmForward,

    /// <summary>dX = dY·W: Rows × Inner times Inner × Columns.</summary>
    GemmInputGradient,

    /// <summary>dW += dYᵀ·X: Rows × Inner times Inner × Columns, Inner the tokens.</summary>
    GemmWeightGradient,

    /// <summary>Copying a weight of Rows × Columns into panels.</summary>
    WeightPacking,

    /// <summary>Writing keys and values of Rows tokens, Inner numbers each, to pages.</summary>
    AttentionPacking,

    /// <summary>Attention of Rows queries, Columns numbers each, over Keys keys, Inner numbers each; Pairs of a query and a key.</summary>
    AttentionForward,

    /// <summary>Its gradient.</summary>
    AttentionBackward,

    /// <summary>Log-prob and entropy of Rows targets over Columns tokens from Inner hidden numbers; contains its products.</summary>
    HeadForward,

    /// <summary>Its gradient; contains its products, the logits' second computation among them.</summary>
    HeadBackward,

    /// <summary>The part of <see cref="HeadForward"/> after the logits: Rows × Columns.</summary>
    LogProbEntropy,

    /// <summary>The part of <see cref="HeadBackward"/> from logits to their gradient, in place: Rows × Columns.</summary>
    LogitGradient,

    /// <summary>Drawing a token from each of Rows rows of Columns logits.</summary>
    Sampling,

    /// <summary>Root-mean-square norm of Rows × Columns.</summary>
    RmsNormForward,

    /// <summary>Its gradient by the input.</summary>
    RmsNormBackward,

    /// <summary>Its gradient by the gain.</summary>
    RmsNormGain,

    /// <summary>Rotary embedding of Rows × Columns, forward or back.</summary>
    Rope,

    /// <summary>silu(gate)·up of Rows numbers.</summary>
    SwiGluForward,

    /// <summary>Its gradient.</summary>
    SwiGluBackward,

    /// <summary>Looking up Rows rows of Columns numbers.</summary>
    EmbeddingGather,

    /// <summary>Adding Rows rows of Columns numbers to the table's gradient.</summary>
    EmbeddingBackward,

    /// <summary>Adding a bias to Rows × Columns.</summary>
    BiasForward,

    /// <summary>Summing Rows × Columns into the bias's gradient.</summary>
    BiasBackward,

    /// <summary>Sum of squares of Rows gradients.</summary>
    GradientNorm,

    /// <summary>One step of Rows parameters, which writes Inner packed copies of them.</summary>
    AdamW,
}
