"""Batched sampling with a key-value cache: prompts are read at once, then one token a row and step, with its log-prob."""
import torch

from common import arguments, serve
from model import Model

options = arguments()
torch.set_num_threads(options["threads"])
torch.manual_seed(1)
model = Model(options).eval()
prompts = torch.randint(options["vocabulary"], (options["batch"], options["prompt"]))


@torch.no_grad()
def decode():
    caches = model.cache(options["batch"], options["prompt"] + options["length"])
    tokens = prompts
    at = 0
    for _ in range(options["length"]):
        log_probs = torch.log_softmax(model.head(model(tokens, caches, at)[:, -1]), -1)
        at += tokens.shape[1]
        tokens = torch.multinomial(log_probs.exp(), 1)
        log_probs.gather(1, tokens)


serve(decode)
