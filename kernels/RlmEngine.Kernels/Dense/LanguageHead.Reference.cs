using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the fused head, in any floating-point type.</content>
public static unsafe partial class LanguageHead
{
    /// <summary>Scalar <see cref="Forward"/>.</summary>
    /// <param name="head_VH">Weight.</param>
    /// <param name="width">H.</param>
    /// <param name="targets">What is predicted from which row.</param>
    /// <param name="hidden_NH">Hidden rows.</param>
    /// <param name="logProbs_M">Written: ln p.</param>
    /// <param name="entropies_M">Written: entropy.</param>
    public static void ForwardReference<T>(
        ReadOnlySpan<T> head_VH, int width, in HeadTargets targets, ReadOnlySpan<T> hidden_NH, Span<T> logProbs_M, Span<T> entropies_M)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T[] logProbs_V = new T[head_VH.Length / width];
        for (int m = 0; m < targets.Count; m++)
        {
            entropies_M[m] = RowReference(head_VH, hidden_NH.Slice(targets.Rows_M[m] * width, width), targets.Temperatures_M[m], logProbs_V);
            logProbs_M[m] = logProbs_V[targets.Tokens_M[m]];
        }
    }

    /// <summary>Scalar <see cref="Backward"/>.</summary>
    /// <param name="head_VH">Weight.</param>
    /// <param name="width">H.</param>
    /// <param name="targets">As forward.</param>
    /// <param name="hidden_NH">As forward.</param>
    /// <param name="dLogProbs_M">d loss / d ln p.</param>
    /// <param name="dEntropies_M">d loss / d H.</param>
    /// <param name="dHidden_NH">Added to.</param>
    /// <param name="dHead_VH">Added to.</param>
    public static void BackwardReference<T>(
        ReadOnlySpan<T> head_VH, int width, in HeadTargets targets, ReadOnlySpan<T> hidden_NH, ReadOnlySpan<T> dLogProbs_M,
        ReadOnlySpan<T> dEntropies_M, Span<T> dHidden_NH, Span<T> dHead_VH)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T[] logProbs_V = new T[head_VH.Length / width];
        for (int m = 0; m < targets.Count; m++)
        {
            ReadOnlySpan<T> hidden = hidden_NH.Slice(targets.Rows_M[m] * width, width);
            Span<T> dHidden = dHidden_NH.Slice(targets.Rows_M[m] * width, width);
            T entropy = RowReference(head_VH, hidden, targets.Temperatures_M[m], logProbs_V);
            T scale = T.One / Temperature<T>(targets.Temperatures_M[m]);
            for (int v = 0; v < logProbs_V.Length; v++)
            {
                T p = T.Exp(logProbs_V[v]);
                T chosen = v == targets.Tokens_M[m] ? T.One : T.Zero;
                T dLogit = scale * ((dLogProbs_M[m] * (chosen - p)) - (dEntropies_M[m] * p * (logProbs_V[v] + entropy)));
                for (int i = 0; i < width; i++)
                {
                    dHidden[i] += dLogit * head_VH[(v * width) + i];
                    dHead_VH[(v * width) + i] += dLogit * hidden[i];
                }
            }
        }
    }

    // ln p of every token; returns the entropy.
    private static T RowReference<T>(ReadOnlySpan<T> head_VH, ReadOnlySpan<T> hidden, float temperature, Span<T> logProbs_V)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T scale = T.One / Temperature<T>(temperature);
        T max = T.NegativeInfinity;
        for (int v = 0; v < logProbs_V.Length; v++)
        {
            T logit = T.Zero;
            for (int i = 0; i < hidden.Length; i++)
                logit += head_VH[(v * hidden.Length) + i] * hidden[i];
            logProbs_V[v] = logit * scale;
            max = T.Max(max, logProbs_V[v]);
        }

        T sum = T.Zero;
        foreach (T logit in logProbs_V)
            sum += T.Exp(logit - max);
        T logSumExp = max + T.Log(sum);
        T entropy = T.Zero;
        for (int v = 0; v < logProbs_V.Length; v++)
        {
            logProbs_V[v] -= logSumExp;
            entropy -= T.Exp(logProbs_V[v]) * logProbs_V[v];
        }

        return entropy;
    }

    // Greedy targets (temperature 0) are scored at 1.
    private static T Temperature<T>(float temperature)
        where T : IBinaryFloatingPointIeee754<T> => temperature == 0f ? T.One : T.CreateChecked(temperature);
}
