"""PyTorch's side of the training comparisons.

  train.py curve MODEL X Y --shape 1,28,28 --batch 64 --steps 50 --optimizer sgd ...   prints the losses as JSON
  train.py serve MODEL X Y ...   reads `N` a line on stdin, runs N steps, prints [elapsed and processor milliseconds, loss] of each as JSON
  train.py memory MODEL X Y --steps 10 ...   runs the steps, prints resident bytes with libraries loaded and at the peak as JSON
  train.py profile MODEL X Y --steps 10 ...   prints [phase, operator, milliseconds a step] of what the steps' time goes to as JSON

MODEL is an ONNX file or `encoder`, the network of encoder.py. X holds float32 samples (`--tokens`: int64) and Y int32
classes, raw, one after the other; step i takes the i-th batch, round and round.
"""
import argparse
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from encoder import Encoder
from onnx_in_torch import OnnxModule

parser = argparse.ArgumentParser()
parser.add_argument("mode", choices=["curve", "serve", "memory", "profile"])
parser.add_argument("model")
parser.add_argument("x")
parser.add_argument("y")
parser.add_argument("--shape", required=True)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--optimizer", choices=["sgd", "nesterov", "adam", "adamw", "rmsprop"], default="sgd")
parser.add_argument("--rate", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--decay", type=float, default=0.0)
parser.add_argument("--smoothing", type=float, default=0.0)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--tokens", action="store_true")
options = parser.parse_args()

torch.set_num_threads(options.threads)


def resident(key):
    """Bytes of this process now (`VmRSS`) or at most ever (`VmHWM`), as Linux counts them."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(key))


loaded = resident("VmRSS:") if options.mode == "memory" else 0
shape = [int(size) for size in options.shape.split(",")]
x = torch.from_numpy(np.fromfile(options.x, np.int64 if options.tokens else np.float32).reshape(-1, *shape))
y = torch.from_numpy(np.fromfile(options.y, np.int32).astype(np.int64))
model = (Encoder() if options.model == "encoder" else OnnxModule(options.model)).train()
if options.channels_last:
    model = model.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
# Decay spares biases and norms, as in Pare.
groups = [
    {"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": options.decay},
    {"params": [p for p in model.parameters() if p.dim() <= 1], "weight_decay": 0.0},
]
optimizer = {
    "sgd": lambda: torch.optim.SGD(groups, options.rate, momentum=options.momentum),
    "nesterov": lambda: torch.optim.SGD(groups, options.rate, momentum=options.momentum, nesterov=True),
    "adam": lambda: torch.optim.Adam(groups, options.rate),
    "adamw": lambda: torch.optim.AdamW(groups, options.rate),
    "rmsprop": lambda: torch.optim.RMSprop(groups, options.rate),
}[options.optimizer]()
batches = len(y) // options.batch


def step(index):
    at = index % batches * options.batch
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(
        model(x[at : at + options.batch]), y[at : at + options.batch], label_smoothing=options.smoothing
    )
    loss.backward()
    optimizer.step()
    return loss.item()


BACKWARD = "autograd::engine::evaluate_function: "


def place(event):
    """Phase of an event, and the operator that its time is counted for: a gradient's function, or the outermost of the forward pass."""
    names = []
    while event is not None:
        names.append(event.name)
        event = event.cpu_parent
    for name in names:
        if name.startswith("Optimizer."):
            return "update", "update"
        if name.startswith(BACKWARD):
            return "gradients", name.removeprefix(BACKWARD)
    operators = [name for name in names if name.startswith("aten::")]
    return ("forward", operators[-1]) if operators else ("between", "between")


if options.mode == "curve":
    print(json.dumps([step(index) for index in range(options.steps)]))
elif options.mode == "memory":
    for index in range(options.steps):
        step(index)
    print(json.dumps({"loaded": loaded, "peak": resident("VmHWM:")}))
elif options.mode == "profile":
    for index in range(3):
        step(index)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        for index in range(options.steps):
            with torch.profiler.record_function("step"):
                step(index)
    times = {}
    for event in profiler.events():
        key = place(event)
        times[key] = times.get(key, 0) + event.self_cpu_time_total / 1000 / options.steps
    print(json.dumps([[phase, operator, time] for (phase, operator), time in times.items()]))
else:
    done = 0
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start, busy = time.perf_counter(), time.process_time()
            loss = step(done)
            times.append([(time.perf_counter() - start) * 1000, (time.process_time() - busy) * 1000, loss])
            done += 1
        print(json.dumps(times), flush=True)
