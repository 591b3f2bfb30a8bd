"""When two models are equal: the same fields, wherever a tensor keeps its data, absent and empty text being one."""
import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper

TYPED = ("float_data", "int32_data", "int64_data", "double_data", "uint64_data")


def canonical(model: ModelProto, sayable: bool = False) -> bytes:
    """The bytes of a copy in canonical form; `sayable` leaves out what ONNX's text has no form for."""
    copy = ModelProto()
    copy.CopyFrom(model)
    _walk(copy, sayable, True)
    return copy.SerializeToString(deterministic=True)


def _walk(message, sayable: bool, top: bool = False) -> None:
    kind = message.DESCRIPTOR.name
    if kind == "TensorProto":
        _raw(message)
    if sayable and not top:
        for field in ("metadata_props", "doc_string", "denotation", "quantization_annotation"):
            if field in message.DESCRIPTOR.fields_by_name and not (kind == "FunctionProto" and field == "doc_string"):
                message.ClearField(field)
    for field, value in list(message.ListFields()):
        if field.type == field.TYPE_MESSAGE:
            for item in value if field.is_repeated else [value]:
                _walk(item, sayable)
        elif not field.is_repeated and field.type == field.TYPE_STRING and value in ("", "ai.onnx"):
            if field.name == "domain" or value == "":
                message.ClearField(field.name)
    if kind == "ModelProto" and message.model_version == 0:
        message.ClearField("model_version")


def _raw(tensor: TensorProto) -> None:
    if tensor.data_location != TensorProto.EXTERNAL:
        tensor.ClearField("data_location")
        if tensor.data_type not in (TensorProto.STRING, TensorProto.UNDEFINED):
            array = numpy_helper.to_array(tensor)
            if array.dtype in (np.float32, np.float64):
                array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
            raw = numpy_helper.from_array(array).raw_data
            for field in TYPED:
                tensor.ClearField(field)
            tensor.raw_data = raw
