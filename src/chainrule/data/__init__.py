"""Data sets as arrays: real ones that need no network, larger ones by download, toys, and a novel.

Every loader of images returns a `Split` of x_train, y_train, x_test, y_test. Importing this package costs
nothing beyond NumPy: scikit-learn and pooch are imported by the functions that need them.
"""

from chainrule.data.download import DownloadError, cache_folder
from chainrule.data.minibatches import batches, one_hot, standardize
from chainrule.data.real import digits, fashion_mnist, mnist
from chainrule.data.split import Split
from chainrule.data.sunspots import load_sunspots
from chainrule.data.text import load_persuasion
from chainrule.data.toy import blobs, moons, spirals, xor

__all__ = ["DownloadError", "Split", "batches", "blobs", "cache_folder", "digits", "fashion_mnist",
           "load_persuasion", "load_sunspots", "mnist", "moons", "one_hot", "spirals", "standardize", "xor"]
