/** The end: the server answers everybody, and a telephone rings. */
import { Anchor, Button } from '@mantine/core';
import { IconArrowRight, IconCheck, IconPhone, IconPhoneRinging, IconSettings } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { calls, lineGroups } from '../admin/poller';
import { placeOf } from '../admin/site/network';
import type { Calls, LineReport } from '../generated/protocol';
import type { InterfaceObject, Stored, UserObject } from '../generated/site';
import { useTranslation } from '../i18n';
import { finish, objects, setupState } from './api';
import { useMemory } from './memory';
import classes from './setup.module.css';
import { Loaded, Step } from './Step';

/** How often it is asked whether it rings, in ms. */
const EVERY = 1000;

export function Done() {
  const load = async () => ({
    state: await setupState(),
    users: await objects('users'),
    interfaces: await objects('interfaces'),
  });
  return (
    <Loaded load={load}>
      {({ state, users, interfaces }, again) =>
        state.over ? <Ready users={users} interfaces={interfaces} /> : <Finish onDone={again} />
      }
    </Loaded>
  );
}

function Finish({ onDone }: { onDone: () => void }) {
  const { texts } = useTranslation();
  const t = texts.setup.done;
  const save = async () => {
    await finish();
    onDone();
  };
  return (
    <Step text={t.text} save={save} next={t.finish}>
      {() => <p className={classes.text}>{t.finishText}</p>}
    </Step>
  );
}

interface Watched {
  lines: LineReport[];
  calls: Calls;
}

/** Lines and calls as they are now; null while that is not known. */
function useWatched(): Watched | null {
  const [watched, set] = useState<Watched | null>(null);
  useEffect(() => {
    let over = false;
    const ask = async () => {
      const [groups, now] = await Promise.all([lineGroups(), calls()]);
      if (!over) set({ lines: groups.line_groups.flatMap(({ lines }) => lines), calls: now });
    };
    const again = () => void ask().catch(() => undefined);
    again();
    const timer = setInterval(again, EVERY);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, []);
  return watched;
}

/** Where the telephone is: with TLS where that listens, since browsers give the microphone there. */
function appOf(interfaces: readonly Stored<InterfaceObject>[]): string {
  const found = interfaces.find(({ object }) => object.active && object.mode === 'tls');
  return found ? `${placeOf(found.object, window.location.hostname)}/` : `${window.location.origin}/`;
}

function Ready({ users, interfaces }: { users: Stored<UserObject>[]; interfaces: Stored<InterfaceObject>[] }) {
  const { texts } = useTranslation();
  const watched = useWatched();
  const [rang, setRang] = useState(false);
  const t = texts.setup.done;
  const [user] = users;
  const login = user?.object.login ?? '';
  const password = useMemory(`login ${login}`);
  const app = appOf(interfaces);
  const line = watched?.lines.find(({ number }) => number === user?.object.phones.business) ?? watched?.lines[0];
  const running = watched?.calls.running ?? [];
  const rings = running.some(({ connected_at }) => connected_at === null);
  const talks = running.some(({ connected_at }) => connected_at !== null);
  useEffect(() => {
    if (rings || talks) setRang(true);
  }, [rings, talks]);
  return (
    <Step last>
      {() => (
        <>
          <p className={classes.good}>
            <IconCheck size={20} aria-hidden />
            {t.ready}
          </p>
          <ol className={classes.todo}>
            {user && (
              <li>
                <b>{t.open}</b>
                <p className={classes.text}>{t.openText}</p>
                <p>
                  <Anchor href={app} target="_blank" rel="noopener">
                    {app}
                  </Anchor>
                </p>
                <p>
                  {t.signIn(login)} {password !== undefined && <PasswordWords password={password} />}
                </p>
              </li>
            )}
            <li>
              <b>{line ? t.call(line.number) : t.callNone}</b>
              {line && <LineWords line={line} />}
              {line && (
                <p className={classes.ring} data-rings={rings || undefined} data-rang={rang || undefined} role="status">
                  {rings ? <IconPhoneRinging size={26} aria-hidden /> : <IconPhone size={26} aria-hidden />}
                  {rings ? t.rings : talks ? t.talking : rang ? t.was : t.waiting}
                </p>
              )}
            </li>
          </ol>
          <div className={classes.row}>
            <Button
              component="a"
              href="/admin"
              variant={rang ? 'filled' : 'default'}
              leftSection={<IconSettings size={18} aria-hidden />}
              rightSection={<IconArrowRight size={17} aria-hidden />}
            >
              {t.console}
            </Button>
            <span className={classes.text}>{t.consoleText}</span>
          </div>
        </>
      )}
    </Step>
  );
}

function PasswordWords({ password }: { password: string }) {
  const { texts } = useTranslation();
  const [before = '', after = ''] = texts.setup.done.passwordIs('\n').split('\n');
  return (
    <>
      {before}
      <code>{password}</code>
      {after}
    </>
  );
}

function LineWords({ line: { number, state, cause } }: { line: LineReport }) {
  const { texts, sentence } = useTranslation();
  const t = texts.setup.done;
  const works = state === 'registered' || state === 'ready';
  const said = works
    ? t.lineStates.ready
    : state === 'failed' && cause
      ? t.lineStates.failed(sentence(cause.code))
      : t.lineStates.waiting;
  return (
    <p className={works ? classes.good : state === 'failed' ? classes.fault : classes.text}>
      {t.line(number)} {said}
    </p>
  );
}
