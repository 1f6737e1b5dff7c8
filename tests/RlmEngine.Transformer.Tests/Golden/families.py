"""Writes families.json: logits and greedy ids of small models of every family, by oracle.py in double.

Run with `python3 families.py` (PyTorch 1.13 or newer). The weights come from a formula the tests compute too, through a folder that
oracle.py reads; only configurations and results are stored.
"""
import json
import math
import os
import struct
import tempfile

import torch

import oracle

PROMPT, NEW = 150, 64
MASK = (1 << 64) - 1

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}


def config(family, hidden, heads, kv_heads, tied, **more):
    return {
        "model_type": family, "vocab_size": 97, "hidden_size": hidden, "intermediate_size": 2 * hidden + 5, "num_hidden_layers": 3,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "max_position_embeddings": 256, "rms_norm_eps": 1e-6,
        "hidden_act": "silu", "tie_word_embeddings": tied, **more,
    }


CASES = {
    "llama3 rope, 5:1, own head size, untied": config(
        "llama", 40, 10, 2, False, head_dim=12, torch_dtype="float32", rope_theta=500.0, rope_scaling=LLAMA3, attention_bias=False, mlp_bias=False),
    "llama3 rope in the new spelling, 3:1, tied": config(
        "llama", 48, 6, 2, True, head_dim=16, dtype="float32", rope_parameters={**LLAMA3, "rope_theta": 500.0, "factor": 32.0}),
    "llama, every head its own, tied": config("llama", 42, 3, 3, True, torch_dtype="float32", rope_theta=10000.0, rms_norm_eps=1e-5),
    "qwen2, 5:1, untied": config("qwen2", 40, 5, 1, False, torch_dtype="float32", rope_theta=1000000.0, use_sliding_window=False, sliding_window=131072),
    "qwen2, 8:1, tied": config("qwen2", 64, 8, 1, True, torch_dtype="float32", rope_theta=1000000.0),
    "qwen3, 2:1, own head size, tied": config("qwen3", 32, 4, 2, True, head_dim=14, torch_dtype="float32", rope_theta=1000000, rope_scaling=None),
    "qwen3, 5:1, untied": config("qwen3", 40, 10, 2, False, head_dim=8, dtype="float32", rope_theta=1000000, layer_types=["full_attention"] * 3),
}


def uniform(number, i):
    """SplitMix64's output number i of stream `number`, as an odd multiple of 2^-24 in (-1, 1)."""
    z = (number * 0xD1342543DE82EF95 + (i + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return (2 * ((z ^ (z >> 31)) >> 40) + 1) / 2.0 ** 24 - 1


def shapes(c):
    hidden, inner = c["hidden_size"], c["intermediate_size"]
    size = c.get("head_dim") or hidden // c["num_attention_heads"]
    q, k = c["num_attention_heads"] * size, c["num_key_value_heads"] * size
    out = {"model.embed_tokens.weight": [c["vocab_size"], hidden], "model.norm.weight": [hidden]}
    if not c["tie_word_embeddings"]:
        out["lm_head.weight"] = [c["vocab_size"], hidden]
    for layer in range(c["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        for name, rows, columns in (
            ("self_attn.q_proj", q, hidden), ("self_attn.k_proj", k, hidden), ("self_attn.v_proj", k, hidden), ("self_attn.o_proj", hidden, q),
            ("mlp.gate_proj", inner, hidden), ("mlp.up_proj", inner, hidden), ("mlp.down_proj", hidden, inner),
        ):
            out[p + name + ".weight"] = [rows, columns]
            if c["model_type"] == "qwen2" and name[-6:-5] in "qkv" and name.startswith("self"):
                out[p + name + ".bias"] = [rows]
        out[p + "input_layernorm.weight"] = out[p + "post_attention_layernorm.weight"] = [hidden]
        if c["model_type"] == "qwen3":
            out[p + "self_attn.q_norm.weight"] = out[p + "self_attn.k_norm.weight"] = [size]
    return dict(sorted(out.items()))


def values(number, name, shape):
    """Norms 1 + u/2, biases u/2, matrices of variance 4 / columns (embeddings 1), u uniform in (-1, 1)."""
    if len(shape) == 1:
        base, scale = (1.0 if name.endswith("norm.weight") else 0.0), 0.5
    else:
        base, scale = 0.0, math.sqrt(3.0) * (1.0 if "embed" in name else 2.0 / math.sqrt(shape[1]))
    return [base + scale * uniform(number, i) for i in range(math.prod(shape))]


def write_folder(folder, c):
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(c, file)
    header, data = {}, b""
    for number, (name, shape) in enumerate(shapes(c).items()):
        numbers = values(number, name, shape)
        block = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = dict(dtype="F32", shape=shape, data_offsets=[len(data), len(data) + len(block)])
        data += block
    text = json.dumps(header).encode()
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def case(name, c):
    ids = [(7 * i * i + 11 * i + 3) % c["vocab_size"] for i in range(PROMPT)]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        write_folder(folder, c)
        model = oracle.load(folder, torch.float64)
        logits = model.logits(ids)
        greedy, margin = model.greedy(ids, NEW)
        last = model.logits(ids + greedy, PROMPT + NEW - 1)[0]
        if margin < 1e-4:
            raise SystemExit(f"{name}: greedy margin {margin} is too small to be told apart in float32")
        positions = [0, 40, PROMPT - 1]
        print(f"{name}: margin {margin:.2e}, {len(set(greedy))} different ids, largest logit {float(logits.abs().max()):.2f}")
        return dict(
            name=name, config=c, ids=ids, positions=positions + [PROMPT + NEW - 1], greedy=greedy, margin=margin,
            logits=[[float(f"{x:.9g}") for x in row.tolist()] for row in (*(logits[p] for p in positions), last)])


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    results = [case(name, c) for name, c in CASES.items()]
    with open(os.path.join(here, "families.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(result, separators=(",", ":")) for result in results) + "\n]\n")
