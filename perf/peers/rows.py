"""Rows of logits, as a training script writes it: log-prob with entropy, its gradient, sampling, top-k with top-p."""
import torch

from common import arguments, serve

options = arguments()
torch.set_num_threads(options["threads"])
torch.manual_seed(1)
rows, vocabulary = options["rows"], options["vocabulary"]
logits = torch.rand(rows, vocabulary) * 20 - 10
targets = torch.arange(rows) * 31 % vocabulary


def log_prob_entropy():
    log_probs = torch.log_softmax(logits, dim=-1)
    chosen = log_probs.gather(1, targets[:, None]).squeeze(1)
    entropy = -(log_probs.exp() * log_probs).sum(-1)
    return chosen, entropy


def sample():
    return torch.multinomial(torch.softmax(logits, dim=-1), 1)


def top_k_top_p(k=50, p=0.95):
    ordered, places = torch.sort(logits, dim=-1, descending=True)
    ordered[:, k:] = -float("inf")
    probabilities = torch.softmax(ordered, dim=-1)
    before = probabilities.cumsum(-1) - probabilities
    probabilities[before >= p] = 0
    return places.gather(1, torch.multinomial(probabilities, 1))


with torch.no_grad():
    serve({"logProb": log_prob_entropy, "sample": sample, "topKTopP": top_k_top_p}[options["work"]])
