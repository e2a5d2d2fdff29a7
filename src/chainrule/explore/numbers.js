// Numbers as the figures print them; numbers.py prints the same.

export const minus = (text) => String(text).replace(/-/g, "−");
export const raised = (n) => minus(n).replace(/[−\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["−0123456789".indexOf(c)]);
export const lowered = (n) => String(n).replace(/\d/g, (c) => "₀₁₂₃₄₅₆₇₈₉"[c]);

export function format(x, digits = 4) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "undefined" : x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return sign + Number(size.toPrecision(digits));
  const [mantissa, exponent] = size.toExponential(digits - 2).split("e");
  return `${sign}${Number(mantissa)}·10${raised(Number(exponent))}`;
}
