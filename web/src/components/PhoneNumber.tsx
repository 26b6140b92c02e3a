/** A number in the form for people. Who copies it gets the number that can be called. */
import type { ClipboardEvent } from 'react';
import { useTranslation } from '../i18n';

export interface PhoneNumberProps {
  /** That can be called. */
  number: string;
  /** In the form for people. */
  shown: string;
  className?: string;
}

export function PhoneNumber({ number, shown, className = '' }: PhoneNumberProps) {
  const copy = (event: ClipboardEvent) => {
    const selected = document.getSelection()?.toString().trim();
    // A part of it is what the person wanted.
    if (selected !== shown || number === '') return;
    event.clipboardData.setData('text/plain', number);
    event.preventDefault();
  };
  return (
    <span className={`numbers ${className}`} onCopy={copy}>
      {shown}
    </span>
  );
}

/** Who is at the other end: the name, or else the number. */
export function Who({ number, shown, name }: { number: string; shown: string; name: string | null }) {
  const { texts } = useTranslation();
  if (name || shown === '') return name || texts.call.unknown;
  return <PhoneNumber number={number} shown={shown} />;
}
