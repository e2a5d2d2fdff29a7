# %% [markdown]
# # Momentum
#
# **After this section** you can choose the momentum that a problem's condition number asks for, convert a recipe between PyTorch and Keras,
# and say when momentum buys nothing.
# *Reading: 25 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np

from chainrule import Tensor, data, explore, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same, show_source

# %% [markdown]
# ## The question
#
# [Gradient descent](01_gradient_descent.ipynb) needs steps in proportion to the [condition number](../../book/glossary.md#condition-number) $\kappa$: the learning rate is bounded by the steepest direction, and the flattest
# then crawls. All that time the gradient along the flat direction says the same thing, step after step. Could the step grow while the gradient agrees with itself?
#
# [Polyak, 1964](../../book/bibliography.md#polyak1964some), gave the point a mass. A *velocity* $v$ collects the gradients, each older one discounted by $\beta$, and the point moves along it. This is
# [momentum](../../book/glossary.md#momentum), or the heavy ball:
#
# $$v_{t+1} = \beta v_t + \nabla J(\theta_t), \qquad \theta_{t+1} = \theta_t - \eta\,v_{t+1}.$$
#
# *Keep a share of the old velocity, add the new gradient, step along the sum.*
#
# | symbol | shape | meaning |
# |---|---|---|
# | $\theta_t$, $v_t$ | $(P,)$ | [parameters](../../book/glossary.md#parameter) and velocity, $v_0 = 0$ |
# | $\eta$ | scalar | [learning rate](../../book/glossary.md#learning-rate) |
# | $\beta$ | scalar | momentum, $0\le\beta<1$ |
# | $\mu, L, \kappa$ | scalars | least and greatest curvature, and $\kappa = L/\mu$ |
#
# ## By hand: a slope and a bowl
#
# On a slope with the constant gradient 1, with $\eta = 0.1$ and $\beta = 0.5$, the velocity is $1,\ 1.5,\ 1.75, \dots$ and approaches $1/(1-\beta) = 2$. In a bowl, $J = \theta^2/2$ from $\theta_0 = 1$ with $\eta = 0.5$:
#
# | step $t$ | velocity $v_t$ | position $\theta_t$ |
# |---|---|---|
# | 0 | 0 | 1 |
# | 1 | $0 + 1 = 1$ | $1 - 0.5 = 0.5$ |
# | 2 | $0.5 + 0.5 = 1$ | $0.5 - 0.5 = 0$ |
# | 3 | $0.5 + 0 = 0.5$ | $0 - 0.25 = -0.25$ |
#
# At step 2 the ball is at the minimum, and rolls through it.

# %%
def heavy_ball(gradient, theta, lr, beta, n_steps):
    """Return the parameters before each step and after the last, (n_steps + 1, *shape)."""
    velocity, path = 0.0 * theta, [theta]
    for _ in range(n_steps):
        velocity = beta * velocity + gradient(theta)
        theta = theta - lr * velocity
        path.append(theta)
    return np.array(path)


claim("momentum-paper", "In the bowl the ball visits 1, 0.5, 0 and −0.25, as on paper.",
      heavy_ball(lambda theta: theta, 1.0, 0.5, 0.5, 3), expected=[1.0, 0.5, 0.0, -0.25])
slope = heavy_ball(lambda theta: 1.0, 0.0, 0.1, 0.9, 200)
claim("momentum-terminal", "On a slope of 1 with momentum 0.9 the step grows to ten times the learning rate.",
      (slope[-2] - slope[-1]) / 0.1, expected=10.0, tolerance=1e-6)

# %% [markdown]
# > **Misconception.** The learning rate means the same with and without momentum; adding 0.9 smooths the step.
#
# On the slope every step is $\eta/(1-\beta)$ in the end: with $\beta = 0.9$ the **effective** rate is ten times what is written. Whoever adds momentum and keeps $\eta$ has changed two things at once. A test on a network
# with 32 hidden units: small rates, 100 [mini-batches](../../book/glossary.md#minibatch) of 256 digits. **Predict** which two of the three runs end alike.

# %%
digits = data.digits()


def loss_after(lr, beta, seed, batch_size=256, n_steps=100, nesterov=False):
    """Return the training loss of 64-32-10 on digits after some steps."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.Tanh(), nn.Linear(32, 10, rng=rng))
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=beta, nesterov=nesterov)
    for _ in range(n_steps):
        rows = rng.integers(0, len(digits.x_train), batch_size)
        optimizer.zero_grad()
        F.cross_entropy(model(Tensor(digits.x_train[rows])), digits.y_train[rows]).backward()
        optimizer.step()
    return F.cross_entropy(model(Tensor(digits.x_train)), digits.y_train).item()


three = {name: np.array([loss_after(lr, beta, seed) for seed in range(5)])
         for name, lr, beta in [("η = 0.02, β = 0", 0.02, 0), ("η = 0.02, β = 0.9", 0.02, 0.9), ("η = 0.2, β = 0", 0.2, 0)]}
for name, values in three.items():
    print(f"{name:18s} loss {values.mean():.3f} ± {values.std(ddof=1):.3f}")
plain, with_momentum, tenfold = (values.mean() for values in three.values())
claim("momentum-same-rate", "At the same written rate momentum seems to cut the loss by more than three.", plain / with_momentum, at_least=3.0)
claim("momentum-effective", "Plain descent with ten times the rate ends within 10 % of it.", tenfold / with_momentum, expected=1.0, tolerance=0.1)

# %% [markdown]
# So at small rates momentum is a larger learning rate by another name. What does it give that a larger rate cannot?
#
# ## The ball as an oscillator
#
# Write the two lines as one, with the curvature $\lambda$ of a single direction and the error $x$:
#
# $$x_{t+1} = x_t - \eta\lambda x_t + \beta(x_t - x_{t-1}) \quad\Longleftrightarrow\quad
#   \underbrace{x_{t+1}-2x_t+x_{t-1}}_{\text{acceleration}} = -\underbrace{(1-\beta)(x_t-x_{t-1})}_{\text{friction}} - \underbrace{\eta\lambda\,x_t}_{\text{spring}}.$$
#
# A mass on a spring, with friction $1-\beta$. Two numbers, the present and the last error, go into two; the map is a matrix, the *companion matrix*, and how fast its powers
# shrink is told by its eigenvalues $r$:
#
# $$\begin{pmatrix}x_{t+1}\\x_t\end{pmatrix} = \begin{pmatrix}1+\beta-\eta\lambda & -\beta\\ 1 & 0\end{pmatrix}\begin{pmatrix}x_t\\x_{t-1}\end{pmatrix},
#   \qquad r^2 - (1+\beta-\eta\lambda)\,r + \beta = 0 .$$
#
# The product of the two roots is $\beta$. If they are complex, they are conjugate and both have size $\sqrt\beta$, **whatever $\lambda$**. That is the whole secret: gradient descent shrinks each direction
# by its own factor, the oscillating ball shrinks them all by the same. The roots are complex when
#
# $$(1-\sqrt\beta)^2 < \eta\lambda < (1+\sqrt\beta)^2 .$$

# %%
def spectral_radius(lr, beta, curvature, nesterov=False):
    """Return the size of the largest eigenvalue of the companion matrix: the factor a step, in the long run."""
    keep = 1 - lr * curvature
    a, b = ((1 + beta) * keep, beta * keep) if nesterov else (beta + keep, beta)
    return np.abs(np.linalg.eigvals(np.array([[a, -b], [1.0, 0.0]]))).max()


beta = 0.81                                              # √β = 0.9: complex from 0.01 to 3.61
inside = [spectral_radius(1.0, beta, c) for c in (0.011, 0.1, 1.0, 3.6)]
claim("momentum-same-factor", "With β = 0.81, curvatures from 0.011 to 3.6 all shrink by √β = 0.9 a step.",
      inside, expected=[0.9] * 4, tolerance=1e-9)
outside = [spectral_radius(1.0, beta, c) for c in (0.009, 3.7)]
claim("momentum-outside", "Outside that range a root is larger: the ball creeps on one side, and grows alternating on the other.",
      outside, at_least=0.91)
path = heavy_ball(lambda x: 0.1 * x, 1.0, 1.0, beta, 160)
crossings = np.flatnonzero(np.diff(np.sign(path)))
claim("momentum-period", "At curvature 0.1 the ball crosses the minimum every π/ω steps, where cos ω = (1+β−ηλ)/(2√β).",
      np.diff(crossings).mean(), expected=np.pi / np.arccos((1 + beta - 0.1) / (2 * 0.9)), tolerance=0.2)

# %% mystnb={"image": {"alt": "Error of one direction against step for three momenta. With 0.5 the error creeps down without oscillating, with 0.78 it comes to rest soonest, with 0.97 it swings through zero many times with slowly shrinking size."}}
critical = (1 - 0.014**0.5) ** 2
swings = {f"β = {b:.2f}": heavy_ball(lambda x: 0.014 * x, 1.0, 1.0, b, 120) for b in (0.5, critical, 0.97)}
_ = plotting.curves(swings, title="Creeping, critical, swinging: friction decides", xlabel="step", ylabel="error")

# %% [markdown]
# Less friction is not always better. The ball is at rest soonest when the two roots coincide, *critical damping*, at $\sqrt\beta = 1-\sqrt{\eta\lambda}$.
#
# ## The best learning rate and momentum
#
# The factor is $\sqrt\beta$ as long as all curvatures lie in the range. We want $\beta$ small and the range barely wide enough: $(1-\sqrt\beta)^2 = \eta\mu$ and $(1+\sqrt\beta)^2 = \eta L$. Take roots and add, then divide:
#
# $$\eta_* = \frac{4}{(\sqrt L+\sqrt\mu)^2}, \qquad \beta_* = \Bigl(\frac{\sqrt\kappa-1}{\sqrt\kappa+1}\Bigr)^2, \qquad \text{factor a step: } \sqrt{\beta_*} = \frac{\sqrt\kappa-1}{\sqrt\kappa+1}.$$
#
# Gradient descent has the same with $\kappa$ in place of $\sqrt\kappa$. At $\kappa = 10\,000$ that promises, in the long run, 100 times fewer steps.

# %%
kappa = 100.0
lr_best, beta_best = 4 / (kappa**0.5 + 1) ** 2, ((kappa**0.5 - 1) / (kappa**0.5 + 1)) ** 2       # μ = 1, L = κ
radii = [spectral_radius(lr_best, beta_best, c) for c in (1.001, 5, 20, 99.9)]
claim("momentum-radius", "With the best pair, all curvatures from 1 to 100 shrink by 9/11 = 0.818 a step.", radii, expected=[9 / 11] * 4, tolerance=1e-6)
rates, momenta = np.meshgrid(np.geomspace(0.005, 0.06, 60), np.linspace(0.3, 0.95, 60))
worst = np.vectorize(lambda lr, beta: max(spectral_radius(lr, beta, c) for c in (1.0, kappa)))(rates, momenta)
at = np.unravel_index(worst.argmin(), worst.shape)
print(f"best on a grid of 3 600 pairs: η = {rates[at]:.4f}, β = {momenta[at]:.3f}; formula η = {lr_best:.4f}, β = {beta_best:.3f}")
claim("momentum-best-pair", "No pair on the grid beats the formula's factor.", worst.min() - 9 / 11, at_least=0.0)

# %% [markdown]
# ## Nesterov's variant
#
# In [Nesterov's momentum](../../book/glossary.md#nesterov-momentum), of [1983](../../book/bibliography.md#nesterov1983method), the gradient is taken not where the ball is, but where its velocity is about to carry it. In his form, with the look-ahead point $\phi$:
#
# $$\phi_t = \theta_t + \beta(\theta_t-\theta_{t-1}), \qquad \theta_{t+1} = \phi_t - \eta\nabla J(\phi_t).$$
#
# An overshoot is noticed one step early, and steep directions are damped more. On quadratics, with $\eta = 1/L$ and $\beta = (\sqrt\kappa-1)/(\sqrt\kappa+1)$, the factor a step is $1-1/\sqrt\kappa$ (exercise 5): the power of
# $\kappa$ is that of the heavy ball, the constant is not.

# %%
def nesterov(gradient, theta, lr, beta, n_steps):
    """Return (the parameters, the look-ahead points), each (n_steps + 1, *shape)."""
    before, points, ahead = theta, [theta], [theta]
    for _ in range(n_steps):
        before, theta = theta, ahead[-1] - lr * gradient(ahead[-1])
        points.append(theta)
        ahead.append(theta + beta * (theta - before))
    return np.array(points), np.array(ahead)


claim("momentum-nesterov-factor", "At κ = 100 the flattest direction shrinks by 1 − 1/10 a step, and no direction more slowly.",
      max(spectral_radius(1 / kappa, 9 / 11, c, nesterov=True) for c in np.linspace(1, kappa, 500)), expected=0.9, tolerance=1e-6)

# %% [markdown]
# Now the measurement that the section turns on: steps to a millionth of the error, thirty curvatures from 1 to $\kappa$, each method with the parameters that its theory gives. **Predict** the three slopes on doubly logarithmic axes.

# %%
def steps_needed(method, kappa, tolerance=1e-6, n=30):
    """Return the steps until the error is `tolerance` of its start; curvatures from 1 to kappa."""
    curvature, root = np.geomspace(1, kappa, n), kappa**0.5
    lr, beta = {"gradient descent": (2 / (kappa + 1), 0.0), "heavy ball": (4 / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2),
                "Nesterov": (1 / kappa, (root - 1) / (root + 1)),
                "Nesterov, tuned": (4 / (3 * kappa + 1), 1 - 4 / ((3 * kappa + 1) ** 0.5 + 2))}[method]
    x = before = np.ones(n)
    for n_steps in range(100_000):
        if np.linalg.norm(x) <= tolerance * n**0.5:
            return n_steps
        ahead = x + beta * (x - before) if method.startswith("Nesterov") else x
        before, x = x, ahead - lr * curvature * ahead + (beta * (x - before) if method == "heavy ball" else 0)
    raise RuntimeError(f"{method} did not arrive")


kappas = np.array([100, 200, 400, 800, 1600, 3000])
needed = {method: np.array([steps_needed(method, k) for k in kappas]) for method in ("gradient descent", "heavy ball", "Nesterov")}
exponent = {method: np.polyfit(np.log(kappas), np.log(n), 1)[0] for method, n in needed.items()}
for method in needed:
    print(f"{method:17s} exponent {exponent[method]:.3f}   steps {dict(zip(kappas.tolist(), needed[method].tolist()))}")
claim("momentum-gd-exponent", "Gradient descent needs steps like κ.", exponent["gradient descent"], expected=1.0, tolerance=0.01)
claim("momentum-hb-exponent", "The heavy ball needs steps like √κ.", exponent["heavy ball"], expected=0.5, tolerance=0.05)
claim("momentum-nesterov-exponent", "So does Nesterov's method.", exponent["Nesterov"], expected=0.5, tolerance=0.05)

# %% mystnb={"image": {"alt": "Steps to a millionth of the error against the condition number, both axes logarithmic. Gradient descent rises with slope one from 600 to 19 000 steps; Nesterov and the heavy ball rise with slope one half, the heavy ball from 86 to 522 steps, Nesterov some 60 percent above it."}}
_ = plotting.curves({method: (kappas, n) for method, n in needed.items()}, logx=True, logy=True,
                    title="Momentum takes the square root of the condition number", xlabel="condition number κ", ylabel="steps to 1e-6")

# %% [markdown]
# The heavy ball's exponent is a little above one half, and not by bad luck. At the two ends of the spectrum its roots coincide, and a double root $\rho = \sqrt{\beta_*}$ leaves a factor $t$: from rest, the flattest direction is
# $(1 + t(1-\rho))\,\rho^t$ and the steepest $(1 + t(1+\rho))\,(-\rho)^t$, which grows to many times its start before it shrinks. If these two explain the exponent, they must predict the number of steps. With nothing fitted:

# %%
def steps_predicted(kappa, tolerance=1e-6, n=30):
    rho, t = (kappa**0.5 - 1) / (kappa**0.5 + 1), np.arange(10_000.0)
    size = rho**t * np.hypot(1 + t * (1 - rho), 1 + t * (1 + rho))
    return int(np.flatnonzero(size > tolerance * n**0.5)[-1]) + 1


far = np.append(kappas, [10_000, 100_000])
predicted, measured = [np.array([f(k) for k in far]) for f in (steps_predicted, lambda k: steps_needed("heavy ball", k))]
print("κ", far.tolist(), "\npredicted", predicted.tolist(), "\nmeasured ", measured.tolist())
claim("momentum-transient", "The two double roots predict all eight numbers of steps, to one step.", np.abs(predicted - measured).max(), at_most=1)

# %% [markdown]
# A factor $t$ with $t\sim\sqrt\kappa$ costs a logarithm of $\kappa$ in the number of steps, and a logarithm looks like a small extra exponent.
#
# > **Misconception.** Momentum always speeds up.
#
# If all curvatures are equal, $\beta_* = 0$: there is nothing to gain, and a ball that rolls past its goal has to come back. The habit of writing 0.9 can cost a great deal.

# %%
round_bowl = lambda theta: theta
arrive = lambda path: int(np.flatnonzero(np.abs(path) > 1e-6)[-1]) + 1
plain_steps = arrive(heavy_ball(round_bowl, 1.0, 1.0, 0.0, 400))
ball_steps = arrive(heavy_ball(round_bowl, 1.0, 1.0, 0.9, 400))
claim("momentum-round-plain", "In a round bowl with η = 1/L plain descent arrives in one step.", plain_steps, expected=1)
claim("momentum-round", "With momentum 0.9 it takes more than 200.", ball_steps, at_least=200)
low = heavy_ball(lambda theta: np.array([1.0, 4.0]) * theta, np.ones(2), 0.4, 0.9, 400)
tuned = heavy_ball(lambda theta: np.array([1.0, 4.0]) * theta, np.ones(2), 4 / 9, 1 / 9, 400)
ratio = arrive(np.abs(low).max(1)) / arrive(np.abs(tuned).max(1))
claim("momentum-too-much", "At κ = 4 the momentum 0.9 needs over ten times the steps of the best, 1/9.", ratio, at_least=10.0)

# %% [markdown]
# ## How large may the learning rate be?
#
# Gradient descent allows $\eta L<2$. **Predict** who breaks first as the rate grows, at $\beta = 0.9$: gradient descent, the heavy ball, or Nesterov's method, which is said to be the more cautious of the two?

# %%
def limit(beta, look_ahead):
    """Return the largest η·L with a radius below 1, by bisection."""
    works, breaks = 0.1, 8.0
    while breaks - works > 1e-10:
        middle = (works + breaks) / 2
        works, breaks = (middle, breaks) if spectral_radius(middle, beta, 1.0, look_ahead) < 1 else (works, middle)
    return works


limits = {"gradient descent": limit(0.0, False), "heavy ball": limit(0.9, False), "Nesterov": limit(0.9, True)}
print({name: round(value, 4) for name, value in limits.items()})
claim("momentum-limit-ball", "The heavy ball stands ηL up to 2(1+β) = 3.8.", limits["heavy ball"], expected=3.8, tolerance=1e-6)
claim("momentum-limit-nesterov", "Nesterov's breaks first, at ηL = 2(1+β)/(1+2β) = 1.357.", limits["Nesterov"], expected=3.8 / 2.8, tolerance=1e-6)

# %% [markdown]
# The look-ahead sees the far wall of the valley, and overreacts when the rate is too large. That is the price of its stronger damping.
#
# ## Explore: the race
#
# The ravine below has the greatest curvature 1, so the limits are 2, 3.8 and 1.357 for $\beta = 0.9$. **Try to answer first:** set the learning rate to 1.5. Which of the runners flies away? And staying at 1.5, with $\kappa = 50$, which momentum
# brings the heavy ball home first?

# %%
explore.race(momentum=0.9)

# %% [markdown]
# > **Misconception.** Nesterov's method is the better heavy ball: it always wins.
#
# On the quadratics above it loses: 808 steps to 522 at $\kappa = 3000$. Even with the parameters that are best for it on quadratics, $\eta = 4/(3L+\mu)$ and $\beta = 1-4/(\sqrt{3\kappa+1}+2)$, it does. What it has is a *guarantee*. The heavy ball's parameters come from quadratics, and [Lessard, Recht and Packard, 2016](../../book/bibliography.md#lessard2016analysis), give a convex function in
# one variable, with curvature between 1 and 25 everywhere, on which the ball with the parameters for $\mu=1$, $L=25$ never arrives. It has a kink in its slope at 1 and at 2:

# %%
def kinked(x):
    """Return the slope of Lessard's function: 25x below 1, x + 24 up to 2, 25x − 24 above."""
    return 25 * x if x < 1 else x + 24 if x < 2 else 25 * x - 24


ball = heavy_ball(kinked, 3.3, 1 / 9, 4 / 9, 3000)
look = nesterov(kinked, 3.3, 1 / 25, 4 / 6, 300)[0]
plain = heavy_ball(kinked, 3.3, 2 / 26, 0.0, 300)
tuned = steps_needed("Nesterov, tuned", 3000)
claim("momentum-nesterov-tuned", "Tuned for quadratics, Nesterov's method still needs over a fifth more steps than the heavy ball.",
      tuned / needed["heavy ball"][-1], at_least=1.2)
print("heavy ball, steps 2 995 to 3 000:", ball[-6:].round(4))
claim("momentum-cycle", "The heavy ball runs through the same three points for ever.", np.abs(ball[-3:] - ball[-6:-3]).max(), at_most=1e-9)
claim("momentum-cycle-points", "They are 792, 2592 and −2208 over 1225.", np.sort(ball[-3:]) * 1225, expected=[-2208, 792, 2592], tolerance=1e-6)
claim("momentum-others-arrive", "From the same start Nesterov's method and gradient descent arrive.", [abs(look[-1]), abs(plain[-1])], at_most=1e-6)

# %% mystnb={"image": {"alt": "Position against step for the heavy ball and Nesterov's method on the kinked function. Nesterov comes to rest at zero in two steps, the heavy ball jumps between about minus 1.8, 0.65 and 2.1 for ever."}}
_ = plotting.curves({"heavy ball": ball[:40], "Nesterov": look[:40]}, title="A convex function on which the heavy ball never settles",
                    xlabel="step", ylabel="x")

# %% [markdown]
# ## Without knowing μ: restart
#
# Who knows the least curvature? Nesterov's original needs only $L$: it lets the momentum grow, $\beta_k = k/(k+3)$ at step $k$, which is right for a $\mu$ of zero and too much for any other. The ball then swings through the valley. The cure of
# [O'Donoghue and Candès, 2015](../../book/bibliography.md#odonoghue2015adaptive), is one line: when the last step went uphill, $\nabla J(\phi)^\top(\theta_{t+1}-\theta_t) > 0$, set $k$ to 0, which forgets the velocity.

# %%
def growing_momentum(kappa, restart, n_steps, n=30):
    """Return the losses of Nesterov's method with β = k/(k+3), on curvatures from 1 to kappa."""
    curvature = np.geomspace(1, kappa, n)
    x = before = np.ones(n)
    k, losses = 0, []
    for _ in range(n_steps):
        losses.append(0.5 * (curvature * x * x).sum())
        ahead = x + k / (k + 3) * (x - before)
        g = curvature * ahead
        before, x = x, ahead - g / kappa
        k = 0 if restart and g @ (x - before) > 0 else k + 1
    return np.array(losses)


n_steps = 2000
swinging, restarted = growing_momentum(1000.0, False, n_steps), growing_momentum(1000.0, True, n_steps)
first = {name: int(np.flatnonzero(f > 1e-10 * f[0])[-1]) + 1 for name, f in [("without", swinging), ("with", restarted)]}
claim("momentum-restart", "With restarts the loss is below 1e-10 of its start within 700 steps.", first["with"], at_most=700)
claim("momentum-no-restart", "Without, it is not after 2 000.", swinging[-1] / swinging[0], at_least=1e-10)

# %% mystnb={"image": {"alt": "Loss against step on a logarithmic axis, condition number 1000. Both fall alike for 300 steps. From there the loss without restart ripples and hardly falls, to 1e-5 at step 1000; with restart it falls in a steep, wavy line to 1e-16."}}
_ = plotting.curves({name: (np.arange(0, 1000, 5), f[:1000:5]) for name, f in [("no restart", swinging), ("restart", restarted)]},
                    title="Forget the velocity when it leads uphill", xlabel="step", ylabel="loss", logy=True)

# %% [markdown]
# ## Momentum and noise
#
# > **Misconception.** Momentum averages the gradients, so the noise of the mini-batches averages out.
#
# The *velocity* is indeed smoother. But the position sums velocities, and errors in successive velocities are alike, since they share most of their gradients. For curvature $\lambda$ and noise of variance $\sigma^2$ in each gradient, the
# oscillator with random kicks has the stationary variance (exercise 6)
#
# $$\mathrm{Var}(x) = \frac{\eta\sigma^2}{\lambda}\cdot\frac{1+\beta}{(1-\beta)\,\bigl(2(1+\beta)-\eta\lambda\bigr)} \approx \frac{\eta}{1-\beta}\cdot\frac{\sigma^2}{2\lambda}.$$
#
# **Predict**, before the numbers: at the same $\eta$, and at the same effective rate $\eta/(1-\beta)$, how do the two compare?

# %%
def noisy_variance(lr, beta, seed, n=500, n_steps=2000):
    """Return the mean square of x on J = x²/2 with unit noise in the gradient, over n runs, after burn-in."""
    rng = np.random.default_rng(seed)
    x, velocity, total = np.zeros(n), np.zeros(n), 0.0
    for t in range(n_steps):
        velocity = beta * velocity + x + rng.normal(size=n)
        x = x - lr * velocity
        total += (x * x).mean() if t >= n_steps // 4 else 0.0
    return total / (n_steps - n_steps // 4)


stationary = lambda lr, beta: lr * (1 + beta) / ((1 - beta) * (2 * (1 + beta) - lr))
variance = {}
for lr, beta in [(0.1, 0.0), (0.1, 0.9), (0.01, 0.9)]:
    runs = [noisy_variance(lr, beta, seed) for seed in range(3)]
    variance[lr, beta] = np.mean(runs)
    print(f"η = {lr:.2f}, β = {beta}: variance {np.mean(runs):.4f} ± {np.std(runs, ddof=1):.4f}, formula {stationary(lr, beta):.4f}")
    claim(f"momentum-noise-{round(100 * lr)}-{round(10 * beta)}", "The measured variance is the formula's.", np.mean(runs), expected=stationary(lr, beta),
          tolerance=0.03, relative=True)
claim("momentum-noise-louder", "At the same learning rate momentum 0.9 makes the noise ten times as large.", variance[0.1, 0.9] / variance[0.1, 0.0], expected=9.76, tolerance=0.5)
claim("momentum-noise-equal", "At the same effective rate it is nearly the same.", variance[0.01, 0.9] / variance[0.1, 0.0], expected=0.953, tolerance=0.05)

# %% [markdown]
# The floor of the [previous section](02_batches.ipynb) stays where it was. Momentum helps against *curvature*, not against noise. From this a prediction for networks: with large batches, whose gradients are nearly exact, it should gain much; with small ones, little.
#
# ## A network, at each method's own best rate
#
# The digits again, 100 steps, five seeds, learning rates from $2^{-5}$ to $2$. Every method is shown at the rate that is best *for it*.

# %%
methods = {"no momentum": (0.0, False), "heavy ball 0.9": (0.9, False), "Nesterov 0.9": (0.9, True)}
grid = 2.0 ** np.arange(-5, 2)
results = {(batch, name): np.array([[loss_after(lr, beta, seed, batch, nesterov=ahead) for seed in range(5)] for lr in grid])
           for batch in (16, 256) for name, (beta, ahead) in methods.items()}
at_own_best = {}
for (batch, name), losses in results.items():
    best = losses.mean(1).argmin()
    at_own_best[batch, name] = losses[best]
    print(f"batch {batch:3d}, {name:14s} best η {grid[best]:5.3f}: loss {losses[best].mean():.4f} ± {losses[best].std(ddof=1):.4f}")
gain = {batch: at_own_best[batch, "no momentum"].mean() / at_own_best[batch, "heavy ball 0.9"].mean() for batch in (16, 256)}
claim("momentum-large-batch", "With batches of 256 the heavy ball at its best rate has less than a fifth of the loss of plain descent at its own.", gain[256], at_least=5.0)
claim("momentum-small-batch", "With batches of 16 the gain is less than a factor of two.", gain[16], at_least=0.5, at_most=2.0)

# %% mystnb={"image": {"alt": "Loss after 100 steps with batches of 256 against learning rate, both axes logarithmic. The two momentum methods lie together, far below plain descent, by a factor that grows from five to nine. At rate one Nesterov's run has broken, the heavy ball reaches one hundredth, plain descent one tenth."}}
_ = plotting.curves({name: (grid[:-1], results[256, name].mean(1)[:-1].clip(max=3)) for name in methods}, logx=True, logy=True,
                    title="Batches of 256: momentum at its best is ten times lower", xlabel="learning rate η", ylabel="loss after 100 steps")

# %% [markdown]
# As predicted. (Nesterov's lead at batches of 16 is little more than the spread of the seeds.) The comparison that is often shown, one rate for all, would have credited momentum with the larger effective rate as well. On the right edge of the figure Nesterov's run breaks at a lower rate than the heavy ball's, as its limit of 1.357
# against 3.8 foretold. [Sutskever et al., 2013](../../book/bibliography.md#sutskever2013importance), made momentum a standard for deep networks.
#
# ## One method, several forms
#
# Libraries disagree on where the learning rate stands and on what they store.
#
# | | velocity | step, heavy ball | step, Nesterov |
# |---|---|---|---|
# | PyTorch, this book | $v\leftarrow\beta v+g$ | $\theta\leftarrow\theta-\eta v$ | $\theta\leftarrow\theta-\eta(g+\beta v)$ |
# | Keras | $w\leftarrow\beta w-\eta g$ | $\theta\leftarrow\theta+w$ | $\theta\leftarrow\theta+\beta w-\eta g$ |
# | Nesterov, 1983 | none | | $\phi=\theta+\beta(\theta-\theta_\text{old})$, $\ \theta\leftarrow\phi-\eta\nabla J(\phi)$ |
# | running mean, PyTorch's `dampening=β` | $u\leftarrow\beta u+(1-\beta)g$ | $\theta\leftarrow\theta-\eta u$ | |
#
# The first two agree through $w = -\eta v$, as long as $\eta$ stays. The third takes its gradient at $\phi$, the others at $\theta$. They agree all the same: what PyTorch and Keras store as the parameters *is* the look-ahead point $\phi$. And the last is the first with $\eta/(1-\beta)$
# for $\eta$, up to the start: PyTorch does not damp its very first gradient.

# %%
def pytorch_form(gradient, theta, lr, beta, n_steps, ahead):
    velocity, path = 0 * theta, [theta]
    for _ in range(n_steps):
        g = gradient(theta)
        velocity = beta * velocity + g
        theta = theta - lr(len(path)) * (g + beta * velocity if ahead else velocity)
        path.append(theta)
    return np.array(path)


def keras_form(gradient, theta, lr, beta, n_steps, ahead):
    w, path = 0 * theta, [theta]
    for _ in range(n_steps):
        g = gradient(theta)
        w = beta * w - lr(len(path)) * g
        theta = theta + (beta * w - lr(len(path)) * g if ahead else w)
        path.append(theta)
    return np.array(path)


wavy = lambda theta: np.sin(theta) + 0.3 * theta
constant, dropped = lambda t: 0.2, lambda t: 0.2 if t <= 10 else 0.02
cases = [(wavy, np.array([2.5, -1.0]), constant, 0.9, 100, ahead) for ahead in (False, True)]
same("with a constant learning rate, PyTorch's form and Keras's are one path", pytorch_form, keras_form, cases)
same("PyTorch's parameters are Nesterov's look-ahead points", lambda *a: nesterov(*a)[1],
     lambda gradient, theta, lr, beta, n: pytorch_form(gradient, theta, constant, beta, n, True), [(wavy, np.array([2.5, -1.0]), 0.2, 0.9, 100)])

# %% [markdown]
# What if the learning rate changes on the way, as every [schedule](05_schedules.ipynb) does? Divide it by ten at step 10 and look at the very next step. In PyTorch's form the new rate multiplies the whole velocity, and the step shrinks at once. In Keras's form the old velocity
# rolls on at its old size.

# %%
drop = {name: form(wavy, 2.5, dropped, 0.9, 12, False) for name, form in [("PyTorch", pytorch_form), ("Keras", keras_form)]}
lengths = {name: np.abs(np.diff(path)) for name, path in drop.items()}
print({name: length[8:12].round(4).tolist() for name, length in lengths.items()})
claim("momentum-before-drop", "Up to the change the two paths agree.", np.abs(drop["PyTorch"][:11] - drop["Keras"][:11]).max(), at_most=1e-12)
claim("momentum-schedule", "The step after it is more than five times as long in Keras's form.", lengths["Keras"][10] / lengths["PyTorch"][10], at_least=5.0)

# %% [markdown]
# Neither is wrong. A schedule tuned in one library is a slightly different schedule in the other.
#
# ## In the frameworks
#
# One network on digits, 64-12-10 with tanh, in float64 and full batches of 300, from the same weights. The constants are powers of two, since Keras passes them through float32. First the heavy ball:

# %%
X, Y = digits.x_train[:300].astype(np.float64), digits.y_train[:300]
LR, BETA = 2**-3, 1 - 2**-3
ours = nn.Sequential(nn.Linear(64, 12, rng=np.random.default_rng(1), dtype=np.float64), nn.Tanh(),
                     nn.Linear(12, 10, rng=np.random.default_rng(2), dtype=np.float64))
start = [p.data.copy() for p in ours.parameters()]
show_source(optim.SGD._update)

# %% tags=["fw-numpy"]
def path_of_engine(ahead):
    for p, value in zip(ours.parameters(), start): p.data[...] = value
    optimizer, path = optim.SGD(ours.parameters(), LR, BETA, nesterov=ahead), []
    for step in range(100):
        logits = ours(Tensor(X))
        loss = F.cross_entropy(logits, Y)
        optimizer.zero_grad(); loss.backward()
        if step == 0: first = logits.data, [p.grad.copy() for p in ours.parameters()]
        path.append(loss.item()); optimizer.step()
    return *first, path
ball_numpy = path_of_engine(False)

# %% tags=["fw-torch"]
import torch
def path_of_torch(ahead):
    W1, b1, W2, b2 = P = [torch.tensor(p, requires_grad=True) for p in start]
    optimizer, path = torch.optim.SGD(P, lr=LR, momentum=BETA, nesterov=ahead), []
    for step in range(100):
        logits = torch.tanh(torch.tensor(X) @ W1 + b1) @ W2 + b2
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(Y))
        optimizer.zero_grad(); loss.backward()
        if step == 0: first = logits.detach(), [p.grad.clone() for p in P]
        path.append(loss.item()); optimizer.step()
    return *first, path
ball_torch = path_of_torch(False)

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf
def path_of_keras(ahead):
    W1, b1, W2, b2 = P = [tf.Variable(p) for p in start]
    optimizer, path = keras.optimizers.SGD(LR, momentum=BETA, nesterov=ahead), []
    for step in range(100):
        with tf.GradientTape() as tape:
            logits = tf.tanh(X @ W1 + b1) @ W2 + b2
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(Y, logits))
        grads = tape.gradient(loss, P); optimizer.apply_gradients(zip(grads, P))
        if step == 0: first = logits, grads
        path.append(float(loss))
    return *first, path
ball_tf = path_of_keras(False)

# %%
names = ("numpy", "torch", "tensorflow")
runs = dict(zip(names, (ball_numpy, ball_torch, ball_tf)))
parity("momentum-heavy-ball", outputs={name: run[0] for name, run in runs.items()},
       gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})

# %% [markdown]
# And Nesterov's, by one flag each:

# %% tags=["fw-numpy"]
ahead_numpy = path_of_engine(True)

# %% tags=["fw-torch"]
ahead_torch = path_of_torch(True)

# %% tags=["fw-tensorflow"]
ahead_tf = path_of_keras(True)

# %%
runs = dict(zip(names, (ahead_numpy, ahead_torch, ahead_tf)))
parity("momentum-nesterov", outputs={name: run[0] for name, run in runs.items()},
       gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})
claim("momentum-forms-differ", "Heavy ball and Nesterov really are two paths: their losses differ by more than a thousandth somewhere.",
      np.abs(np.subtract(ball_numpy[2], ahead_numpy[2])).max(), at_least=1e-3)

# %% [markdown]
# And the drop of the learning rate in the real libraries, on the wavy function from above: do they follow the forms that the table gives them?

# %%
p, q = torch.tensor(2.5, dtype=torch.float64, requires_grad=True), tf.Variable(2.5, dtype=tf.float64)
sgd_torch, sgd_keras = torch.optim.SGD([p], lr=0.2, momentum=0.9), keras.optimizers.SGD(0.2, momentum=0.9)
for step in range(1, 13):
    sgd_torch.param_groups[0]["lr"] = dropped(step)
    sgd_keras.learning_rate = dropped(step)
    p.grad = wavy(p.detach().numpy()) * torch.ones_like(p)
    sgd_torch.step()
    sgd_keras.apply_gradients([(tf.constant(wavy(q.numpy())), q)])
claim("momentum-drop-torch", "PyTorch ends where its form says.", abs(p.item() - drop["PyTorch"][-1]), at_most=1e-12)
claim("momentum-drop-keras", "Keras ends where its form says, to the accuracy of its float32 constants.",
      abs(float(q) - drop["Keras"][-1]), at_most=1e-6)
claim("momentum-drop-apart", "After two steps at the new rate they are over 0.5 apart.", abs(p.item() - float(q)), at_least=0.5)

# %% [markdown]
# ## Summary
#
# - Momentum keeps a discounted sum of gradients. Under a steady gradient the step is $\eta/(1-\beta)$; compare methods at equal effective rates, or each at its best.
# - Per direction it is a mass on a spring. While the ball oscillates, every direction shrinks by $\sqrt\beta$ a step.
# - The best pair turns $\kappa$ into $\sqrt\kappa$, for the heavy ball and for Nesterov alike. At $\kappa = 1$ it is $\beta = 0$.
# - The heavy ball is faster on quadratics and may cycle elsewhere; Nesterov's method has the guarantee, and breaks at a lower rate.
# - It does not remove noise. With large batches it gains much, with small ones little.
# - PyTorch and Keras agree for a constant rate and part ways under a schedule.
#
# ## Exercises
#
# ### Exercise 1 · Terminal velocity
#
# The gradient is 4 at every step, $\eta = 0.01$, $\beta = 0.95$. How long is a step in the long run?

# %%
answer = None
exercise("momentum-step-length", answer)

# %% tags=["hide-cell", "solution"]
exercise("momentum-step-length", 0.01 * 4 / (1 - 0.95))

# %% [markdown]
# ### Exercise 2 · The best momentum
#
# A quadratic has curvatures from 0.01 to 100. Which $\beta$ is best for the heavy ball?

# %%
answer = None
exercise("momentum-best-beta", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\kappa = 10^4$, $\sqrt\kappa = 100$, so $\beta_* = (99/101)^2 = 0.9608$. The error then shrinks by $99/101$ a step; gradient descent at its best would have $9999/10001$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("momentum-best-beta", (99 / 101) ** 2)

# %% [markdown]
# ### Exercise 3 · The limit
#
# The greatest curvature is 5 and $\beta = 0.8$. Below which learning rate does the heavy ball converge?

# %%
answer = None
exercise("momentum-rate-limit", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# It breaks where a root reaches $-1$: $1 + (1+\beta-\eta\lambda) + \beta = 0$, so $\eta\lambda = 2(1+\beta)$ and $\eta = 3.6/5 = 0.72$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("momentum-rate-limit", 2 * (1 + 0.8) / 5)

# %% [markdown]
# ### Exercise 4 · A step in Keras's form
#
# Write `keras_step(theta, w, g, lr, beta)`: one step of Nesterov's method in Keras's form, for the gradient `g` at `theta`. Return the new `(theta, w)`.

# %%
def keras_step(theta, w, g, lr, beta):
    ...


exercise("momentum-keras-step", keras_step)


# %% tags=["hide-cell", "solution"]
def keras_step_solution(theta, w, g, lr, beta):
    w = beta * w - lr * g
    return theta + beta * w - lr * g, w


exercise("momentum-keras-step", keras_step_solution)

# %% [markdown]
# ### Exercise 5 · Nesterov's factor
#
# Write `nesterov_radius(lr, beta, curvature)`: the factor by which Nesterov's method shrinks a direction of that curvature, in the long run. Begin with $x_{t+1} = (1-\eta\lambda)\bigl(x_t + \beta(x_t-x_{t-1})\bigr)$; do not build a matrix, solve the quadratic equation.

# %%
def nesterov_radius(lr, beta, curvature):
    ...


exercise("momentum-nesterov-radius", nesterov_radius)

# %% [markdown]
# <details><summary>Solution</summary>
#
# With $c = 1-\eta\lambda$ the equation is $r^2 - (1+\beta)c\,r + \beta c = 0$. For $\eta = 1/L$ and $\lambda = \mu$ we have $c = 1-1/\kappa$ and $\beta = (\sqrt\kappa-1)/(\sqrt\kappa+1)$; its discriminant is then zero, and
# $r = \sqrt{\beta c} = (\sqrt\kappa-1)/\sqrt\kappa = 1-1/\sqrt\kappa$.
#
# </details>


# %% tags=["hide-cell", "solution"]
def nesterov_radius_solution(lr, beta, curvature):
    c = 1 - lr * curvature
    root = complex((1 + beta) ** 2 * c**2 - 4 * beta * c) ** 0.5
    return max(abs((1 + beta) * c + root), abs((1 + beta) * c - root)) / 2


exercise("momentum-nesterov-radius", nesterov_radius_solution)

# %% [markdown]
# ### Exercise 6 · Two proofs
#
# (a) Show that for no $\eta$ and no curvature the heavy ball shrinks by less than $\sqrt\beta$ a step. (b) Show the formula of the stationary variance for $\lambda = 1$: multiply
# $x_{t+1} = a\,x_t - \beta x_{t-1} - \eta\xi_t$, $a = 1+\beta-\eta$, by itself and by $x_t$, and take expectations.
#
# <details><summary>Solution</summary>
#
# (a) The product of the two roots is $\beta$, so the larger has size at least $\sqrt\beta$.
#
# (b) Let $V = \mathrm E[x_t^2]$ and $C = \mathrm E[x_tx_{t-1}]$, both the same at every $t$; $\xi_t$ is independent of $x_t$ and $x_{t-1}$. Times $x_t$: $C = aV-\beta C$, so $C = aV/(1+\beta)$. Squared: $V = a^2V + \beta^2V - 2a\beta C + \eta^2\sigma^2$. Insert $C$:
# $V\bigl(1-\beta^2 - a^2\tfrac{1-\beta}{1+\beta}\bigr) = \eta^2\sigma^2$, that is $V\,\tfrac{1-\beta}{1+\beta}\bigl((1+\beta)^2-a^2\bigr) = \eta^2\sigma^2$, and $(1+\beta)^2-a^2 = \eta\,(2(1+\beta)-\eta)$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Polyak, 1964](../../book/bibliography.md#polyak1964some), the heavy ball and its best parameters ·
# [Nesterov, 1983](../../book/bibliography.md#nesterov1983method), acceleration, and [his lectures, 2018](../../book/bibliography.md#nesterov2018lectures), section 2.2 ·
# [Sutskever et al., 2013](../../book/bibliography.md#sutskever2013importance), momentum for deep networks, and Nesterov's method written at $\theta$ ·
# [Lessard, Recht and Packard, 2016](../../book/bibliography.md#lessard2016analysis), the tuned parameters and the cycle ·
# [O'Donoghue and Candès, 2015](../../book/bibliography.md#odonoghue2015adaptive), restarts ·
# [Goh, 2017](../../book/bibliography.md#goh2017why), the eigenvalue picture, interactive.
