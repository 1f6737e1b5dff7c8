using System.CommandLine;
using System.Globalization;
using RlmEngine.Kernels;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm logits`: what a model says about the token that follows given ones; needs no tokenizer.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="IdsText">Token ids, separated by commas.</param>
/// <param name="IsLast">True for the last position alone.</param>
/// <param name="Compute">What products read.</param>
/// <param name="IsJson">True for one JSON object, false for a table of the last position's likeliest tokens.</param>
internal sealed record LogitsCommand(string CheckpointPath, string IdsText, bool IsLast, WeightType Compute, bool IsJson)
{
    private const int Shown = 10;

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Option<string> ids = new("--ids") { Description = "Token ids, separated by commas.", Required = true, HelpName = "1,2,3" };
        Option<bool> last = new("--last") { Description = "Only the position after the last id." };
        Option<bool> json = new("--json") { Description = "Print {\"ids\":[...],\"logits\":[[...], ...]}, one list per position, in digits that give back the same float32." };
        Command command = new("logits", "Print the logits after given token ids, or the ten likeliest next tokens.") { checkpoint, ids, last, json };
        ComputeOption compute = new();
        compute.AddTo(command);
        command.SetAction(result => new LogitsCommand(
            result.GetRequiredValue(checkpoint), result.GetRequiredValue(ids), result.GetValue(last), compute.Of(result), result.GetValue(json)).Run(console));
        return command;
    }

    /// <summary>Checks the ids against config.json before any weight is read.</summary>
    public int Run(CommandConsole console)
    {
        int[] ids = [.. IdsText.Split(',').Select(Id)];
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        Check(ids, HuggingFaceConfig.Read(Path.Combine(folder, "config.json")));
        using var policy = TransformerPolicy.Load(folder, Compute);
        if (IsJson)
            WriteJson(policy, ids, folder, console.Out);
        else
            WriteLikeliest(policy, ids, folder, console.Out);
        return ExitCode.Done;
    }

    private static int Id(string text) => int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
        ? id
        : throw new UserInputException("--ids", 0, "", $"\"{text}\" is no token id; whole numbers of at least 0, separated by commas, are needed");

    private static void Check(int[] ids, ModelConfig config)
    {
        foreach (int id in ids)
        {
            if (id >= config.VocabularySize)
                throw new UserInputException("--ids", 0, "", $"{id} is outside the vocabulary; at most {config.VocabularySize - 1} is possible");
        }

        if (ids.Length > config.ContextLength)
            throw new UserInputException("--ids", 0, "", $"{ids.Length} ids exceed the model's context of {config.ContextLength}");
    }

    private void WriteJson(TransformerPolicy policy, int[] ids, string folder, TextWriter output)
    {
        output.Write($"{{\"ids\":[{string.Join(',', ids)}],\"logits\":[");
        int first = IsLast ? ids.Length - 1 : 0;
        policy.Logits(ids, first, (position, logits_V) =>
        {
            RequireFinite(logits_V, position, folder);
            output.Write(position == first ? "[" : ",[");
            Span<char> digits = stackalloc char[32];
            for (int token = 0; token < logits_V.Length; token++)
            {
                if (token > 0)
                    output.Write(',');
                _ = logits_V[token].TryFormat(digits, out int length, default, CultureInfo.InvariantCulture);
                output.Write(digits[..length]);
            }

            output.Write(']');
        });
        output.WriteLine("]}");
    }

    private static void WriteLikeliest(TransformerPolicy policy, int[] ids, string folder, TextWriter output)
        => policy.Logits(ids, ids.Length - 1, (position, logits_V) =>
        {
            RequireFinite(logits_V, position, folder);
            float[] logits = logits_V.ToArray();
            double largest = logits.Max(), sum = logits.Sum(logit => VectorMath.Exp(logit - largest));
            output.WriteLine("     token       logit  probability");
            foreach (int token in Enumerable.Range(0, logits.Length).OrderByDescending(token => logits[token]).Take(Shown))
            {
                double probability = VectorMath.Exp(logits[token] - largest) / sum;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{token,10}  {logits[token],10:0.0000}  {probability,11:0.000000}"));
            }
        });

    private static void RequireFinite(ReadOnlySpan<float> logits_V, int position, string folder)
    {
        foreach (float logit in logits_V)
        {
            if (!float.IsFinite(logit))
                throw new InvalidDataException($"{folder}: the logits after position {position} are not finite; weights without NaN and infinities are needed");
        }
    }
}
