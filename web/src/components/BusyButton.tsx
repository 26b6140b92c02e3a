/** A button for something that takes a moment. */
import { Button, Loader, type ButtonProps } from '@mantine/core';
import type { MouseEvent, MouseEventHandler } from 'react';

export interface BusyButtonProps extends Omit<ButtonProps, 'loading'> {
  /** Whether it is being done. */
  busy: boolean;
  /** Whether there is nothing to do; pressing it does no harm. */
  off?: boolean;
  type?: 'button' | 'submit';
  onClick?: MouseEventHandler<HTMLButtonElement>;
}

/** While it is busy it takes no presses. It is never disabled: that would take the keyboard's focus away. */
export function BusyButton({ busy, off = false, onClick, leftSection, type = 'button', ...rest }: BusyButtonProps) {
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (busy) event.preventDefault();
    else onClick?.(event);
  };
  return (
    <Button
      {...rest}
      type={type}
      aria-disabled={busy || off}
      data-disabled={off || undefined}
      aria-busy={busy}
      leftSection={busy ? <Loader size={16} color="currentColor" aria-hidden /> : leftSection}
      onClick={press}
    />
  );
}
