// @vitest-environment happy-dom
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { Boundary } from './Boundary';
import { rendered } from './testing';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it('tells a fault, leaves what is beside it, and draws anew when asked', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let broken = true;
  const Card = () => {
    if (broken) throw new Error('no such card');
    return <p>The card</p>;
  };
  rendered(
    <>
      <p>The call</p>
      <Boundary>
        <Card />
      </Boundary>
    </>,
  );
  screen.getByText('The call');
  expect((await screen.findByRole('alert')).textContent).toContain('no such card');
  broken = false;
  await userEvent.setup({ delay: null }).click(screen.getByRole('button', { name: 'Try again' }));
  screen.getByText('The card');
  expect(screen.queryByRole('alert')).toBeNull();
});
