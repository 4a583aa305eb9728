// A figure's numbers as a page shows them and as a file holds them.

export function shown(cell) {
  return typeof cell === 'number'
    ? Number(cell.toPrecision(4)).toLocaleString('en', { maximumSignificantDigits: 4 })
    : cell;
}

function quoted(cell) {
  return /[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : cell;
}

// Rows of text and numbers as comma-separated values, with the columns' heads first.
export function csvText(columns, rows) {
  return [columns, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}
