/**
 * Numbers in the form for people.
 *
 * @vitest-environment happy-dom
 */
import { cleanup, createEvent, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { PhoneNumber, Who } from './PhoneNumber';
import { rendered } from './testing';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** What comes to the clipboard when this is selected and copied; null: what the browser puts there. */
function copied(selection: string): string | null {
  rendered(<PhoneNumber number="+49895566" shown="+49 (89) 5566" />);
  vi.spyOn(document, 'getSelection').mockReturnValue({ toString: () => selection } as Selection);
  const number = screen.getByText('+49 (89) 5566');
  let text: string | null = null;
  const clipboardData = { setData: (_: string, data: string) => (text = data) };
  fireEvent(number, createEvent.copy(number, { clipboardData }));
  return text;
}

it('is copied as the number that can be called, unless only a part of it is', () => {
  expect(copied('+49 (89) 5566 ')).toBe('+49895566');
  cleanup();
  expect(copied('5566')).toBeNull();
});

it('stands for who has no name', () => {
  rendered(<Who number="+49895566" shown="+49 (89) 5566" name={null} />);
  expect(screen.getByText('+49 (89) 5566')).toBeTruthy();
  rendered(<Who number="+49895566" shown="+49 (89) 5566" name="Ben" />);
  expect(screen.getByText('Ben')).toBeTruthy();
});
