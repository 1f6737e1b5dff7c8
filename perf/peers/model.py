"""A Qwen3-like decoder in plain PyTorch: RMSNorm, rotary embeddings, grouped-query causal attention with q and k norms, SwiGLU."""
import torch
import torch.nn.functional as F
from torch import nn


class RmsNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Layer(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.heads, self.kv, self.size = o["heads"], o["keyValueHeads"], o["headSize"]
        h, f = o["hidden"], o["intermediate"]
        self.q = nn.Linear(h, self.heads * self.size, bias=False)
        self.k = nn.Linear(h, self.kv * self.size, bias=False)
        self.v = nn.Linear(h, self.kv * self.size, bias=False)
        self.o = nn.Linear(self.heads * self.size, h, bias=False)
        self.gate, self.up = nn.Linear(h, f, bias=False), nn.Linear(h, f, bias=False)
        self.down = nn.Linear(f, h, bias=False)
        self.norm1, self.norm2 = RmsNorm(h), RmsNorm(h)
        self.q_norm, self.k_norm = RmsNorm(self.size), RmsNorm(self.size)

    def forward(self, x, cos, sin, cache, at):
        b, t, _ = x.shape
        y = self.norm1(x)
        q = rotate(self.q_norm(self.q(y).view(b, t, self.heads, self.size)).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(self.k(y).view(b, t, self.kv, self.size)).transpose(1, 2), cos, sin)
        v = self.v(y).view(b, t, self.kv, self.size).transpose(1, 2)
        if cache is not None:
            cache[0][:, :, at:at + t], cache[1][:, :, at:at + t] = k, v
            k, v = cache[0][:, :, :at + t], cache[1][:, :, :at + t]
        k = k.repeat_interleave(self.heads // self.kv, 1)
        v = v.repeat_interleave(self.heads // self.kv, 1)
        scores = q @ k.transpose(-1, -2) / self.size ** 0.5
        if t > 1:
            scores = scores + torch.full((t, at + t), -float("inf")).triu(at + 1)
        x = x + self.o((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, t, -1))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Model(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.o = o
        self.embedding = nn.Embedding(o["vocabulary"], o["hidden"])
        self.layers = nn.ModuleList(Layer(o) for _ in range(o["layers"]))
        self.norm = RmsNorm(o["hidden"])
        with torch.no_grad():
            for weight in self.parameters():
                if weight.dim() > 1:
                    weight.normal_(0, 0.02)

    def cache(self, rows, length):
        shape = (rows, self.o["keyValueHeads"], length, self.o["headSize"])
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in self.layers]

    def forward(self, tokens, caches=None, at=0):
        size = self.o["headSize"]
        frequencies = 10000.0 ** (-torch.arange(0, size, 2).float() / size)
        angles = torch.arange(at, at + tokens.shape[1]).float()[:, None] * frequencies
        x = self.embedding(tokens)
        for i, layer in enumerate(self.layers):
            x = layer(x, angles.cos(), angles.sin(), None if caches is None else caches[i], at)
        return self.norm(x)

    def head(self, x):
        return x @ self.embedding.weight.t()
