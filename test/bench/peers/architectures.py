"""What ONNX Runtime makes of models: architectures.py JOBS, a JSON list of {model, optimized, shapes}; prints a JSON list of results.

For each: the nodes of the model, of our optimized one, and of what ORT_ENABLE_BASIC saves; the values whose shapes symbolic
shape inference finds, once the file's own statements are removed, and ours does not, and those where ours is wrong; and the largest difference of the outputs, relative to the
output's magnitude, of the model and the optimized one, both run as they are written.
"""
import json
import os
import re
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnxruntime.tools.symbolic_shape_infer import SymbolicShapeInference

FIRST_TOKEN, LAST_TOKEN, BATCH = 5, 400, 3


def count(graph):
    """Nodes, those of bodies included."""
    return sum(1 + sum(count(body) for attribute in node.attribute for body in [attribute.g, *attribute.graphs] if body.node) for node in graph.node)


def nodes(model):
    return count(model.graph) + sum(count_function(function) for function in model.functions)


def count_function(function):
    return sum(1 for _ in function.node)


def session(path, level, saved=None):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if saved:
        options.optimized_model_filepath = saved
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def feeds(runner):
    """Normal numbers; the first integer input is token numbers, further ones are masks of ones."""
    random = numpy.random.default_rng(7)
    made, tokens = {}, False
    for value in runner.get_inputs():
        shape = [dim if isinstance(dim, int) else BATCH for dim in value.shape]
        if value.type == "tensor(float)":
            made[value.name] = random.standard_normal(shape, dtype=numpy.float32)
        elif tokens:
            made[value.name] = numpy.ones(shape, numpy.int64)
        else:
            made[value.name], tokens = random.integers(FIRST_TOKEN, LAST_TOKEN, shape), True
    return made


def difference(before, after):
    """The largest difference of two lists of arrays relative to each array's magnitude; infinite where kinds or shapes differ."""
    worst = 0.0
    for a, b in zip(before, after, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return float("inf")
        if a.size == 0:
            continue
        a, b = a.astype(numpy.float64), b.astype(numpy.float64)
        if not numpy.array_equal(numpy.isfinite(a), numpy.isfinite(b)):
            return float("inf")
        finite = numpy.isfinite(a)
        scale = max(1e-6, float(numpy.abs(a[finite]).max(initial=0)))
        worst = max(worst, float(numpy.abs(a[finite] - b[finite]).max(initial=0)) / scale)
    return worst


def shapes(model):
    """Shapes by value: numbers and texts; null for a dimension that symbolic inference made a name of its own for."""
    del model.graph.value_info[:]
    return known(SymbolicShapeInference.infer_shapes(model, auto_merge=True))


#: Names that symbolic inference makes up for sizes it does not find.
MADE_UP = re.compile(r"unk__|_o\d+__d\d+")


def known(inferred):
    found = {}
    for value in [*inferred.graph.value_info, *inferred.graph.output]:
        if value.type.HasField("tensor_type") and value.type.tensor_type.HasField("shape"):
            dims = value.type.tensor_type.shape.dim
            found[value.name] = [dim.dim_value if dim.HasField("dim_value") else None if not dim.dim_param or MADE_UP.search(dim.dim_param) else dim.dim_param for dim in dims]
    return found


def fits(stated, actual):
    """True when a stated shape can be the actual one: the same rank, and the same numbers where it has numbers."""
    return stated is not None and len(stated) == len(actual) and all(not isinstance(dim, int) or dim == size for dim, size in zip(stated, actual))


def compare_shapes(model, ours, theirs, given):
    """Names of values that only the peer knows, and of those that we state wrongly. Where the two differ, the run decides."""
    def covers(our, their):
        return our is not None and len(our) == len(their) and all(
            a is None or a == b or (isinstance(a, str) and b is not None) for a, b in zip(their, our))
    disputed = [name for name, shape in theirs.items() if not covers(ours.get(name), shape)]
    if not disputed:
        return [], []
    stated = {value.name for value in model.graph.output}
    inside = {name for node in model.graph.node for name in node.output}
    disputed = [name for name in disputed if name in inside]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in disputed if name not in stated)
    runner = session(model.SerializeToString(), onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    actual = {name: list(value.shape) for name, value in zip(disputed, runner.run(disputed, given)) if hasattr(value, "shape")}
    true = [name for name in actual if fits(theirs[name], actual[name])]
    wrong = [name for name in actual if ours.get(name) is not None and not fits(ours[name], actual[name])]
    return [name for name in true if name not in wrong], wrong


def examine(job, folder):
    saved = os.path.join(folder, "basic.onnx")
    basic = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    none = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session(job["model"], basic, saved)
    model = onnx.load(job["model"])
    result = {"before": nodes(model), "after": nodes(onnx.load(job["optimized"])), "basic": nodes(onnx.load(saved))}
    before, after = session(job["model"], none), session(job["optimized"], none)
    given = feeds(before)
    result["difference"] = difference(before.run(None, given), after.run(None, given))
    try:
        theirs = shapes(onnx.load(job["model"]))
    except Exception as error:
        # It breaks off at some nodes of its own making: then ONNX's inference stands in for it.
        del model.graph.value_info[:]
        result["inference"] = f"{type(error).__name__}: {error}"[:60]
        theirs = known(onnx.shape_inference.infer_shapes(model, data_prop=True))
    result["values"] = len(theirs)
    result["unknown"], result["wrong"] = compare_shapes(model, job["shapes"], theirs, given)
    return result


def attempt(job):
    with tempfile.TemporaryDirectory() as folder:
        try:
            return examine(job, folder)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"[:600]}


with open(sys.argv[1]) as file:
    print(json.dumps([attempt(job) for job in json.load(file)]))
