# %% [markdown]
# # Gradient descent
#
# **After this section** you can say how large a learning rate may be before training breaks, predict how many steps a problem
# needs from one number, and tell what a vanishing gradient does and does not prove.
# *Reading: 25 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from sklearn.datasets import load_diabetes

from chainrule import Tensor, optim, plotting
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# Chapter 2 computes the [gradient](../../book/glossary.md#gradient) of a network in [one backward pass](../02_backprop/03_by_hand.ipynb). Now it has to be used.
# [Gradient descent](../../book/glossary.md#gradient-descent) is a rule of one line, due to [Cauchy, 1847](../../book/bibliography.md#cauchy1847methode):
#
# $$\theta_{t+1} = \theta_t - \eta\,\nabla J(\theta_t).$$
#
# *The next parameters are the present ones, minus the [learning rate](../../book/glossary.md#learning-rate) times the gradient.* How far does it get, how fast, and when does it fail?
#
# | symbol | shape | meaning |
# |---|---|---|
# | $\theta_t$ | $(P,)$ | all [parameters](../../book/glossary.md#parameter), after $t$ steps |
# | $J$ | scalar | the [objective](../../book/glossary.md#objective-function), which we also call the loss |
# | $\nabla J$ | $(P,)$ | its gradient; at most points we write $g$ |
# | $\eta$ | scalar | learning rate |
# | $A$ | $(P, P)$ | the [Hessian](../../book/glossary.md#hessian), all second derivatives of $J$; symmetric |
# | $\mu, L$ | scalars | its least and its greatest eigenvalue; $\kappa = L/\mu$ is the condition number |
#
# ## By hand, on a parabola
#
# Take $J(\theta) = \theta^2$, whose gradient is $2\theta$, the start $\theta_0 = 3$ and $\eta = 0.1$. Each step multiplies by $1 - 2\cdot 0.1$:
#
# | step $t$ | parameter $\theta_t$ | gradient $\nabla J$ | loss $J$ | with $+\eta\nabla J$ instead: $\theta_t$ and $J$ |
# |---|---|---|---|---|
# | 0 | 3 | 6 | 9 | 3 and 9 |
# | 1 | 2.4 | 4.8 | 5.76 | 3.6 and 12.96 |
# | 2 | 1.92 | 3.84 | 3.6864 | 4.32 and 18.6624 |

# %% tags=["settles-S2-F1"]
def take_steps(gradient, theta, lr, n_steps):
    """Return the parameters before each step and after the last, (n_steps + 1, *shape)."""
    path = [theta]
    for _ in range(n_steps):
        theta = theta - lr * gradient(theta)
        path.append(theta)
    return np.array(path)


down = take_steps(lambda theta: 2 * theta, 3.0, 0.1, 2) ** 2
up = take_steps(lambda theta: 2 * theta, 3.0, -0.1, 2) ** 2
claim("descent-paper", "Against the gradient the loss goes from 9 to 5.76 and 3.6864, as on paper.",
      down, expected=[9.0, 5.76, 3.6864], tolerance=1e-12)
claim("descent-sign", "With the gradient it rises, to 12.96 and 18.6624.", up, expected=[9.0, 12.96, 18.6624], tolerance=1e-12)

# %% [markdown]
# ## Why minus the gradient
#
# Step from $\theta$ by a small vector $s$. Taylor's theorem says what the loss does, to first order:
#
# $$J(\theta + s) = J(\theta) + g^\top s + O(\lVert s\rVert^2).$$
#
# Among all $s$ of one length, $g^\top s = \lVert g\rVert\,\lVert s\rVert\cos\varphi$ is least where $\cos\varphi = -1$: against the gradient. That is all that
# "steepest descent" means: steepest *here*, for *short* steps, with length measured by Euclid. Let us try every direction of a circle.

# %%
hilly = lambda a, b: np.sin(a) + 0.5 * b**2 + a * b
point = np.array([0.4, -0.7])
g = np.array([np.cos(point[0]) + point[1], point[1] + point[0]])
gradcheck(lambda p: hilly(p[0], p[1]), [point], [g])

angles = np.linspace(-np.pi, np.pi, 3601)                # a tenth of a degree apart
step = 1e-4 * np.stack([np.cos(angles), np.sin(angles)])
change = (hilly(*(point[:, None] + step)) - hilly(*point)) / 1e-4
best = step[:, change.argmin()] / 1e-4
claim("descent-steepest", "Of 3 600 directions the one in which the loss falls most is that of minus the gradient.",
      best @ -g / np.linalg.norm(g), at_least=np.cos(np.radians(0.2)))
claim("descent-slope", "In that direction it falls by the length of the gradient, per unit of step.",
      change.min() / np.linalg.norm(g), expected=-1.0, tolerance=1e-3)
shrink = [abs(hilly(*(point - h * g)) - hilly(*point) + h * g @ g) for h in (1e-2, 1e-3)]
claim("descent-second-order", "What the first order leaves out is of second order: a tenth of the step, a hundredth of the error.",
      shrink[0] / shrink[1], expected=100.0, tolerance=1.0)

# %% [markdown]
# > **Misconception.** The gradient points at the minimum, so following it is the shortest way there.
#
# Minus the gradient points straight down the slope *under our feet*. In a long valley that is nearly across it. **Predict:** in a
# valley a hundred times as curved across as along, how far off can the direction be?

# %%
curvatures = np.array([1.0, 100.0])                       # J = (θ₁² + 100 θ₂²) / 2, minimum at 0
turn = np.linspace(0, np.pi / 2, 100_001)
theta = np.stack([np.cos(turn), np.sin(turn)], axis=1)
g = theta * curvatures
cosine = (g * theta).sum(1) / np.linalg.norm(g, axis=1)   # between -g and the way to the minimum, -θ
claim("descent-wrong-way", "At worst minus the gradient is 78.6 degrees off the way to the minimum.",
      np.degrees(np.arccos(cosine.min())), expected=78.58, tolerance=0.01)
claim("descent-kantorovich", "The cosine of that angle is 2√κ/(κ+1).", cosine.min(), expected=2 * 100**0.5 / 101, tolerance=1e-6)

# %% [markdown]
# ## The quadratic model
#
# Near a minimum $\theta_*$ any smooth loss looks like its second-order Taylor polynomial, and for squared losses of linear models that polynomial is exact:
#
# $$J(\theta) = J_* + \tfrac12(\theta-\theta_*)^\top A\,(\theta-\theta_*), \qquad \nabla J = A(\theta-\theta_*).$$
#
# Write $e_t = \theta_t-\theta_*$ for the error. One step gives $e_{t+1} = (I - \eta A)\,e_t$. Along an eigenvector of $A$ with eigenvalue $\lambda_i$ the matrix is a number:
#
# $$e_t^{(i)} = (1 - \eta\lambda_i)^t\, e_0^{(i)} .$$
#
# *In each eigen-direction the error is multiplied by the same factor at every step, whatever happens in the others.*

# %%
rng = np.random.default_rng(0)
eigenvalues = np.array([0.2, 1.0, 3.0, 8.0])
Q, _ = np.linalg.qr(rng.normal(size=(4, 4)))              # the eigenvectors, columns
A, minimum = Q @ np.diag(eigenvalues) @ Q.T, rng.normal(size=4)
path = take_steps(lambda theta: A @ (theta - minimum), np.zeros(4), 0.235, 60)
errors = (path - minimum) @ Q                             # (61, 4): error in each eigen-direction
formula = (1 - 0.235 * eigenvalues) ** np.arange(61)[:, None] * errors[0]
claim("descent-directions", "Sixty steps in four dimensions are four numbers, each raised to the power 60.",
      np.abs(errors - formula).max(), at_most=1e-12)
print("factors a step:", 1 - 0.235 * eigenvalues)

# %% mystnb={"image": {"alt": "Error against step on a logarithmic axis, one straight line for each of four eigenvalues. The errors of the middle eigenvalues vanish fastest, those of the smallest and of the largest eigenvalue slowest."}}
_ = plotting.curves({f"λ = {value:g}": np.abs(errors[:, i]).clip(1e-9) for i, value in enumerate(eigenvalues)},
                title="Every eigen-direction has a factor of its own",
                xlabel="step", ylabel="error", logy=True, ylim=(1e-7, 5))

# %% [markdown]
# The error in direction $i$ shrinks exactly when $|1-\eta\lambda_i| < 1$, that is $0<\eta<2/\lambda_i$. All must, so the largest eigenvalue decides:
#
# $$0 < \eta < \frac{2}{L}.$$
#
# ## Where it breaks
#
# Real data, from here on: 442 patients, ten measurements such as age, blood pressure and serum values, and the progression of their diabetes a year later. A linear
# model with squared loss, $J(\theta) = \frac{1}{2m}\lVert X\theta-y\rVert^2$, has $\nabla J = \frac1m X^\top(X\theta-y)$ and $A = \frac1m X^\top X$.

# %%
raw, y = load_diabetes(return_X_y=True, scaled=False)     # (442, 10), (442,)
m = len(y)
X = np.column_stack([np.ones(m), (raw - raw.mean(0)) / raw.std(0)])     # a 1 for the intercept, then columns of deviation 1


def squares(theta):
    return ((X @ theta - y) ** 2).sum() / (2 * m)


def squares_gradient(theta):
    return X.T @ (X @ theta - y) / m


gradcheck(squares, [np.linspace(-20, 20, 11)], [squares_gradient(np.linspace(-20, 20, 11))])
spectrum = np.linalg.eigvalsh(X.T @ X / m)
smallest, largest = spectrum[0], spectrum[-1]
print(f"eigenvalues from {smallest:.4f} to {largest:.4f}, condition number {largest / smallest:.0f}, step limit {2 / largest:.5f}")

# %% [markdown]
# Suppose that we could not compute eigenvalues, as for any large network. Then the limit can be found by trying: run, and see whether the gradient is
# longer after 4 000 steps than after 2 000. Halve the interval between a rate that works and one that does not, and again.

# %% tags=["settles-S0-C19"]
def grows(lr, n_steps=2000):
    """Return True if the gradient gets longer in the second half of a run."""
    theta, lengths = np.zeros(11), []
    for _ in range(2):
        for _ in range(n_steps):
            theta = theta - lr * squares_gradient(theta)
            if np.abs(theta).max() > 1e100:
                return True
        lengths.append(np.linalg.norm(squares_gradient(theta)))
    return lengths[1] > lengths[0]


works, breaks = 0.01, 10.0
while breaks / works - 1 > 1e-7:
    middle = (works * breaks) ** 0.5
    works, breaks = (works, middle) if grows(middle) else (middle, breaks)
claim("descent-limit", "The largest rate that works, found by bisection, is 2/L to a part in a million.",
      works * largest / 2, expected=1.0, tolerance=1e-6)

# %% [markdown]
# Three learning rates show the three regimes: one far below the limit, one at half of it, and one 2 % above.

# %% tags=["settles-S2-C14"]
rates = {"slow: η = 0.01": 0.01, "good: η = 1/L": 1 / largest, "divergent: η = 2.04/L": 2.04 / largest}
solution_lstsq, *_ = np.linalg.lstsq(X, y, rcond=None)
floor = squares(solution_lstsq)                           # no θ has less
gaps = {name: np.array([squares(theta) - floor for theta in take_steps(squares_gradient, np.zeros(11), lr, 100)])
        for name, lr in rates.items()}
slow, good, divergent = gaps.values()
claim("descent-slow", "After 100 steps the slow rate still has over a tenth of the excess loss.", slow[-1] / slow[0], at_least=0.1)
claim("descent-good", "The good rate has less than a thousandth left.", good[-1] / good[0], at_most=1e-3)
claim("descent-divergent", "Two per cent above the limit, the excess loss has grown more than a hundredfold.",
      divergent[-1] / divergent[0], at_least=100.0)

# %% mystnb={"image": {"alt": "Excess loss against step on a logarithmic axis for three learning rates. The slow one falls in a gentle line, the good one falls steeply and then flattens, the divergent one falls for four steps and then rises in a straight line beyond its start."}}
_ = plotting.curves(gaps, title="Slow, good, divergent: a factor of fifty in η decides", xlabel="step",
                    ylabel="J − J*", logy=True)

# %% [markdown]
# > **Misconception.** Every step of gradient descent lowers the loss, until it arrives.
#
# One of the articles behind this book says so without a condition. For a loss whose curvature is at most $L$ it holds when $\eta<2/L$ (exercise 5 is the proof), and not beyond.
# Look at the divergent run again: *it did fall at first.* The error in the steepest direction began small, and had to grow for a while before it outweighed the rest.
# A loss that has fallen four times in a row proves little about the learning rate.

# %% tags=["settles-M12"]
first_rise = int(np.flatnonzero(np.diff(divergent) > 0)[0])
print("J of the divergent run:", (divergent[:6] + floor).round(0))
claim("descent-falls-first", "The divergent run lowers its loss four times before it rises for good.",
      [first_rise, bool((np.diff(divergent)[4:] > 0).all())], expected=[4, True])
below = take_steps(squares_gradient, np.zeros(11), 1.99 / largest, 3000)
claim("descent-falls-always", "Half a per cent below the limit none of 3 000 steps raises the loss by more than rounding.",
      max(np.diff([squares(theta) for theta in below])), at_most=1e-9)

# %% [markdown]
# ## How fast, at best
#
# Along direction $i$ the factor is $|1-\eta\lambda_i|$. A larger $\eta$ helps the flat directions and hurts the steep ones; the worst of all factors is least when both extremes
# are equal, $1-\eta\mu = \eta L-1$. Hence
#
# $$\eta_* = \frac{2}{L+\mu}, \qquad \text{factor} = \frac{\kappa-1}{\kappa+1}, \qquad
#   \text{steps to shrink the error by } \varepsilon \approx \frac{\kappa}{2}\ln\frac1\varepsilon .$$
#
# The number of parameters does not occur. Only the **[condition number](../../book/glossary.md#condition-number)** $\kappa = L/\mu$ does, the ratio of the greatest to the least curvature: a valley's narrowness.

# %%
def steps_to(kappa, lr, tolerance=1e-6, n=30):
    """Return the steps until the error is `tolerance` of its start, for n eigenvalues from 1 to kappa."""
    curvature = np.geomspace(1, kappa, n)
    error, n_steps, goal = np.ones(n), 0, tolerance * n**0.5
    while np.linalg.norm(error) > goal:
        error = error - lr * curvature * error
        n_steps += 1
    return n_steps


kappas = np.array([100, 200, 400, 800, 1600, 3000])
needed = np.array([steps_to(kappa, 2 / (kappa + 1)) for kappa in kappas])
print(dict(zip(kappas.tolist(), needed.tolist())))
claim("descent-kappa", "With the best rate, the steps to a millionth grow like κ to the power 1.",
      np.polyfit(np.log(kappas), np.log(needed), 1)[0], expected=1.0, tolerance=0.005)
curvature = np.geomspace(1, 100, 30)
last = take_steps(lambda error: curvature * error, np.ones(30), 2 / 101, 4000)[-2:]
claim("descent-rate", "At κ = 100 a late step multiplies the error by (κ−1)/(κ+1) = 0.980.",
      np.linalg.norm(last[1]) / np.linalg.norm(last[0]), expected=99 / 101, tolerance=1e-8)

# %% mystnb={"image": {"alt": "Steps to a millionth of the error against the condition number, both axes logarithmic. The measured points for 2/(L+mu) lie on a straight line of slope one, those for 1/L on a parallel line twice as high."}}
at_one_over_L = np.array([steps_to(kappa, 1 / kappa) for kappa in kappas])
_ = plotting.curves({"η = 1/L": (kappas, at_one_over_L), "η = 2/(L+μ)": (kappas, needed)}, logx=True, logy=True,
                    title="Twice as narrow a valley, twice as many steps", xlabel="condition number κ", ylabel="steps to 1e-6")

# %% [markdown]
# So is $\eta_* = 2/(L+\mu)$ the rate to use? **Predict** which is lower on the diabetes data after 300 steps: $\eta_*$, which is optimal, or half of it.

# %%
at_best, at_half = [np.array([squares(theta) - floor for theta in take_steps(squares_gradient, np.zeros(11), lr, 3000)])
                    for lr in (2 / (largest + smallest), 1 / largest)]
for n_steps in (30, 300, 1000, 3000):
    print(f"after {n_steps:4d} steps: excess loss {at_best[n_steps]:.1e} with 2/(L+μ), {at_half[n_steps]:.1e} with 1/L")
claim("descent-early", "After 300 steps the 'optimal' rate has over ten times the excess loss of 1/L.",
      at_best[300] / at_half[300], at_least=10.0)
claim("descent-late", "After 3 000 steps it is ahead, more than a thousandfold.", at_half[3000] / at_best[3000], at_least=1e3)

# %% [markdown]
# The optimal rate is optimal in the long run and for the worst direction. It pays for the flattest direction with the steepest, which flips sign at every step and hardly shrinks. On a budget of a few hundred
# steps the flattest direction is not reached either way, and 1/L wins. Theory that says "best" answers a precise question; read which.
#
# ## A loop, and when to stop
#
# Now the function as the second of the two articles prints it, word for word:

# %%
def article_gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
    return theta


once = article_gradient_descent(np.zeros(11), X, y, 0.2)
print(f"after one call: distance to the least-squares solution {np.linalg.norm(once - solution_lstsq):.1f},"
      f" at the start {np.linalg.norm(solution_lstsq):.1f}")
claim("descent-one-update", "One call makes one update, and over half of the distance is left.",
      np.linalg.norm(once - solution_lstsq) / np.linalg.norm(solution_lstsq), at_least=0.5)

# %% [markdown]
# It makes one step: the loop is missing, and with it the question when to stop. Its gradient has a 2 where ours has a 1, since it
# drops the ½ from the loss; that doubles $L$ and halves the step limit, so a learning rate is a number *for a given loss*.
# The worst is hidden in the shapes. A column `y` of shape $(m, 1)$, which many loaders return, turns $X\theta-y$ into an $m\times m$ matrix by [broadcasting](../../book/glossary.md#broadcasting).

# %% tags=["settles-C10"]
outcomes = []
for theta_shape, y_shape in [((11,), (m, 1)), ((11, 1), (m,)), ((11, 1), (m, 1))]:
    try:
        result = article_gradient_descent(np.zeros(theta_shape), X, y.reshape(y_shape), 0.2)
        outcomes.append(str(result.shape))
    except ValueError:
        outcomes.append("ValueError")
    print(f"theta {theta_shape}, y {y_shape}: {outcomes[-1]}")
claim("descent-broadcast", "A column y raises; a column theta raises nothing and comes back as a matrix of 442 columns.",
      outcomes, expected=["ValueError", "(11, 442)", "(11, 1)"])

# %% [markdown]
# The second case is the dangerous one: parameters of a wrong shape, and no error. The repaired version checks shapes, loops, and stops when the gradient is short or the patience at an end, and says which.

# %% tags=["settles-C10", "settles-S2-X1", "settles-S0-C19"]
def least_squares_descent(X, y, lr, tolerance=1e-8, max_steps=20_000):
    """Return (theta, steps, converged) for J = ‖Xθ − y‖²/2m, started at 0; X (m, D), y (m,)."""
    if X.ndim != 2 or y.shape != (len(X),):
        raise ValueError(f"X must be (m, D) and y (m,); got {X.shape} and {y.shape}")
    theta = np.zeros(X.shape[1])
    for n_steps in range(max_steps):
        g = X.T @ (X @ theta - y) / len(y)
        if np.linalg.norm(g) <= tolerance:
            return theta, n_steps, True
        theta = theta - lr * g
    return theta, max_steps, False


theta, n_steps, converged = least_squares_descent(X, y, lr=2 / (largest + smallest))
print(f"{n_steps} steps, converged: {converged}")
claim("descent-lstsq", "It arrives at the solution of numpy.linalg.lstsq, to a part in a million.",
      np.abs(theta - solution_lstsq).max() / np.abs(solution_lstsq).max(), at_most=1e-6)
normal_equations = np.linalg.solve(X.T @ X, X.T @ y)
claim("descent-normal", "The normal equations give the same point.", np.abs(theta - normal_equations).max(), at_most=1e-5)

# %% [markdown]
# The library's `optim.SGD` without [momentum](../../book/glossary.md#momentum) is this rule for any loss that the engine can differentiate. The name promises chance, but chance
# enters with the data that it is given, which is the matter of the [next section](02_batches.ipynb); on the whole data set there is none.

# %%
def by_engine(lr, n_steps):
    theta = Tensor(np.zeros(11), requires_grad=True)
    optimizer = optim.SGD([theta], lr=lr)
    for _ in range(n_steps):
        optimizer.zero_grad()
        (((Tensor(X) @ theta - y) ** 2).sum() / (2 * m)).backward()
        optimizer.step()
    return theta.data


same("the rule above is the library's SGD", lambda lr, n: take_steps(squares_gradient, np.zeros(11), lr, n)[-1], by_engine,
     [(0.1, 1), (0.1, 50), (0.4, 100)])

# %% [markdown]
# What does a short gradient tell? If the curvature is at least $\mu>0$ everywhere, then
#
# $$\lVert\theta-\theta_*\rVert \le \frac{\lVert g\rVert}{\mu}, \qquad J-J_* \le \frac{\lVert g\rVert^2}{2\mu}.$$
#
# In a flat direction $1/\mu$ is large: the gradient can be short far from the minimum.

# %%
path = take_steps(squares_gradient, np.zeros(11), 1 / largest, 1500)
gradients = np.linalg.norm([squares_gradient(theta) for theta in path], axis=1)
distances = np.linalg.norm(path - solution_lstsq, axis=1)
claim("descent-stop-bound", "On all of 1 500 steps the distance is at most the gradient's length over μ.",
      (distances * smallest / gradients).max(), at_most=1 + 1e-9)
at = int(np.flatnonzero(gradients < gradients[0] / 1000)[0])
print(f"step {at}: the gradient is {gradients[at] / gradients[0]:.4f} of its start, the distance {distances[at] / distances[0]:.2f}")
claim("descent-short-gradient", "When the gradient has shrunk a thousandfold, over a tenth of the distance is left.",
      distances[at] / distances[0], at_least=0.1)

# %% [markdown]
# ## Without knowing the curvature: line search
#
# No one knows $L$ for a network. [Armijo, 1966](../../book/bibliography.md#armijo1966minimization), lets the loss itself choose: begin with a generous $\eta$ and halve it until the step delivers a
# share $c$ of what the slope promised, $J(\theta-\eta g) \le J(\theta) - c\,\eta\lVert g\rVert^2$. This is a [line search](../../book/glossary.md#line-search) by backtracking. By the second-order bound
# a rate of $2(1-c)/L$ always passes, so halving stops above $(1-c)/L$.
#
# First on the diabetes data, where the guarantee can be checked:

# %%
def backtracking_descent(J, gradient, theta, n_steps, share=0.3, start=1.0):
    """Return the path and the accepted learning rates."""
    path, accepted = [theta], []
    for _ in range(n_steps):
        g, lr = gradient(theta), start
        while J(theta - lr * g) > J(theta) - share * lr * g @ g:
            lr /= 2
        theta = theta - lr * g
        path.append(theta)
        accepted.append(lr)
    return np.array(path), np.array(accepted)


print(f"fixed 1/L: excess loss {good[-1]:.4f} after 100 steps")
for first in (64.0, 50.0):
    path_search, accepted = backtracking_descent(squares, squares_gradient, np.zeros(11), 100, start=first)
    excess, trials = squares(path_search[-1]) - floor, np.log2(first / accepted).sum() + 100
    print(f"from {first:.0f}: excess loss {excess:9.4f}, {trials:.0f} trial points")
    claim(f"descent-armijo-bound-{first:.0f}", "Without being told L, backtracking takes no rate below (1−c)/L = 0.7/L.",
          accepted.min() * largest, at_least=0.7)
    claim(f"descent-armijo-beyond-{first:.0f}", "It takes more than 2/L, which no fixed rate may, on over a quarter of the steps.",
          (accepted > 2 / largest).mean(), at_least=0.25)
    claim(f"descent-armijo-gain-{first:.0f}", "After 100 steps its excess loss is below that of the fixed rate 1/L.",
          excess / good[-1], at_most=0.9)

# %% [markdown]
# A long step is harmless where the steep directions have been dealt with a moment ago, and the line search notices. How much that gains is luck: it hangs on the grid of rates that halving visits. And each
# step costs several evaluations of the loss. Now Rosenbrock's curved valley,
# $(1-a)^2 + 100(b-a^2)^2$, where no single $L$ describes the whole way:

# %%
def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def rosenbrock_gradient(p):
    return np.array([-2 * (1 - p[0]) - 400 * p[0] * (p[1] - p[0] ** 2), 200 * (p[1] - p[0] ** 2)])


gradcheck(rosenbrock, [np.array([-1.2, 1.0])], [rosenbrock_gradient(np.array([-1.2, 1.0]))])

# %%
far = np.array([-1.2, 1.0])
path_armijo, accepted = backtracking_descent(rosenbrock, rosenbrock_gradient, far, 1000, start=0.1)
losses_armijo = [rosenbrock(p) for p in path_armijo]
claim("descent-armijo-falls", "With backtracking all 1 000 steps lower the loss.", max(np.diff(losses_armijo)), at_most=0.0)
print(f"accepted rates from {accepted.min():.5f} to {accepted.max():.5f}")
fixed = {}
for lr in (0.0005, 0.001, 0.002, 0.004):
    with np.errstate(all="ignore"):
        fixed[lr] = rosenbrock(take_steps(rosenbrock_gradient, far, lr, 1000)[-1])
    print(f"fixed η = {lr:.4f}: loss after 1 000 steps {fixed[lr]:.1e}")
print(f"backtracking:      loss after 1 000 steps {losses_armijo[-1]:.1e}")
claim("descent-armijo-wins", "It ends below a fifth of the best fixed rate tried.",
      losses_armijo[-1] / np.nanmin(list(fixed.values())), at_most=0.2)

# %% mystnb={"image": {"alt": "Level lines of Rosenbrock's curved valley with two paths of 300 steps from the upper left. Both drop into the valley; the path with backtracking follows it round towards the minimum at (1, 1), the path with a fixed learning rate is still on its way."}}
fixed_path = take_steps(rosenbrock_gradient, far, 0.002, 300)
_ = plotting.contour(lambda a, b: rosenbrock((a, b)), (-1.6, 1.4), (-0.4, 1.6), log=True, n_levels=9, xlabel="$a$", ylabel="$b$",
                     paths={"backtracking": path_armijo[:301], "η = 0.002": fixed_path},
                     title="Long steps where the valley allows them")

# %% [markdown]
# (We began at 0.1 rather than 1. A first trial of 1 happens to throw the second step across the hill and into the minimum, which is luck, and no demonstration.)
#
# Each trial costs a forward pass, and on a mini-batch the loss to be compared is itself random. So deep learning uses fixed rates and [schedules](05_schedules.ipynb); where the loss is exact and
# smooth, a line search is the better habit.
#
# > **Misconception.** A smaller learning rate is always safer: it gets to the same place, a little later.
#
# It never diverges, that much is true. But steps are paid for. Ten times smaller ones need ten times as many, and the budget ends first.

# %%
budget = 300
for lr in (1 / largest, 0.1 / largest, 0.01 / largest):
    print(f"η = {lr:.5f}: excess loss {squares(take_steps(squares_gradient, np.zeros(11), lr, budget)[-1]) - floor:9.2f}")
tenth, hundredth = [squares(take_steps(squares_gradient, np.zeros(11), f / largest, budget)[-1]) - floor for f in (0.1, 0.01)]
claim("descent-too-small", "After 300 steps a hundredth of 1/L leaves over 500 times the excess loss of 1/L.",
      hundredth / at_half[budget], at_least=500.0)
claim("descent-same-time", "Ten times smaller steps need ten times as many: 3 000 of them equal 300, within 5 %.",
      (squares(take_steps(squares_gradient, np.zeros(11), 0.1 / largest, 3000)[-1]) - floor) / at_half[300], expected=1.0, tolerance=0.05)

# %% [markdown]
# ## No curvature at the bottom
#
# On $J = \tfrac14\theta^4$ the curvature vanishes at the minimum, $\mu = 0$, and no factor below one holds for good. The step $\theta\leftarrow\theta-\eta\theta^3$ is nearly the differential equation
# $\dot\theta = -\theta^3$, with the solution $\theta\approx(2\eta t)^{-1/2}$. A power of $t$, not an exponential: ten times as exact costs a hundred times the steps.

# %%
theta, quartic = 1.0, []
for _ in range(100_000):
    theta -= 0.1 * theta**3
    quartic.append(theta)
times = np.array([1000, 3000, 10_000, 30_000, 100_000])
exponent = np.polyfit(np.log(times), np.log(np.array(quartic)[times - 1]), 1)[0]
claim("descent-sublinear", "On the quartic the distance falls like t to the power −1/2.", exponent, expected=-0.5, tolerance=0.005)
claim("descent-sublinear-level", "After 100 000 steps it is (2ηt) to the power −1/2 = 0.00707.",
      quartic[-1], expected=(2 * 0.1 * 1e5) ** -0.5, tolerance=0.01, relative=True)

# %% [markdown]
# ## Saddle points
#
# The smallest deep network has two weights in a row and one sample, $x = y = 1$: $J(w_1, w_2) = \tfrac12(1-w_1w_2)^2$. At $w = (0, 0)$ its gradient is zero. Is it done?
#
# > **Misconception.** Where the gradient is zero, there is a minimum.
#
# Where the gradient is zero the first order is silent and the second speaks: the eigenvalues of the Hessian. All positive, a minimum; all negative, a maximum; both signs, a **[saddle point](../../book/glossary.md#saddle-point)**.

# %%
def chain_loss(w):
    return 0.5 * (1 - np.prod(w)) ** 2


def chain_gradient(w):
    others = np.array([np.prod(np.delete(w, k)) for k in range(len(w))])
    return -(1 - np.prod(w)) * others


gradcheck(chain_loss, [np.array([0.3, -0.8, 1.1])], [chain_gradient(np.array([0.3, -0.8, 1.1]))])
hessian = np.array([[0.0, -1.0], [-1.0, 0.0]])            # of the loss for two weights, at 0
claim("descent-zero-gradient", "At the origin the gradient has length 0, and the loss is one half where it could be 0.",
      [np.linalg.norm(chain_gradient(np.zeros(2))), chain_loss(np.zeros(2)), chain_loss(np.ones(2))], expected=[0.0, 0.5, 0.0])
claim("descent-saddle", "The Hessian there has the eigenvalues −1 and 1: a saddle.", np.linalg.eigvalsh(hessian), expected=[-1.0, 1.0],
      tolerance=1e-12)

# %% [markdown]
# Started exactly there, gradient descent stays for ever. Started $\varepsilon$ beside it, the downhill direction with eigenvalue $-1$ multiplies the distance by $1+\eta$ at each step, so escape takes about
# $\ln(1/\varepsilon)/\ln(1+\eta)$ steps: the *logarithm* of how near we began. **Predict** what a third weight does. There the Hessian at the origin is zero altogether; the saddle is not *strict*.

# %%
def escape_steps(n_weights, distance, lr=0.1):
    """Return the steps until the loss has fallen from 1/2 to 1/4, from equal weights near 0."""
    w, n_steps = np.full(n_weights, distance), 0
    while chain_loss(w) > 0.25:
        w = w - lr * chain_gradient(w)
        n_steps += 1
    return n_steps


near = 10.0 ** -np.arange(1, 9)
two = np.array([escape_steps(2, d) for d in near])
three = np.array([escape_steps(3, d) for d in (0.1, 0.03, 0.01, 0.003)])
print("two weights, from 1e-1 to 1e-8:", two, "\nthree weights, from 0.1 to 0.003:", three)
claim("descent-escape", "With two weights, each factor 1/e in distance costs 1/ln(1.1) = 10.49 steps.",
      np.polyfit(np.log(1 / near), two, 1)[0], expected=1 / np.log(1.1), tolerance=0.1)
claim("descent-escape-flat", "With three, escape time grows like 1/ε: exponent 1 instead of a logarithm.",
      np.polyfit(np.log(1 / np.array([0.1, 0.03, 0.01, 0.003])), np.log(three), 1)[0], expected=1.0, tolerance=0.05)

# %% mystnb={"image": {"alt": "Loss against step for two and three weights started 0.01 from the origin. With two weights the loss leaves the plateau at one half after about 35 steps, with three weights it stays on the plateau for about a thousand steps and then drops steeply."}}
plateaus = {f"{n} weights": [chain_loss(w) for w in take_steps(chain_gradient, np.full(n, 0.01), 0.1, 1100)[::5]] for n in (2, 3)}
_ = plotting.curves({name: (np.arange(0, 1101, 5), v) for name, v in plateaus.items()},
                    title="What looks like convergence may be a saddle", xlabel="step", ylabel="loss")

# %% [markdown]
# From a random start, and with $\eta<1/L$, gradient descent converges to a strict saddle with probability zero: [Lee et al., 2016](../../book/bibliography.md#lee2016gradient). It may still spend its whole budget near one.
# A push of random noise puts an upper end to the wait, since $\varepsilon$ is then at least the size of the noise.

# %%
waits = []
for seed in range(20):
    noise = np.random.default_rng(seed)
    w, n_steps = np.zeros(2), 0
    while chain_loss(w) > 0.25:
        w = w - 0.1 * (chain_gradient(w) + 1e-3 * noise.normal(size=2))
        n_steps += 1
    waits.append(n_steps)
print(f"from the saddle itself, with noise: {np.mean(waits):.0f} ± {np.std(waits, ddof=1):.0f} steps over 20 seeds")
claim("descent-noise", "Noise of a thousandth frees all 20 runs that start on the saddle, within 200 steps.", max(waits), at_most=200)
stuck = take_steps(chain_gradient, np.zeros(2), 0.1, 1000)[-1]
claim("descent-stuck", "Without noise, a thousand steps move nothing.", np.abs(stuck).max(), expected=0.0)

# %% [markdown]
# ## In many dimensions
#
# A minimum needs *every* eigenvalue positive. If signs came up like coins, that would have probability $2^{-d}$ in $d$ dimensions. Eigenvalues of a random symmetric matrix repel each other, which makes it rarer still: about
# $3^{-d^2/4}$, by [Dean and Majumdar, 2006](../../book/bibliography.md#dean2006large). We draw 40 000 matrices of each size.

# %%
rng = np.random.default_rng(0)
share, n_draws = {}, 40_000
for d in range(1, 7):
    draws = rng.normal(size=(n_draws, d, d))
    eigen = np.linalg.eigvalsh(draws + draws.transpose(0, 2, 1))
    share[d] = (eigen[:, 0] > 0).mean()
    print(f"d = {d}: all eigenvalues positive in {100 * share[d]:7.4f} %, coins {100 * 0.5**d:.2f} %")
exact = {1: 1 / 2, 2: (2 - 2**0.5) / 4, 3: 1 / 4 - 2**0.5 / (2 * np.pi)}
for d, p in exact.items():
    claim(f"descent-random-{d}", f"In {d} dimension{'s' * (d > 1)} the share is the exact {p:.4f}, within four standard errors.",
          abs(share[d] - p) / (p * (1 - p) / n_draws) ** 0.5, at_most=4.0)
claim("descent-random-6", "In six dimensions fewer than one matrix in 2 000 is positive; coins would give one in 64.", share[6], at_most=5e-4)

# %% [markdown]
# So random critical points in high dimension are nearly all saddles, which [Dauphin et al., 2014](../../book/bibliography.md#dauphin2014identifying), argue is the case for networks. A caution: the Hessian of a network is not such a random matrix. Where the loss is
# low, its negative eigenvalues become few, and at the bottom there are none. The count explains why high plateaus are saddles; it does not say that there are no poor local minima.
#
# ## In contrast: Newton's step
#
# [Newton's method](../../book/glossary.md#newtons-method) divides by the curvature instead of multiplying by a rate: $\theta\leftarrow\theta-A^{-1}\nabla J$. On a quadratic it arrives in one step, whatever $\kappa$. It is paid
# for with a linear system of $P$ equations a step, some $P^3$ operations, and it is attracted by any point where the gradient vanishes.

# %%
def chain_hessian(w):
    return np.array([[w[1] ** 2, 2 * w[0] * w[1] - 1], [2 * w[0] * w[1] - 1, w[0] ** 2]])


newton = np.zeros(11) - np.linalg.solve(X.T @ X / m, squares_gradient(np.zeros(11)))
claim("descent-newton", "On the diabetes data one Newton step does what gradient descent needs thousands for.",
      np.abs(newton - solution_lstsq).max() / np.abs(solution_lstsq).max(), at_most=1e-9)
w = np.array([0.3, 0.2])
for _ in range(6):
    w = w - np.linalg.solve(chain_hessian(w), chain_gradient(w))
claim("descent-newton-saddle", "Started at (0.3, 0.2) on the two-weight network, it converges to the saddle, with loss one half.",
      [np.abs(w).max(), chain_loss(w) - 0.5], at_most=1e-9)

# %% [markdown]
# ## The cheapest cure: scale the inputs
#
# The Hessian $\frac1mX^\top X$ depends on the units of the columns. Measure blood pressure in pascals and its column grows a hundredfold, its curvature ten-thousandfold. What would the raw diabetes table have cost?

# %%
def condition(X):
    eigen = np.linalg.eigvalsh(X.T @ X / len(X))
    return eigen[-1] / eigen[0]


centred = X[:, 1:]
whitened = centred @ np.linalg.inv(np.linalg.cholesky(centred.T @ centred / m)).T
tables = {"raw": raw, "centred": raw - raw.mean(0), "standardised": centred, "whitened": whitened}
kappa = {name: condition(np.column_stack([np.ones(m), columns])) for name, columns in tables.items()}
for name, value in kappa.items():
    print(f"{name:13s} κ = {value:12.1f}   about {value / 2 * np.log(1e6):14,.0f} steps to a millionth")
claim("descent-raw-kappa", "Standardising the columns lowers the condition number more than a hundred-thousandfold.",
      kappa["raw"] / kappa["standardised"], at_least=1e5)
claim("descent-whitened", "Whitening, which also removes the correlations, makes it 1.", kappa["whitened"], expected=1.0, tolerance=1e-6)

# %% [markdown]
# Hundreds of millions of steps against a few thousand, for one line of code. What is left of $\kappa$ after standardising comes from correlation: two of the serum values measure nearly the same. The spirit of
# [batch normalisation](../../book/glossary.md#batch-normalization) in chapter 2, and of the [adaptive methods](04_adaptive_methods.ipynb) of this chapter, is the same: change the scale, not the data.
#
# ## In the frameworks
#
# Logistic regression on the same table: does the disease progress faster than in the median patient? By chapter 2, $\partial J/\partial z = (p - t)/m$. Its curvature is at most a quarter of the linear model's, as
# $\sigma' \le \tfrac14$, so $\eta = 4/L$ is safe.

# %%
targets = (y > np.median(y)).astype(np.float64)           # (m,), 0 or 1
start = np.random.default_rng(7).normal(0, 0.1, size=11)
lr = 4 / largest

# %% tags=["fw-numpy"]
theta, path_numpy = start.copy(), []
for step in range(100):
    z = X @ theta
    g = X.T @ (1 / (1 + np.exp(-z)) - targets) / m
    if step == 0: first_numpy = z, g
    path_numpy.append((np.logaddexp(0, z) - targets * z).mean())
    theta = theta - lr * g

# %% tags=["fw-torch"]
import torch

theta_t = torch.tensor(start, requires_grad=True)
sgd_t, path_torch = torch.optim.SGD([theta_t], lr=lr), []
for step in range(100):
    z_t = torch.tensor(X) @ theta_t
    loss_t = torch.nn.functional.binary_cross_entropy_with_logits(z_t, torch.tensor(targets))
    sgd_t.zero_grad(); loss_t.backward()
    if step == 0: first_torch = z_t.detach(), theta_t.grad.clone()
    path_torch.append(loss_t.item()); sgd_t.step()

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf

theta_k, path_tf = tf.Variable(start), []
sgd_k = keras.optimizers.SGD(learning_rate=lr)
for step in range(100):
    with tf.GradientTape() as tape:
        z_k = tf.linalg.matvec(tf.constant(X), theta_k)
        loss_k = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(targets, z_k))
    g_k = tape.gradient(loss_k, theta_k)
    if step == 0: first_tf = z_k, g_k
    path_tf.append(float(loss_k)); sgd_k.apply_gradients([(g_k, theta_k)])

# %%
parity("descent-logistic",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
claim("descent-logistic-falls", "At 4/L of the linear model, all 100 steps lower the logistic loss.", max(np.diff(path_numpy)), at_most=0.0)

# %% [markdown]
# ## Summary
#
# - Minus the gradient is the steepest way down here and for short steps. It does not point at the minimum.
# - On a quadratic each eigen-direction shrinks by $1-\eta\lambda_i$ a step. Beyond $\eta = 2/L$ the steepest one grows, even if the loss falls at first.
# - At the best rate the error shrinks by $(\kappa-1)/(\kappa+1)$ a step: steps are proportional to the condition number, not to the number of parameters.
# - A short gradient bounds the distance only through $\mu$; a zero gradient may be a saddle. Strict saddles cost a logarithm, flat ones a power.
# - Standardise the inputs. On our table that one line saves a factor of 100 000 in the condition number.
#
# ## Exercises
#
# ### Exercise 1 · Two steps on paper
#
# $J(\theta) = 2\theta^2 - 8\theta$, $\theta_0 = 5$, $\eta = 0.1$. What is $\theta_2$?

# %%
answer = None
exercise("descent-two-steps", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\nabla J = 4\theta-8$, so $\theta_1 = 5 - 0.1\cdot 12 = 3.8$ and $\theta_2 = 3.8 - 0.1\cdot 7.2 = 3.08$. Or: the minimum is at 2 and each step multiplies the error by $1-0.4$, so $2 + 3\cdot 0.36$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("descent-two-steps", 2 + 3 * (1 - 0.1 * 4) ** 2)

# %% [markdown]
# ### Exercise 2 · The step limit
#
# $J(a, b) = \tfrac32a^2 + ab + \tfrac32b^2$. Below which learning rate does gradient descent converge from every start?

# %%
answer = None
exercise("descent-step-limit", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The Hessian is $\begin{pmatrix}3&1\\1&3\end{pmatrix}$, with the eigenvectors $(1,\pm1)$ and the eigenvalues 4 and 2. So $2/L = 0.5$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("descent-step-limit", 2 / np.linalg.eigvalsh([[3.0, 1.0], [1.0, 3.0]])[-1])

# %% [markdown]
# ### Exercise 3 · How many steps
#
# A quadratic has curvatures from 0.5 to 200. With the best fixed learning rate, how many steps guarantee that the error is at most $10^{-4}$ of its start? Give the least whole number.

# %%
answer = None
exercise("descent-how-many", answer)

# %% tags=["hide-cell", "solution"]
exercise("descent-how-many", int(np.ceil(np.log(1e-4) / np.log(399 / 401))))

# %% [markdown]
# ### Exercise 4 · Backtrack
#
# Write `backtrack(J, theta, g, lr, share)`: halve `lr`, as often as needed and no oftener, until $J(\theta-\eta g) \le J(\theta) - c\,\eta\lVert g\rVert^2$ with $c$ = `share`; return the accepted rate.

# %%
def backtrack(J, theta, g, lr, share):
    ...


exercise("descent-backtrack", backtrack)


# %% tags=["hide-cell", "solution"]
def backtrack_solution(J, theta, g, lr, share):
    while J(theta - lr * g) > J(theta) - share * lr * (g @ g):
        lr = lr / 2
    return lr


exercise("descent-backtrack", backtrack_solution)

# %% [markdown]
# ### Exercise 5 · Name the critical point
#
# Write `name_point(H)` for a symmetric Hessian at a point of zero gradient: return `"minimum"`, `"maximum"` or `"saddle"`, or `"undecided"` where eigenvalues that are zero (below $10^{-9}$ in size) leave
# the second order silent.

# %%
def name_point(H):
    ...


exercise("descent-name-point", name_point)


# %% tags=["hide-cell", "solution"]
def name_point_solution(H):
    eigen = np.linalg.eigvalsh(H)
    if eigen[0] < -1e-9 and eigen[-1] > 1e-9:
        return "saddle"
    if np.abs(eigen).min() <= 1e-9:
        return "undecided"
    return "minimum" if eigen[0] > 0 else "maximum"


exercise("descent-name-point", name_point_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Let $\lVert\nabla J(a)-\nabla J(b)\rVert \le L\lVert a-b\rVert$ for all $a, b$. Show that one step of gradient descent gives
# $J(\theta_{t+1}) \le J(\theta_t) - \eta\bigl(1-\tfrac{\eta L}{2}\bigr)\lVert g_t\rVert^2$. Conclude that the loss falls at every step for $0<\eta<2/L$, and that for $\eta = 1/L$ the shortest of the
# first $T$ gradients has $\lVert g\rVert^2 \le 2L(J_0-J_*)/T$, where $J_*$ is a lower bound of $J$. Which misconception survives this theorem?
#
# <details><summary>Solution</summary>
#
# Along the step $s = -\eta g$, $J(\theta+s)-J(\theta) = \int_0^1\nabla J(\theta+us)^\top s\,\mathrm du = g^\top s + \int_0^1\bigl(\nabla J(\theta+us)-g\bigr)^\top s\,\mathrm du \le g^\top s + \int_0^1 Lu\lVert s\rVert^2\mathrm du$,
# which is $-\eta\lVert g\rVert^2 + \tfrac L2\eta^2\lVert g\rVert^2$. The bracket is positive exactly for $\eta<2/L$. For $\eta = 1/L$ each step gains at least $\lVert g_t\rVert^2/2L$; the $T$ gains sum to at most
# $J_0-J_*$, so the least of them is at most $(J_0-J_*)/T$. Nothing here says that the point is a minimum: gradients become short near saddles as well.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Cauchy, 1847](../../book/bibliography.md#cauchy1847methode), the method ·
# [Nesterov, 2018](../../book/bibliography.md#nesterov2018lectures), sections 1.2 and 2.1, the rates and the lemma of exercise 6 ·
# [Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization), the survey for machine learning ·
# [Armijo, 1966](../../book/bibliography.md#armijo1966minimization), backtracking ·
# [Lee et al., 2016](../../book/bibliography.md#lee2016gradient), saddles are avoided ·
# [Dauphin et al., 2014](../../book/bibliography.md#dauphin2014identifying), and [Dean and Majumdar, 2006](../../book/bibliography.md#dean2006large), saddles in high dimension ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), sections 4.3 and 8.2 ·
# [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), scikit-learn, which brings the diabetes data of
# [Efron et al., 2004](../../book/bibliography.md#efron2004least).
