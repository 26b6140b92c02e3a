/** The twelve keys of a telephone. */
import { UnstyledButton } from '@mantine/core';
import { useRef } from 'react';
import classes from './Keypad.module.css';

const KEYS = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', '+'],
  ['#', ''],
] as const;

/** How long `0` is held for a `+`, in ms. */
const HOLD = 550;

export interface KeypadProps {
  label: string;
  /** Lower keys, where there is more to show than them. */
  compact?: boolean;
  /** Whether holding `0` gives `+`. */
  plus?: boolean;
  onKey: (key: string) => void;
}

export function Keypad({ label, compact = false, plus = false, onKey }: KeypadProps) {
  const hold = useRef<ReturnType<typeof setTimeout>>(undefined);
  const held = useRef(false);

  const down = (key: string) => {
    held.current = false;
    if (key !== '0' || !plus) return;
    hold.current = setTimeout(() => {
      held.current = true;
      onKey('+');
    }, HOLD);
  };
  const click = (key: string) => {
    clearTimeout(hold.current);
    if (!held.current) onKey(key);
    held.current = false;
  };

  return (
    <div className={classes.pad} data-compact={compact || undefined} role="group" aria-label={label}>
      {KEYS.map(([key, letters]) => (
        <UnstyledButton
          key={key}
          className={classes.key}
          aria-label={key}
          onPointerDown={() => down(key)}
          onPointerLeave={() => clearTimeout(hold.current)}
          onPointerCancel={() => clearTimeout(hold.current)}
          onContextMenu={(event) => event.preventDefault()}
          onClick={() => click(key)}
        >
          <span className={classes.digit} aria-hidden="true">
            {key === '*' ? '∗' : key}
          </span>
          {/* Drawn by the style sheet: people who speak to the computer say the digit, not the letters. */}
          <span className={classes.letters} data-letters={key === '0' && !plus ? undefined : letters || undefined} />
        </UnstyledButton>
      ))}
    </div>
  );
}
