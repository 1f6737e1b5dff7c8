using System.Runtime.Intrinsics;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Matrix products of a dense layer Y = X·Wᵀ: forward, gradient of the input, gradient of the weight.</summary>
/// <remarks>
/// Each element of a result is one accumulator: fused multiply-adds in ascending k, from zero; with accumulation the sum is added to the
/// old value at the end. So the bits depend on the operands alone: not on the number of rows, the tiles, the threads or the vector width.
/// Legend: M rows (tokens), I inputs, O outputs.
/// </remarks>
public static unsafe partial class Gemm
{
    /// <summary>Y_MO = X_MI·Wᵀ: y[m, o] = Σ_i x[m, i]·w[o, i].</summary>
    /// <param name="x_MI">Input, row-major [m, w.Inputs].</param>
    /// <param name="m">Rows; may be zero.</param>
    /// <param name="w">The weight.</param>
    /// <param name="y_MO">Output [m, w.Outputs].</param>
    /// <param name="accumulate">Add to y instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Forward(ReadOnlySpan<float> x_MI, int m, PackedMatrix w, Span<float> y_MO, bool accumulate = false) =>
        ForwardOutputs(x_MI, m, w, 0, w.Outputs, y_MO, accumulate);

    /// <summary>The forward product for a range of outputs: y[m, r] = Σ_i x[m, i]·w[firstOutput + r, i].</summary>
    /// <param name="x_MI">Input [m, w.Inputs].</param>
    /// <param name="m">Rows.</param>
    /// <param name="w">The weight.</param>
    /// <param name="firstOutput">First row of W, a multiple of <see cref="PackedMatrix.PanelWidth"/>.</param>
    /// <param name="outputs">How many rows R of W.</param>
    /// <param name="y_MR">Output [m, outputs].</param>
    /// <param name="accumulate">Add to y instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A span is too short, or the range does not start at a panel or does not lie in W.</exception>
    public static void ForwardOutputs(
        ReadOnlySpan<float> x_MI, int m, PackedMatrix w, int firstOutput, int outputs, Span<float> y_MR, bool accumulate = false)
    {
        CheckRange(w, firstOutput, outputs);
        Check(x_MI.Length, m, w.Inputs, nameof(x_MI));
        Check(y_MR.Length, m, outputs, nameof(y_MR));
        fixed (float* x = x_MI, y = y_MR)
        {
            Run(KernelKind.GemmForward, new GemmProblem
            {
                A = x,
                StepRow = w.Inputs,
                StepK = 1,
                M = m,
                N = outputs,
                K = w.Inputs,
                B = w.Forward + (nint)firstOutput * w.Inputs * w.ElementBytes,
                Panels = w.Type,
                IsPacked = true,
                StrideB = (nint)w.Inputs * PackedMatrix.PanelWidth,
                C = y,
                StrideC = outputs,
                Accumulate = accumulate,
            });
        }
    }

    /// <summary>dX_MI = dY_MO·W: dx[m, i] = Σ_o dy[m, o]·w[o, i].</summary>
    /// <param name="dy_MO">Gradient of the output [m, w.Outputs].</param>
    /// <param name="m">Rows; may be zero.</param>
    /// <param name="w">The weight.</param>
    /// <param name="dx_MI">Gradient of the input [m, w.Inputs].</param>
    /// <param name="accumulate">Add to dx instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void BackwardInput(ReadOnlySpan<float> dy_MO, int m, PackedMatrix w, Span<float> dx_MI, bool accumulate = false) =>
        BackwardInputOutputs(dy_MO, m, w, 0, w.Outputs, dx_MI, accumulate);

    /// <summary>The part of dX that a range of outputs gives: dx[m, i] = Σ_r dy[m, r]·w[firstOutput + r, i].</summary>
    /// <param name="dy_MR">Gradient of those outputs [m, outputs].</param>
    /// <param name="m">Rows.</param>
    /// <param name="w">The weight.</param>
    /// <param name="firstOutput">First row of W; any.</param>
    /// <param name="outputs">How many rows R of W.</param>
    /// <param name="dx_MI">Gradient of the input [m, w.Inputs].</param>
    /// <param name="accumulate">Add to dx instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A span is too short, or the range does not lie in W.</exception>
    public static void BackwardInputOutputs(
        ReadOnlySpan<float> dy_MR, int m, PackedMatrix w, int firstOutput, int outputs, Span<float> dx_MI, bool accumulate = false)
    {
        CheckRange(w, firstOutput, outputs, multiple: 1);
        Check(dy_MR.Length, m, outputs, nameof(dy_MR));
        Check(dx_MI.Length, m, w.Inputs, nameof(dx_MI));
        fixed (float* dy = dy_MR, dx = dx_MI)
        {
            Run(KernelKind.GemmInputGradient, new GemmProblem
            {
                A = dy,
                StepRow = outputs,
                StepK = 1,
                M = m,
                N = w.Inputs,
                K = outputs,
                B = w.Backward + (nint)firstOutput * PackedMatrix.PanelWidth * w.ElementBytes,
                Panels = w.Type,
                IsPacked = true,
                StrideB = (nint)w.Outputs * PackedMatrix.PanelWidth,
                C = dx,
                StrideC = w.Inputs,
                Accumulate = accumulate,
            });
        }
    }

    /// <summary>dW_OI += dYᵀ·X: dw[o, i] += Σ_m dy[m, o]·x[m, i].</summary>
    /// <param name="dy_MO">Gradient of the output [m, outputs].</param>
    /// <param name="x_MI">Input of the forward product [m, inputs].</param>
    /// <param name="m">Rows; with zero nothing changes.</param>
    /// <param name="outputs">O.</param>
    /// <param name="inputs">I.</param>
    /// <param name="dw_OI">Gradient of the weight [outputs, inputs], added to.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void BackwardWeight(ReadOnlySpan<float> dy_MO, ReadOnlySpan<float> x_MI, int m, int outputs, int inputs, Span<float> dw_OI)
    {
        Check(dy_MO.Length, m, outputs, nameof(dy_MO));
        Check(x_MI.Length, m, inputs, nameof(x_MI));
        Check(dw_OI.Length, outputs, inputs, nameof(dw_OI));
        fixed (float* dy = dy_MO, x = x_MI, dw = dw_OI)
        {
            Run(KernelKind.GemmWeightGradient, new GemmProblem
            {
                A = dy,
                StepRow = 1,
                StepK = outputs,
                M = outputs,
                N = inputs,
                K = m,
                B = (byte*)x,
                IsPacked = false,
                StrideB = inputs,
                C = dw,
                StrideC = inputs,
                Accumulate = true,
            });
        }
    }

    private static void Run(KernelKind kind, GemmProblem problem)
    {
        if (problem.M == 0 || problem.N == 0)
            return;
        using KernelSpan span = KernelTrace.Begin(kind, problem.M, problem.N, problem.K, problem.Accumulate);
        problem.Split();
        switch (VectorWidth.Bits)
        {
            case 512:
                Run<Lanes512, Vector512<float>>(problem);
                break;
            case 256:
                Run<Lanes256, Vector256<float>>(problem);
                break;
            default:
                Run<Lanes128, Vector128<float>>(problem);
                break;
        }
    }

    private static void Run<TLanes, TVector>(in GemmProblem problem)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        if (problem.Panels == PanelType.Bfloat16)
            WorkPool.Run(problem.Tasks, new GemmWork<TLanes, TVector, Bfloat16Panel<TLanes, TVector>>(problem));
        else
            WorkPool.Run(problem.Tasks, new GemmWork<TLanes, TVector, Float32Panel<TLanes, TVector>>(problem));
    }

    private static void Check(int length, int rows, int columns, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows, "m");
        if (length < (long)rows * columns)
            throw new ArgumentException($"{length} numbers where {rows} x {columns} are needed", name);
    }

    private static void CheckRange(PackedMatrix w, int first, int count, int multiple = PackedMatrix.PanelWidth)
    {
        ArgumentNullException.ThrowIfNull(w);
        ObjectDisposedException.ThrowIf(w.IsDisposed, w);
        if (first < 0 || count < 0 || first + (long)count > w.Outputs || first % multiple != 0)
            throw new ArgumentException($"outputs {first} .. {first + (long)count} of {w.Outputs}; a range starts at a multiple of {multiple}");
    }
}
