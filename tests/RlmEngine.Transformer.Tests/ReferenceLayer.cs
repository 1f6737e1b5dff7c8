using System.Numerics;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer.Tests;

/// <summary>One layer of the reference model.</summary>
internal sealed class ReferenceLayer<T>(ModelConfig config, int index)
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private readonly string _prefix = $"model.layers.{index}.";
    private readonly AttentionShape _shape = config.Attention;
    private readonly T _epsilon = T.CreateChecked(config.RmsNormEpsilon);
    private T[] _x = [], _n1 = [], _inverse1 = [], _q = [], _k = [], _v = [], _qRaw = [], _kRaw = [], _qInverse = [], _kInverse = [];
    private T[] _o = [], _m = [], _n2 = [], _inverse2 = [], _gate = [], _up = [], _a = [];

    public T[] Forward(T[] x, AttentionSegment[] segments, int[] positions, Dictionary<string, T[]> w)
    {
        int rows = positions.Length, hidden = config.HiddenSize;
        _x = x;
        (_n1, _inverse1) = Norm(x, w[_prefix + "input_layernorm.weight"]);
        (_q, _qRaw, _qInverse) = Heads(_n1, w, "q", positions, _shape.Heads);
        (_k, _kRaw, _kInverse) = Heads(_n1, w, "k", positions, _shape.KeyValueHeads);
        _v = Linear(_n1, w, "self_attn.v_proj", _shape.KeyValueWidth);
        _o = new T[rows * _shape.QueryWidth];
        Attention.ForwardReference<T>(new AttentionBatch(_shape, segments, []), _q, _k, _v, _o);
        _m = Sum(x, Linear(_o, w, "self_attn.o_proj", hidden));
        (_n2, _inverse2) = Norm(_m, w[_prefix + "post_attention_layernorm.weight"]);
        _gate = Linear(_n2, w, "mlp.gate_proj", config.IntermediateSize);
        _up = Linear(_n2, w, "mlp.up_proj", config.IntermediateSize);
        _a = new T[_gate.Length];
        SwiGlu.ForwardReference<T>(_gate, _up, _a);
        return Sum(_m, Linear(_a, w, "mlp.down_proj", hidden));
    }

    public T[] Backward(T[] dy, AttentionSegment[] segments, int[] positions, Dictionary<string, T[]> w, Dictionary<string, T[]> g)
    {
        T[] da = LinearBackward(dy, _a, w, g, "mlp.down_proj");
        T[] dGate = new T[da.Length], dUp = new T[da.Length];
        SwiGlu.BackwardReference<T>(da, _gate, _up, dGate, dUp);
        T[] dn2 = Sum(LinearBackward(dGate, _n2, w, g, "mlp.gate_proj"), LinearBackward(dUp, _n2, w, g, "mlp.up_proj"));
        T[] dm = Sum(dy, NormBackward(dn2, _m, _inverse2, w, g, "post_attention_layernorm.weight"));

        T[] dOutput = LinearBackward(dm, _o, w, g, "self_attn.o_proj");
        T[] dq = new T[_q.Length], dk = new T[_k.Length], dv = new T[_v.Length];
        Attention.BackwardReference<T>(new AttentionBatch(_shape, segments, []), _q, _k, _v, dOutput, dq, dk, dv);
        dq = HeadsBackward(dq, _qRaw, _qInverse, w, g, "q", positions, _shape.Heads);
        dk = HeadsBackward(dk, _kRaw, _kInverse, w, g, "k", positions, _shape.KeyValueHeads);
        T[] dn1 = Sum(LinearBackward(dq, _n1, w, g, "self_attn.q_proj"), LinearBackward(dk, _n1, w, g, "self_attn.k_proj"));
        dn1 = Sum(dn1, LinearBackward(dv, _n1, w, g, "self_attn.v_proj"));
        return Sum(dm, NormBackward(dn1, _x, _inverse1, w, g, "input_layernorm.weight"));
    }

    private static T[] Sum(T[] a, T[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private (T[] Y, T[] Inverse) Norm(T[] x, T[] gain)
    {
        T[] y = new T[x.Length], inverse = new T[x.Length / gain.Length];
        RmsNorm.ForwardReference<T>(x, gain, _epsilon, y, inverse);
        return (y, inverse);
    }

    private T[] NormBackward(T[] dy, T[] x, T[] inverse, Dictionary<string, T[]> w, Dictionary<string, T[]> g, string name)
    {
        T[] dx = new T[x.Length];
        RmsNorm.BackwardReference<T>(dy, x, w[_prefix + name], inverse, dx, g[_prefix + name]);
        return dx;
    }

    private T[] Linear(T[] x, Dictionary<string, T[]> w, string name, int outputs)
    {
        T[] weight = w[_prefix + name + ".weight"];
        int inputs = weight.Length / outputs, rows = x.Length / inputs;
        T[] y = new T[rows * outputs];
        Gemm.ForwardReference<T>(x, weight, rows, outputs, inputs, y);
        if (!w.TryGetValue(_prefix + name + ".bias", out T[]? bias)) return y;
        for (int i = 0; i < y.Length; i++)
            y[i] += bias[i % outputs];
        return y;
    }

    private T[] LinearBackward(T[] dy, T[] x, Dictionary<string, T[]> w, Dictionary<string, T[]> g, string name)
    {
        T[] weight = w[_prefix + name + ".weight"], dWeight = g[_prefix + name + ".weight"];
        int rows = _x.Length / config.HiddenSize, outputs = dy.Length / rows, inputs = x.Length / rows;
        T[] dx = new T[x.Length];
        Gemm.BackwardInputReference<T>(dy, weight, rows, outputs, inputs, dx);
        Gemm.BackwardWeightReference<T>(dy, x, rows, outputs, inputs, dWeight);
        if (!g.TryGetValue(_prefix + name + ".bias", out T[]? dBias)) return dx;
        for (int i = 0; i < dy.Length; i++)
            dBias[i % outputs] += dy[i];
        return dx;
    }

    private (T[] Y, T[] Raw, T[] Inverse) Heads(T[] x, Dictionary<string, T[]> w, string which, int[] positions, int heads)
    {
        T[] raw = Linear(x, w, $"self_attn.{which}_proj", heads * _shape.HeadSize);
        (T[] y, T[] inverse) = config.HasHeadNorm ? Norm(raw, w[_prefix + $"self_attn.{which}_norm.weight"]) : ([.. raw], []);
        Rope.RotateReference<T>(y, positions, heads, _shape.HeadSize, config.RopeTheta, 1);
        return (y, raw, inverse);
    }

    private T[] HeadsBackward(
        T[] dy, T[] raw, T[] inverse, Dictionary<string, T[]> w, Dictionary<string, T[]> g, string which, int[] positions, int heads)
    {
        Rope.RotateReference<T>(dy, positions, heads, _shape.HeadSize, config.RopeTheta, -1);
        return config.HasHeadNorm ? NormBackward(dy, raw, inverse, w, g, $"self_attn.{which}_norm.weight") : dy;
    }
}
