using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RlmEngine.Grading;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm grade`: verdicts on pairs of gold answer and prediction, a line of JSON each, and a summary as the last line.</summary>
/// <param name="FilePath">The pairs; null for standard input.</param>
internal sealed record GradeCommand(string? FilePath)
{
    /// <summary>Lines are graded in parallel, so many bytes of them at a time.</summary>
    private const int BatchBytes = 1 << 20;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string?> file = new("PAIRS.jsonl")
        {
            Description = "Objects with gold and pred, and optionally equal (the expected verdict) and options; standard input unless given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("grade", "Say of each pair of answers whether they are mathematically equal.") { file };
        command.SetAction(result => new GradeCommand(result.GetValue(file)).Run(console));
        return command;
    }

    /// <summary>Grades line by line and writes as it goes.</summary>
    public int Run(CommandConsole console)
    {
        string name = FilePath ?? "standard input";
        using Stream input = FilePath is null ? console.BytesIn ?? Console.OpenStandardInput() : File.OpenRead(FilePath);
        var clock = new Stopwatch();
        long line = 0, pairs = 0, equal = 0, agree = 0;
        foreach (byte[][] lines in ByteLines.Batches(input, BatchBytes))
        {
            long first = line;
            GradePair?[] batch = [.. lines.Select((bytes, i) => GradePair.Read(bytes, name, (int)(first + i + 1)))];
            var verdicts = new AnswerVerdict?[batch.Length];
            clock.Start();
            Parallel.For(0, batch.Length, i => verdicts[i] = batch[i] is { } pair ? MathAnswer.Compare(pair.Gold, pair.Prediction, pair.Options) : null);
            clock.Stop();
            for (int i = 0; i < batch.Length; i++)
            {
                line++;
                if (batch[i] is not { } pair || verdicts[i] is not { } verdict)
                    continue;
                pairs++;
                equal += verdict.IsEqual ? 1 : 0;
                agree += pair.Expected == verdict.IsEqual ? 1 : 0;
                console.Out.WriteLine(Line(line, pair, verdict));
            }
        }

        console.Out.WriteLine(Summary(pairs, equal, agree, clock.Elapsed.TotalSeconds));
        return ExitCode.Done;
    }

    private static string Line(long line, GradePair pair, AnswerVerdict verdict) => Json(json =>
    {
        json.WriteNumber("line", line);
        json.WriteBoolean("equal", verdict.IsEqual);
        if (pair.Expected is { } expected)
        {
            json.WriteBoolean("expected", expected);
            json.WriteBoolean("agree", expected == verdict.IsEqual);
        }

        json.WriteString("answer", verdict.Answer is { Length: > 200 } answer ? answer[..200] : verdict.Answer);
        json.WriteNumber("steps", verdict.Steps);
    });

    private static string Summary(long pairs, long equal, long agree, double seconds) => Json(json =>
    {
        json.WriteNumber("pairs", pairs);
        json.WriteNumber("equal", equal);
        json.WriteNumber("agree", agree);
        json.WriteNumber("seconds", Math.Round(seconds, 6));
    });

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, s_json))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
