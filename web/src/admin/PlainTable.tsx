/** A small table: text in rows. */
import type { ReactNode } from 'react';
import classes from './PlainTable.module.css';

export interface PlainTableProps {
  label: string;
  columns: string[];
  rows: { key: string; cells: ReactNode[] }[];
}

export function PlainTable({ label, columns, rows }: PlainTableProps) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table} aria-label={label}>
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
                <td key={columns[at]} className="numbers">
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
