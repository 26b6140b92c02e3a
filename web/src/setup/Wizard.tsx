/** The first start: from nothing to a ringing telephone, step by step. */
import { IconCheck } from '@tabler/icons-react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ComponentType } from 'react';
import { Announce } from '../admin/announce';
import { Appearance, LanguageChoice } from '../components/Choices';
import { Logo } from '../components/Logo';
import { useTranslation } from '../i18n';
import { Database } from './Database';
import { Done } from './Done';
import { Location } from './Location';
import { Certificate, Network } from './Network';
import { Pbx } from './Pbx';
import { Administrator, Users } from './People';
import { Ring } from './Ring';
import { Server } from './Server';
import classes from './setup.module.css';
import { WayContext } from './Step';

const STEPS = [
  'database',
  'administrator',
  'server',
  'network',
  'certificate',
  'location',
  'pbx',
  'users',
  'ring',
  'done',
] as const;
type Name = (typeof STEPS)[number];

const PAGES: Record<Name, ComponentType> = {
  database: Database,
  administrator: Administrator,
  server: Server,
  network: Network,
  certificate: Certificate,
  location: Location,
  pbx: Pbx,
  users: Users,
  ring: Ring,
  done: Done,
};

/** How long an announcement stays, in ms. */
const ANNOUNCED = 6000;

/** The step in the address: reloading and the browser's own keys lead where one was. */
function stepOf(hash: string): number {
  const found = STEPS.findIndex((name) => `#${name}` === hash);
  return Math.max(0, found);
}

function useStep(): [number, (step: number) => void] {
  const [step, set] = useState(() => stepOf(window.location.hash));
  useEffect(() => {
    const moved = () => set(stepOf(window.location.hash));
    window.addEventListener('hashchange', moved);
    return () => window.removeEventListener('hashchange', moved);
  }, []);
  const go = useCallback((next: number) => {
    window.location.hash = STEPS[next] ?? STEPS[0];
    window.scrollTo(0, 0);
  }, []);
  return [step, go];
}

export default function Wizard() {
  const { texts } = useTranslation();
  const [step, go] = useStep();
  const [said, setSaid] = useState<{ text: string; failed: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const t = texts.setup;
  const name = STEPS[step] ?? 'database';
  const Page = PAGES[name];
  useLayoutEffect(() => {
    document.title = `${t.step[name]} – ${t.title} – ${texts.wordmark}`;
  }, [name, t, texts]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const announce = useCallback((text: string, failed: boolean) => {
    clearTimeout(timer.current);
    setSaid({ text, failed });
    timer.current = setTimeout(() => setSaid(null), ANNOUNCED);
  }, []);
  return (
    <Announce value={announce}>
      <div className={classes.page}>
        <header className={classes.header}>
          <Logo size={32} />
          <span className={classes.wordmark}>{texts.wordmark}</span>
          <span className={classes.product}>{t.title}</span>
          <span className={classes.room} />
          <LanguageChoice />
          <Appearance />
        </header>
        <div className={classes.body}>
          <nav className={classes.steps} aria-label={t.steps}>
            <ol>
              {STEPS.map((each, at) => (
                <li key={each} data-done={at < step || undefined} aria-current={at === step ? 'step' : undefined}>
                  <span className={classes.mark}>{at < step ? <IconCheck size={15} aria-hidden /> : at + 1}</span>
                  {at < step ? <a href={`#${each}`}>{t.step[each]}</a> : <span>{t.step[each]}</span>}
                </li>
              ))}
            </ol>
          </nav>
          <main className={classes.main}>
            {step === 0 && <p className={classes.lead}>{t.lead}</p>}
            <WayContext
              key={name}
              value={{
                title: t.step[name],
                back: step > 0 ? () => go(step - 1) : null,
                next: () => go(Math.min(step + 1, STEPS.length - 1)),
              }}
            >
              <Page key={name} />
            </WayContext>
          </main>
        </div>
        <div className={classes.announcements} role="status">
          {said && (
            <p className={classes.announcement} data-failed={said.failed || undefined}>
              {said.text}
            </p>
          )}
        </div>
      </div>
    </Announce>
  );
}
