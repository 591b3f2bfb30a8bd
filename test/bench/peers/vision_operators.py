"""Operators of torchvision where its own cannot be loaded."""
import sys

import torch


def stand_in_for_vision_operators():
    """
    PyPI's torchvision holds operators for PyTorch with CUDA; beside one without they do not load, and nothing of torchvision
    does. The exporters need their names and shapes, and one right run of each, for the trace.
    """
    try:
        import torchvision  # noqa: F401
        return
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, int sampling_ratio, bool aligned) -> Tensor")

    def nms(boxes, scores, threshold):
        kept = []
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        for index in scores.argsort(descending=True).tolist():
            low, high = torch.maximum(boxes[index, :2], boxes[kept, :2]), torch.minimum(boxes[index, 2:], boxes[kept, 2:])
            common = (high - low).clamp(min=0).prod(1)
            if not bool((common / (area[index] + area[kept] - common) > threshold).any()):
                kept.append(index)
        return torch.tensor(kept, dtype=torch.int64)

    def roi_align(value, boxes, scale, height, width, ratio, aligned):
        return sys.modules["torchvision.ops.roi_align"]._roi_align(value, boxes, scale, height, width, ratio, aligned)

    def roi_align_shape(value, boxes, scale, height, width, ratio, aligned):
        return value.new_empty((boxes.size(0), value.size(1), height, width))
    library.impl("nms", nms, "CPU")
    library.impl("roi_align", roi_align, "CPU")
    library.impl("roi_align", roi_align_shape, "Meta")
    import torchvision  # noqa: F401

    # A function, not a lambda: the exporter for traces compiles its source.
    def have_operators() -> None:
        pass
    for module in (sys.modules["torchvision.ops.boxes"], sys.modules["torchvision.ops.roi_align"]):
        module._assert_has_ops = have_operators
    sys.modules["torchvision.ops.roi_align"]._has_ops = lambda: True
    stand_in_for_vision_operators.library = library
