/** Buttons of a call or a line: an icon over a word. */
import { UnstyledButton } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ComponentProps, ReactNode } from 'react';
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
  /** More about it. */
  title?: string;
  disabled?: boolean;
}

export interface ToolsProps {
  tools: Tool[];
  /** Smaller: what is rarely needed. */
  quiet?: boolean;
  /** Further ones that are not only pressed. */
  children?: ReactNode;
}

export function Tools({ tools, quiet = false, children }: ToolsProps) {
  if (tools.length === 0 && !children) return null;
  return (
    <div className={classes.tools} data-quiet={quiet || undefined}>
      {tools.map(({ onPress, pressed, active, letter, title, ...rest }) => (
        <ToolButton
          key={rest.label}
          {...rest}
          quiet={quiet}
          aria-pressed={pressed}
          aria-keyshortcuts={letter?.toUpperCase()}
          title={title ?? (letter && `${rest.label} (${letter.toUpperCase()})`)}
          data-active={pressed || active || undefined}
          onClick={onPress}
        />
      ))}
      {children}
    </div>
  );
}

type ToolButtonProps = Omit<ComponentProps<'button'>, 'children'> & Pick<Tool, 'label' | 'icon'> & { quiet: boolean };

/** One of them, for what opens a menu. */
export function ToolButton({ label, icon: ToolIcon, quiet, ...rest }: ToolButtonProps) {
  return (
    <UnstyledButton {...rest} className={classes.tool}>
      <ToolIcon size={quiet ? 20 : 24} aria-hidden />
      <span>{label}</span>
    </UnstyledButton>
  );
}
