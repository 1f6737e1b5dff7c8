using RlmEngine.Grading;

namespace RlmEngine.Tests.Grading;

public class MathAnswerTests
{
    [TestCaseSource(typeof(MathAnswerCases), nameof(MathAnswerCases.Equal))]
    public void AreEqual_SameAnswer_IsTrueBothWays(string gold, string pred)
    {
        Assert.That(MathAnswer.AreEqual(gold, pred), Is.True);
        Assert.That(MathAnswer.AreEqual(pred, gold), Is.True);
    }

    [TestCaseSource(typeof(MathAnswerCases), nameof(MathAnswerCases.Different))]
    public void AreEqual_OtherAnswer_IsFalseBothWays(string gold, string pred)
    {
        Assert.That(MathAnswer.AreEqual(gold, pred), Is.False);
        Assert.That(MathAnswer.AreEqual(pred, gold), Is.False);
    }

    [TestCase("\\frac{1}{2}", "We get $x = 1$, so the answer is $\\frac{1}{2}$.", true)]
    [TestCase("18", "She sells 9 eggs.\n#### 18", true)]
    [TestCase("18", "<think>Is it \\boxed{17}?</think>\nIt is \\boxed{18}.", true)]
    [TestCase("18", "It is \\boxed{17}. The answer is 18.", false)]
    [TestCase("1,-2", "They are \\boxed{-2} and \\boxed{1}.", true)]
    [TestCase("42", "First I thought \\boxed{41}, but it is \\boxed{42}", true)]
    [TestCase("42", "<answer> 42 </answer>", true)]
    [TestCase("20\\%", "or $\\boxed{20}$ percent.", true)]
    [TestCase("100", "up by 100%.", true)]
    [TestCase("12", "There are 12 of them. I hope it is correct. <|im_end|> 13", true)]
    [TestCase("3", "so $x=5$, and it was planted 3 hours ago.", true)]
    [TestCase("5", "so $x=5$, and that is all.", true)]
    [TestCase("2", "AZYUK2A", false)]
    [TestCase("4", "", false)]
    [TestCase("", "", false)]
    [TestCase("4", "The answer is !!!invalid!!!", false)]
    [TestCase("\\text{no solution}", "There is \\boxed{\\text{No solution}}.", true)]
    [TestCase("42", "答案是：42", true)]
    [TestCase("1006", "so our answer is $\\frac{2013-1}{2}=$ 1006.", true)]
    [TestCase("\\frac{217}{900}", "The answer is therefore $\\frac{217}{900}$.", true)]
    [TestCase("18", "The answer is $\\mathbf{1 8 .}$", true)]
    [TestCase("120", "\\boxed{255} in one; then 120. Final Answer: The final answer is $120$.", true)]
    [TestCase("255", "\\boxed{255} in one; then 120. Final Answer: The final answer is $120$.", false)]
    [TestCase("3", "\\boxed{3} or \\boxed{5}", false)]
    public void AreEqual_Response_IsJudgedByItsAnswer(string gold, string response, bool expected) =>
        Assert.That(MathAnswer.AreEqual(gold, response), Is.EqualTo(expected));

    [TestCase("\\frac{1}{3}", "0.33", 2, true)]
    [TestCase("\\frac{1}{3}", "0.33", 3, false)]
    [TestCase("\\frac{1}{3}", "0.333333", 6, true)]
    [TestCase("\\pi", "3.141593", 6, true)]
    [TestCase("\\pi", "3.14159", 6, false)]
    [TestCase("0.0000001", "0.0000002", 6, false)]
    [TestCase("5", "5.001", 6, false)]
    [TestCase("5", "5.001", 2, true)]
    [TestCase("\\sqrt{2}", "\\frac{141421356}{100000000}", 6, false)]
    public void AreEqual_Decimals_AgreeToThePrecision(string gold, string pred, int precision, bool expected) =>
        Assert.That(MathAnswer.AreEqual(gold, pred, new MathGradingOptions { Precision = precision }), Is.EqualTo(expected));

    [TestCase("f(x)", "f(y)", true, false)]
    [TestCase("f(x)", "f(y)", false, true)]
    [TestCase("2x+y", "2a+b", true, false)]
    [TestCase("2x+y", "2a+b", false, true)]
    [TestCase("\\{1, 2\\}", "(1, 2)", true, false)]
    [TestCase("\\{1, 2\\}", "(1, 2)", false, true)]
    public void AreEqual_NotStrict_MatchesVariablesByOrder(string gold, string pred, bool isStrict, bool expected) =>
        Assert.That(MathAnswer.AreEqual(gold, pred, new MathGradingOptions { IsStrict = isStrict }), Is.EqualTo(expected));

    [TestCase("x \\in [-2, 7]", "-2 \\le x \\le 7", false, false)]
    [TestCase("x \\in [-2, 7]", "-2 \\le x \\le 7", true, true)]
    [TestCase("-2 \\le x \\le 7", "x \\in [-2, 7]", false, true)]
    public void AreEqual_SetRelation_IsAsymmetricUnlessAllowed(string gold, string pred, bool isAllowed, bool expected) =>
        Assert.That(MathAnswer.AreEqual(gold, pred, new MathGradingOptions { AllowsSetRelation = isAllowed }), Is.EqualTo(expected));

    [TestCase(true, true)]
    [TestCase(false, false)]
    public void AreEqual_PercentSign_CountsWhereItIsTold(bool ignores, bool expected)
    {
        var options = new MathGradingOptions { IgnoresPercentSign = ignores };
        Assert.That(MathAnswer.AreEqual("10\\%", "10", options), Is.EqualTo(expected));
        Assert.That(MathAnswer.AreEqual("10\\%", "0.1", options), Is.True);
    }

    [TestCase("{", "}")]
    [TestCase("(", ")")]
    [TestCase("\\frac{1}{", "}")]
    [TestCase("\\sqrt{", "}")]
    [TestCase("9^{", "}")]
    [TestCase("\\begin{pmatrix}", "\\end{pmatrix}")]
    [TestCase("-", "")]
    [TestCase("\\boxed{", "}")]
    public void Compare_NestedTenThousandDeep_IsDecidedWithinItsSteps(string open, string close)
    {
        string deep = string.Concat(Enumerable.Repeat(open, 10_000)) + "1" + string.Concat(Enumerable.Repeat(close, 10_000));
        Assert.That(MathAnswer.Compare("1", deep).Steps, Is.LessThanOrEqualTo(MathGradingOptions.Default.Steps));
        Assert.That(MathAnswer.Compare(deep, deep).IsEqual, Is.True);
    }

    [TestCase("9^{9^{9^9}}")]
    [TestCase("99999!")]
    [TestCase("\\binom{10^9}{10^6}")]
    [TestCase("\\sum_{k=1}^{10^9} k")]
    [TestCase("\\sum_{i=1}^{1000} \\sum_{j=1}^{1000} \\sum_{k=1}^{1000} ijk")]
    [TestCase("2^{60001} - 2^{60001}")]
    [TestCase("1e9999^{9999}")]
    public void Compare_BeyondTheBounds_EqualsOnlyItself(string huge)
    {
        AnswerVerdict verdict = MathAnswer.Compare("1", huge);
        Assert.That((verdict.IsEqual, verdict.Steps <= MathGradingOptions.Default.Steps), Is.EqualTo((false, true)));
        Assert.That(MathAnswer.AreEqual(huge, $"\\left({huge}\\right)"), Is.True);
    }

    [Test]
    public void Compare_OneStep_IsExhausted()
    {
        AnswerVerdict verdict = MathAnswer.Compare("\\frac{1}{2}", "0.5", new MathGradingOptions { Steps = 1 });
        Assert.That((verdict.IsEqual, verdict.IsExhausted, verdict.Steps), Is.EqualTo((false, true, 1L)));
    }

    [Test]
    public void Compare_ManyThreads_GiveTheSameVerdictsAndSteps()
    {
        object[][] cases = [.. MathAnswerCases.Equal.Concat(MathAnswerCases.Different)];
        AnswerVerdict[] alone = [.. cases.Select(pair => MathAnswer.Compare((string)pair[0], (string)pair[1]))];
        var together = new AnswerVerdict[cases.Length];
        Parallel.For(0, cases.Length, i => together[i] = MathAnswer.Compare((string)cases[i][0], (string)cases[i][1]));
        Assert.That(together, Is.EqualTo(alone));
    }

    [TestCase("B", "The answer is (B).", true)]
    [TestCase("b", "Therefore \\boxed{C}", false)]
    [TestCase("(D)", "D) 42", true)]
    [TestCase("A", "no idea", false)]
    public void ChoiceGrader_Response_ComparesLetters(string gold, string response, bool expected) =>
        Assert.That(new ChoiceGrader(4).Grade(gold, response).IsEqual, Is.EqualTo(expected));

    [Test]
    public void MathGrader_Verdict_NamesTheAnswer() =>
        Assert.That(new MathGrader().Grade("0.5", "so \\boxed{\\frac12}").Answer, Is.EqualTo("\\frac12"));
}
