using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Writes what happens into the run folder: metrics.jsonl, TensorBoard events, a sample of the rollouts.</summary>
internal sealed class RunJournal : IDisposable
{
    private const int RolloutEvery = 10;
    private const int RolloutsSampled = 4;
    private readonly RunFolder _folder;
    private readonly ITokenizer _tokenizer;
    private readonly TensorBoardWriter _events;

    public RunJournal(RunFolder folder, ITokenizer tokenizer, long stepsDone)
    {
        (_folder, _tokenizer) = (folder, tokenizer);
        // A session that starts at a step takes the place of what earlier event files hold from that step on.
        bool isContinued = Directory.Exists(folder.TensorBoard) && Directory.EnumerateFiles(folder.TensorBoard).Any();
        _events = new TensorBoardWriter(folder.TensorBoard, isContinued ? stepsDone + 1 : 0);
    }

    public void Record(StepMetrics metrics, StageStep result)
    {
        _folder.AppendMetrics(metrics);
        _events.Write(metrics);
        Telemetry.Record(metrics);
        if (result.Rollouts is null || metrics.Step % RolloutEvery != 0)
            return;
        // The first completion of some prompts spread over the batch.
        int prompts = result.Rollouts.Prompts.Count;
        for (int i = 0; i < Math.Min(RolloutsSampled, prompts); i++)
            _folder.AppendRollout(Describe(metrics, result, i * prompts / Math.Min(RolloutsSampled, prompts)));
    }

    public void Flush()
    {
        _folder.FlushLines();
        _events.Flush();
    }

    public void Dispose() => _events.Dispose();

    private string Describe(StepMetrics metrics, StageStep result, int p)
    {
        Prompt prompt = result.Rollouts!.Prompts[p];
        Rollout rollout = result.Rollouts[p, 0];
        int completion = p * result.Rollouts.GroupSize;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", metrics.Step);
            json.WriteString("stage", (string)metrics["stage"]);
            json.WriteNumber("task", prompt.Task);
            if (prompt.Tier is { } tier)
                json.WriteString("tier", tier.ToString().ToLowerInvariant());
            json.WriteNumber("budget", prompt.Budget);
            json.WriteString("prompt", _tokenizer.Decode(prompt.Tokens));
            json.WriteString("thought", Thought(rollout));
            json.WriteString("answer", rollout.AnswerStart < 0 ? "" : _tokenizer.Decode(rollout.Tokens_T.AsSpan(rollout.AnswerStart)));
            json.WriteString("truth", _tokenizer.Decode(prompt.Reference));
            json.WriteNumber("match", result.Rewards!.Match_PG[completion]);
            json.WriteNumber("reward", result.Rewards!.Total_PG[completion]);
            json.WriteString("stop", rollout.Stop.ToString());
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>What stands before the answer, without the mark that closes it, be it one token or characters of several.</summary>
    private string Thought(Rollout rollout)
    {
        string text = _tokenizer.Decode(rollout.Tokens_T.AsSpan(0, rollout.AnswerStart < 0 ? rollout.Tokens_T.Length : rollout.AnswerStart));
        int close = rollout.AnswerStart < 0 ? -1 : text.LastIndexOf(SpecialTokenText.ThinkClose, StringComparison.Ordinal);
        return close < 0 ? text : text[..close];
    }
}
