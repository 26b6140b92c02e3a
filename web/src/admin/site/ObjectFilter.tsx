/** Narrows a list to what belongs to an object. */
import { NativeSelect } from '@mantine/core';
import { useEffect } from 'react';
import type { Stored } from '../../generated/site';
import classes from './site.module.css';

export interface ObjectFilterProps {
  label: string;
  /** What it is called that nothing is left out. */
  every: string;
  /** Those that can be chosen; null while they are not known. */
  objects: readonly Stored<{ name: string }>[] | null;
  /** The id of the chosen one; empty: all. */
  value: string;
  onChange: (id: string) => void;
}

export function ObjectFilter({ label, every, objects, value, onChange }: ObjectFilterProps) {
  const known = objects?.some(({ id }) => id === value) === true;
  const gone = objects !== null && value !== '' && !known;
  useEffect(() => {
    // Nobody could see what the list is narrowed to.
    if (gone) onChange('');
  }, [gone]);
  return (
    <NativeSelect
      className={classes.filter}
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      data={[
        { value: '', label: every },
        // Until the others are there, what is chosen can be seen, and undone.
        ...(value === '' || known ? [] : [{ value, label: '…' }]),
        ...(objects ?? []).map(({ id, object }) => ({ value: id, label: object.name })),
      ]}
    />
  );
}
