// One convolution, pixel by pixel, and what a reader starts from; microscope_window.py computes the same.

export const SIZE = 28; // pixels of a side
const FIVE = [ // a test digit of MNIST, in ten levels of grey
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
  "0000000000178200000046000000000000000029999967999900000000000000002978999999730000000000000000497234633000000000",
  "0000000000597000000000000000000000000059600000000000000000000000005950000000000000000000000000594242452000000000",
  "0000000000598999998000000000000000000059997447940000000000000000005993000199200000000000000000493000007960000000",
  "0000000000010000002990000000000000000000000000199200000000000330000000000029930000000000697000000000028980000000",
  "0000499830000000289930000000000003899510014799720000000000000014999999999400000000000000000003899963000000000000",
  "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
].join("");

const made = (rule) => Array.from({ length: SIZE * SIZE }, (_, k) => rule(Math.floor(k / SIZE), k % SIZE)).join("");
const ring = (square) => (square >= 18 ** 2 && square <= 24 ** 2 ? 9 : 0);

// name: title, 784 pixels 0 to 9
export const PICTURES = {
  digit: ["a digit of MNIST", FIVE],
  square: ["a square", made((i, j) => (i >= 7 && i <= 20 && j >= 7 && j <= 20 ? 9 : 0))],
  ring: ["a ring", made((i, j) => ring((2 * i - 27) ** 2 + (2 * j - 27) ** 2))],
  ramp: ["a staircase of grey", made((i, j) => Math.floor(j / 3))],
  stripes: ["stripes one pixel wide", made((i, j) => 9 * (j % 2))],
  dot: ["one pixel", made((i, j) => (i === 14 && j === 14 ? 9 : 0))],
  blank: ["blank paper", made(() => 0)],
};
const BINOMIAL = [1, 4, 6, 4, 1];
// name: title, weights row by row, what divides them
export const KERNELS = {
  vertical: ["vertical edges", [-1, 0, 1, -2, 0, 2, -1, 0, 1], 1],
  horizontal: ["horizontal edges", [-1, -2, -1, 0, 0, 0, 1, 2, 1], 1],
  laplace: ["all edges", [0, 1, 0, 1, -4, 1, 0, 1, 0], 1],
  blur: ["blur", Array(9).fill(1), 9],
  gauss: ["blur, 5 × 5", BINOMIAL.flatMap((a) => BINOMIAL.map((b) => a * b)), 256],
  sharpen: ["sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0], 1],
  identity: ["identity", [0, 0, 0, 0, 1, 0, 0, 0, 0], 1],
  shift: ["shift", [0, 0, 0, 1, 0, 0, 0, 0, 0], 1],
};

export const sideOf = (kernel) => (kernel.length === 9 ? 3 : 5);

// A kernel of the other size: zeros put around it, or its rim taken away.
export const resized = (kernel) => (kernel.length === 25 ? kernel.filter((_, k) => k % 5 % 4 && Math.floor(k / 5) % 4)
  : Array.from({ length: 25 }, (_, k) => (k % 5 % 4 && Math.floor(k / 5) % 4 ? kernel[3 * Math.floor(k / 5) + (k % 5) - 4] : 0)));

// Everything that the figure shows of {picture, kernel, divide, stride, padding, dilation, at}.
export function compute(state) {
  const { picture, kernel, divide, stride, padding, dilation } = state;
  const side = sideOf(kernel);
  const size = Math.floor((SIZE + 2 * padding - dilation * (side - 1) - 1) / stride) + 1;
  const tap = (weight, k, i, j) => {
    const row = stride * i + dilation * Math.floor(k / side) - padding;
    const column = stride * j + dilation * (k % side) - padding;
    const inside = row >= 0 && row < SIZE && column >= 0 && column < SIZE;
    return { weight, pixel: inside ? Number(picture[row * SIZE + column]) : 0, row, column, inside };
  };
  const tapsOf = (i, j) => kernel.map((weight, k) => tap(weight, k, i, j));
  const sum = (i, j) => kernel.reduce((total, weight, k) => total + weight * tap(weight, k, i, j).pixel, 0);
  const output = Array.from({ length: size * size }, (_, k) => sum(Math.floor(k / size), k % size) / divide);
  const at = state.at.map((place) => Math.min(place, size - 1));
  return { state, size, output, at, taps: tapsOf(...at), total: sum(...at) };
}
