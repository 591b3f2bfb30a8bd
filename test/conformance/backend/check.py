"""Judges what Pare made of ONNX's backend tests: `check.py CASES WORK RESULTS`.

Runs each model as it was, as written back and as up-converted in onnxruntime, and compares texts by onnx.parser.
Writes {case: {aspect: null where it passes, else why not}}; an aspect that does not apply is missing.
"""
import json
import os
import pickle
import sys
import warnings

import ml_dtypes
import numpy as np
import onnx
import onnxruntime as ort
from equal import canonical
from onnx import TensorProto, helper, parser

warnings.simplefilter("ignore")
np.seterr(all="ignore")
ort.set_default_logger_severity(4)


def run(path, inputs):
    """The outputs of a model, or why there are none."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        return None, f"load: {error}"
    try:
        feeds = {info.name: given for info, given in zip(session.get_inputs(), inputs) if given is not None}
        if any(needs_type(item) for item in feeds.values()):
            feeds = {name: ort_value(item) for name, item in feeds.items()}
            return [from_ort(item) for item in session.run_with_ort_values(None, feeds)], None
        try:
            return session.run(None, feeds), None
        except RuntimeError as error:
            if "numpy" not in str(error) and "Numpy" not in str(error):
                raise
            feeds = {name: ort_value(item) for name, item in feeds.items()}
            return [from_ort(item) for item in session.run_with_ort_values(None, feeds)], None
    except Exception as error:
        return None, f"run: {error}"


def needs_type(item):
    return isinstance(item, np.ndarray) and item.dtype.kind == "V" or (
        isinstance(item, np.ndarray) and item.dtype.type.__module__ == "ml_dtypes")


def ort_value(item):
    if needs_type(item):
        kind = int(helper.np_dtype_to_tensor_dtype(item.dtype))
        return ort.OrtValue.ortvalue_from_numpy_with_onnx_type(np.ascontiguousarray(item), kind)
    return ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(item))


def from_ort(item):
    try:
        return item.numpy()
    except Exception:
        return np.from_dlpack(item) if hasattr(item, "__dlpack__") else None


def same(ours, wanted, rtol, atol):
    if isinstance(wanted, (list, tuple)):
        return isinstance(ours, (list, tuple)) and len(ours) == len(wanted) and all(
            same(a, b, rtol, atol) for a, b in zip(ours, wanted))
    if wanted is None or ours is None:
        return ours is None and wanted is None
    if isinstance(wanted, dict):
        return ours == wanted
    ours, wanted = np.asarray(ours), np.asarray(wanted)
    if ours.shape != wanted.shape:
        return False
    if wanted.dtype.kind in "OUS" or ours.dtype.kind in "OUS":
        return bool(np.all(ours.astype(str) == wanted.astype(str)))
    if wanted.dtype.type.__module__ == "ml_dtypes":
        ours, wanted = ours.astype(np.float64), wanted.astype(np.float64)
    return bool(np.allclose(ours, wanted, rtol=rtol, atol=atol, equal_nan=True))


def first_line(text):
    return str(text).strip().split("\n")[0][:300]


def judge_runs(results, cases, work, name):
    with open(os.path.join(cases, name, "values.pkl"), "rb") as file:
        values = pickle.load(file)
    rtol, atol = max(values["rtol"], 1e-5), max(values["atol"], 1e-7)
    inputs, wanted = values["sets"][0]
    original, error = run(os.path.join(cases, name, "model.onnx"), inputs)
    results["onnxruntime"] = first_line(error) if error else None
    for aspect, file in (("written", "written.onnx"), ("upgraded", "upgraded.onnx")):
        path = os.path.join(work, name, file)
        if not os.path.exists(path):
            continue
        ours, problem = run(path, inputs)
        if error:
            # Up-conversion may make a model runnable that was not.
            if aspect == "upgraded" and not problem and not same(ours, wanted, rtol, atol):
                results[aspect] = "outputs differ from the expected ones"
            elif aspect == "upgraded" and not problem:
                results[aspect] = None
            continue
        if problem:
            results[aspect] = first_line(problem)
        elif same(ours, wanted, rtol, atol) or same(ours, original, rtol, atol):
            results[aspect] = None
        else:
            results[aspect] = "outputs differ"


def parsed(text):
    try:
        return parser.parse_model(text), None
    except Exception as error:
        message = error.args[0] if error.args else error
        message = message.decode("utf8", "replace") if isinstance(message, bytes) else str(message)
        return None, " ".join(message.split("\n"))[:300]


def load(*path):
    path = os.path.join(*path)
    return onnx.load_model(path, load_external_data=False) if os.path.exists(path) else None


def read_text(*path):
    path = os.path.join(*path)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf8", newline="") as file:
        return file.read()


def verdict(a, b, sayable=True):
    return None if canonical(a, sayable) == canonical(b, sayable) else "the model differs"


def judge_texts(results, cases, work, name):
    original = load(cases, name, "model.onnx")
    written = load(work, name, "written.onnx")
    if written is not None:
        results["equal"] = verdict(written, original, sayable=False)
    ours = read_text(work, name, "ours.txt")
    if ours is not None:
        model, error = parsed(ours)
        results["printed"] = error if model is None else verdict(model, original)
    again = load(work, name, "reparsed.onnx")
    if again is not None:
        results["reread"] = verdict(again, original)
    theirs = read_text(cases, name, "theirs.txt")
    read = load(work, name, "theirs.onnx")
    if theirs is not None and read is not None:
        model, _ = parsed(theirs)
        results["theirs"] = verdict(read, original if model is None else model)


def main(cases, work, out):
    with open(os.path.join(cases, "cases.json"), encoding="utf8") as file:
        names = [case["name"] for case in json.load(file)["cases"]]
    results = {}
    for name in names:
        results[name] = {}
        for judge in (judge_runs, judge_texts):
            try:
                judge(results[name], cases, work, name)
            except Exception as error:
                results[name][judge.__name__] = f"{type(error).__name__}: {first_line(error)}"
    with open(out, "w", encoding="utf8") as file:
        json.dump({"onnxruntime": ort.__version__, "onnx": onnx.__version__, "results": results}, file)


main(*sys.argv[1:4])
