using RlmEngine.Transformer;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RlmEngine.Torch;

/// <summary>
/// One decoder layer: m = x + Wo·attention(rope(Wq·n), rope(Wk·n), Wv·n) with n = norm(x), then y = m + Wdown·(silu(Wgate·n')∘Wup·n')
/// with n' = norm(m). The same code serves decoding, prefilling, scoring and training.
/// </summary>
internal static class TorchLayer
{
    /// <summary>Runs a layer over N rows.</summary>
    /// <param name="weights">The layer's weights.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="input_NH">Rows of the residual stream.</param>
    /// <param name="rotation">Cosines and sines of the rows' positions.</param>
    /// <param name="attend">Takes queries [N, heads, D], keys and values [N, key-value heads, D]; gives [N, heads · D].</param>
    public static Tensor Run(
        TorchLayerWeights weights, ModelConfig config, Tensor input_NH, (Tensor Cosines, Tensor Sines) rotation, Attending attend)
    {
        (Tensor query, Tensor key, Tensor value) = Project(weights, config, input_NH, rotation);
        Tensor middle_NH = input_NH + functional.linear(attend(query, key, value), weights.Output);
        Tensor normed_NH = Norm(middle_NH, weights.MiddleNorm, config.RmsNormEpsilon);
        Tensor activated_NF = functional.silu(functional.linear(normed_NH, weights.Gate)) * functional.linear(normed_NH, weights.Up);
        return middle_NH + functional.linear(activated_NF, weights.Down);
    }

    /// <summary>Queries, keys and values of N rows, rotated: all that a cache needs of a last layer.</summary>
    public static (Tensor Query_NHD, Tensor Key_NKD, Tensor Value_NKD) Project(
        TorchLayerWeights weights, ModelConfig config, Tensor input_NH, (Tensor Cosines, Tensor Sines) rotation)
    {
        Tensor normed_NH = Norm(input_NH, weights.InputNorm, config.RmsNormEpsilon);
        Tensor query = Heads(normed_NH, weights.Query, weights.QueryBias, weights.QueryNorm, config);
        Tensor key = Heads(normed_NH, weights.Key, weights.KeyBias, weights.KeyNorm, config);
        Tensor value = Heads(normed_NH, weights.Value, weights.ValueBias, null, config);
        return (
            RotaryTable.Rotate(query, rotation.Cosines, rotation.Sines), RotaryTable.Rotate(key, rotation.Cosines, rotation.Sines), value);
    }

    /// <summary>x / √(mean x² + ε) · w, in float32 and rounded once.</summary>
    public static Tensor Norm(Tensor x, Tensor weight, double epsilon)
    {
        Tensor wide = x.to(ScalarType.Float32);
        Tensor inverse = (wide.square().mean([-1], keepdim: true) + epsilon).rsqrt();
        return (wide * inverse * weight.to(ScalarType.Float32)).to(x.dtype);
    }

    private static Tensor Heads(Tensor normed_NH, Tensor weight, Tensor? bias, Tensor? norm, ModelConfig config)
    {
        Tensor heads_NHD = functional.linear(normed_NH, weight, bias).view(normed_NH.shape[0], -1, config.HeadSize);
        return norm is null ? heads_NHD : Norm(heads_NHD, norm, config.RmsNormEpsilon);
    }
}

/// <summary>Attention of some rows: queries [N, heads, D], keys and values [N, key-value heads, D]; gives [N, heads · D].</summary>
internal delegate Tensor Attending(Tensor query_NHD, Tensor key_NKD, Tensor value_NKD);
