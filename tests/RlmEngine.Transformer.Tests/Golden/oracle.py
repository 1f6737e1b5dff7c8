"""Llama, Qwen2 and Qwen3 in plain PyTorch, from the published formulas, on a Hugging Face folder: an independent check of the engine.

    python3 oracle.py FOLDER --ids 1,2,3 [--greedy 64] [--dtype float64]

prints {"ids", "logits" (one list per position), "greedy", "margin"}. It reads config.json and safetensors itself and shares nothing
with the engine. Formulas: Touvron et al. 2023 (Llama), Qwen2 and Qwen3 technical reports, Su et al. 2021 (rotary embedding),
Ainslie et al. 2023 (grouped queries); Llama 3's frequencies as in transformers' _compute_llama3_parameters.
"""
import argparse
import json
import math
import os
import struct

import torch

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_file(path, dtype):
    tensors = {}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            data = torch.frombuffer(bytearray(file.read(end - begin)), dtype=TYPES[entry["dtype"]])
            tensors[name] = data.to(dtype).reshape(entry["shape"])
    return tensors


def read_folder(folder, dtype):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    index = os.path.join(folder, "model.safetensors.index.json")
    names = ["model.safetensors"]
    if os.path.exists(index):
        with open(index) as file:
            names = sorted(set(json.load(file)["weight_map"].values()))
    weights = {}
    for name in names:
        weights.update(read_file(os.path.join(folder, name), dtype))
    return config, weights


def frequencies(config, size):
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta", config.get("rope_theta", 10000.0))
    out = []
    for i in range(size // 2):
        f = 1.0 / theta ** (2.0 * i / size)
        if rope.get("rope_type", rope.get("type", "default")) == "llama3":
            factor, low, high = rope["factor"], rope["low_freq_factor"], rope["high_freq_factor"]
            old = rope["original_max_position_embeddings"]
            wavelength = 2 * math.pi / f
            if wavelength > old / low:
                f = f / factor
            elif not wavelength < old / high:
                smooth = (old / wavelength - low) / (high - low)
                f = (1 - smooth) * f / factor + smooth * f
        out.append(f)
    return torch.tensor(out, dtype=torch.float64)


class Model:
    def __init__(self, config, weights, dtype):
        self.c, self.w, self.dtype = config, weights, dtype
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads", self.heads)
        self.size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.frequencies = frequencies(config, self.size)
        self.tied = config.get("tie_word_embeddings", False)

    def norm(self, x, gain):
        return gain * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c.get("rms_norm_eps", 1e-6)))

    def linear(self, x, name):
        y = x @ self.w[name + ".weight"].T
        return y + self.w[name + ".bias"] if name + ".bias" in self.w else y

    def turn(self, x):
        angles = torch.outer(torch.arange(x.shape[1], dtype=torch.float64), self.frequencies)
        cos, sin = angles.cos().to(self.dtype), angles.sin().to(self.dtype)
        a, b = x.chunk(2, -1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def attention(self, x, p):
        def heads(name, count):
            y = self.linear(x, p + name + "_proj").reshape(len(x), count, self.size)
            if p + name + "_norm.weight" in self.w:
                y = self.norm(y, self.w[p + name + "_norm.weight"])
            return y.transpose(0, 1)

        q, k, v = self.turn(heads("q", self.heads)), self.turn(heads("k", self.kv_heads)), heads("v", self.kv_heads)
        out = []
        for head in range(self.heads):
            group = head * self.kv_heads // self.heads
            scores = q[head] @ k[group].T / math.sqrt(self.size)
            future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
            out.append(torch.softmax(scores.masked_fill(future, -math.inf), -1) @ v[group])
        return self.linear(torch.cat(out, -1), p + "o_proj")

    def logits(self, ids, first=0):
        x = self.w["model.embed_tokens.weight"][torch.tensor(ids)]
        for layer in range(self.c["num_hidden_layers"]):
            p = f"model.layers.{layer}."
            x = x + self.attention(self.norm(x, self.w[p + "input_layernorm.weight"]), p + "self_attn.")
            n = self.norm(x, self.w[p + "post_attention_layernorm.weight"])
            gate = self.linear(n, p + "mlp.gate_proj")
            x = x + self.linear(gate * torch.sigmoid(gate) * self.linear(n, p + "mlp.up_proj"), p + "mlp.down_proj")
        x = self.norm(x[first:], self.w["model.norm.weight"])
        return x @ self.w["model.embed_tokens.weight" if self.tied else "lm_head.weight"].T

    def greedy(self, ids, count):
        """The ids that follow, and the smallest lead of the first over the second, relative to the largest logit."""
        ids, new, margin = list(ids), [], math.inf
        for _ in range(count):
            row = self.logits(ids, len(ids) - 1)[0]
            top = torch.topk(row, 2)
            margin = min(margin, float((top.values[0] - top.values[1]) / row.abs().max()))
            ids.append(int(top.indices[0]))
            new.append(ids[-1])
        return new, margin


def load(folder, dtype):
    return Model(*read_folder(folder, dtype), dtype)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--ids", required=True)
    parser.add_argument("--greedy", type=int, default=0)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    arguments = parser.parse_args()
    ids = [int(i) for i in arguments.ids.split(",")]
    with torch.no_grad():
        model = load(arguments.folder, getattr(torch, arguments.dtype))
        result = dict(ids=ids, logits=model.logits(ids).tolist())
        if arguments.greedy:
            result["greedy"], result["margin"] = model.greedy(ids, arguments.greedy)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
