/** Where one is in a table with very many rows, and which of them are drawn. Pure. */

/** A cell; row 0 is that of the columns' names. */
export interface Place {
  row: number;
  column: number;
}

export interface Extent {
  /** Rows below the names of the columns. */
  rows: number;
  columns: number;
  /** Rows that Page Up and Page Down go. */
  page: number;
}

/** Where a key leads (WAI-ARIA grid); null: it is none that leads anywhere. */
export function moved({ row, column }: Place, key: string, whole: boolean, extent: Extent): Place | null {
  const last = extent.columns - 1;
  switch (key) {
    case 'ArrowDown':
      return { row: Math.min(extent.rows, row + 1), column };
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column };
    case 'ArrowRight':
      return { row, column: Math.min(last, column + 1) };
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) };
    case 'PageDown':
      return { row: Math.min(extent.rows, row + extent.page), column };
    case 'PageUp':
      return { row: Math.max(Math.min(1, extent.rows), row - extent.page), column };
    case 'Home':
      return whole ? { row: Math.min(1, extent.rows), column: 0 } : { row, column: 0 };
    case 'End':
      return whole ? { row: extent.rows, column: last } : { row, column: last };
    default:
      return null;
  }
}

/** Rows from one to before another. */
export interface Range {
  from: number;
  to: number;
}

/** The rows to draw: those in sight, and some beyond them so that scrolling shows no holes. */
export function inSight(scrolled: number, height: number, rowHeight: number, rows: number, beyond: number): Range {
  const from = Math.floor(scrolled / rowHeight) - beyond;
  const to = Math.ceil((scrolled + height) / rowHeight) + beyond;
  return { from: Math.max(0, Math.min(from, rows)), to: Math.max(0, Math.min(to, rows)) };
}

/** How far to scroll so that a row is in sight, below the names of the columns that stay there. */
export function scrolledTo(at: number, scrolled: number, height: number, rowHeight: number): number {
  if (at * rowHeight < scrolled) return at * rowHeight;
  return Math.max(scrolled, (at + 1) * rowHeight - height);
}
