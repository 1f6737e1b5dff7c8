using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>What a row's logits are multiplied by.</summary>
internal struct RowScale
{
    /// <summary>1/T, rounded; 1 for T = 0.</summary>
    public float Inverse;

    /// <summary>1/(T ln 2), rounded: y = (x − X) · Step is the exponent of a weight 2^y.</summary>
    public float Step;

    /// <summary>Step · ln 2 · T − 1: by how much too large the rounded step is.</summary>
    public float Rounding;

    public static RowScale Of(float temperature)
    {
        RowScale scale;
        scale.Inverse = temperature == 0f ? 1f : 1f / temperature;
        // log2 e in two parts.
        TwoFloat exact = TwoFloat.Multiply(TwoFloat.Of(1.44269502162933349609375f, 1.92596303e-8f), scale.Inverse);
        scale.Step = DeviceMath.IsFinite(exact.High) ? exact.High : float.MaxValue;
        scale.Rounding = DeviceMath.IsFinite(exact.High) ? -exact.Low / exact.High : 0f;
        return scale;
    }

    /// <summary>A row's temperature: one for all rows, or one each.</summary>
    public static float TemperatureOf(ArrayView<float> temperatures, int row) => temperatures.Length == 1 ? temperatures[0] : temperatures[row];
}
