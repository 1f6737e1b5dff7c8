using System.Text.Json;

namespace RlmEngine.Tests.Reports;

/// <summary>A run folder as a trainer leaves it, with invented numbers of the shape real ones have.</summary>
public static class SyntheticRun
{
    /// <summary>A text that would break out of a careless page: markup, quotes, a control character and a lone surrogate.</summary>
    public const string Hostile = "</td><script>alert(\"1\" & '2')</script>\u0000\uD800 π😀";

    private const int BaseSteps = 120;
    private const int RmtSteps = 240;

    /// <summary>Writes a whole run folder.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="name">Name of the recipe.</param>
    /// <param name="seed">Seed of the noise.</param>
    public static void Write(string folder, string name = "rmt-tiny", int seed = 1)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        WriteJson(folder, "recipe.json", Recipe(name, seed));
        WriteJson(folder, "summary.json", Summary(name, seed));
        WriteLines(folder, "metrics.jsonl", Enumerable.Range(0, BaseSteps + RmtSteps).Select(step => Metrics(step, random)));
        WriteLines(folder, "rollouts.jsonl", Enumerable.Range(0, 60).Select(i => Rollout(i, random)));
    }

    /// <summary>Writes an object as one file.</summary>
    public static void WriteJson(string folder, string file, object value) => File.WriteAllText(Path.Combine(folder, file), JsonSerializer.Serialize(value));

    /// <summary>Writes one object a line.</summary>
    public static void WriteLines(string folder, string file, IEnumerable<object> values)
        => File.WriteAllLines(Path.Combine(folder, file), values.Select(value => JsonSerializer.Serialize(value)));

    private static object Recipe(string name, int seed) => new
    {
        name,
        seed,
        corpus = new { paths = Array.Empty<string>(), heldOut = 0.05, world = new { documents = 20000, minSteps = 2, maxSteps = 4 } },
        model = new { family = "qwen3", hiddenSize = 128, layers = 4, heads = 4, contextLength = 256 },
        stages = new object[] { new { name = "base", method = "ntp", steps = BaseSteps }, new { name = "rmt", method = "reinforce", steps = RmtSteps } },
    };

    private static object Summary(string name, int seed) => new
    {
        recipe = name,
        steps = BaseSteps + RmtSteps,
        device = "cpu, 2 threads, AVX-512",
        seed,
        nextToken = new
        {
            before = Accuracy(0.412, 0.287, 0.164, 0.288),
            beforeDirect = Accuracy(0.545, 0.331, 0.121, 0.332),
            after = Accuracy(0.781, 0.602, 0.455, 0.613),
            afterDirect = Accuracy(0.592, 0.371, 0.152, 0.372),
        },
        restoration = new
        {
            before = new { score = 0.312, interval = new[] { 0.262, 0.364 }, count = 100 },
            after = new { score = 0.521, interval = new[] { 0.468, 0.577 }, count = 100 },
        },
        heldOutLoss = new { first = 6.238, before = 1.412, after = 1.297 },
        meanThinkTokens = new { first = 41.7, last = 12.3 },
        rolloutTokensPerSecond = 18431.2,
        trainTokensPerSecond = 9321.8,
        peakMemoryBytes = 412_316_860L,
        maxLogProbMismatch = 0.0,
        weightsSha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    };

    private static object Accuracy(double easy, double medium, double hard, double average) => new
    {
        easy,
        medium,
        hard,
        average,
        count = 300,
        easyInterval = new[] { easy - 0.09, easy + 0.09 },
        mediumInterval = new[] { medium - 0.095, medium + 0.095 },
        hardInterval = new[] { hard - 0.075, hard + 0.08 },
        averageInterval = new[] { average - 0.052, average + 0.053 },
    };

    private static Dictionary<string, object?> Metrics(int step, Random random)
    {
        double Noise(double size) => size * ((2 * random.NextDouble()) - 1);
        bool isBase = step < BaseSteps;
        double t = isBase ? (double)step / BaseSteps : (double)(step - BaseSteps) / RmtSteps;
        double ntp = isBase ? 1.35 + (4.2 * Math.Exp(-5 * t)) + Noise(0.15) : 1.34 - (0.08 * t) + Noise(0.06);
        var line = new Dictionary<string, object?>
        {
            ["step"] = step,
            ["stage"] = isBase ? "base" : "rmt",
            ["loss/ntp"] = ntp,
            ["loss/total"] = isBase ? ntp : (0.1 * ntp) + Noise(0.02),
            ["optimizer/gradient_norm"] = isBase ? 0.8 + (3 * Math.Exp(-8 * t)) + Noise(0.2) : 0.35 + Math.Abs(Noise(0.25)) + (step == 200 ? 40 : 0),
            ["optimizer/learning_rate"] = isBase ? 2e-3 * Math.Min(1, (step + 1) / 20.0) : 3e-4 * (1 - (0.9 * t)),
            ["time/update"] = 0.31 + Noise(0.03),
            ["time/other"] = 0.02 + Noise(0.01),
            ["rate/train_tokens_per_second"] = 9300 + Noise(700),
        };
        if (step % 20 == 0)
            line["loss/heldout"] = ntp + 0.04;
        if (!isBase)
            AddRollouts(line, t, Noise);
        return line;
    }

    private static void AddRollouts(Dictionary<string, object?> line, double t, Func<double, double> noise)
    {
        double budget = Math.Max(1, Math.Floor(48 * Math.Pow(0.2, t)));
        double match = 0.22 + (0.42 * (1 - Math.Exp(-3 * t))) + noise(0.12);
        double length = 0.35 + (0.5 * (1 - Math.Exp(-6 * t))) + noise(0.08);
        double failures = Math.Clamp((0.3 * Math.Exp(-5 * t)) + Math.Abs(noise(0.02)), 0, 1);
        foreach ((string name, object? value) in new (string, object?)[]
        {
            ("reward/match", match), ("reward/length", length), ("reward/mean", (0.9 * match) + (0.1 * length)),
            ("reward/std", 0.31 - (0.1 * t) + noise(0.05)), ("frac_reward_zero_std", Math.Clamp(0.1 + (0.3 * t) + noise(0.1), 0, 1)),
            ("think/budget", budget), ("think/length_mean", budget * (1.02 + noise(0.1))), ("completion/length_mean", (budget * 1.02) + 3 + noise(2)),
            ("format_failure", failures), ("stop/answered", 1 - failures), ("stop/thoughtTooLong", failures * 0.8), ("stop/endedInThought", failures * 0.2), ("stop/invalid", 0.0),
            ("policy/entropy", 0.9 - (0.5 * t) + noise(0.08)), ("policy/kl", (0.02 * t) + Math.Abs(noise(0.004))),
            ("policy/clip_low", Math.Abs(noise(0.004))), ("policy/clip_high", Math.Abs(noise(0.009))), ("policy/logprob_mismatch_max", 0.0),
            ("loss/rl", t is > 0.5 and < 0.51 ? null : noise(0.03)),
            ("tier/easy", 0.5 - (0.4 * t)), ("tier/medium", 0.4 - (0.1 * t)), ("tier/hard", 0.1 + (0.5 * t)),
            ("time/rollout", (0.9 * Math.Pow(0.35, t)) + noise(0.06)), ("time/score", 0.08 + noise(0.02)),
            ("rate/rollout_tokens_per_second", 18400 + noise(1500)),
        })
        {
            line[name] = value;
        }
    }

    private static Dictionary<string, object?> Rollout(int i, Random random)
    {
        (int a, int b, int c) = (random.Next(2, 30), random.Next(2, 30), random.Next(2, 9));
        return new Dictionary<string, object?>
        {
            ["step"] = BaseSteps + (4 * i),
            ["stage"] = "rmt",
            ["tier"] = i % 3 == 0 ? "easy" : i % 3 == 1 ? "medium" : "hard",
            ["stop"] = "answered",
            ["prompt"] = i == 0 ? Hostile : $"Ann has {a} pears and buys {b} more. She then gives {c} to Bo.\nUse exactly {48 - (i / 2)} tokens to think.\nNow Ann has<think>",
            ["thought"] = i == 0 ? Hostile : $"{a} + {b} = {a + b}; {a + b} - {c} = {a + b - c}",
            ["answer"] = i == 0 ? Hostile : $" {a + b - c - (i % 4 == 1 ? 1 : 0)}",
            ["truth"] = $" {a + b - c}",
            ["reward"] = i % 4 == 1 ? 0.0912 : 0.9871,
        };
    }
}
