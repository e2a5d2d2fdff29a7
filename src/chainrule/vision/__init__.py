"""What detectors of objects share: boxes and overlap, anchors, suppression, features of regions, average precision.

A box is (x0, y0, x1, y1), its corners in continuous coordinates with x to the right and y down: pixel j covers
[j, j + 1), so x1 - x0 is a width in pixels and the centre of pixel j stands at j + 0.5.
"""

from chainrule.vision.anchors import anchor_grid, default_boxes, fpn_level
from chainrule.vision.boxes import area, clip, iou, to_centres, to_corners
from chainrule.vision.coding import decode, encode
from chainrule.vision.losses import ciou_loss, diou_loss, giou_loss, iou_loss
from chainrule.vision.matching import hard_negatives, match
from chainrule.vision.precision import (
    average_precision,
    average_precisions,
    mean_average_precision,
    true_positives,
)
from chainrule.vision.regions import roi_align, roi_pool
from chainrule.vision.suppression import nms, soft_nms

__all__ = [
    "anchor_grid", "area", "average_precision", "average_precisions", "ciou_loss", "clip", "decode",
    "default_boxes", "diou_loss", "encode", "fpn_level", "giou_loss", "hard_negatives", "iou", "iou_loss",
    "match", "mean_average_precision", "nms", "roi_align", "roi_pool", "soft_nms", "to_centres", "to_corners",
    "true_positives",
]  # fmt: skip
