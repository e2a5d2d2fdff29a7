"""Speed of the engine, as ratios against peers in one run: ``python -m benchmarks``."""
