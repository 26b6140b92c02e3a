/** Tables: the frame that all of them have, and a small one of text in rows. */
import type { ReactNode } from 'react';
import classes from './PlainTable.module.css';

export interface TableFrameProps {
  label: string;
  columns: readonly string[];
  /** Whether cells stand below each other where there is no room beside each other. */
  folding?: boolean;
  /** Whether long texts go on in another line, so that nothing is out of sight. */
  wrapping?: boolean;
  /** Whether the names of the columns stay in sight while the page scrolls; the table then never scrolls sideways. */
  sticking?: boolean;
  /** Of what scrolls; of the table. */
  className?: string;
  tableClassName?: string;
  /** The table's body, or several, and what stands below it. */
  children: ReactNode;
  below?: ReactNode;
}

/** A table with the names of its columns, in something that scrolls sideways where it is wider than the page. */
export function TableFrame({
  label,
  columns,
  folding = false,
  wrapping = false,
  sticking = false,
  className,
  tableClassName,
  children,
  below,
}: TableFrameProps) {
  const named = [
    classes.table,
    folding && classes.folding,
    wrapping && classes.wrapping,
    sticking && classes.sticking,
    tableClassName,
  ];
  return (
    <div
      className={className ?? (sticking ? undefined : classes.scroll)}
      // What scrolls must be reached by keys.
      {...(sticking ? {} : { tabIndex: 0, role: 'region', 'aria-label': label })}
    >
      <table className={named.filter(Boolean).join(' ')} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        {children}
      </table>
      {below}
    </div>
  );
}

export interface PlainTableProps extends Pick<TableFrameProps, 'label' | 'columns' | 'folding' | 'wrapping'> {
  rows: { key: string; cells: ReactNode[] }[];
}

export function PlainTable({ rows, ...frame }: PlainTableProps) {
  const { columns } = frame;
  return (
    <TableFrame {...frame}>
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
    </TableFrame>
  );
}
