"""Every example in a docstring gives what it says."""

import doctest
import importlib
import pkgutil
import types

import pytest

import chainrule

MODULES = ["chainrule", *(found.name for found in pkgutil.walk_packages(chainrule.__path__, "chainrule."))]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_are_found():
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(found) >= 25


def test_a_false_example_is_caught(capsys):
    module = types.ModuleType("planted", ">>> 1 + 1\n3\n")
    assert doctest.testmod(module).failed == 1
    assert "Expected:\n    3" in capsys.readouterr().out
