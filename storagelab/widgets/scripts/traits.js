// Values that were recorded in Python, as the models in the page hold them.

// A value as bqplot holds its coordinates: an array of numbers, or one for each curve.
export function typed(value) {
  if (!Array.isArray(value)) return value;
  return typeof value[0] === 'number' ? Float64Array.from(value) : value.map(typed);
}
