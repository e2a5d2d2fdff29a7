"""What the contestants of one framework have in common, whatever they train."""

import contextlib
import itertools

import numpy as np

from benchmarks.problem import LEARNING_RATE


class TensorFlowStep:
    """A step in one ``tf.function``: a subclass gives ``function`` and ``batches``."""

    @staticmethod
    def framework():
        """Return keras and tensorflow, held to one thread."""
        import keras
        import tensorflow as tf

        # the worker's environment says so, too; a TensorFlow that has run refuses to be told
        with contextlib.suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        return keras, tf

    def compile(self, variables, loss_of):
        """Make ``function`` of a loss (x, y) -> number: its gradients, and Adam from Keras."""
        keras, tf = self.framework()
        optimizer = keras.optimizers.Adam(LEARNING_RATE, epsilon=1e-8)
        optimizer.build(variables)

        @tf.function
        def step(x, y):
            with tf.GradientTape() as tape:
                loss = loss_of(x, y)
            gradients = tape.gradient(loss, variables)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        self.function = step

    def step(self, i):
        return self.function(*self.batches[i])

    def value(self, loss):
        return float(loss)


class MyGradStep:
    """MyGrad has no optimisers, so Adam is written out: a subclass gives ``loss_of(x, y)`` and ``batches``."""

    def start(self, values):
        """Make parameters of the starting values, and their moments."""
        import mygrad as mg

        mg.turn_memory_guarding_off()  # as its manual advises for speed
        self.mg, self.parameters = mg, [mg.tensor(w) for w in values]
        self.moments = [
            (np.zeros(p.shape, np.float32), np.zeros(p.shape, np.float32)) for p in self.parameters
        ]
        self.count = itertools.count(1)

    def step(self, i):
        loss = self.loss_of(*self.batches[i])
        loss.backward()
        t = next(self.count)
        for p, (m, v) in zip(self.parameters, self.moments, strict=True):
            m += 0.1 * (p.grad - m)
            v += 0.001 * (p.grad * p.grad - v)
            p.data -= (LEARNING_RATE / (1 - 0.9**t)) * m / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            p.null_grad()
        return loss

    def value(self, loss):
        return float(loss.data)
