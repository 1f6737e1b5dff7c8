namespace RlmEngine.Transformer;

/// <summary>Llama 3's stretching of the rotary frequencies to a context longer than the one first trained on.</summary>
/// <remarks>
/// With λ = 2π/f the wavelength of frequency f and L the original context: f stays where λ &lt; L/high; it is divided by the factor where
/// λ &gt; L/low; between them it is (1 − s)·f/factor + s·f with s = (L/λ − low)/(high − low).
/// Source: Grattafiori et al., "The Llama 3 Herd of Models" (2024), as in Hugging Face transformers' _compute_llama3_parameters.
/// </remarks>
/// <param name="Factor">How many times longer the context has become, at least 1.</param>
/// <param name="LowFrequencyFactor">Low: turns within L below which a frequency is divided whole; above 0.</param>
/// <param name="HighFrequencyFactor">High: turns within L above which a frequency stays; above low.</param>
/// <param name="OriginalContextLength">L, in tokens.</param>
public sealed record RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalContextLength)
{
    /// <summary>The scaled frequency of an unscaled one, both in radians per position.</summary>
    public double Scale(double frequency)
    {
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength > OriginalContextLength / LowFrequencyFactor) return frequency / Factor;
        if (wavelength < OriginalContextLength / HighFrequencyFactor) return frequency;
        double smooth = ((OriginalContextLength / wavelength) - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return ((1 - smooth) * frequency / Factor) + (smooth * frequency);
    }

    /// <summary>This scaling, if it is a possible one.</summary>
    /// <exception cref="ArgumentException">It is not; the message names the value.</exception>
    public RopeScaling Checked()
    {
        if (!(Factor >= 1) || !double.IsFinite(Factor))
            throw new ArgumentException($"rope scaling factor {Factor} is not 1 or above");
        if (!(LowFrequencyFactor > 0))
            throw new ArgumentException($"rope scaling low_freq_factor {LowFrequencyFactor} is not above 0");
        if (!(HighFrequencyFactor > LowFrequencyFactor) || !double.IsFinite(HighFrequencyFactor))
            throw new ArgumentException($"rope scaling high_freq_factor {HighFrequencyFactor} is not above low_freq_factor {LowFrequencyFactor}");
        if (OriginalContextLength <= 0)
            throw new ArgumentException($"rope scaling original_max_position_embeddings {OriginalContextLength} is not above 0");
        return this;
    }
}
