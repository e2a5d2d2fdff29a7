"""Losses as modules: called with what the model returns, and the target."""

from chainrule.checks import check_number, check_positive
from chainrule.nn import functional as F
from chainrule.nn.functional.arguments import reduction as reduction_of
from chainrule.nn.module import Module


class _Loss(Module):
    def __init__(self, reduction="mean"):
        self.reduction = reduction_of(reduction)

    def describe(self):
        return "" if self.reduction == "mean" else f"reduction={self.reduction!r}"


class MSELoss(_Loss):
    """The squared difference, averaged over all elements."""

    def forward(self, prediction, target):
        return F.mse_loss(prediction, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """Cross-entropy of logits (..., K) against labels (...) or probabilities (..., K)."""

    def __init__(self, label_smoothing=0.0, reduction="mean"):
        self.label_smoothing = check_number(
            label_smoothing, "label_smoothing", minimum=0, maximum=1
        )
        super().__init__(reduction)

    def forward(self, logits, target):
        return F.cross_entropy(logits, target, self.label_smoothing, self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits against targets in [0, 1] of the same shape."""

    def forward(self, logits, target):
        return F.binary_cross_entropy_with_logits(logits, target, self.reduction)


class HuberLoss(_Loss):
    """Quadratic within ±delta, linear beyond."""

    def __init__(self, delta=1.0, reduction="mean"):
        self.delta = check_positive(delta, "delta")
        super().__init__(reduction)

    def forward(self, prediction, target):
        return F.huber_loss(prediction, target, self.delta, self.reduction)
