import { useEffect, useState } from 'react';
import { formatDuration } from './format';

/** Counts up from a moment of this computer's clock. */
export function Timer({ since, label }: { since: number; label: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="numbers" role="timer" aria-label={label}>
      {formatDuration(now - since)}
    </span>
  );
}
