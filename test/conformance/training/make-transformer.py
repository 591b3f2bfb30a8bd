"""Writes `transformer.onnx`, a small encoder with random weights, and `transformer.json`, PyTorch's losses when it is trained.

Run with a Python that has test/bench/peers/requirements.txt. Tokens and classes follow from formulas that the test repeats.
"""
import json
import os

import torch
import torch.nn.functional as F

VOCABULARY, LENGTH, WIDTH, CLASSES, BATCH, STEPS = 20, 8, 16, 3, 16, 50


class Encoder(torch.nn.Module):
    """Two layers of attention and a perceptron, written out so that the export is plain."""

    def __init__(self):
        super().__init__()
        self.tokens = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.places = torch.nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.1)
        self.layers = torch.nn.ModuleList([Layer() for _ in range(2)])
        self.scores = torch.nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places
        for layer in self.layers:
            x = layer(x)
        return self.scores(x.mean(1))


class Layer(torch.nn.Module):
    def __init__(self, heads=4):
        super().__init__()
        self.heads = heads
        self.first, self.second = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (torch.nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = torch.nn.Linear(WIDTH, 2 * WIDTH), torch.nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        h = self.first(x)
        split = lambda v: v.reshape(-1, LENGTH, self.heads, WIDTH // self.heads).transpose(1, 2)
        q, k, v = split(self.query(h)), split(self.key(h)), split(self.value(h))
        weights = torch.softmax(q @ k.transpose(2, 3) / (WIDTH // self.heads) ** 0.5, -1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(-1, LENGTH, WIDTH))
        return x + self.down(F.gelu(self.up(self.second(x))))


def batch(step):
    n = torch.arange(BATCH).reshape(-1, 1) + step * BATCH
    t = torch.arange(LENGTH)
    tokens = (7 * n + 3 * t * t + n * t) % VOCABULARY
    return tokens, tokens[:, 0] % CLASSES


torch.manual_seed(1)
model = Encoder()
folder = os.path.dirname(os.path.abspath(__file__))
torch.onnx.export(
    model,
    (batch(0)[0],),
    os.path.join(folder, "transformer.onnx"),
    input_names=["tokens"],
    output_names=["scores"],
    dynamic_axes={"tokens": {0: "batch"}, "scores": {0: "batch"}},
    opset_version=18,
    dynamo=False,
)
optimizer = torch.optim.Adam(model.parameters(), 0.001)
losses = []
for step in range(STEPS):
    tokens, classes = batch(step)
    optimizer.zero_grad()
    loss = F.cross_entropy(model(tokens), classes)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
with open(os.path.join(folder, "transformer.json"), "w") as file:
    file.write(json.dumps(losses) + "\n")
