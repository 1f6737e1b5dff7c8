using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Generates the responses to documents' prompts with the engine's rollouts.</summary>
/// <remarks>The random numbers of a response are keyed by document and sample, so results do not depend on which documents go together.</remarks>
public sealed class ResponseGeneration
{
    private readonly SuiteModel _model;
    private readonly SuiteTask _task;
    private readonly SuiteRunOptions _options;
    private readonly RolloutGenerator _generator;
    private readonly StopStrings _until;

    /// <summary>Takes the model and the task.</summary>
    public ResponseGeneration(SuiteModel model, SuiteTask task, SuiteRunOptions options)
    {
        (_model, _task, _options) = (model, task, options);
        _generator = new RolloutGenerator(model.Decoder, model.ContextLength, new CompletionTokens(model.Tokenizer), options.Seed);
        _until = new StopStrings(task.Generation.Until);
    }

    /// <summary>Documents that are generated together: enough to fill the rows twice.</summary>
    public int DocumentsOfBatch => Math.Max(1, 2 * _options.MaxRows / _task.Repeats);

    /// <summary>Tokens that a response may have: what the task allows, but at most half of the context.</summary>
    public int MaxTokens => Math.Max(1, Math.Min(_task.Generation.MaxTokens, _model.ContextLength / 2));

    /// <summary>Cuts a prompt at its beginning, so that a response of <see cref="MaxTokens"/> still fits.</summary>
    public int[] Fit(int[] tokens) => tokens.Length + MaxTokens <= _model.ContextLength ? tokens : tokens[^(_model.ContextLength - MaxTokens)..];

    /// <summary>The responses to prompts of documents that stand one after another.</summary>
    /// <param name="first">Number of the first document.</param>
    /// <param name="prompts">Prompts of it and those after it.</param>
    /// <returns>For each prompt as many texts as the task repeats it, each ended before the first of its stop strings.</returns>
    public string[][] Generate(int first, IReadOnlyList<int[]> prompts)
    {
        GenerationOptions generation = _task.Generation;
        var stop = new StopRule(0, MaxTokens, EndsAtEndToken: true) { Until = _until.Strings.Count > 0 ? _until : null };
        Prompt[] asked = [.. prompts.Select(tokens => new Prompt { Tokens = tokens, Reference = [], Stop = stop })];
        SamplingParameters sampling = new(
            generation.IsGreedy ? 0f : (float)generation.Temperature, generation.TopK, (float)generation.TopP, (float)generation.MinP);

        // Greedy samples are all the same: one is drawn.
        int drawn = generation.IsGreedy ? 1 : _task.Repeats;
        RolloutBatch rollouts = _generator.Generate(
            asked, drawn, sampling, _options.MaxRows, new PhiloxCounter(RandomPurpose.Evaluation, 0, (uint)first, 0, 0));
        return [.. Enumerable.Range(0, asked.Length).Select(p => Enumerable.Range(0, _task.Repeats).Select(g => TextOf(rollouts[p, Math.Min(g, drawn - 1)])).ToArray())];
    }

    private string TextOf(Rollout rollout) =>
        rollout.AnswerStart < 0 ? "" : _until.Cut(_model.Tokenizer.Decode(rollout.Tokens_T.AsSpan(rollout.AnswerStart..rollout.AnswerEnd)));
}
