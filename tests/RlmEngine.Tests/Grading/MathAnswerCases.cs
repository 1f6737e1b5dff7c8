namespace RlmEngine.Tests.Grading;

/// <summary>Pairs of answers of every shape; the sign ≟ stands between the two.</summary>
internal static partial class MathAnswerCases
{
    /// <summary>Pairs that are the same answer.</summary>
    public static IEnumerable<object[]> Equal => Pairs(
        """
        \frac{3}{4} ≟ 0.75
        3/4 ≟ .75
        -\frac{1}{2} ≟ \frac{-1}{2}
        1\frac{1}{2} ≟ 1.5
        1\frac{1}{2} ≟ 3/2
        -2\frac{1}{3} ≟ -\frac{7}{3}
        1 1/2 ≟ 3/2
        \frac{1}{3} ≟ 0.333333
        50\% ≟ 0.5
        50\% ≟ 50
        0.5 ≟ 50\%
        12.5\% ≟ \frac{1}{8}
        1{,}000 ≟ 1000
        1\,000 ≟ 1000
        1 000 ≟ 1000
        12,345,678 ≟ 12345678
        \$18.90 ≟ 18.9
        $18 ≟ 18
        18 ≟ $18.00
        18.90 ≟ 18.90 dollars
        18 ≟ \$18
        2\pi ≟ 6.283185
        \pi/2 ≟ 90^\circ
        \frac{\pi}{6} ≟ 30°
        \sqrt{8} ≟ 2\sqrt{2}
        \sqrt[3]{16} ≟ 2\sqrt[3]{2}
        \frac{1}{\sqrt2} ≟ \frac{\sqrt{2}}{2}
        \frac{\sqrt{3}}{2} ≟ sqrt(3)/2
        \frac{\sqrt{3}}{2} ≟ √3/2
        \sqrt{3+2\sqrt{2}} ≟ 1+\sqrt{2}
        2^{10} ≟ 1024
        10^{-3} ≟ 0.001
        1.5 \times 10^3 ≟ 1500
        1500 ≟ 1.5e3
        x^{1/2} ≟ \sqrt{x}
        e^{x+1} ≟ e \cdot e^x
        (-\infty,0)\cup(0,\infty) ≟ \mathbb{R}\setminus\{0\}
        x \ne 0 ≟ (-\infty,0)\cup(0,\infty)
        0\le x\le 1 ≟ [0,1]
        x>2 ≟ (2,\infty)
        x > 2 ≟ 2 < x
        [2,\infty) ≟ [2,+\infty)
        (-\infty,\infty) ≟ \mathbb{R}
        \{1,2\} ≟ \{2,1\}
        \{1,2\} ≟ 1,2
        \{1,2\} ≟ 2, 1
        \emptyset ≟ \{\}
        \left(1,2\right) ≟ (1, 2)
        (1,-2,3) ≟ \begin{pmatrix}1\\-2\\3\end{pmatrix}
        \langle 1,2 \rangle ≟ (1,2)
        (1,-2,3) ≟ \langle 1,-2,3\rangle
        y=2x+3 ≟ 2x-y+3=0
        y = 2x+3 ≟ 2x+3
        x=5 ≟ 5
        5 ≟ 5 = x
        x^2+y^2=25 ≟ x^2+y^2-25=0
        x\ge 2 ≟ 2\leq x
        (x+1)^2 ≟ x^2+2x+1
        \frac{x^2-1}{x-1} ≟ x+1
        \sin^2 x+\cos^2 x ≟ 1
        \ln 2+\ln 3 ≟ \ln 6
        \log_2 8 ≟ 3
        \log_{10} 2 ≟ \log 2
        \log 2 ≟ \ln 2
        \binom{5}{2} ≟ 10
        5! ≟ 120
        \frac{n!}{(n-1)!} ≟ n
        3+4i ≟ 4i+3
        i^2 ≟ -1
        \text{Yes} ≟ yes
        \text{(A)} ≟ A
        (A) ≟ A
        A ≟ (A)
        \textbf{(C)} ≟ C
        C ≟ \textbf{(C) }
        \text{Monday} ≟ Monday
        30^\circ ≟ 30
        30^\circ ≟ 30 degrees
        30 ≟ 30^{\circ}
        5\text{ cm} ≟ 5
        5 ≟ 5\text{ cm}
        5\text{ cm} ≟ 5 cm
        5\text{ m} ≟ 500\text{ cm}
        5 \text{ m/s} ≟ 5
        12\text{ cm}^2 ≟ 12 cm^2
        12 ≟ 12\text{ square units}
        5 ≟ 5 apples
        1010_2 ≟ 1010_{2}
        \infty ≟ infinity
        -\infty ≟ -infinity
        x = 3 \text{ or } x = -2 ≟ -2, 3
        3, -2 ≟ x=-2 or x=3
        (3,4) ≟ x=3, y=4
        x=3,y=4 ≟ y=4,x=3
        x=3,y=4 ≟ (x,y)=(3,4)
        +5 ≟ 5
        5 ≟ 5.
        5 ≟ \frac{5}{1}
        \dfrac{\pi}{4} ≟ π/4
        x^2+1 ≟ x²+1
        \mathbf{i}+2\mathbf{j} ≟ 2\mathbf{j}+\mathbf{i}
        \text{undefined} ≟ undefined
        \frac{3}{4} ≟ \frac{3}{4}\text{ of the cake}
        f(x)=x^2 ≟ x^2
        f(x)=x^2 ≟ f(t)=t^2
        f(x)=x^2+1 ≟ y=x^2+1
        a_n=2^n ≟ 2^n
        \log_{10} 2 ≟ \lg 2
        three ≟ 3
        7 ≟ seven
        0.\overline{3} ≟ \frac{1}{3}
        0.\overline{142857} ≟ 1/7
        \pm 3 ≟ 3,-3
        x=\pm 3 ≟ x=3 \text{ or } x=-3
        \frac{-1\pm\sqrt{5}}{2} ≟ \frac{-1+\sqrt5}{2}, \frac{-1-\sqrt5}{2}
        2:3 ≟ 4:6
        3:1 ≟ 3 : 1
        \left[\frac{1}{2}, 3\right] ≟ [0.5, 3]
        \left(-\infty, \frac{1}{2}\right) ≟ x<\frac12
        |x|<3 ≟ (-3,3)
        |x|\le 3 ≟ -3\le x\le 3
        \frac{a+b}{2} ≟ \frac{1}{2}(a+b)
        ab ≟ ba
        2^{n}-1 ≟ -1+2^n
        n(n+1)/2 ≟ \frac{n^2+n}{2}
        \frac{n(n-1)}{2} ≟ \binom{n}{2}
        (-1)^n ≟ (-1)^{n+2}
        \lfloor n/2 \rfloor ≟ \left\lfloor \frac{n}{2}\right\rfloor
        \sum_{k=1}^{10} k ≟ 55
        \begin{pmatrix}1&2\\3&4\end{pmatrix} ≟ \begin{bmatrix}1&2\\3&4\end{bmatrix}
        \begin{pmatrix}1&2\\3&4\end{pmatrix} ≟ \left(\begin{array}{cc}1&2\\3&4\end{array}\right)
        \begin{vmatrix}1&2\\3&4\end{vmatrix} ≟ -2
        2x+3 ≟ 3 + 2 \cdot x
        8.5 ≟ 8\frac{1}{2}
        7.0 ≟ 7
        100 ≟ 100.00
        \text{A, B, C} ≟ A,B,C
        A, C ≟ C, A
        \text{$3$ and $4$} ≟ 3,4
        p = \frac{1}{4}, q= 2 ≟ \frac14, 2
        4\sqrt{2} ≟ 4 \sqrt 2
        \sqrt[4]{3} ≟ 3^{1/4}
        \frac{2}{\sqrt[3]{4}} ≟ \sqrt[3]{2}
        \arctan\frac{1}{2} ≟ \tan^{-1}\left(\frac12\right)
        \tan^{-1}(1) ≟ \frac{\pi}{4}
        \cos 60^\circ ≟ \frac12
        e^{i\pi/3} ≟ \frac{1}{2}+\frac{\sqrt3}{2}i
        10^{100} ≟ 10^{50}\cdot 10^{50}
        2^{2017} ≟ 2\cdot 2^{2016}
        \frac{1}{2^{2004}} ≟ 2^{-2004}
        3^{2021}-2^{2021} ≟ -2^{2021}+3^{2021}
        N \equiv 672 \pmod{1000} ≟ N\equiv 672 \pmod {1000}
        12:30 ≟ 12:30
        \text{12:30 pm} ≟ 12:30 PM
        (2,3) \cup (4,5) ≟ (4,5)\cup(2,3)
        [1,2]\cup[2,3] ≟ [1,3]
        \left\{ \frac{1}{2}, 3 \right\} ≟ \{3, 0.5\}
        (0.5, 1) ≟ \left(\frac12, 1\right)
        (x-1)(x-2) ≟ (x - 2)(x - 1)
        x(x+1)(x+2) ≟ x^3+3x^2+2x
        \frac{x}{y} ≟ x/y
        \frac{1}{x^2} ≟ x^{-2}
        1.0\times10^{-5} ≟ 0.00001
        \frac{10}{3}\pi ≟ \frac{10\pi}{3}
        \boxed{5} ≟ 5
        \mathrm{A} ≟ A
        18 ≟ \boxed{18 \text{ eggs}}
        2 ≟ \textbf{2}
        \text{east} ≟ East
        9\text{ a.m.} ≟ 9 a.m.
        -\frac{3}{2} ≟ -1.5
        1,2,3 ≟ \{1,2,3\}
        \frac{3\pi}{2} ≟ 1.5\pi
        5 ≟ 5\,\text{units}
        5\% ≟ 5 percent
        \frac{1}{2} ≟ \frac{1}{2}.
        k>1 ≟ k \in (1,\infty)
        a\in\{1,2\} ≟ a=1 \text{ or } a=2
        4 ≟ \text{4}
        x\in\mathbb{R} ≟ (-\infty,\infty)
        \frac{\ln 7}{4} ≟ \frac14\ln 7
        1+\frac12+\frac13 ≟ \frac{11}{6}
        \frac{1}{4} n(n+1) ≟ \frac{n(n+1)}{4}
        $2n-2$ ≟ 2(n-1)
        75^{\circ} ≟ 75
        3 \sqrt{3} / 26 ≟ \frac{3\sqrt{3}}{26}
        \left(2^{2003}-2\right) / 3 ≟ \frac{2^{2003}-2}{3}
        60\left(1-\left(\frac{1}{10}\right)^{\frac{1}{9}}\right) ≟ 60 - 60\cdot 10^{-1/9}
        \frac{100!}{2^{50}} ≟ 100!/2^{50}
        e^{23110} ≟ e^{23110}
        \max(a,b) ≟ \max(b,a)
        \gcd(12,18) ≟ 6
        \frac{27 \sqrt{6}}{8} \pi ≟ \frac{27\sqrt6\pi}{8}
        (1,2),(3,4) ≟ (3,4), (1,2)
        \frac{n(n+1)(2n+1)}{6} ≟ \sum_{k=1}^{n} k^2
        \begin{cases} x=1 \\ y=2 \end{cases} ≟ x=1, y=2
        \left|\begin{array}{cc}1&2\\3&4\end{array}\right| ≟ -2
        \begin{pmatrix}1\\2\end{pmatrix} + \begin{pmatrix}3\\4\end{pmatrix} ≟ \begin{pmatrix}4\\6\end{pmatrix}
        x^2/4+y^2/3=1 ≟ 3x^2+4y^2=12
        2x+y<4 ≟ 8-2y>4x
        a \le b \le c ≟ c \ge b \ge a
        \cot x ≟ \frac{\cos x}{\sin x}
        \sqrt[3]{-8} ≟ -2
        \frac{x^{10}-1}{x-1} ≟ 1+x+x^2+x^3+x^4+x^5+x^6+x^7+x^8+x^9
        |{-3}| ≟ 3
        17 \bmod 5 ≟ 2
        \operatorname{lcm}(4,6) ≟ 12
        2{,}5 ≟ 2.5
        2^3^2 ≟ 512
        (n-2) 2^{n}+1 ≟ 2^n(n-2)+1
        \frac{d !}{2(d-1) !} ≟ \frac{d}{2}
        \frac{5055}{2^{15} ≟ 5055 \cdot 2^{-15}
        \frac{\mathbf{1 7}}{145} ≟ \frac{17}{145}
        \frac{1}{1+\frac{1}{1+\frac{1}{2}}} ≟ \frac{3}{5}
        \log_{2}(8) + \log_3 9 ≟ 5
        m_{\max} = 7 ≟ m = 7
        \angle ABC = 90^\circ ≟ 90
        x \equiv 3 \pmod 7 ≟ 3 \pmod 7
        [1,2)\cup(2,3] ≟ [1,3]\setminus\{2\}
        (-\infty,2)\cap(0,5) ≟ (0,2)
        x^2 \geq 0 ≟ 0 \le x^2
        1 \text{ kg} ≟ 1000 \text{ g}
        5 \text{ hours} ≟ 300 \text{ minutes}
        \mathbf{(B)}\ 12 ≟ (B) 12
        -x > -1 ≟ x < 1
        9! ≟ 362880
        7!! ≟ 105
        1_{10} ≟ 1_{10}
        e^{i \pi} + 1 ≟ 0
        \cos\frac{\pi}{5} ≟ \frac{1+\sqrt{5}}{4}
        \sin 18^\circ ≟ \frac{\sqrt5-1}{4}
        4^{x} ≟ 2^{2x}
        \sqrt{12} + \sqrt{27} ≟ 5\sqrt{3}
        """);
}
