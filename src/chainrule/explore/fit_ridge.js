// Polynomials fitted to points by least squares with a penalty; fit_ridge.py computes the same.

export const HIGHEST = 15; // degree
const GRID = [...Array(201).keys()].map((i) => (2 * i) / 200 - 1); // where the curve is drawn

// √(2j+1) P_j(x): the Legendre polynomials of mean square 1 over [−1, 1].
function design(x, degree) {
  const row = [1, x];
  for (let j = 1; j < degree; j += 1) row.push(((2 * j + 1) * x * row[j] - j * row[j - 1]) / (j + 1));
  return row.slice(0, degree + 1).map((value, j) => Math.sqrt(2 * j + 1) * value);
}

// Least squares by Householder's reflections, in place: rows hold the matrix with the target as last column.
function leastSquares(rows, n) {
  for (let k = 0; k < n; k += 1) {
    const size = Math.hypot(...rows.slice(k).map((row) => row[k]));
    const alpha = rows[k][k] > 0 ? -size : size;
    const v = rows.map((row, i) => (i < k ? 0 : i === k ? row[k] - alpha : row[k]));
    const square = v.reduce((sum, value) => sum + value * value, 0);
    if (square === 0) continue;
    for (let j = k; j <= n; j += 1) {
      let product = 0;
      for (let i = k; i < rows.length; i += 1) product += v[i] * rows[i][j];
      for (let i = k; i < rows.length; i += 1) rows[i][j] -= ((2 * product) / square) * v[i];
    }
  }
  const w = new Array(n).fill(0);
  for (let k = n - 1; k >= 0; k -= 1) {
    let rest = rows[k][n];
    for (let j = k + 1; j < n; j += 1) rest -= rows[k][j] * w[j];
    w[k] = rest / rows[k][k];
  }
  return w;
}

// The weights that minimise mean (y − f(x))² + penalty · (w₁² + … + w_degree²): QR of the augmented matrix.
export function ridge(points, degree, penalty) {
  const share = Math.sqrt(points.length);
  const data = points.map(([x, y]) => [...design(x, degree).map((value) => value / share), y / share]);
  for (let j = 1; j <= degree; j += 1) data.push([...Array(degree + 2).keys()].map((i) => (i === j ? Math.sqrt(penalty) : 0)));
  return leastSquares(data, degree + 1);
}

const valueAt = (x, weights) => design(x, weights.length - 1).reduce((sum, value, j) => sum + value * weights[j], 0);
const meanSquaredError = (points, weights) => points.reduce((sum, [x, y]) => sum + (valueAt(x, weights) - y) ** 2, 0) / points.length; // 0/0: NaN

// Everything that the figure shows: the curve, and the errors of every degree at this penalty.
export function compute(state) {
  const { train, validation, degree, log10_penalty: power } = state;
  const weights = [...Array(HIGHEST + 1).keys()].map((d) => ridge(train, d, 10 ** power));
  const errorsOf = (points) => weights.map((w) => meanSquaredError(points, w));
  return { train, validation, degree, power, curve: GRID.map((x) => valueAt(x, weights[degree])),
    errors: { train: errorsOf(train), validation: errorsOf(validation) } };
}
