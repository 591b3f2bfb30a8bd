"""Writes ONNX's backend tests into a folder: `extract.py FOLDER`. Each case has

model.onnx   the model
bound.onnx   the model with its tensor inputs as constants and without stated types of results: for type inference
theirs.txt   the text that onnx.printer writes
values.pkl   inputs and expected outputs, with tolerances
case.json    expected types and shapes, and the shapes that onnx's own inference finds in bound.onnx
"""
import glob
import json
import os
import pickle
import sys
import warnings

import numpy as np
import onnx
from onnx import ModelProto, OptionalProto, SequenceProto, TensorProto, helper, numpy_helper, printer, shape_inference
from onnx.backend.test.case.node import collect_testcases

warnings.simplefilter("ignore")
np.seterr(all="ignore")


def value(thing):
    """A proto or array as numpy, lists and None."""
    if isinstance(thing, TensorProto):
        return numpy_helper.to_array(thing)
    if isinstance(thing, SequenceProto):
        return numpy_helper.to_list(thing)
    if isinstance(thing, OptionalProto):
        return numpy_helper.to_optional(thing)
    if isinstance(thing, (list, tuple)):
        return [value(item) for item in thing]
    return thing if thing is None or isinstance(thing, dict) else np.asarray(thing)


def stored(path, kind):
    proto = {"sequence_type": SequenceProto, "optional_type": OptionalProto}.get(kind, TensorProto)()
    with open(path, "rb") as file:
        proto.ParseFromString(file.read())
    return value(proto)


def described(thing):
    if isinstance(thing, np.ndarray):
        return {"type": code(thing), "shape": list(thing.shape)}
    return {"kind": "none" if thing is None else type(thing).__name__}


def code(array):
    if array.dtype == object or array.dtype.kind in "US":
        return int(TensorProto.STRING)
    return int(helper.np_dtype_to_tensor_dtype(array.dtype))


def bound(model, inputs):
    copy = ModelProto()
    copy.CopyFrom(model)
    copy.ir_version = max(copy.ir_version, 4)
    constants = {}
    for info, given in zip(model.graph.input, inputs):
        if isinstance(given, np.ndarray) and info.type.HasField("tensor_type"):
            try:
                constants[info.name] = numpy_helper.from_array(given, info.name)
            except Exception:
                pass
    kept = [info for info in copy.graph.input if info.name not in constants]
    del copy.graph.input[:]
    copy.graph.input.extend(kept)
    copy.graph.initializer.extend(constants.values())
    copy.graph.ClearField("value_info")
    for output in copy.graph.output:
        output.ClearField("type")
    return copy


def shapes(model):
    try:
        inferred = shape_inference.infer_shapes(model, check_type=False, strict_mode=False, data_prop=True)
    except Exception:
        return {}
    found = {}
    for output in inferred.graph.output:
        if output.type.HasField("tensor_type") and output.type.tensor_type.HasField("shape"):
            found[output.name] = [
                dim.dim_value if dim.HasField("dim_value") else None for dim in output.type.tensor_type.shape.dim]
    return found


def write(folder, name, group, model, sets, rtol, atol, source=None):
    path = os.path.join(folder, name)
    os.makedirs(path, exist_ok=True)
    if source:
        with open(source, "rb") as file:
            content = file.read()
    else:
        content = model.SerializeToString()
    with open(os.path.join(path, "model.onnx"), "wb") as file:
        file.write(content)
    inputs, outputs = sets[0]
    fixed = bound(model, inputs)
    with open(os.path.join(path, "bound.onnx"), "wb") as file:
        file.write(fixed.SerializeToString())
    try:
        text = printer.to_text(model)
    except Exception:
        text = None
    if text is not None:
        with open(os.path.join(path, "theirs.txt"), "w", encoding="utf8", newline="") as file:
            file.write(text)
    with open(os.path.join(path, "values.pkl"), "wb") as file:
        pickle.dump({"sets": sets, "rtol": rtol, "atol": atol}, file)
    names = [output.name for output in model.graph.output]
    opset = max([item.version for item in model.opset_import if item.domain in ("", "ai.onnx")] or [0])
    return {
        "name": name,
        "group": group,
        "opset": opset,
        "domains": [item.domain for item in model.opset_import],
        "operators": sorted({node.op_type for node in model.graph.node}),
        "outputs": {key: described(item) for key, item in zip(names, outputs)},
        "reference": shapes(fixed),
        "text": text is not None,
    }


def main(folder):
    cases = []
    for case in collect_testcases(None):
        sets = [([value(item) for item in given], [value(item) for item in wanted]) for given, wanted in case.data_sets]
        cases.append(write(folder, case.name, "node", case.model, sets, case.rtol, case.atol))
    data = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
    for group in ("simple", "pytorch-converted", "pytorch-operator"):
        for path in sorted(glob.glob(os.path.join(data, group, "*", "model.onnx"))):
            model = onnx.load(path)
            kinds = [
                [item.type.WhichOneof("value") for item in values] for values in (model.graph.input, model.graph.output)]
            sets = []
            for folder_of_set in sorted(glob.glob(os.path.join(os.path.dirname(path), "test_data_set_*"))):
                sets.append(tuple(
                    [stored(os.path.join(folder_of_set, f"{side}_{i}.pb"), kind)
                     for i, kind in enumerate(of_side) if os.path.exists(os.path.join(folder_of_set, f"{side}_{i}.pb"))]
                    for side, of_side in zip(("input", "output"), kinds)))
            if sets:
                name = os.path.basename(os.path.dirname(path))
                cases.append(write(folder, f"{group}.{name}", group, model, sets, 1e-3, 1e-7, path))
    with open(os.path.join(folder, "cases.json"), "w", encoding="utf8") as file:
        json.dump({"onnx": onnx.__version__, "cases": cases}, file)


main(sys.argv[1])
