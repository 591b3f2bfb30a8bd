"""Runs a small ONNX model in PyTorch, with its float initializers as parameters: the peer that training is compared with.

Only the operators of the benchmark models are here; anything else raises.
"""
import numpy as np
import onnx
import onnx.numpy_helper
import torch
import torch.nn.functional as F


class OnnxModule(torch.nn.Module):
    """Values are looked up by their ONNX names; vectors that the exporter shared through Identity get a copy of their own."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        self.nodes = []
        self.input = graph.input[0].name
        self.output = graph.output[0].name
        arrays = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
        running = {name for node in graph.node if node.op_type == "BatchNormalization" for name in node.input[3:5]}
        self.constants = {}
        for node in graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
            elif node.op_type == "Identity" and node.input[0] in arrays and arrays[node.input[0]].ndim == 1:
                arrays[node.output[0]] = arrays[node.input[0]]
            else:
                attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
                self.nodes.append((node.op_type, list(node.input), list(node.output), attributes))
        self.names = {}
        for name, array in arrays.items():
            safe = name.replace(".", "_")
            self.names[name] = safe
            value = torch.from_numpy(array.copy())
            if array.dtype != np.float32 or name in running:
                self.register_buffer(safe, value)
            else:
                self.register_parameter(safe, torch.nn.Parameter(value))

    def forward(self, x):
        values = {self.input: x}

        def get(name):
            if name in values:
                return values[name]
            if name in self.names:
                return getattr(self, self.names[name])
            return self.constants[name]

        for op, inputs, outputs, attributes in self.nodes:
            values[outputs[0]] = OPS[op](self, [get(name) if name else None for name in inputs], attributes)
        return values[self.output]


def conv(_, inputs, a):
    x, w, b = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    n = w.dim() - 2
    pads = a.get("pads", [0] * 2 * n)
    assert pads[:n] == pads[n:], "asymmetric padding"
    f = [F.conv1d, F.conv2d, F.conv3d][n - 1]
    return f(x, w, b, a.get("strides", [1] * n), pads[:n], a.get("dilations", [1] * n), a.get("group", 1))


def max_pool(_, inputs, a):
    n = len(a["kernel_shape"])
    pads = a.get("pads", [0] * 2 * n)
    return F.max_pool2d(inputs[0], a["kernel_shape"], a.get("strides", [1] * n), pads[:n])


def gemm(_, inputs, a):
    x, w = inputs[0], inputs[1]
    assert a.get("alpha", 1) == 1 and a.get("beta", 1) == 1 and not a.get("transA", 0)
    return F.linear(x, w if a.get("transB", 0) else w.t(), inputs[2] if len(inputs) > 2 else None)


def batch_norm(module, inputs, a):
    x, scale, bias, mean, variance = inputs
    return F.batch_norm(
        x, mean, variance, scale, bias, module.training, 1 - a.get("momentum", 0.9), a.get("epsilon", 1e-5)
    )


OPS = {
    "Conv": conv,
    "MaxPool": max_pool,
    "Gemm": gemm,
    "BatchNormalization": batch_norm,
    "Relu": lambda _, i, a: F.relu(i[0]),
    "Flatten": lambda _, i, a: i[0].flatten(1),
    "Add": lambda _, i, a: i[0] + i[1],
    "MatMul": lambda _, i, a: i[0] @ i[1],
    "ReduceMean": lambda _, i, a: i[0].mean(tuple(int(v) for v in i[1]), keepdim=bool(a.get("keepdims", 1))),
    "GlobalAveragePool": lambda _, i, a: i[0].mean((2, 3), keepdim=True),
}
