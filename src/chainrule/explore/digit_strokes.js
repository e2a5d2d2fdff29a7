// Ink from strokes, and a drawing made to look like MNIST's; digit_strokes.py draws the same and says why.

export const SIZE = 28; // pixels of a side
const [RADIUS, LENGTH, MARGIN, HALF] = [1.3, 20, 1.5, 0.5 - 1e-6];

const limit = (t) => Math.min(1, Math.max(0, t));

function squaredDistance(px, py, dx, dy) {
  const length = dx * dx + dy * dy;
  const along = length > 0 ? limit((px * dx + py * dy) / length) : 0;
  return (px - along * dx) ** 2 + (py - along * dy) ** 2;
}

// The ink of strokes [x, y, x, y, …], 0 to 1: 784 numbers, row by row.
export function ink(strokes) {
  const nearest = new Float64Array(SIZE * SIZE).fill(Infinity);
  for (const stroke of strokes) {
    for (let k = 0; k === 0 || k + 3 < stroke.length; k += 2) {
      const [ax, ay, bx = ax, by = ay] = stroke.slice(k, k + 4);
      for (let i = 0; i < nearest.length; i += 1) {
        nearest[i] = Math.min(nearest[i], squaredDistance((i % SIZE) + 0.5 - ax, Math.floor(i / SIZE) + 0.5 - ay, bx - ax, by - ay));
      }
    }
  }
  return nearest.map((square) => limit(RADIUS + 0.5 - Math.sqrt(square)));
}

function scaled(strokes) {
  const ends = [0, 1].map((axis) => {
    const values = strokes.flatMap((stroke) => stroke.filter((_, i) => i % 2 === axis));
    return [Math.min(...values), Math.max(...values)];
  });
  const extent = Math.max(...ends.map(([low, high]) => high - low));
  const factor = extent >= 0.5 ? (LENGTH - 2 * MARGIN) / extent : 1; // a dot stays one
  return strokes.map((stroke) => stroke.map((value, i) => (value - (ends[i % 2][0] + ends[i % 2][1]) / 2) * factor + SIZE / 2));
}

// Moved by whole pixels until the centre of mass is the middle.
function centred(picture) {
  let [total, down, right] = [0, 0, 0];
  picture.forEach((value, i) => {
    total += value;
    down += value * Math.floor(i / SIZE);
    right += value * (i % SIZE);
  });
  if (total === 0) return picture;
  const [up, left] = [down, right].map((sum) => Math.floor(sum / total + HALF) - SIZE / 2);
  return picture.map((_, i) => {
    const [row, column] = [Math.floor(i / SIZE) + up, (i % SIZE) + left];
    return row >= 0 && row < SIZE && column >= 0 && column < SIZE ? picture[row * SIZE + column] : 0;
  });
}

// What is drawn, and the same as MNIST would have it; `under` is a digit of MNIST's or null.
export function drawing({ strokes }, under) {
  const drawn = ink(strokes);
  if (under) {
    const both = drawn.map((value, i) => Math.max(value, under[i]));
    return { drawn: both, picture: centred(both) };
  }
  return { drawn, picture: strokes.length ? centred(ink(scaled(strokes))) : drawn };
}
