"""One measured call per line of standard input: "run" is answered by {"seconds", "peakBytes"}."""
import json
import resource
import sys
import time

import torch


def arguments():
    """--name value pairs; whole numbers where they are."""
    words = sys.argv[1:]
    values = {}
    for name, value in zip(words[::2], words[1::2]):
        try:
            values[name[2:]] = int(value)
        except ValueError:
            values[name[2:]] = value
    return values


def product_flops(size=1024):
    """What its BLAS reaches: a comparison with a slow one says nothing."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * size ** 3 / best


def serve(call, warmup=1):
    for _ in range(warmup):
        call()
    print(json.dumps({
        "ready": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", "productFlops": product_flops()}), flush=True)
    for line in sys.stdin:
        if line.strip() != "run":
            break
        start = time.perf_counter()
        call()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "peakBytes": peak}), flush=True)
