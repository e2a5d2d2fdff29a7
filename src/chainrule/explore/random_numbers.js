// Random numbers that a seed repeats; chainrule/explore/depth_simulation.py draws the same.

// mulberry32, a counter passed through a hash. Seed s starts 2²² s steps on: 1024 disjoint streams.
export function uniforms(seed) {
  let counter = Math.imul(seed, 0x7d400000);
  return () => {
    counter = (counter + 0x6d2b79f5) | 0;
    let t = Math.imul(counter ^ (counter >>> 15), counter | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Box and Muller: two uniforms make two normals.
export function fillNormals(array, next) {
  for (let i = 0; i < array.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    array[i] = radius * Math.cos(angle);
    array[i + 1] = radius * Math.sin(angle);
  }
  return array;
}

export const normals = (seed, count) => fillNormals(new Float64Array(count), uniforms(seed));
