"""Writes small recurrent classifiers with random weights and, in `recurrent.json`, PyTorch's losses when they are trained.

Run with a Python that has test/bench/peers/requirements.txt. Tokens and classes follow from formulas that the test repeats.
"""
import json
import os

import torch
import torch.nn.functional as F

VOCABULARY, LENGTH, WIDTH, HIDDEN, CLASSES, BATCH, STEPS = 20, 12, 8, 16, 3, 16, 50


class Last(torch.nn.Module):
    """Embedding, one recurrent layer, the output at the last token."""

    def __init__(self, kind):
        super().__init__()
        self.tokens = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.layer = kind(WIDTH, HIDDEN, batch_first=True)
        self.scores = torch.nn.Linear(HIDDEN, CLASSES)

    def forward(self, tokens):
        return self.scores(self.layer(self.tokens(tokens))[0][:, -1])


class Both(torch.nn.Module):
    """Two layers in both directions, the last states of the upper one."""

    def __init__(self, kind):
        super().__init__()
        self.tokens = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.layers = kind(WIDTH, HIDDEN, num_layers=2, bidirectional=True)
        self.scores = torch.nn.Linear(2 * HIDDEN, CLASSES)

    def forward(self, tokens):
        states = self.layers(self.tokens(tokens).transpose(0, 1))[1]
        states = states[0] if isinstance(states, tuple) else states
        return self.scores(torch.cat([states[-2], states[-1]], 1))


def batch(step):
    n = torch.arange(BATCH).reshape(-1, 1) + step * BATCH
    t = torch.arange(LENGTH)
    tokens = (7 * n + 3 * t * t + n * t) % VOCABULARY
    return tokens, tokens[:, 0] % CLASSES


folder = os.path.dirname(os.path.abspath(__file__))
losses = {}
for name, model in {
    "lstm": lambda: Last(torch.nn.LSTM),
    "gru": lambda: Last(torch.nn.GRU),
    "rnn": lambda: Last(torch.nn.RNN),
    "lstm-both": lambda: Both(torch.nn.LSTM),
    "gru-both": lambda: Both(torch.nn.GRU),
}.items():
    torch.manual_seed(1)
    model = model()
    torch.onnx.export(
        model,
        (batch(0)[0],),
        os.path.join(folder, f"{name}.onnx"),
        input_names=["tokens"],
        output_names=["scores"],
        dynamic_axes={"tokens": {0: "batch"}, "scores": {0: "batch"}},
        opset_version=18,
        dynamo=False,
    )
    optimizer = torch.optim.Adam(model.parameters(), 0.003)
    losses[name] = []
    for step in range(STEPS):
        tokens, classes = batch(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tokens), classes)
        loss.backward()
        optimizer.step()
        losses[name].append(loss.item())
with open(os.path.join(folder, "recurrent.json"), "w") as file:
    file.write(json.dumps(losses) + "\n")
