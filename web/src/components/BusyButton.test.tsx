// @vitest-environment happy-dom
/** A button that is busy keeps the focus and takes no presses. */
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { BusyButton } from './BusyButton';
import { rendered } from './testing';

afterEach(cleanup);

it('keeps the focus while it is busy, and takes no presses', async () => {
  const pressed = vi.fn();
  function Once() {
    const [busy, setBusy] = useState(false);
    return (
      <BusyButton
        busy={busy}
        onClick={() => {
          pressed();
          setBusy(true);
        }}
      >
        Apply
      </BusyButton>
    );
  }
  const keys = userEvent.setup({ delay: null });
  rendered(<Once />);
  await keys.tab();
  await keys.keyboard('{Enter} {Enter}');
  const button = screen.getByRole('button', { name: 'Apply' });
  expect(pressed).toHaveBeenCalledTimes(1);
  expect(button.getAttribute('aria-disabled')).toBe('true');
  expect(document.activeElement).toBe(button);
});

it('sends its form once, by Enter as by a press', async () => {
  const sent = vi.fn();
  const keys = userEvent.setup({ delay: null });
  const form = (busy: boolean) => (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        sent();
      }}
    >
      <input aria-label="Number" />
      <BusyButton type="submit" busy={busy}>
        Send
      </BusyButton>
    </form>
  );
  rendered(form(false));
  await keys.type(screen.getByLabelText('Number'), '1{Enter}');
  expect(sent).toHaveBeenCalledTimes(1);
  cleanup();
  rendered(form(true));
  await keys.type(screen.getByLabelText('Number'), '1{Enter}');
  await keys.click(screen.getByRole('button', { name: 'Send' }));
  expect(sent).toHaveBeenCalledTimes(1);
});
