"""One training step: forward, cross-entropy, backward, clipping, AdamW."""
import torch
import torch.nn.functional as F

from common import arguments, serve
from model import Model

options = arguments()
torch.set_num_threads(options["threads"])
torch.manual_seed(1)
model = Model(options)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.01)
tokens = torch.randint(options["vocabulary"], (options["batch"], options["length"] + 1))


def step():
    logits = model.head(model(tokens[:, :-1]))
    loss = F.cross_entropy(logits.reshape(-1, options["vocabulary"]), tokens[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


serve(step)
