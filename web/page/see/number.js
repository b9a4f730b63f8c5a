const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number for people, in three digits. */
export function number(value) {
  if (!Number.isFinite(value)) return value.toLocaleString('en'); // ∞ or NaN
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return `${rounded}`.replace('-', '−');
  const [digits, exponent] = rounded.toExponential().replace('+', '').split('e');
  const power = `10${[...exponent].map((digit) => SUPERSCRIPTS[digit] ?? '⁻').join('')}`;
  return digits === '1' ? power : `${digits.replace('-', '−')} · ${power}`;
}
