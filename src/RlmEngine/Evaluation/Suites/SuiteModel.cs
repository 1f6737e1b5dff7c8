using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Evaluation.Suites;

/// <summary>The model that is evaluated.</summary>
/// <param name="Decoder">It generates.</param>
/// <param name="Scorer">It scores choices.</param>
/// <param name="ContextLength">Longest sequence, in tokens.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Name">What results call it.</param>
/// <param name="Hash">SHA-256 of its weights.</param>
/// <param name="ParameterCount">Numbers it has.</param>
public sealed record SuiteModel(
    IDecoder Decoder, IContinuationScorer Scorer, int ContextLength, ITokenizer Tokenizer, string Name, string Hash, long ParameterCount)
{
    /// <summary>A policy as the model.</summary>
    public static SuiteModel Of<TPolicy>(TPolicy policy, ITokenizer tokenizer, string name)
        where TPolicy : IPolicy, IContinuationScorer =>
        new(policy, policy, ((IPolicy)policy).ContextLength, tokenizer, name, policy.WeightsHash(), policy.ParameterCount);
}
