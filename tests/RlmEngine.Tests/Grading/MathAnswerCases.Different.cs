namespace RlmEngine.Tests.Grading;

/// <content>Pairs that are not the same answer.</content>
internal static partial class MathAnswerCases
{
    /// <summary>Pairs that are not the same answer.</summary>
    public static IEnumerable<object[]> Different => Pairs(
        """
        \frac{3}{4} ≟ \frac{4}{3}
        1/3 ≟ 0.33
        50\% ≟ 5
        (1,2) ≟ (2,1)
        [0,1] ≟ (0,1)
        \{1,2\} ≟ \{1,3\}
        x>2 ≟ x\ge 2
        x>2 ≟ x<2
        y=2x+3 ≟ y=2x-3
        x+1 ≟ x-1
        2^{2017} ≟ 2^{2017}+1
        \sqrt{2} ≟ 1.414
        \pi ≟ 3.14
        \pi ≟ \frac{22}{7}
        3,4 ≟ 3
        3 ≟ 3,4
        A ≟ B
        \text{Yes} ≟ No
        (A) ≟ (B)
        x^2 ≟ x^3
        \sqrt{x^2} ≟ x
        5\text{ cm} ≟ 5\text{ m}
        10 ≟ 100
        10 ≟ 1
        -5 ≟ 5
        3+4i ≟ 3-4i
        \frac{1}{2} ≟ \frac{1}{2}x
        2x ≟ 2y
        x=5 ≟ x=6
        f(x)=x^2 ≟ f(x)=x^3
        1010_2 ≟ 1010_3
        (-\infty,0)\cup(0,\infty) ≟ \mathbb{R}
        [1,2]\cup[3,4] ≟ [1,4]
        \begin{pmatrix}1&2\\3&4\end{pmatrix} ≟ \begin{pmatrix}1&3\\2&4\end{pmatrix}
        2:3 ≟ 3:2
        1,2,3 ≟ 1,2,3,4
        \text{even} ≟ \text{neve}
        n! ≟ n
        \binom{n}{2} ≟ \binom{n}{3}
        12:30 ≟ 12:35
        5 ≟ abc
        100 ≟ 1,0,0
        23 ≟ 2.3
        1 ≟ -1
        \frac{n}{2} ≟ \lfloor \frac{n}{2} \rfloor
        k \ge 2 ≟ k \ge 3
        (3,4) ≟ 7
        \sin x ≟ \cos x
        e ≟ 2.71
        \log_2 3 ≟ \log_3 2
        \infty ≟ -\infty
        5 ≟ \infty
        10^{10} ≟ 10^{11}
        4 ≟ 4^2
        \ln 2 ≟ \ln 3
        12 ≟ 1 2
        (1,2),(3,4) ≟ (1,3),(2,4)
        x^2/4+y^2/3=1 ≟ x^2/3+y^2/4=1
        2x+y<4 ≟ 2x+y>4
        a \le b \le c ≟ a \ge b \ge c
        [1,2)\cup(2,3] ≟ [1,3]
        \sqrt[3]{-8} ≟ 2
        m = 7 ≟ n = 7
        2^{1006}\sqrt{2^{2010}+2}-2^{2011} ≟ 0
        10^{-20} ≟ 0
        10^{-20} ≟ 2 \cdot 10^{-20}
        \frac{1}{2^{2004}} ≟ \frac{1}{2^{2005}}
        1000^{999} ≟ 1000^{998}
        \sin x ≟ \sin y
        x^2+1 ≟ x^2+1.001
        abc ≟ abd
        \text{odd} ≟ \text{oddd}
        (1,2,3) ≟ (1,2)
        \{1,2\} ≟ (1,2)
        1 \text{ kg} ≟ 1 \text{ g}
        """);

    private static IEnumerable<object[]> Pairs(string lines) =>
        lines.Split('\n').Select(line => line.Split(" ≟ ")).Select(pair => new object[] { pair[0].Trim(), pair[1].Trim() });
}
