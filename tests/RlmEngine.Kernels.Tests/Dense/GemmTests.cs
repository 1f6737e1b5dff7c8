using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class GemmTests
{
    /// <summary>Rows around every tile height, columns around panels, depths around one and several blocks of k.</summary>
    private static IEnumerable<(int M, int O, int I)> Sizes()
    {
        foreach (int m in new[] { 1, 2, 3, 5, 7, 8, 9, 12, 13, 17, 31, 33 })
            yield return (m, 65, 33);
        foreach (int size in DenseTest.OddSizes)
        {
            yield return (5, size, 31);
            yield return (3, 17, size);
            yield return (size, 32, 64);
        }

        yield return (2, 300, 257);
        yield return (29, 40, 600);
        yield return (70, 40, 600);
        yield return (70, 600, 33);
        yield return (1, 290, 4100);
        yield return (5, 33, 8200);
        yield return (8, 4100, 70);
        yield return (300, 70, 129);
        yield return (259, 129, 300);
    }

    [TestCaseSource(nameof(Sizes))]
    public void Forward_AnySize_HasTheBitsOfTheReference((int M, int O, int I) size)
    {
        (int m, int o, int i) = size;
        float[] x = DenseTest.Numbers(m * i, 1), w = DenseTest.Numbers(o * i, 2), old = DenseTest.Numbers(m * o, 3);
        using var packed = new PackedMatrix(o, i);
        packed.Pack(w);
        foreach (bool accumulate in new[] { false, true })
        {
            float[] expected = [.. old];
            Gemm.ForwardReference<float>(x, w, m, o, i, expected, accumulate);
            float[] actual = DenseTest.SameBitsEverywhere(() =>
            {
                float[] y = [.. old];
                Gemm.Forward(x, m, packed, y, accumulate);
                return y;
            });
            Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)), $"accumulate {accumulate}");
        }
    }

    /// <summary>Each task has one turn, and threads that take turns go through neighbouring ones.</summary>
    [Test]
    public void TaskOf_AnyTasksAndThreads_IsEachTaskOnce([Values(1, 2, 3, 5)] int threads, [Values(1, 12, 64, 65)] int m)
    {
        int before = WorkPool.Threads;
        WorkPool.Threads = threads;
        try
        {
            foreach (int n in new[] { 1, 33, 300, 1024, 3072 })
            {
                var problem = new GemmProblem { M = m, N = n, K = 1024, IsPacked = true };
                problem.Split();
                int[] tasks = [.. Enumerable.Range(0, problem.Tasks).Select(problem.TaskOf)];
                Assert.That(tasks.Order(), Is.EqualTo(Enumerable.Range(0, problem.Tasks)));
                int streams = problem.IsStreaming && problem.RowTasks == 1 ? threads : 1;
                for (int turn = streams; turn < tasks.Length; turn++)
                    Assert.That(tasks[turn], Is.EqualTo(tasks[turn - streams] + 1), $"N {n}, turn {turn}");
            }
        }
        finally
        {
            WorkPool.Threads = before;
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void BackwardInput_AnySize_HasTheBitsOfTheReference((int M, int O, int I) size)
    {
        (int m, int o, int i) = size;
        float[] dy = DenseTest.Numbers(m * o, 1), w = DenseTest.Numbers(o * i, 2), old = DenseTest.Numbers(m * i, 3);
        using var packed = new PackedMatrix(o, i);
        packed.Pack(w);
        foreach (bool accumulate in new[] { false, true })
        {
            float[] expected = [.. old];
            Gemm.BackwardInputReference<float>(dy, w, m, o, i, expected, accumulate);
            float[] actual = DenseTest.SameBitsEverywhere(() =>
            {
                float[] dx = [.. old];
                Gemm.BackwardInput(dy, m, packed, dx, accumulate);
                return dx;
            });
            Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)), $"accumulate {accumulate}");
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void BackwardWeight_AnySize_HasTheBitsOfTheReference((int M, int O, int I) size)
    {
        (int m, int o, int i) = size;
        float[] dy = DenseTest.Numbers(m * o, 1), x = DenseTest.Numbers(m * i, 2), old = DenseTest.Numbers(o * i, 3);
        float[] expected = [.. old];
        Gemm.BackwardWeightReference<float>(dy, x, m, o, i, expected);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] dw = [.. old];
            Gemm.BackwardWeight(dy, x, m, o, i, dw);
            return dw;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [Test]
    public void Products_OfOnesAndSmallIntegers_AreExact()
    {
        const int m = 40, o = 50, i = 60;
        float[] x = [.. Enumerable.Range(0, m * i).Select(at => (float)(at / i % 7))];
        float[] w = [.. Enumerable.Range(0, o * i).Select(at => (float)(at / i % 5))];
        using var packed = new PackedMatrix(o, i);
        packed.Pack(w);
        var y = new float[m * o];
        Gemm.Forward(x, m, packed, y);
        Assert.That(y, Is.EqualTo(Enumerable.Range(0, m * o).Select(at => 60f * (at / o % 7) * (at % o % 5))));
    }

    [Test]
    public void Forward_RowsAloneOrTogether_SameBits()
    {
        const int m = 37, o = 100, i = 300;
        float[] x = DenseTest.Numbers(m * i, 1);
        using var packed = new PackedMatrix(o, i);
        packed.Pack(DenseTest.Numbers(o * i, 2));
        var together = new float[m * o];
        Gemm.Forward(x, m, packed, together);
        foreach (int rows in new[] { 1, 2, 3, 5, 8, 12, 20 })
        {
            var alone = new float[rows * o];
            Gemm.Forward(x.AsSpan((m - rows) * i), rows, packed, alone);
            Assert.That(DenseTest.Bits(alone), Is.EqualTo(DenseTest.Bits(together.AsSpan((m - rows) * o))), $"{rows} rows");
        }
    }

    [Test]
    public void ForwardOutputs_Ranges_AreTheColumnsOfTheWhole()
    {
        const int m = 5, o = 150, i = 40;
        float[] x = DenseTest.Numbers(m * i, 1), whole = new float[m * o];
        using var packed = new PackedMatrix(o, i);
        packed.Pack(DenseTest.Numbers(o * i, 2));
        Gemm.Forward(x, m, packed, whole);
        foreach ((int first, int count) in new[] { (0, 64), (64, 64), (128, 22), (32, 1), (0, 0) })
        {
            var part = new float[m * count];
            Gemm.ForwardOutputs(x, m, packed, first, count, part);
            for (int row = 0; row < m; row++)
                Assert.That(part.AsSpan(row * count, count).SequenceEqual(whole.AsSpan(row * o + first, count)), $"{first} + {count}, row {row}");
        }
    }

    [Test]
    public void BackwardInputOutputs_Range_IsTheReferenceOnThoseOutputs()
    {
        const int m = 6, o = 90, i = 45, first = 37, count = 50;
        float[] dy = DenseTest.Numbers(m * count, 1), w = DenseTest.Numbers(o * i, 2), expected = new float[m * i], actual = new float[m * i];
        using var packed = new PackedMatrix(o, i);
        packed.Pack(w);
        Gemm.BackwardInputReference<float>(dy, w.AsSpan(first * i, count * i), m, count, i, expected);
        Gemm.BackwardInputOutputs(dy, m, packed, first, count, actual);
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [Test]
    public void Gradients_OfTheReference_MatchFiniteDifferences()
    {
        const int m = 3, o = 4, i = 5;
        double[] x = DenseTest.Widen(DenseTest.Numbers(m * i, 1)), w = DenseTest.Widen(DenseTest.Numbers(o * i, 2));
        double[] dy = DenseTest.Widen(DenseTest.Numbers(m * o, 3)), dx = new double[m * i], dw = new double[o * i];
        Gemm.BackwardInputReference<double>(dy, w, m, o, i, dx);
        Gemm.BackwardWeightReference<double>(dy, x, m, o, i, dw);
        DenseTest.CheckGradient(x, dy, at => Product(at, w), dx);
        DenseTest.CheckGradient(w, dy, at => Product(x, at), dw);

        static double[] Product(double[] x, double[] w)
        {
            var y = new double[m * o];
            Gemm.ForwardReference<double>(x, w, m, o, i, y);
            return y;
        }
    }

    [Test]
    public void Products_WithoutRowsOrDepth_LeaveOrZeroTheOutput()
    {
        using var packed = new PackedMatrix(4, 3);
        Gemm.Forward([], 0, packed, []);
        Gemm.BackwardInput([], 0, packed, []);
        float[] dw = [1, 2];
        Gemm.BackwardWeight([], [], 0, 2, 1, dw);
        Assert.That(dw, Is.EqualTo(new float[] { 1, 2 }));
        using var flat = new PackedMatrix(2, 0);
        float[] y = [5, 6];
        Gemm.Forward([], 1, flat, y, accumulate: true);
        Assert.That(y, Is.EqualTo(new float[] { 5, 6 }));
        Gemm.Forward([], 1, flat, y);
        Assert.That(y, Is.EqualTo(new float[] { 0, 0 }));
    }

    [Test]
    public void Forward_NaNInOneRow_StaysInThatRow()
    {
        const int m = 14, o = 33, i = 20;
        float[] x = DenseTest.Numbers(m * i, 1), y = new float[m * o];
        x[7 * i + 3] = float.NaN;
        using var packed = new PackedMatrix(o, i);
        packed.Pack(DenseTest.Numbers(o * i, 2));
        Gemm.Forward(x, m, packed, y);
        for (int at = 0; at < y.Length; at++)
            Assert.That(float.IsNaN(y[at]), Is.EqualTo(at / o == 7));
    }

    [Test]
    public void Pack_Again_TakesOverTheNewWeights()
    {
        using var packed = new PackedMatrix(1, 1);
        var y = new float[1];
        packed.Pack([2f]);
        packed.Pack([3f]);
        Gemm.Forward([5f], 1, packed, y);
        Assert.That(y[0], Is.EqualTo(15));
    }

    /// <summary>Both products take over what the memory holds when they are first used, and no later change until told to follow again.</summary>
    [Test]
    public unsafe void Follow_NativeWeights_AreTakenOverAtFirstUse()
    {
        AlignedMemory memory = AlignedMemory.Allocate(6);
        Span<float> w = new(memory.Pointer, 6);
        using var packed = new PackedMatrix(2, 3);
        float[] y = new float[2], dx = new float[3];
        packed.Follow(w);
        new float[] { 1, 2, 3, 4, 5, 6 }.CopyTo(w);
        Gemm.Forward([1, 10, 100], 1, packed, y);
        w.Fill(7);
        Gemm.Forward([1, 10, 100], 1, packed, y);
        Assert.That(y, Is.EqualTo(new float[] { 321, 654 }));
        Gemm.BackwardInput([1, 10], 1, packed, dx);
        Assert.That(dx, Is.EqualTo(new float[] { 77, 77, 77 }));
        w.Fill(8);
        packed.Follow(w);
        Gemm.Forward([1, 10, 100], 1, packed, y);
        Gemm.BackwardInput([1, 10], 1, packed, dx);
        Assert.That(y, Is.EqualTo(new float[] { 888, 888 }));
        Assert.That(dx, Is.EqualTo(new float[] { 88, 88, 88 }));
        Assert.That(() => packed.Follow(new float[5]), Throws.ArgumentException);
        memory.Free();
    }

    /// <summary>Threads that ask for one matrix at once get panels that are packed whole: each matrix is new, so that the first call of all is shared.</summary>
    [Test]
    public unsafe void Follow_FirstUsedByManyThreadsAtOnce_GivesEachTheWholePanels()
    {
        const int Size = 192, Threads = 4;
        AlignedMemory memory = AlignedMemory.Allocate(Size * Size);
        Span<float> w = new(memory.Pointer, Size * Size);
        w.Fill(1);
        float[] ones = Enumerable.Repeat(1f, Size).ToArray();
        for (int round = 0; round < 200; round++)
        {
            using var packed = new PackedMatrix(Size, Size);
            packed.Follow(w);
            float[][] y = [.. Enumerable.Range(0, 2 * Threads).Select(_ => new float[Size])];
            using var start = new Barrier(Threads);
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() => Multiply(packed, start, t)))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            Assert.That(y.Sum(row => row.Count(sum => sum == Size)), Is.EqualTo(y.Length * Size));

            void Multiply(PackedMatrix matrix, Barrier barrier, int thread)
            {
                barrier.SignalAndWait();
                Gemm.Forward(ones, 1, matrix, y[2 * thread]);
                Gemm.BackwardInput(ones, 1, matrix, y[(2 * thread) + 1]);
            }
        }

        memory.Free();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1000)]
    [TestCase(3_000_001)]
    public unsafe void AlignedMemory_OfAnyLength_IsAlignedAndZero(int length)
    {
        AlignedMemory memory = AlignedMemory.Allocate(length);
        Assert.That((long)memory.Pointer % (length > 1_048_576 ? 2 << 20 : 64), Is.Zero);
        Assert.That(new Span<float>(memory.Pointer, length).IndexOfAnyExcept(0f), Is.EqualTo(-1));
        memory.Free();
        Assert.That(() => AlignedMemory.Allocate(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Products_WrongLengths_Throw()
    {
        using var packed = new PackedMatrix(64, 3);
        Assert.That(() => packed.Pack(new float[5]), Throws.ArgumentException);
        Assert.That(() => Gemm.Forward(new float[5], 2, packed, new float[128]), Throws.ArgumentException);
        Assert.That(() => Gemm.Forward(new float[6], 2, packed, new float[127]), Throws.ArgumentException);
        Assert.That(() => Gemm.Forward(new float[6], -1, packed, new float[128]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Gemm.ForwardOutputs(new float[6], 2, packed, 16, 16, new float[128]), Throws.ArgumentException);
        Assert.That(() => Gemm.ForwardOutputs(new float[6], 2, packed, 32, 33, new float[128]), Throws.ArgumentException);
        Assert.That(() => Gemm.BackwardWeight(new float[6], new float[6], 2, 3, 3, new float[8]), Throws.ArgumentException);
        packed.Dispose();
        Assert.That(() => Gemm.Forward(new float[6], 2, packed, new float[128]), Throws.TypeOf<ObjectDisposedException>());
    }
}
