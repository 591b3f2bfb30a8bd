"""ONNX Runtime's own static quantizer, as its documentation tells to use it.

  quantize.py MODEL SAMPLES --shape 1,28,28 --out FILE --variant default|per-channel

SAMPLES holds float32 samples, raw, one after the other. Prints the seconds that quantization took, without imports, as JSON.
`default` is `quantize_static` with its defaults (int8 activations and weights, per tensor); `per-channel` has uint8
activations and int8 weights per channel. Both after `quant_pre_process`.
"""
import argparse
import json
import logging
import os
import tempfile
import time

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

logging.disable(logging.WARNING)
parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("samples")
parser.add_argument("--shape", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--variant", choices=["default", "per-channel"], required=True)
options = parser.parse_args()

shape = [int(size) for size in options.shape.split(",")]
samples = np.fromfile(options.samples, np.float32).reshape(-1, *shape)
name = onnxruntime.InferenceSession(options.model, providers=["CPUExecutionProvider"]).get_inputs()[0].name


class Reader(CalibrationDataReader):
    def __init__(self):
        self.batches = iter(np.array_split(samples, max(1, len(samples) // 64)))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {name: batch}


variants = {
    "default": {},
    "per-channel": {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": True},
}
started = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    prepared = os.path.join(folder, "prepared.onnx")
    quant_pre_process(options.model, prepared)
    quantize_static(prepared, options.out, Reader(), **variants[options.variant])
print(json.dumps({"seconds": time.perf_counter() - started}))
