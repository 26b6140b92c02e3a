/** Pairs this browser with a computer before anything else, where the page was opened by such a link. */
import { Button } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { pair, takeCode } from '../computer';
import { useTranslation } from '../i18n';
import { useFault } from '../security/fault';
import classes from './Softphone.module.css';

/** The code, until it is answered. */
let waiting: string | null = null;

export function PairingGate({ children }: { children: ReactNode }) {
  const { texts } = useTranslation();
  const fault = useFault();
  const [code] = useState(() => (waiting ??= takeCode()));
  const [outcome, setOutcome] = useState<{ name: string | null; failure: unknown } | null>(null);
  const [read, setRead] = useState(false);
  useEffect(() => {
    if (code === null || waiting === null) return;
    waiting = null;
    pair(code).then(
      (name) => setOutcome({ name, failure: null }),
      (failure: unknown) => setOutcome({ name: null, failure }),
    );
  }, [code]);
  // Who is signed in already is so at this computer.
  if (code !== null && outcome === null) return <p className={classes.banner}>{texts.computer.pairing}</p>;
  return (
    <>
      {outcome !== null && !read && (
        <p className={classes.banner} role={outcome.failure === null ? 'status' : 'alert'}>
          {outcome.name === null ? fault(outcome.failure) : texts.computer.paired(outcome.name)}
          <Button size="xs" variant="default" onClick={() => setRead(true)}>
            {texts.ended.dismiss}
          </Button>
        </p>
      )}
      {children}
    </>
  );
}
