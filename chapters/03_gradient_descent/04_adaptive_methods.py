# %% [markdown]
# # Adaptive methods
#
# **After this section** you can compute a step of Adam on paper, say which of its promises it keeps, translate an optimiser's settings
# between PyTorch and Keras, and read a comparison of optimisers with suspicion.
# *Reading: 30 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np

from chainrule import Tensor, data, explore, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# [Gradient descent](01_gradient_descent.ipynb) and [momentum](03_momentum.ipynb) have one [learning rate](../../book/glossary.md#learning-rate) for all
# [parameters](../../book/glossary.md#parameter). Must the weight of a feature that occurs in every sample and the weight of one that occurs in every thousandth share it?
#
# A model of words: each word $k$ has an unknown value $\theta_k$, and each sample shows one word and its value plus noise of variance 1. The gradient is *sparse*: only the word shown
# gets one, $g = \theta_k - y$. The most frequent of ten words is in every second of 8 192 samples, the next in every fourth, the last in eight samples of all. What is the best learning rate for a word seen $n$ times? The mean
# of $n$ samples would have the rate $1/i$ at its $i$-th visit, so: a low one for frequent words, a high one for rare words. **Predict:** with one rate for all, who pays?
#
# Three rules, each with the rate that is best for its mean error over the words: a constant rate; a rate that falls like $1/\sqrt t$ with the global step $t$, as theory advises for
# [stochastic gradient descent](../../book/glossary.md#stochastic-gradient-descent); and one that falls with the gradients *this word* has seen, $\eta/\sqrt{\sum g^2}$.

# %%
visits = 2 ** np.arange(3, 13)                           # 8, 16, ..., 4096 visits in 8192 samples


def word_errors(rule, lr, n_runs=200):
    """Return the mean squared error of each word's value at the end, over n_runs runs."""
    errors = []
    for k, n in enumerate(visits):
        rng = np.random.default_rng(k)
        truth, theta, total = rng.normal(size=n_runs), np.zeros(n_runs), np.zeros(n_runs)
        for i in range(1, n + 1):
            g = theta - truth - rng.normal(size=n_runs)
            total += g * g
            rate = {"constant": 1.0, "1/√t": (i * 8192 / n) ** -0.5, "own history": total**-0.5}[rule]
            theta = theta - lr * rate * g
        errors.append(((theta - truth) ** 2).mean())
    return np.array(errors)


word_rates = {"constant": [0.07, 0.1, 0.14], "1/√t": [4, 6, 9], "own history": [0.35, 0.5, 0.7]}
by_word = {rule: min((word_errors(rule, lr) for lr in rates), key=np.mean) for rule, rates in word_rates.items()}
for rule, errors in by_word.items():
    print(f"{rule:11s} mean {errors.mean():.4f}   most frequent {errors[-1]:.4f}   rarest {errors[0]:.4f}")
claim("adaptive-words", "With a rate of its own for each word the mean error is less than three quarters of what either common rate gives.",
      by_word["own history"].mean() / min(by_word["constant"].mean(), by_word["1/√t"].mean()), at_most=0.75)
claim("adaptive-words-frequent", "The frequent word gains most: its error is less than a fifth.",
      by_word["own history"][-1] / min(by_word["constant"][-1], by_word["1/√t"][-1]), at_most=0.2)

# %% mystnb={"image": {"alt": "Squared error of a word's value against its number of visits, both axes logarithmic. With a constant rate and with a rate falling with the global step the error stays between 0.03 and 0.06 from 30 visits on. With the word's own history it keeps falling, to 0.005 at 4096 visits."}}
_ = plotting.curves({rule: (visits, errors) for rule, errors in by_word.items()}, logx=True, logy=True,
                    title="One rate for all: frequent words pay for rare ones", xlabel="visits of a word", ylabel="squared error of its value")

# %% [markdown]
# Both common rates are a compromise: high enough for the rare words, they leave the frequent ones to jump about in the noise. Falling with the global step is the wrong kind of falling, since a rare word's first visits come late.
# Methods that derive a rate for each parameter from that parameter's gradients are called [adaptive](../../book/glossary.md#adaptive-method).
#
# ## AdaGrad: divide by the history
#
# The third rule is [AdaGrad](../../book/glossary.md#adagrad), of [Duchi, Hazan and Singer, 2011](../../book/bibliography.md#duchi2011adaptive). All operations are element by element:
#
# $$s_t = s_{t-1} + g_t^2, \qquad \theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{s_t}+\varepsilon}\,g_t .$$
#
# *Add up the squared gradients of each parameter; divide its step by the root of the sum.* The gradients 3 and 4 give $s = 9$ and $25$, so the steps are $\eta\cdot 3/3$ and $\eta\cdot 4/5$.
# Under a steady gradient $g$ the sum is $tg^2$, and the step is $\eta/\sqrt t$, **whatever the size of $g$**.
#
# | symbol | shape | meaning |
# |---|---|---|
# | $\theta_t, g_t$ | $(P,)$ | parameters and gradient at step $t = 1, 2, \dots$ |
# | $s_t$, later $v_t$ | $(P,)$ | sum, later running mean, of squared gradients |
# | $m_t$ | $(P,)$ | running mean of gradients |
# | $\beta_1, \beta_2, \rho, \alpha$ | scalars | how much of a running mean is kept at each step |
# | $\varepsilon$ | scalar | keeps the quotient finite |

# %%
def path_with(make, gradient, start, n_steps):
    """Return the parameters before each step and after the last, given gradient(theta, t), (n_steps + 1, *shape)."""
    p = nn.Parameter(np.array(start, float))
    optimizer, path = make([p]), [p.data.copy()]
    for t in range(1, n_steps + 1):
        p.grad = gradient(p.data, t) * np.ones_like(p.data)
        optimizer.step()
        path.append(p.data.copy())
    return np.array(path)


adagrad = lambda lr: lambda params: optim.Adagrad(params, lr=lr)
paper = path_with(adagrad(1.0), lambda theta, t: (3.0, 4.0)[t - 1], 0.0, 2)
claim("adaptive-adagrad-paper", "The gradients 3 and 4 make steps of 1 and 0.8 rates.", -np.diff(paper), expected=[1.0, 0.8], tolerance=1e-9)
steady = np.array([5.0, 0.005])                          # two gradients, a thousandfold apart
lengths = -np.diff(path_with(adagrad(0.1), lambda theta, t: steady, [0.0, 0.0], 400), axis=0)
claim("adaptive-adagrad-root", "Under steady gradients of 5 and of 0.005 step 400 is the same, a twentieth of the first.",
      lengths[-1] / 0.1, expected=[0.05, 0.05], tolerance=1e-6)

# %% [markdown]
# ## RMSProp: forget
#
# AdaGrad never forgets. If the first gradients were large, as they often are in a deep network, all later steps are short. [Tieleman and Hinton, 2012](../../book/bibliography.md#tieleman2012rmsprop), in a slide of a
# lecture, replaced the sum by a running mean; this is [RMSProp](../../book/glossary.md#rmsprop):
#
# $$s_t = \alpha s_{t-1} + (1-\alpha)\,g_t^2, \qquad \theta_{t+1} = \theta_t - \frac{\eta}{\sqrt{s_t}+\varepsilon}\,g_t .$$
#
# Gradients of 100 for 20 steps, then of 1. How long are the steps 200 steps later?

# %%
shock = lambda theta, t: 100.0 if t <= 20 else 1.0
rmsprop = lambda lr, alpha=0.9: lambda params: optim.RMSprop(params, lr=lr, alpha=alpha)
after_shock = {name: -np.diff(path_with(make, shock, 0.0, 220)) for name, make in
               [("AdaGrad", adagrad(0.01)), ("RMSProp", rmsprop(0.01))]}
claim("adaptive-forget-not", "AdaGrad's step is then less than 3e-5, for a learning rate of 0.01.", after_shock["AdaGrad"][-1], at_most=3e-5)
claim("adaptive-forget", "RMSProp's is back at the learning rate, 0.01.", after_shock["RMSProp"][-1], expected=0.01, tolerance=1e-4)
claim("adaptive-rmsprop-first", "But its very first step, from s = 0, is 1/√(1−α) = 10 rates long with PyTorch's α = 0.99.",
      -np.diff(path_with(rmsprop(0.01, 0.99), lambda theta, t: 7.0, 0.0, 1)) / 0.01, expected=[10.0], tolerance=1e-6)

# %% [markdown]
# The price of forgetting comes later in this section. The long first step has a cure, which Adam brings.
#
# ## AdaDelta: mind the units
#
# If $\theta$ is in metres and the loss in francs, $g$ is in francs a metre. Gradient descent subtracts francs a metre from metres. RMSProp subtracts a pure number, $g/\sqrt s$; its $\eta$ has to be in metres.
# [AdaDelta](../../book/glossary.md#adadelta), of [Zeiler, 2012](../../book/bibliography.md#zeiler2012adadelta), multiplies by the running mean size of its own recent *steps*, which is in metres:
#
# $$\delta_t = \frac{\sqrt{u_{t-1}+\varepsilon}}{\sqrt{s_t+\varepsilon}}\,g_t, \qquad u_t = \rho u_{t-1} + (1-\rho)\,\delta_t^2, \qquad \theta_{t+1} = \theta_t - \delta_t .$$
#
# The paper promises that no learning rate has to be tuned by hand. **Predict:** at the start $u$ is zero. What decides the length of the first step?

# %%
adadelta = lambda eps: lambda params: optim.Adadelta(params, rho=0.9, eps=eps)
firsts = [-np.diff(path_with(adadelta(eps), lambda theta, t: np.array([1.0, 1000.0]), [0.0, 0.0], 1), axis=0)[0] for eps in (1e-6, 1e-8)]
claim("adaptive-adadelta-first", "The first step is √(ε/(1−ρ)) for any gradient: 0.00316 with ε = 1e-6, and 0.000316 with 1e-8.",
      firsts, expected=np.outer([1e-6, 1e-8], [1, 1]) ** 0.5 / 0.1**0.5, tolerance=1e-5, relative=True)
growing = -np.diff(path_with(adadelta(1e-6), lambda theta, t: 1.0, 0.0, 500))
print("steps 1, 10, 100, 500 under a steady gradient:", growing[[0, 9, 99, 499]].round(4))

# %% [markdown]
# Three numbers of the same size for gradients a thousandfold apart, and a slow growth from there: the learning rate is still there. It is called $\sqrt\varepsilon$.
#
# ## Adam
#
# [Adam](../../book/glossary.md#adam), of [Kingma and Ba, 2015](../../book/bibliography.md#kingma2015adam), takes [momentum](../../book/glossary.md#momentum) as a running mean of the gradient, RMSProp's running
# mean of its square, and corrects both for starting at zero, the [bias correction](../../book/glossary.md#bias-correction). With $m_0 = v_0 = 0$:
#
# $$m_t = \beta_1m_{t-1} + (1-\beta_1)g_t, \quad v_t = \beta_2v_{t-1} + (1-\beta_2)g_t^2, \quad
#   \hat m_t = \frac{m_t}{1-\beta_1^t}, \quad \hat v_t = \frac{v_t}{1-\beta_2^t}, \quad \theta_{t} = \theta_{t-1} - \eta\,\frac{\hat m_t}{\sqrt{\hat v_t}+\varepsilon} .$$
#
# *A mean gradient, over the root of a mean squared gradient.* A quotient of that kind is at most about 1 in size, and it is near 1 where the gradients agree: a step is about $\eta$ where they do, and less where they do not.
#
# By hand, with $\beta_1=\beta_2=\tfrac12$, $\eta = 0.63$, $\varepsilon = 0$, the start $\theta_0 = 0$ and the gradients $5$, $1$, $-3$:
#
# | time $t$ | gradient $g$ | mean $m$ | square $v$ | share $1-\beta^t$ | corrected $\hat m$ | corrected $\hat v$ | step $\hat m/\sqrt{\hat v}$ | value $\theta$ |
# |---|---|---|---|---|---|---|---|---|
# | 1 | 5 | 5/2 | 25/2 | 1/2 | 5 | 25 | 1 | −0.63 |
# | 2 | 1 | 7/4 | 27/4 | 3/4 | 7/3 | 9 | 7/9 | −1.12 |
# | 3 | −3 | −5/8 | 63/8 | 7/8 | −5/7 | 9 | −5/21 | −0.97 |

# %% tags=["settles-S0-Q8", "settles-SYS-32"]
def adam_path(gradient, theta, lr, betas, eps, n_steps, correct=True):
    """Return Adam's path for gradient(theta, t), (n_steps + 1, *shape); without the bias correction on request."""
    (beta1, beta2), m, v, path = betas, 0.0, 0.0, [theta]
    for t in range(1, n_steps + 1):
        g = gradient(theta, t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if correct else (m, v)
        theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
        path.append(theta)
    return np.array(path)


three = adam_path(lambda theta, t: (5.0, 1.0, -3.0)[t - 1], 0.0, 0.63, (0.5, 0.5), 0.0, 3)
claim("adaptive-adam-paper", "Three steps of Adam lead to −0.63, −1.12 and −0.97, as on paper.", three[1:], expected=[-0.63, -1.12, -0.97], tolerance=1e-12)
wavy_slope = lambda theta, t: np.sin(3 * theta + t) + 0.1 * theta**3
begin = np.random.default_rng(0).normal(size=(4, 3))
same("the equations above are the library's Adam", lambda *a: adam_path(*a),
     lambda gradient, theta, lr, betas, eps, n: path_with(lambda p: optim.Adam(p, lr, betas, eps), gradient, theta, n),
     [(wavy_slope, begin, 0.01, (0.9, 0.999), 1e-8, 100), (wavy_slope, begin, 0.1, (0.5, 0.8), 1e-3, 100)])

# %% [markdown]
# ### What the correction is for
#
# At $t = 1$ the corrected means are $g$ and $g^2$, so the first step is $\eta\,\mathrm{sign}(g)$, for any gradient. Without the correction it is $\eta(1-\beta_1)/\sqrt{1-\beta_2}$: with
# the usual $0.9$ and $0.999$ that is $3.16\,\eta$. **Predict** what follows: does the uncorrected step shrink to $\eta$ from there?

# %%
gradients = np.array([1e-3, -2.0, 500.0])
first = {correct: np.diff(adam_path(lambda theta, t: gradients, np.zeros(3), 0.01, (0.9, 0.999), 1e-8, 1, correct), axis=0)[0] for correct in (True, False)}
claim("adaptive-first-step", "With the correction the first step is 0.01 against the sign of each gradient.", first[True], expected=[-0.01, 0.01, -0.01], tolerance=1e-6)
claim("adaptive-first-uncorrected", "Without it, 0.03162.", np.abs(first[False]), expected=[0.1 / 0.001**0.5 * 0.01] * 3, tolerance=1e-5)
t = np.arange(1, 3001)
uncorrected = np.abs(np.diff(adam_path(lambda theta, t: 1.0, 0.0, 1.0, (0.9, 0.999), 0.0, 3000, correct=False)))
print(f"longest at step {uncorrected.argmax() + 1}: {uncorrected.max():.2f} rates; below 1.1 rates from step {int(np.flatnonzero(uncorrected > 1.1)[-1]) + 2}")
claim("adaptive-uncorrected-peak", "Under a steady gradient the uncorrected step grows, to 6.57 rates at step 12.",
      [uncorrected.argmax() + 1, uncorrected.max()], expected=[12, 6.569], tolerance=0.01)
claim("adaptive-uncorrected-tail", "It takes over 1 700 steps to come within 10 % of the rate.", int(np.flatnonzero(uncorrected > 1.1)[-1]) + 2, at_least=1700, at_most=1800)

# %% mystnb={"image": {"alt": "Length of Adam's step in learning rates against step, under a steady gradient, step on a logarithmic axis. With the correction it is one throughout. Without, it starts at 3.2, rises to 6.6 at step 12 and falls slowly towards one, which it has nearly reached after 3000 steps."}}
shown = np.unique(np.geomspace(1, 3000, 60).astype(int))
_ = plotting.curves({"without correction": (shown, uncorrected[shown - 1]), "with correction": (shown, np.ones(len(shown)))}, logx=True,
                    title="Uncorrected, Adam's first thousand steps are too long", xlabel="step", ylabel="step length (learning rates)")

# %% [markdown]
# The two means forget at different speeds: after 12 steps $m$ has arrived, and $v$ has barely begun. A [warm-up](05_schedules.ipynb) of the learning rate treats the same ailment from outside.
#
# > **Misconception.** Adam is gradient descent plus momentum.
#
# One of the articles behind this book says so. It leaves out the denominator, and with it what sets Adam apart. Multiply the loss by 100: every step of momentum becomes 100 times as long. Adam's numerator and denominator
# both grow a hundredfold. **Predict** what remains.

# %% tags=["settles-F10", "settles-S0-Q8"]
def moved_by(make, factor):
    """Return the largest change of any parameter on the way, if the loss is multiplied by `factor`."""
    usual = path_with(make, wavy_slope, begin, 20)
    return np.abs(path_with(make, lambda theta, t: factor * wavy_slope(theta, t), begin, 20) - usual).max()


adam = lambda eps=1e-8, **more: lambda params: optim.Adam(params, lr=0.01, eps=eps, **more)
moved = {"momentum": moved_by(lambda p: optim.SGD(p, lr=1e-4, momentum=0.9), 100), "Adam": moved_by(adam(), 100),
         "Adam, 1e4": moved_by(adam(), 1e4), "Adam, ε = 0, 2^14": moved_by(adam(0.0), 2.0**14), "Adam, 1e-8": moved_by(adam(), 1e-8)}
for name, change in moved.items():
    print(f"{name:18s} {change:.1e}")
claim("adaptive-scale-momentum", "A loss a hundred times larger moves the path of momentum by more than 0.1.", moved["momentum"], at_least=0.1)
claim("adaptive-scale-adam", "It moves Adam's by less than a millionth.", moved["Adam"], at_most=1e-6)
claim("adaptive-scale-exact", "With ε = 0 and a factor that is a power of two, Adam's path is the same in every bit.", moved["Adam, ε = 0, 2^14"], expected=0.0)

# %% [markdown]
# What remains of Adam's change, a billionth, is $\varepsilon$'s work, and goes when $\varepsilon$ goes.
#
# ### What ε does
#
# Besides saving $0/0$, $\varepsilon$ sets the scale below which a gradient counts as small. Where $\sqrt{\hat v}\gg\varepsilon$ the step has length $\eta$; where $\sqrt{\hat v}\ll\varepsilon$, Adam turns into momentum with the rate $\eta/\varepsilon$.
# The invariance ends there, as the last line above shows for gradients of about $10^{-8}$.

# %%
sizes = 10.0 ** np.array([-4, -8, -12])
for eps in (1e-8, 1e-4):
    step = -np.diff(adam_path(lambda theta, t: sizes, np.zeros(3), 1.0, (0.9, 0.999), eps, 50), axis=0)[-1]
    print(f"ε = {eps:.0e}: steps for gradients of 1e-4, 1e-8, 1e-12 are {step[0]:.2g}, {step[1]:.2g} and {step[2]:.2g} rates")
    claim(f"adaptive-eps-{round(-np.log10(eps))}", "The step is g/(g + ε) rates long.", step, expected=sizes / (sizes + eps), tolerance=1e-6, relative=True)
claim("adaptive-scale-tiny", "A loss a hundred million times smaller does change Adam's path, by more than 0.02.", moved["Adam, 1e-8"], at_least=0.02)

# %% [markdown]
# ## Where Adam fails
#
# > **Misconception.** Adam always converges, at least where the loss is convex.
#
# The proof in the paper has a gap, and [Reddi, Kale and Kumar, 2018](../../book/bibliography.md#reddi2018convergence), put a counter-example into it. On $[-1, 1]$ the gradient is $1010$ with probability $0.01$ and $-10$ otherwise. Its mean is
# $10.1 - 9.9 = 0.2$: the loss is a straight line that falls towards $-1$. With $\beta_2 = 0.99$ the rare large gradient moves the point by about
# $\eta/\sqrt{1-\beta_2} = 10\,\eta$ at most, however large it is (exercise 6, for $\beta_1 = 0$); the hundred small ones between make a short step each, all in the wrong direction. Their proposal
# is [AMSGrad](../../book/glossary.md#amsgrad): divide by the root of the *largest* $v$ so far, which cannot forget. 300 runs side by side, from 0:

# %%
def reddi_positions(n_steps=20_000, n_runs=300, **settings):
    """Return mean and standard error of the position over the runs, at a hundred times, each (100,)."""
    rng, p = np.random.default_rng(0), nn.Parameter(np.zeros(n_runs))
    optimizer, seen = optim.Adam([p], lr=4e-3, **settings), []
    for t in range(1, n_steps + 1):
        p.grad = np.where(rng.random(n_runs) < 0.01, 1010.0, -10.0)
        optimizer.step()
        np.clip(p.data, -1, 1, out=p.data)               # stay in the interval
        if t % (n_steps // 100) == 0:
            seen.append((p.data.mean(), p.data.std() / n_runs**0.5))
    return np.array(seen).T


reddi = {"Adam, β₂ = 0.99": reddi_positions(betas=(0.9, 0.99)), "AMSGrad, β₂ = 0.99": reddi_positions(betas=(0.9, 0.99), amsgrad=True),
         "Adam, β₂ = 0.9999": reddi_positions(betas=(0.9, 0.9999))}
for name, (mean, error) in reddi.items():
    print(f"{name:18s} after 200 steps {mean[0]:+.3f}, 2 000 {mean[9]:+.3f}, 20 000 {mean[-1]:+.3f} ± {error[-1]:.3f}")
adam_mean, amsgrad_mean, long_mean = (mean for mean, _ in reddi.values())
print(f"steps that AMSGrad still needs at its pace: {round((amsgrad_mean[-1] + 1) / (amsgrad_mean[9] - amsgrad_mean[-1]) * 18_000, -5):,.0f}")
claim("adaptive-reddi-adam", "Adam sits at the worst point of the interval: its mean is above 0.9.", adam_mean[-1], at_least=0.9)
claim("adaptive-reddi-amsgrad", "Between steps 2 000 and 20 000 AMSGrad moves the right way, by less than 0.2.",
      amsgrad_mean[-1] - amsgrad_mean[9], at_most=-0.02, at_least=-0.2)
claim("adaptive-reddi-memory", "So does Adam with a memory of ten thousand steps.", long_mean[-1] - long_mean[9], at_most=-0.05)

# %% mystnb={"image": {"alt": "Mean position of 300 runs against step, up to 20 thousand. All three curves start near 0.33. Adam with beta two 0.99 rises to 0.95 within five thousand steps and stays there; AMSGrad and Adam with beta two 0.9999 sink slowly towards 0.25, far from the optimum at minus one."}}
when = np.arange(0.2, 20.1, 0.2)
_ = plotting.curves({name: (when[::3], mean[::3]) for name, (mean, _) in reddi.items()}, ylim=(-1.05, 1.05),
                    title="Adam climbs to the wrong end; the optimum is −1", xlabel="step (thousands)", ylabel="mean position")

# %% [markdown]
# All three begin by climbing: the first large gradient is a hundred steps away. Adam climbs on. AMSGrad turns as soon as its largest $v$ is in place; it does not *arrive* here: at this
# pace it needs hundreds of thousands of steps more. "It converges" is a statement about the limit; what the cell shows is that it moves the right way. The third curve is a warning against the opposite
# haste: Adam itself, with $\beta_2 = 0.9999$, moves the right way too. It fails where its memory, $1/(1-\beta_2)$ steps, is no longer than the time between the gradients that matter.
#
# ## Weight decay is not a penalty any more
#
# > **Misconception.** Weight decay is the L2 penalty, for every optimiser.
#
# For plain gradient descent it is. The gradient of $J + \tfrac\lambda2\lVert\theta\rVert^2$ is $g + \lambda\theta$, and
#
# $$\theta - \eta(g + \lambda\theta) = (1-\eta\lambda)\,\theta - \eta g :$$
#
# every weight shrinks by the factor $1-\eta\lambda$, which is [weight decay](../../book/glossary.md#weight-decay). In Adam the term $\lambda\theta$ goes into $m$ and $v$ with the rest, and is *divided by the
# root of $\hat v$*. Weights with large gradients are then hardly decayed. [AdamW](../../book/glossary.md#adamw), of [Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled), multiplies by $1-\eta\lambda$ outside, *decoupled* from the gradient.
# Two weights, whose gradients are pure noise of size $0.01$ and $10$; 2 000 steps with $\eta = 0.001$ and $\lambda = 0.1$. **Predict** what is left of each.

# %% tags=["settles-S0-Q5"]
def noise_alone(make, n_steps=2000, n_runs=40):
    """Return what is left of two weights that start at 1, over the runs, (2, n_runs)."""
    rng = np.random.default_rng(0)
    return path_with(make, lambda theta, t: rng.normal(size=(2, n_runs)) * [[0.01], [10.0]], np.ones((2, n_runs)), n_steps)[-1]


kept = {name: noise_alone(lambda p, rule=rule: rule(p, lr=1e-3, weight_decay=0.1)) for name, rule in [("Adam with L2", optim.Adam), ("AdamW", optim.AdamW)]}
for name, values in kept.items():
    print(f"{name:12s} {values.mean(1).round(3)} ± {values.std(1, ddof=1).round(3)}   without noise {(1 - 1e-4) ** 2000:.3f}")
claim("adaptive-l2-unequal", "With L2 in Adam the weight with small gradients all but vanishes, and the other is over twenty times as large.",
      kept["Adam with L2"].mean(1)[1] / kept["Adam with L2"].mean(1)[0], at_least=20.0)
claim("adaptive-decoupled-equal", "With AdamW both shrink to (1−ηλ)^2000 = 0.819, within the noise.", kept["AdamW"].mean(1), expected=[0.819] * 2, tolerance=0.03)

# %% [markdown]
# And for gradient descent: the penalty in the loss, the library's `weight_decay`, and a shrinking by hand.

# %% tags=["settles-S0-Q5"]
sgd = lambda decay=0.0, beta=0.0: lambda params: optim.SGD(params, lr=0.05, momentum=beta, weight_decay=decay)
penalised_slope = lambda theta, t: wavy_slope(theta, t) + 0.3 * theta


def shrink_first(beta):
    """Return the path of momentum SGD with decoupled decay: the weights shrink, and the velocity does not know."""
    theta, velocity, path = begin, 0.0, [begin]
    for t in range(1, 101):
        velocity = beta * velocity + wavy_slope(theta, t)
        theta = (1 - 0.05 * 0.3) * theta - 0.05 * velocity
        path.append(theta)
    return np.array(path)


three_ways = [path_with(sgd(), penalised_slope, begin, 100), path_with(sgd(0.3), wavy_slope, begin, 100), shrink_first(0.0)]
claim("adaptive-sgd-decay", "For plain gradient descent the three are one path.", [np.abs(path - three_ways[0]).max() for path in three_ways[1:]], at_most=1e-12)
apart = np.abs(path_with(sgd(0.3, 0.9), wavy_slope, begin, 100) - shrink_first(0.9)).max()
claim("adaptive-momentum-decay", "With momentum 0.9 the two kinds of decay already part, by more than 0.1.", apart, at_least=0.1)

# %% [markdown]
# Even there the identity ties the two numbers together: the decay that a rate of $0.1$ and $\lambda = 0.01$ give is $\eta\lambda = 0.001$ a step. Change $\eta$, and in both PyTorch and Keras the decay changes with it.
#
# ## The axes matter
#
# "One rate per coordinate" presupposes that the coordinates mean something. Take the bowl $\tfrac12(x^2 + 1000y^2)$ and turn it by an angle: the same bowl, seen in other coordinates. Gradient descent cannot tell. Can Adam?

# %%
def turned_losses(make, angles, n_steps=200):
    """Return the paths, turned back, and the final losses, for the bowl turned by each of the angles."""
    turn = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]])       # (2, 2, n)
    back = lambda points: np.einsum("jin,...jn->...in", turn, points)
    slope = lambda p, t: np.einsum("ijn,jn->in", turn, np.array([[1.0], [1000.0]]) * back(p))
    start = np.einsum("ijn,j->in", turn, np.array([1.0, 0.6]))
    paths = back(path_with(make, slope, start, n_steps))                                        # (n_steps + 1, 2, n)
    return paths, 0.5 * (paths[-1] ** 2 * [[1.0], [1000.0]]).sum(0)


angles = np.radians(np.arange(0, 91, 7.5))
descent_paths, descent_losses = turned_losses(lambda p: optim.SGD(p, lr=1 / 1000), angles)
claim("adaptive-rotation-gd", "Turned back, gradient descent's path is the same for every angle.", np.abs(descent_paths - descent_paths[..., :1]).max(), at_most=1e-10)
adam_grid = 2.0 ** np.arange(-6, 5)
adam_turned = [turned_losses(lambda p, lr=lr: optim.Adam(p, lr=lr), angles) for lr in adam_grid]
adam_losses = np.min([losses for _, losses in adam_turned], axis=0)                             # each angle at its own best rate
paths_01 = turned_losses(lambda p: optim.Adam(p, lr=0.1), angles)[0]
for i in (0, 2, 4, 6):
    print(f"angle {np.degrees(angles[i]):3.0f}: Adam {adam_losses[i]:.0e}, gradient descent {descent_losses[i]:.2f}")
claim("adaptive-rotation-adam", "Adam's path changes: at 45 degrees it is elsewhere by more than 0.3.", np.abs(paths_01[..., 6] - paths_01[..., 0]).max(), at_least=0.3)
claim("adaptive-rotation-loss", "Along the axes its loss is less than a thousandth of what it is at 45 degrees.", adam_losses[0] / adam_losses[6], at_most=1e-3)
claim("adaptive-rotation-still", "Even there it is below gradient descent's.", adam_losses[6] / descent_losses[6], at_most=0.5)

# %% mystnb={"image": {"alt": "Loss after 200 steps on a logarithmic axis against the angle by which the bowl is turned. Gradient descent lies at 0.34 for every angle. Adam lies at 1e-8 for 0 and 90 degrees, and rises to a broad hump of 0.02 around 45 degrees."}}
_ = plotting.curves({"gradient descent": (np.degrees(angles), descent_losses), "Adam, best rate for each angle": (np.degrees(angles), adam_losses.clip(1e-12))},
                    logy=True, title="Adam sees the valley only along the axes", xlabel="angle of the bowl (degrees)", ylabel="loss after 200 steps")

# %% [markdown]
# Along the axes the condition number does not trouble Adam: each coordinate has its own scale, and 1000 is divided away. Turned, both coordinates see the same mixture of steep and flat, and there is nothing to divide.
# A network's axes are its single weights. Whether those are the right ones is a property of the problem, which is why experiments on networks cannot be replaced by this picture, nor the picture by them.
#
# ## Explore: the race, with Adam
#
# The valley of Rosenbrock's function is bent, so no fixed axes fit. **Try to answer first:** Adam's step is about as long as its rate. With a rate of 0.5, will it settle in the valley or jump about?

# %%
explore.race("rosenbrock", adam_lr=0.5)

# %% [markdown]
#
# ## Signs and matrices: NAdam, Lion, Muon
#
# Three more, in short.
#
# - [NAdam](../../book/glossary.md#nadam), of [Dozat, 2016](../../book/bibliography.md#dozat2016incorporating): Adam with [Nesterov's](03_momentum.ipynb) look-ahead. The gradient of this step counts twice, in $\hat m$ and once more by itself.
# - [Lion](../../book/glossary.md#lion), of [Chen et al., 2023](../../book/bibliography.md#chen2023symbolic), found by a search over programs: the sign of a momentum, $\theta \leftarrow \theta - \eta\,\mathrm{sign}(\beta_1m + (1-\beta_1)g)$, and then $m\leftarrow\beta_2m+(1-\beta_2)g$.
#   It stores one number a parameter, and every parameter moves by exactly $\eta$.
# - [Muon](../../book/glossary.md#muon), of [Jordan et al., 2024](../../book/bibliography.md#jordan2024muon), for weight *matrices*: a momentum $M = U\Sigma V^\top$ is replaced by nearly $UV^\top$, so that the step has about the same length in every direction of the matrix. The singular value
#   decomposition is not computed; five times $X\leftarrow aX + b\,XX^\top X + c\,(XX^\top)^2X$ moves all singular values near 1.

# %%
lion_steps = np.abs(np.diff(path_with(lambda p: optim.Lion(p, lr=0.01), wavy_slope, begin, 100), axis=0))
claim("adaptive-lion", "Every one of Lion's 1 200 steps is 0.01 long.", [lion_steps.min(), lion_steps.max()], expected=[0.01, 0.01], tolerance=1e-12)
rng = np.random.default_rng(0)
raw = np.outer(rng.normal(size=64), rng.normal(size=32)) + 0.1 * rng.normal(size=(64, 32))      # one direction dominates, as in many gradients
spectra = {"gradient": np.linalg.svd(raw, compute_uv=False), "after Newton-Schulz": np.linalg.svd(optim.newton_schulz(raw), compute_uv=False)}
for name, values in spectra.items():
    print(f"{name:20s} singular values from {values.min():.3f} to {values.max():.3f}")
claim("adaptive-muon-before", "The largest singular value of the matrix is over 50 times the smallest.", spectra["gradient"].max() / spectra["gradient"].min(), at_least=50.0)
claim("adaptive-muon-after", "After five iterations all of them lie between 0.65 and 1.25.",
      [spectra["after Newton-Schulz"].min(), spectra["after Newton-Schulz"].max()], at_least=0.65, at_most=1.25)
try:
    optim.Muon([nn.Parameter(np.zeros(10))])
    refused = False
except ValueError as error:
    refused = True
    print(error)
claim("adaptive-muon-vectors", "A bias is no matrix: Muon refuses it, and leaves it to another optimiser.", refused, expected=True)

# %% mystnb={"image": {"alt": "The 32 singular values of a matrix on a logarithmic axis. Those of the gradient fall from 44 at the first to 1.3 at the second and 0.3 at the last; after the Newton-Schulz iteration all lie between 0.7 and 1.1."}}
_ = plotting.curves({name: (np.arange(1, 33), values) for name, values in spectra.items()}, logy=True,
                    title="Muon makes every direction of a matrix count alike", xlabel="number of the singular value", ylabel="singular value")

# %% [markdown]
# Muon has what Adam lacks: turn the rows or columns of a matrix, $M\to QM$, and the step turns with it, since $QM = (QU)\Sigma V^\top$.

# %%
Q, _ = np.linalg.qr(rng.normal(size=(64, 64)))
claim("adaptive-muon-turned", "To orthogonalise a turned matrix is to turn the orthogonalised one.",
      np.abs(optim.newton_schulz(Q @ raw) - Q @ optim.newton_schulz(raw)).max(), at_most=1e-10)
claim("adaptive-sign-turned", "The signs of a turned matrix are not the turned signs.", np.abs(np.sign(Q @ raw) - Q @ np.sign(raw)).max(), at_least=0.5)

# %% [markdown]
# ## A comparison, and what it proves
#
# A network 64-32-10 on digits, 100 [mini-batches](../../book/glossary.md#minibatch) of 64. Each method gets the same small grid of seven rates, a factor of four apart; the rate with the lowest mean loss over two seeds is chosen, and **fresh** seeds give the result. First on the pixels as they are, and then
# with each pixel multiplied by a factor of its own between 0.03 and 30: features of unlike scale.

# %%
digits = data.digits()
pixel_scale = 10.0 ** np.random.default_rng(7).uniform(-1.5, 1.5, 64)
inputs = {"as they are": digits.x_train, "unlike scales": (digits.x_train * pixel_scale).astype(np.float32)}


def muon_and_adamw(params, lr):
    return [optim.Muon([p for p in params if p.ndim == 2], lr=lr, weight_decay=0.0),
            optim.AdamW([p for p in params if p.ndim != 2], lr=3e-3, weight_decay=0.0)]


contest = {"SGD": optim.SGD, "momentum": lambda p, lr: optim.SGD(p, lr, momentum=0.9), "AdaGrad": optim.Adagrad, "RMSProp": optim.RMSprop,
           "AdaDelta": optim.Adadelta, "Adam": optim.Adam, "NAdam": optim.NAdam, "Lion": optim.Lion, "Muon": muon_and_adamw}
contest_grid = {name: 4.0 ** np.arange(-6, 1) for name in contest} | {
    "SGD": 4.0 ** np.arange(-4, 3), "momentum": 4.0 ** np.arange(-5, 2), "AdaDelta": 4.0 ** np.arange(-3, 4)}


def contest_loss(x, name, lr, seed, n_steps=100):
    """Return the training loss after n_steps."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.Tanh(), nn.Linear(32, 10, rng=rng))
    made = contest[name](list(model.parameters()), lr=lr)
    optimizers = made if isinstance(made, list) else [made]
    for _ in range(n_steps):
        rows = rng.integers(0, len(x), 64)
        model.zero_grad()
        F.cross_entropy(model(Tensor(x[rows])), digits.y_train[rows]).backward()
        for optimizer in optimizers:
            optimizer.step()
    return F.cross_entropy(model(Tensor(x)), digits.y_train).item()


# %%
sweeps, at_best_rate = {}, {}
for kind, x in inputs.items():
    for name in contest if kind == "as they are" else ("momentum", "AdaGrad", "Adam", "Muon"):
        sweeps[kind, name] = np.array([[contest_loss(x, name, lr, seed) for seed in (0, 1)] for lr in contest_grid[name]]).mean(1)
        lr = contest_grid[name][sweeps[kind, name].argmin()]
        at_best_rate[kind, name] = np.array([contest_loss(x, name, lr, seed) for seed in range(10, 15)])
        print(f"{kind:14s} {name:9s} rate {lr:8.4f}: loss {at_best_rate[kind, name].mean():.3f} ± {at_best_rate[kind, name].std(ddof=1):.3f}")
mean_of = {key: values.mean() for key, values in at_best_rate.items()}
claim("adaptive-contest-plain", "On plain pixels momentum is within a factor of two of Adam.", mean_of["as they are", "momentum"] / mean_of["as they are", "Adam"], at_least=0.5, at_most=2.0)
claim("adaptive-contest-muon", "Muon has less than four fifths of momentum's loss.", mean_of["as they are", "Muon"] / mean_of["as they are", "momentum"], at_most=0.8)
claim("adaptive-contest-unlike", "With unlike scales it has more than twice Adam's loss.", mean_of["unlike scales", "momentum"] / mean_of["unlike scales", "Adam"], at_least=2.0)

# %% [markdown]
# **What the table shows.** At their own best rates, momentum, Adam and Lion differ by about as much as the seeds do; Muon is ahead here. With unlike scales, methods with a rate for each coordinate beat a common rate
# by more than a factor of two, as in the example of the words.
#
# **What it does not show.** It is one small network, 100 steps, one batch size, the training loss, and a grid so coarse that a method's true best rate may lie a factor of two away. Nothing follows about longer runs, or about the
# test error. [Choi et al., 2019](../../book/bibliography.md#choi2019empirical), point out that a large $\varepsilon$ makes Adam into momentum, so tuned well enough it cannot lose; and that the ranking of optimisers changes
# with how much is tuned. [Schmidt, Schneider and Hennig, 2021](../../book/bibliography.md#schmidt2021descending), ran fifteen of them and found none that wins everywhere. And there may be a
# remedy that no optimiser can match. **Predict:** momentum again, on the unlike pixels, each divided by its standard deviation.

# %%
standardised, _ = data.standardize(inputs["unlike scales"], inputs["unlike scales"])
sweep = np.array([[contest_loss(standardised, "momentum", lr, seed) for seed in (0, 1)] for lr in contest_grid["momentum"]]).mean(1)
lr = contest_grid["momentum"][sweep.argmin()]
scaled = np.array([contest_loss(standardised, "momentum", lr, seed) for seed in range(10, 15)])
print(f"momentum, standardised pixels, rate {lr}: loss {scaled.mean():.3f} ± {scaled.std(ddof=1):.3f}")
claim("adaptive-standardise", "Standardised inputs help momentum more than Adam's rates help: a fifth of Adam's loss on the unlike ones, or less.",
      scaled.mean() / mean_of["unlike scales", "Adam"], at_most=0.2)

# %% [markdown]
#
# > **Misconception.** Adam needs no tuning: leave the learning rate at 0.001.

# %%
adam_curve = dict(zip(contest_grid["Adam"], sweeps["as they are", "Adam"]))
at_default = np.mean([contest_loss(inputs["as they are"], "Adam", 1e-3, seed) for seed in range(10, 15)])
print(f"default 0.001: {at_default:.3f}   best of the grid: {mean_of['as they are', 'Adam']:.3f}   at rate 1: {adam_curve[1.0]:.3f}")
claim("adaptive-neighbour", "One grid step above Adam's best rate the loss is already more than three times as large.",
      sweeps["as they are", "Adam"][sweeps["as they are", "Adam"].argmin() + 1] / sweeps["as they are", "Adam"].min(), at_least=3.0)
claim("adaptive-default", "After 100 steps the default has more than ten times the loss of the best rate.", at_default / mean_of["as they are", "Adam"], at_least=10.0)


# %% mystnb={"image": {"alt": "Loss after 100 steps against learning rate, both axes logarithmic, for momentum, plain SGD, Adam, Lion and Muon. Each curve is a V: it falls from about 2 to a minimum, at a rate between 0.016 for Lion and 1 for SGD, and rises steeply to the right of it, to 10 or more, where it is cut off."}}
curves = {name: (contest_grid[name], sweeps["as they are", name].clip(max=10)) for name in ("SGD", "momentum", "Adam", "Lion", "Muon")}
_ = plotting.curves(curves, logx=True, logy=True, labels="legend", title="Every method has a valley of good rates, and none a plain",
                    xlabel="learning rate η", ylabel="loss after 100 steps")

# %% [markdown]
# Adam's rate has a meaning, the length of a step, and so a guess can be made before the loss is known. That is convenience, not optimality: two neighbours in the grid, a factor of four apart, can differ several times in the loss. (A run of 100 steps favours long
# steps. With more of them the default may catch up; here it decides.)
#
# ## In the frameworks
#
# Names agree between libraries, constants and the place of $\varepsilon$ do not. This book follows PyTorch.
#
# | | PyTorch | Keras |
# |---|---|---|
# | AdaGrad | $\sqrt s+\varepsilon$, $s_0 = 0$, $\varepsilon = 10^{-10}$ | $\sqrt{s+\varepsilon}$, $s_0 = 0.1$, $\varepsilon = 10^{-7}$ |
# | RMSProp | $\sqrt s+\varepsilon$, $\alpha = 0.99$; no bias correction | $\sqrt{s+\varepsilon}$, called `rho` $= 0.9$; no bias correction |
# | AdaDelta | $\varepsilon$ under both roots; $\eta = 1$, $\rho = 0.9$ | the same; $\eta = 0.001$, $\rho = 0.95$ |
# | Adam | $\sqrt{\hat v}+\varepsilon$, $\varepsilon = 10^{-8}$ | $\sqrt v+\varepsilon$ *before* the correction, $10^{-7}$: equal to $\varepsilon/\sqrt{1-\beta_2^t}$ after it |
# | AMSGrad | largest $v$, before the correction | the same; the paper has no correction |
# | weight decay | L2 in `Adam`, decoupled in `AdamW`: $(1-\eta\lambda)\theta$, then the step | decoupled in *every* optimiser |
# | NAdam | $\beta_1$ warms up at the pace `momentum_decay` $= 0.004$ | that pace is fixed at 1 |
# | Lion | none | sign of the mixed momentum; decoupled |
# | Muon | orthogonalises in bfloat16, scales by $\sqrt{\max(1, n_\text{out}/n_\text{in})}$ | in the parameter's type, scales by `rms_rate`; vectors by AdamW |
#
# The network is 64-12-10 on 300 digits, in float64, without biases, so that Muon can join. Constants are exact in float32, through which Keras passes them, and $\varepsilon$ vanishes where the libraries put it differently. First Adam:

# %%
X, Y = digits.x_train[:300].astype(np.float64), digits.y_train[:300]
rng = np.random.default_rng(1)
weights = [rng.normal(0, 1 / 8, (64, 12)), rng.normal(0, 1 / 3, (12, 10))]
LR, B1, B2, TINY = 2**-7, 0.875, 1 - 2**-10, 1e-12

# %% tags=["fw-numpy"]
def engine_run(make):
    P = [nn.Parameter(w.copy()) for w in weights]
    optimizer, path = make(P), []
    for step in range(100):
        logits = (Tensor(X) @ P[0]).tanh() @ P[1]
        loss = F.cross_entropy(logits, Y)
        optimizer.zero_grad(); loss.backward()
        if step == 0: first = logits.data, [p.grad.copy() for p in P]
        path.append(loss.item()); optimizer.step()
    return *first, path
adam_numpy = engine_run(lambda P: optim.Adam(P, LR, (B1, B2), TINY))

# %% tags=["fw-torch"]
import torch
def torch_run(make):
    P = [torch.tensor(w, requires_grad=True) for w in weights]
    optimizer, path = make(P), []
    for step in range(100):
        logits = torch.tanh(torch.tensor(X) @ P[0]) @ P[1]
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(Y))
        optimizer.zero_grad(); loss.backward()
        if step == 0: first = logits.detach(), [p.grad.clone() for p in P]
        path.append(loss.item()); optimizer.step()
    return *first, path
adam_torch = torch_run(lambda P: torch.optim.Adam(P, LR, (B1, B2), TINY))

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf
def keras_run(optimizer):
    P = [keras.Variable(w, dtype="float64") for w in weights]; optimizer.build(P)
    @tf.function
    def step():
        with tf.GradientTape() as tape:
            logits = tf.tanh(X @ P[0].value) @ P[1].value
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(Y, logits))
        grads = tape.gradient(loss, [p.value for p in P])
        optimizer.apply(grads, P); return logits, grads, loss
    done = [step() for _ in range(100)]; return *done[0][:2], [float(d[2]) for d in done]
adam_tf = keras_run(keras.optimizers.Adam(LR, B1, B2, TINY))

# %% tags=["settles-S0-Q8", "settles-SYS-32"]
runs = {"numpy": adam_numpy, "torch": adam_torch, "tensorflow": adam_tf}
parity("adaptive-adam", outputs={name: run[0] for name, run in runs.items()},
       gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})

# %% [markdown]
# Then all the others, one line each.

# %% tags=["fw-numpy"]
engine_runs = {name: engine_run(make) for name, make in {
    "Adagrad": lambda P: optim.Adagrad(P, LR, initial_accumulator_value=0.125, eps=0.0),
    "RMSprop": lambda P: optim.RMSprop(P, LR, 0.875, TINY),
    "Adadelta": lambda P: optim.Adadelta(P, 1.0, 0.875, 2**-20),
    "AdamW": lambda P: optim.AdamW(P, LR, (B1, B2), TINY, weight_decay=0.125),
    "AMSGrad": lambda P: optim.Adam(P, LR, (B1, 0.75), TINY, amsgrad=True),
    "NAdam": lambda P: optim.NAdam(P, LR, (B1, B2), momentum_decay=1.0),
    "Lion": lambda P: optim.Lion(P, LR, (B1, 1 - 2**-6), weight_decay=0.125),
    "Muon": lambda P: optim.Muon(P, LR, momentum=B1, weight_decay=0.125)}.items()}

# %% tags=["fw-torch"]
torch_runs = {name: torch_run(make) for name, make in {
    "Adagrad": lambda P: torch.optim.Adagrad(P, LR, initial_accumulator_value=0.125, eps=0.0),
    "RMSprop": lambda P: torch.optim.RMSprop(P, LR, 0.875, TINY),
    "Adadelta": lambda P: torch.optim.Adadelta(P, 1.0, 0.875, 2**-20),
    "AdamW": lambda P: torch.optim.AdamW(P, LR, (B1, B2), TINY, weight_decay=0.125),
    "AMSGrad": lambda P: torch.optim.Adam(P, LR, (B1, 0.75), TINY, amsgrad=True),
    "NAdam": lambda P: torch.optim.NAdam(P, LR, (B1, B2), momentum_decay=1.0)}.items()}

# %% tags=["fw-tensorflow"]
of = keras.optimizers
keras_runs = {name: keras_run(optimizer) for name, optimizer in {
    "Adagrad": of.Adagrad(LR, initial_accumulator_value=0.125, epsilon=0.0),
    "RMSprop": of.RMSprop(LR, 0.875, epsilon=1e-14),
    "Adadelta": of.Adadelta(1.0, 0.875, epsilon=2**-20),
    "AdamW": of.AdamW(LR, 0.125, B1, B2, TINY),
    "AMSGrad": of.Adam(LR, B1, 0.75, TINY, amsgrad=True),
    "NAdam": of.Nadam(LR, B1, B2, epsilon=1e-8),
    "Lion": of.Lion(LR, B1, 1 - 2**-6, weight_decay=0.125),
    "Muon": of.Muon(LR, momentum=B1, weight_decay=0.125, rms_rate=None)}.items()}

# %%
for name in engine_runs:
    runs = {where: found[name] for where, found in [("numpy", engine_runs), ("torch", torch_runs), ("tensorflow", keras_runs)] if name in found}
    parity(f"adaptive-{name.lower()}", outputs={where: run[0] for where, run in runs.items()},
           gradients={where: run[1] for where, run in runs.items()}, path={where: run[2] for where, run in runs.items()})
endings = [run[2][-1] for run in (adam_numpy, *engine_runs.values())]
claim("adaptive-paths-differ", "The nine paths are nine: no two end with the same loss.", np.diff(np.sort(endings)).min(), at_least=1e-5)

# %% [markdown]
# PyTorch has no Lion, and its Muon computes in bfloat16, a format with eight significant bits. In its place stand the papers' equations in NumPy; for Muon with the singular value decomposition, on which the Newton–Schulz steps act value by value.

# %%
def lion_by_paper(gradient, theta, lr, beta1, beta2, decay, n_steps):
    m, path = 0 * theta, [theta]
    for t in range(1, n_steps + 1):
        g = gradient(theta, t)
        theta = theta - lr * (np.sign(beta1 * m + (1 - beta1) * g) + decay * theta)
        m = beta2 * m + (1 - beta2) * g
        path.append(theta)
    return np.array(path)


def muon_by_paper(gradient, theta, lr, beta, decay, n_steps):
    m, path = 0 * theta, [theta]
    for t in range(1, n_steps + 1):
        g = gradient(theta, t)
        m = beta * m + (1 - beta) * g
        U, values, Vt = np.linalg.svd((1 - beta) * g + beta * m, full_matrices=False)
        values = values / np.linalg.norm(values)
        for _ in range(5):
            values = 3.4445 * values - 4.775 * values**3 + 2.0315 * values**5
        theta = (1 - lr * decay) * theta - lr * (U * values) @ Vt
        path.append(theta)
    return np.array(path)


same("Lion's published algorithm is the library's Lion", lion_by_paper,
     lambda gradient, theta, lr, b1, b2, decay, n: path_with(lambda p: optim.Lion(p, lr, (b1, b2), decay), gradient, theta, n), [(wavy_slope, begin, 0.01, 0.9, 0.99, 0.1, 100)])
same("Muon by singular values is the library's Muon", muon_by_paper,
     lambda gradient, theta, lr, beta, decay, n: path_with(lambda p: optim.Muon(p, lr, decay, beta), gradient, theta, n), [(wavy_slope, begin, 0.01, 0.95, 0.1, 100)], tolerance=1e-9)

# %%
p_torch = torch.nn.Parameter(torch.tensor(begin.T.copy()))      # PyTorch's matrices are (n_out, n_in)
p_torch.grad = torch.tensor(wavy_slope(begin, 1).T.copy())
torch.optim.Muon([p_torch], lr=0.01, weight_decay=0.1, momentum=0.95).step()
difference = np.abs(p_torch.detach().numpy().T - muon_by_paper(wavy_slope, begin, 0.01, 0.95, 0.1, 1)[-1]).max() / 0.01
claim("adaptive-muon-torch", "One step of PyTorch's Muon differs by bfloat16's rounding: less than 5 % of a rate, but not nothing.", difference, at_least=1e-5, at_most=0.05)

# %% [markdown]
# Where $\varepsilon$ stands is no detail when gradients are tiny. Both libraries with $\varepsilon = 10^{-7}$, a gradient of $10^{-7}$, one step. **Predict** the two steps, in rates.

# %%
small_torch = torch.tensor([0.0], dtype=torch.float64, requires_grad=True)
small_torch.grad = torch.tensor([1e-7], dtype=torch.float64)
torch.optim.Adam([small_torch], lr=1.0, eps=1e-7).step()
small_tf = tf.Variable([0.0], dtype=tf.float64)
of.Adam(1.0, epsilon=1e-7).apply_gradients([(tf.constant([1e-7], tf.float64), small_tf)])
claim("adaptive-eps-torch", "PyTorch's step is half a rate.", -small_torch.item(), expected=0.5, tolerance=1e-6)
claim("adaptive-eps-keras", "Keras's is 0.03 rates: its ε is 1/√0.001 = 31.6 times as large there.", -float(small_tf[0]), expected=1 / (1 + 0.001**-0.5), tolerance=1e-3, relative=True)

# %% [markdown]
# And what does an optimiser have to remember? We ask PyTorch's, after a step, how many numbers it stores for each parameter.

# %%
makers = {"SGD": lambda p: torch.optim.SGD(p, lr=0.1), "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), "Adagrad": torch.optim.Adagrad,
          "RMSprop": torch.optim.RMSprop, "Adadelta": torch.optim.Adadelta, "Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW,
          "AMSGrad": lambda p: torch.optim.Adam(p, amsgrad=True), "NAdam": torch.optim.NAdam, "Muon": torch.optim.Muon}
stored = {}
for name, make in makers.items():
    p = torch.nn.Parameter(torch.ones(8, 8))
    optimizer, p.grad = make([p]), torch.ones(8, 8)
    optimizer.step()
    stored[name] = sum(v.numel() for v in optimizer.state[p].values() if torch.is_tensor(v) and v.numel() > 1) // 64
print(stored)
claim("adaptive-memory", "SGD remembers nothing, momentum, AdaGrad, RMSProp and Muon one number a parameter, Adam two, AMSGrad three.",
      [stored[name] for name in ("SGD", "momentum", "Adagrad", "RMSprop", "Muon", "Adam", "AMSGrad")], expected=[0, 1, 1, 1, 1, 2, 3])

# %% [markdown]
# ## Summary
#
# - Features of unlike scale or frequency want unlike rates. AdaGrad divides by the root of all squared gradients, RMSProp by that of a running mean, which forgets.
# - Adam is momentum over RMSProp's root, both corrected for starting at zero. Its first step is $\eta\,\mathrm{sign}(g)$; without the correction the first thousand steps are too long.
# - Multiplying the loss changes nothing, down to gradients of the size of $\varepsilon$. Turning the axes does.
# - Short memory can lead to the wrong end; AMSGrad or a longer memory turn the drift.
# - Weight decay is the L2 penalty only for plain gradient descent. For Adam take AdamW.
# - Every method has a rate to tune. Compare each at its own best, on fresh seeds, and scale the inputs first.
#
# ## Exercises
#
# ### Exercise 1 · Three steps of AdaGrad
#
# The gradients are 3, 4 and 12, $\eta = 0.13$, $\varepsilon = 0$, and $\theta_0 = 1$. Where is $\theta$ after three steps?

# %%
answer = None
exercise("adaptive-three-steps", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The sums are $9$, $25$ and $169$, the steps $0.13$ times $3/3$, $4/5$ and $12/13$: $0.13 + 0.104 + 0.12 = 0.354$. So $\theta = 0.646$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("adaptive-three-steps", 1 - 0.13 * (3 / 3 + 4 / 5 + 12 / 13))

# %% [markdown]
# ### Exercise 2 · An equal start
#
# For which $\beta_2$ would the first step of Adam with $\beta_1 = 0.9$ be one rate long *without* the bias correction?

# %%
answer = None
exercise("adaptive-equal-start", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $(1-\beta_1)/\sqrt{1-\beta_2} = 1$ gives $1-\beta_2 = 0.01$. Only the first step is right then: at step 7, under a steady gradient, it is $(1-0.9^7)/\sqrt{1-0.99^7} = 2.00$.
#
# </details>

# %% tags=["hide-cell", "solution"]
print(f"at step 7: {(1 - 0.9**7) / (1 - 0.99**7) ** 0.5:.2f} rates")
exercise("adaptive-equal-start", 1 - (1 - 0.9) ** 2)

# %% [markdown]
# ### Exercise 3 · A step of AdamW
#
# Write `adamw_step(theta, g, m, v, t, lr, beta1, beta2, eps, decay)` for step $t = 1, 2, \dots$ in PyTorch's convention. Return the new `(theta, m, v)`.

# %%
def adamw_step(theta, g, m, v, t, lr, beta1, beta2, eps, decay):
    ...


exercise("adaptive-adamw-step", adamw_step)


# %% tags=["hide-cell", "solution"]
def adamw_step_solution(theta, g, m, v, t, lr, beta1, beta2, eps, decay):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return (1 - lr * decay) * theta - lr * step, m, v


exercise("adaptive-adamw-step", adamw_step_solution)

# %% [markdown]
# ### Exercise 4 · Half-life
#
# A weight gets no gradient any more. AdamW has $\eta = 0.001$ and $\lambda = 0.1$. After how many steps is the weight first below half of what it was?

# %%
answer = None
exercise("adaptive-half-life", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $(1-10^{-4})^n < \tfrac12$ for $n > \ln\tfrac12/\ln(1-10^{-4}) = 6931.1$: 6932 steps. A schedule that lowers $\eta$ makes it longer.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("adaptive-half-life", int(np.ceil(np.log(0.5) / np.log(1 - 1e-3 * 0.1))))

# %% [markdown]
# ### Exercise 5 · Will it fit?
#
# A model has seven billion parameters. Training with Adam in float32 keeps the weights, one gradient each, and Adam's state. How many gigabytes ($10^9$ bytes) are that?

# %%
answer = None
exercise("adaptive-gigabytes", answer)

# %% tags=["hide-cell", "solution"]
exercise("adaptive-gigabytes", 7e9 * 4 * (1 + 1 + 2) / 1e9)

# %% [markdown]
# ### Exercise 6 · Two proofs
#
# (a) Adam with $\beta_1 = 0$, $\varepsilon = 0$ and without bias correction makes no step longer than $\eta/\sqrt{1-\beta_2}$. (b) With $\varepsilon = 0$, multiplying all gradients by $c > 0$ leaves Adam's path as it is.
#
# <details><summary>Solution</summary>
#
# (a) $v_t = \beta_2v_{t-1} + (1-\beta_2)g_t^2 \ge (1-\beta_2)g_t^2$, so $|g_t|/\sqrt{v_t} \le 1/\sqrt{1-\beta_2}$. With the correction it is $\sqrt{(1-\beta_2^t)/(1-\beta_2)}$, which is less.
#
# (b) Suppose that both runs are at the same $\theta$ up to step $t$, so their gradients are $g$ and $cg$ at every step so far. $m$ and $\hat m$ are linear in the gradients and are multiplied by $c$, $v$ and $\hat v$ by $c^2$,
# $\sqrt{\hat v}$ by $c$. The quotient is the same, so the runs are together after step $t$ as well. Both start at $\theta_0$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Duchi, Hazan and Singer, 2011](../../book/bibliography.md#duchi2011adaptive), AdaGrad ·
# [Tieleman and Hinton, 2012](../../book/bibliography.md#tieleman2012rmsprop), RMSProp ·
# [Zeiler, 2012](../../book/bibliography.md#zeiler2012adadelta), AdaDelta ·
# [Kingma and Ba, 2015](../../book/bibliography.md#kingma2015adam), Adam, algorithm 1 ·
# [Dozat, 2016](../../book/bibliography.md#dozat2016incorporating), NAdam ·
# [Reddi, Kale and Kumar, 2018](../../book/bibliography.md#reddi2018convergence), the counter-example and AMSGrad ·
# [Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled), decoupled decay ·
# [Chen et al., 2023](../../book/bibliography.md#chen2023symbolic), Lion ·
# [Jordan et al., 2024](../../book/bibliography.md#jordan2024muon), Muon ·
# [Choi et al., 2019](../../book/bibliography.md#choi2019empirical), and [Schmidt, Schneider and Hennig, 2021](../../book/bibliography.md#schmidt2021descending), comparing optimisers.
