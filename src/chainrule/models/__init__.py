"""Models that more than one chapter uses."""

from chainrule.models.gpt import GPT, gpt_parameters

__all__ = ["GPT", "gpt_parameters"]
