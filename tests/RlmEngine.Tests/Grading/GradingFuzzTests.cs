using System.Diagnostics;
using RlmEngine.Grading;

namespace RlmEngine.Tests.Grading;

public class GradingFuzzTests
{
    private static readonly string[] s_answers =
    [
        "42", "-7", "3.14", "1,000,000", "\\frac{1}{2}", "2\\sqrt{3}", "\\frac{-1 \\pm \\sqrt{13}}{4}", "(-\\infty, 3] \\cup [5, \\infty)", "\\{1, 2, 3\\}", "(1, 2, 3)",
        "x = 3, y = 4", "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\text{Evelyn}", "50\\%", "90^\\circ", "15\\mbox{ cm}^2", "x^2 + 2x + 1", "\\binom{2n}{n}",
        "n^{2}+n+1", "0 \\leq r \\leq \\frac{1}{2}", "\\log_{2} 2015-1", "f(x) = \\frac{1}{x}", "\\left\\lfloor \\frac{n}{2} \\right\\rfloor + 1", "11:21", "$\\boxed{7}$.",
        "The answer is 12.", "so $x=3$ and $y = 4$", "\\sum_{k=0}^{n-1} F_k F_{n-k-1}", "2^{2017}", "\\frac{100!}{2^{50}}", "1112112_3", "e^{i\\pi}", "\\tan^{-1}(1)",
    ];

    [Test]
    public void Compare_HostileStrings_NeverThrowsNorExceedsItsSteps()
    {
        const int Count = 10_000;
        var options = new MathGradingOptions { Steps = 20_000 };
        Parallel.For(0, 20, part =>
        {
            var fuzz = new GradingFuzz(part, s_answers);
            for (int i = 0; i < Count / 20; i++)
            {
                string gold = i % 5 == 0 ? fuzz.Next() : fuzz.Real(), pred = fuzz.Next();
                AnswerVerdict verdict = MathAnswer.Compare(gold, pred, options);
                if (verdict.Steps > options.Steps)
                    Assert.Fail($"{verdict.Steps} steps: {gold} | {pred}");
            }
        });
    }

    [Test]
    [Explicit("A measurement: the time of each of 100,000 comparisons.")]
    public void Compare_HostileStrings_SlowestComparisons()
    {
        var fuzz = new GradingFuzz(99, s_answers);
        List<(double Ms, string Pair)> slowest = [];
        double total = 0;
        var process = Process.GetCurrentProcess();
        for (int i = 0; i < 5000; i++)
            MathAnswer.Compare(fuzz.Next(), fuzz.Next());
        for (int i = 0; i < 100_000; i++)
        {
            string gold = i % 5 == 0 ? fuzz.Next() : fuzz.Real(), pred = fuzz.Next();
            (double ms, AnswerVerdict verdict) = Time(process, gold, pred);
            // The collector and the compiler run in this process too; what is slow by itself is slow each time.
            for (int again = 0; again < 3 && ms > 3; again++)
                ms = Math.Min(ms, Time(process, gold, pred).Ms);
            total += ms;
            if (ms > 3)
                slowest.Add((ms, $"{verdict.Steps} steps, {gold.Length} and {pred.Length} characters: {gold[..Math.Min(60, gold.Length)]} | {pred[..Math.Min(60, pred.Length)]}"));
        }

        TestContext.Out.WriteLine($"{total / 100_000:F4} ms on average");
        foreach ((double ms, string pair) in slowest.OrderByDescending(item => item.Ms).Take(30))
            TestContext.Out.WriteLine($"{ms:F2} ms {pair}".ReplaceLineEndings(" "));
    }

    /// <summary>Processor time: on a busy machine the clock counts the work of others.</summary>
    private static (double Ms, AnswerVerdict Verdict) Time(Process process, string gold, string pred)
    {
        TimeSpan start = process.TotalProcessorTime;
        AnswerVerdict verdict = MathAnswer.Compare(gold, pred);
        return ((process.TotalProcessorTime - start).TotalMilliseconds, verdict);
    }
}
