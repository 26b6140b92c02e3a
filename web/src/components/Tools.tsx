/** Buttons of a call: an icon over a word. */
import { UnstyledButton } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import classes from './Tools.module.css';

export interface Tool {
  label: string;
  icon: Icon;
  onPress: () => void;
  /** Whether it is on, for one that stays so under the same label … */
  pressed?: boolean;
  /** … and for one whose label then says how to switch it off. */
  active?: boolean;
  /** The letter that does the same. */
  letter?: string;
  disabled?: boolean;
}

/** @param quiet the second row: what is rarely needed. */
export function Tools({ tools, quiet = false }: { tools: Tool[]; quiet?: boolean }) {
  if (tools.length === 0) return null;
  return (
    <div className={classes.tools} data-quiet={quiet || undefined}>
      {tools.map(({ label, icon: ToolIcon, onPress, pressed, active, letter, disabled }) => (
        <UnstyledButton
          key={label}
          className={classes.tool}
          aria-pressed={pressed}
          aria-keyshortcuts={letter?.toUpperCase()}
          title={letter ? `${label} (${letter.toUpperCase()})` : undefined}
          data-active={pressed || active || undefined}
          disabled={disabled}
          onClick={onPress}
        >
          <ToolIcon size={quiet ? 20 : 24} aria-hidden />
          <span>{label}</span>
        </UnstyledButton>
      ))}
    </div>
  );
}
