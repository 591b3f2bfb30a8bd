"""Exports small architectures with random weights, with both of PyTorch's exporters; nothing is downloaded.

export.py list                      prints the names as JSON
export.py export FOLDER NAME ...    writes FOLDER/NAME.script.onnx (dynamo=False) and FOLDER/NAME.dynamo.onnx (dynamo=True);
                                    what an exporter refuses becomes FOLDER/NAME.EXPORTER.txt, with the reason
"""
import contextlib
import io
import json
import logging
import os
import sys
import warnings

from networks import MODELS

OPSET = 18


def export(name, folder):
    import torch
    torch.manual_seed(1)
    torch.set_num_threads(1)
    # The fused kernel of attention has no form in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    missing = [kind for kind in ("script", "dynamo")
               if not any(os.path.exists(os.path.join(folder, f"{name}.{kind}.{end}")) for end in ("onnx", "txt"))]
    if not missing:
        return
    try:
        model, inputs, batch = MODELS[name]()
        model.eval()
        # Running statistics of their own, so that folding a BatchNormalization changes numbers.
        for module in model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) and module.running_var is not None:
                module.running_mean.uniform_(-0.1, 0.1)
                module.running_var.uniform_(0.8, 1.2)
    except Exception as error:
        model, reason = None, error
    names = [f"input{i}" for i in range(len(inputs))] if model is not None else []
    for kind in missing:
        target = os.path.join(folder, f"{name}.{kind}")
        try:
            if model is None:
                raise reason
            part = f"{target}.part"
            options = {"input_names": names, "opset_version": OPSET}
            if kind == "dynamo":
                shapes = tuple({0: torch.export.Dim("batch")} for _ in inputs) if batch else None
                # A forward that takes any number of inputs has one parameter, the tuple of them.
                if shapes and "inputs" in model.forward.__code__.co_varnames:
                    shapes = (shapes,)
                options.update(dynamo=True, dynamic_shapes=shapes, external_data=False, verbose=False)
            else:
                options.update(dynamo=False, dynamic_axes={each: {0: "batch"} for each in names} if batch else None)
            with torch.no_grad():
                torch.onnx.export(model, inputs, part, **options)
            os.replace(part, f"{target}.onnx")
        except Exception as error:
            with open(f"{target}.txt", "w") as file:
                file.write(f"{type(error).__name__}: {error}"[:4000])


def main(verb, *args):
    if verb == "list":
        print(json.dumps(list(MODELS)))
        return
    folder, *names = args
    os.makedirs(folder, exist_ok=True)
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    from vision_operators import stand_in_for_vision_operators
    stand_in_for_vision_operators()
    for name in names:
        with contextlib.redirect_stdout(io.StringIO()):
            export(name, folder)
    print(json.dumps(names))


if __name__ == "__main__":
    main(*sys.argv[1:])
