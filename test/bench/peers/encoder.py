"""A small transformer for texts as PyTorch's users write it: the peer of the training benchmarks.

  encoder.py FILE   exports it with its first weights
"""
import sys
import warnings

import torch
import torch.nn.functional as F

VOCABULARY, LENGTH, WIDTH, HEADS, INNER, LAYERS, CLASSES = 1000, 64, 128, 4, 512, 2, 10


class Attention(torch.nn.Module):
    """One product for queries, keys and values, and PyTorch's fused attention: faster than `nn.MultiheadAttention`."""

    def __init__(self):
        super().__init__()
        self.project = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.out = torch.nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        q, k, v = (
            part.view(-1, LENGTH, HEADS, WIDTH // HEADS).transpose(1, 2) for part in self.project(x).chunk(3, 2)
        )
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(-1, LENGTH, WIDTH))


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.inner = torch.nn.Sequential(
            torch.nn.Linear(WIDTH, INNER), torch.nn.GELU(), torch.nn.Linear(INNER, WIDTH)
        )

    def forward(self, x):
        x = x + self.attention(self.first(x))
        return x + self.inner(self.second(x))


class Encoder(torch.nn.Module):
    """Embeddings of tokens and places, layers that normalize first, the mean over the places, a linear classifier."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.tokens = torch.nn.Embedding(VOCABULARY, WIDTH)
        self.places = torch.nn.Parameter(torch.randn(LENGTH, WIDTH) * 0.02)
        self.layers = torch.nn.Sequential(*(Layer() for _ in range(LAYERS)), torch.nn.LayerNorm(WIDTH))
        self.scores = torch.nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens):
        return self.scores(self.layers(self.tokens(tokens) + self.places).mean(1))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.onnx.export(
        Encoder(),
        (torch.zeros(2, LENGTH, dtype=torch.int64),),
        sys.argv[1],
        input_names=["tokens"],
        output_names=["scores"],
        dynamic_axes={"tokens": {0: "batch"}, "scores": {0: "batch"}},
        opset_version=18,
        dynamo=False,
    )
    print("{}")
