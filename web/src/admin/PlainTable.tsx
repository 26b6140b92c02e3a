/** A small table: text in rows. */
import type { ReactNode } from 'react';
import classes from './PlainTable.module.css';

export interface PlainTableProps {
  label: string;
  columns: string[];
  rows: { key: string; cells: ReactNode[] }[];
  /** Whether cells stand below each other where there is no room beside each other. */
  folding?: boolean;
}

export function PlainTable({ label, columns, rows, folding = false }: PlainTableProps) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={folding ? `${classes.table} ${classes.folding}` : classes.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, at) => (
                <td key={columns[at]} className="numbers" data-label={columns[at]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
