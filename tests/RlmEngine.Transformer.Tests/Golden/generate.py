"""Golden numbers of the three families from plain PyTorch, in double, written from the published formulas.

Run once with `python3 generate.py` (PyTorch 1.13 or newer) beside this file; it writes llama.json, qwen2.json and qwen3.json.
Weights are computed by a formula that the tests compute too, so only results are stored: log-probs of the whole vocabulary, loss,
gradients, and weights after three AdamW steps with clipping; of long tensors the sum, the norm and evenly spaced entries.
"""
import json
import math
import os

import torch

CONFIG = dict(vocab=61, hidden=24, layers=2, heads=3, kv_heads=1, head=10, intermediate=37, theta=10000.0, eps=1e-6)
LENGTHS = [2, 3, 6, 10, 17, 18, 20]
STEPS, RATE, BETAS, EPSILON, DECAY, CLIP = 3, 1e-2, (0.9, 0.95), 1e-4, 0.1, 0.5
SAMPLES = 23


def shapes(family, tied):
    c = CONFIG
    q, k = c["heads"] * c["head"], c["kv_heads"] * c["head"]
    out = {"model.embed_tokens.weight": (c["vocab"], c["hidden"]), "model.norm.weight": (c["hidden"],)}
    if not tied:
        out["lm_head.weight"] = (c["vocab"], c["hidden"])
    for i in range(c["layers"]):
        p = f"model.layers.{i}."
        for name, rows, columns in [
            ("self_attn.q_proj", q, c["hidden"]), ("self_attn.k_proj", k, c["hidden"]), ("self_attn.v_proj", k, c["hidden"]),
            ("self_attn.o_proj", c["hidden"], q), ("mlp.gate_proj", c["intermediate"], c["hidden"]),
            ("mlp.up_proj", c["intermediate"], c["hidden"]), ("mlp.down_proj", c["hidden"], c["intermediate"]),
        ]:
            out[p + name + ".weight"] = (rows, columns)
            if family == "qwen2" and name[-6:] in ("q_proj", "k_proj", "v_proj"):
                out[p + name + ".bias"] = (rows,)
        out[p + "input_layernorm.weight"] = (c["hidden"],)
        out[p + "post_attention_layernorm.weight"] = (c["hidden"],)
        if family == "qwen3":
            out[p + "self_attn.q_norm.weight"] = (c["head"],)
            out[p + "self_attn.k_norm.weight"] = (c["head"],)
    return out


def weights(family, tied):
    out = {}
    for number, (name, shape) in enumerate(sorted(shapes(family, tied).items())):
        base = 1.0 if name.endswith("norm.weight") else 0.0
        values = [base + 0.3 * math.sin(0.37 * i + 1.7 * number) * math.cos(0.011 * i * number + 0.3) for i in range(math.prod(shape))]
        single = torch.tensor(values, dtype=torch.float64).to(torch.float32)
        out[name] = single.to(torch.float64).reshape(shape).requires_grad_(True)
    return out


def norm(x, gain):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + CONFIG["eps"]) * gain


def rope(x):
    half = x.shape[-1] // 2
    frequencies = CONFIG["theta"] ** (-2.0 * torch.arange(half, dtype=torch.float64) / x.shape[-1])
    angles = torch.arange(x.shape[0], dtype=torch.float64)[:, None, None] * frequencies
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], -1)


def attention(x, w, p, family):
    c, length = CONFIG, x.shape[0]

    def project(which, heads):
        y = x @ w[p + f"self_attn.{which}_proj.weight"].T
        if family == "qwen2":
            y = y + w[p + f"self_attn.{which}_proj.bias"]
        y = y.reshape(length, heads, c["head"])
        if family == "qwen3" and which != "v":
            y = norm(y, w[p + f"self_attn.{which}_norm.weight"])
        return y if which == "v" else rope(y)

    q, k, v = project("q", c["heads"]), project("k", c["kv_heads"]), project("v", c["kv_heads"])
    group = c["heads"] // c["kv_heads"]
    k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
    scores = torch.einsum("ihd,jhd->hij", q, k) / math.sqrt(c["head"])
    hidden = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
    p_hij = torch.softmax(scores.masked_fill(hidden, -math.inf), -1)
    o = torch.einsum("hij,jhd->ihd", p_hij, v).reshape(length, -1)
    return o @ w[p + "self_attn.o_proj.weight"].T


def log_probs(tokens, w, family, tied):
    x = w["model.embed_tokens.weight"][tokens]
    for i in range(CONFIG["layers"]):
        p = f"model.layers.{i}."
        x = x + attention(norm(x, w[p + "input_layernorm.weight"]), w, p, family)
        n = norm(x, w[p + "post_attention_layernorm.weight"])
        gate = n @ w[p + "mlp.gate_proj.weight"].T
        up = n @ w[p + "mlp.up_proj.weight"].T
        x = x + (gate * torch.sigmoid(gate) * up) @ w[p + "mlp.down_proj.weight"].T
    x = norm(x, w["model.norm.weight"])
    head = w["model.embed_tokens.weight"] if tied else w["lm_head.weight"]
    return torch.log_softmax(x @ head.T, -1)


def mean_loss(sequences, w, family, tied):
    losses = [-log_probs(s[:-1], w, family, tied)[torch.arange(len(s) - 1), s[1:]] for s in sequences]
    return torch.cat(losses).mean()


def summary(values):
    flat = values.detach().reshape(-1)
    places = [i * (len(flat) - 1) // (SAMPLES - 1) for i in range(SAMPLES)]
    return dict(sum=float(flat.sum()), norm=float(flat.norm()), samples=[float(flat[i]) for i in places])


def golden(family, tied):
    w = weights(family, tied)
    sequences = [torch.tensor([(7 * i * i + 3 * s + 11 * i) % CONFIG["vocab"] for i in range(n)]) for s, n in enumerate(LENGTHS)]
    result = dict(family=family, tied=tied, lengths=LENGTHS)
    with torch.no_grad():
        result["lastLogProbs"] = [log_probs(s[:-1], w, family, tied)[-1].tolist() for s in sequences]
    matrices = [v for v in w.values() if v.dim() == 2]
    vectors = [v for v in w.values() if v.dim() == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=DECAY), dict(params=vectors, weight_decay=0.0)], lr=RATE, betas=BETAS, eps=EPSILON)
    result["losses"], result["norms"] = [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = mean_loss(sequences, w, family, tied)
        loss.backward()
        if step == 0:
            result["gradients"] = {name: summary(v.grad) for name, v in w.items()}
        result["losses"].append(float(loss.detach()))
        result["norms"].append(float(torch.nn.utils.clip_grad_norm_(list(w.values()), CLIP)))
        optimizer.step()
    result["weights"] = {name: summary(v) for name, v in w.items()}
    with torch.no_grad():
        result["finalLoss"] = float(mean_loss(sequences, w, family, tied))
    return result


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    for family, tied in (("llama", False), ("qwen2", True), ("qwen3", True)):
        with open(os.path.join(here, family + ".json"), "w") as file:
            json.dump(golden(family, tied), file, indent=1)
            file.write("\n")
