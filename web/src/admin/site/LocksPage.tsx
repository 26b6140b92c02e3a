/** Who has to wait with signing in, after too many wrong passwords or codes. */
import { Button } from '@mantine/core';
import { IconLockOpen, IconRefresh } from '@tabler/icons-react';
import { useContext } from 'react';
import type { Locks, SignInLock } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { request } from '../../protocol/http';
import { useAttempt, useReason } from '../announce';
import frame from '../Console.module.css';
import { PageHead } from '../PageHead';
import { PlainTable } from '../PlainTable';
import { addressOf, Link } from '../route';
import { useAsk } from './ask';
import { urlOfObject, useAnswer } from './objects';
import { mayChange, RoleContext } from './role';
import { Section } from './Section';
import classes from './site.module.css';

const LOCKS = '/api/v1/admin/locks';

export function LocksPage() {
  const { texts, language, number } = useTranslation();
  const reason = useReason();
  const role = useContext(RoleContext);
  const attempt = useAttempt();
  const [ask, dialog] = useAsk();
  const { value: locks, failure, again } = useAnswer<Locks>(LOCKS);
  const t = texts.security.locks;
  const time = ({ until }: SignInLock) => new Date(until).toLocaleTimeString(language, { timeStyle: 'medium' });
  const unlock = async (url: string, name: string) => {
    if (!(await ask({ title: t.sure(name), text: t.sureText, confirm: texts.security.admin.unlock }))) return;
    await attempt(async () => void (await request(url, { method: 'DELETE' })), t.unlocked(name));
    again();
  };
  const opener = (may: boolean, url: string, name: string) =>
    may && (
      <Button
        size="xs"
        variant="default"
        leftSection={<IconLockOpen size={16} aria-hidden />}
        aria-label={t.unlockThis(name)}
        onClick={() => void unlock(url, name)}
      >
        {texts.security.admin.unlock}
      </Button>
    );
  const cells = (lock: SignInLock) => [number(lock.failures), time(lock)];
  return (
    <>
      <div className={classes.listHead}>
        <PageHead title={t.title} lead={t.lead} />
        <Button variant="default" leftSection={<IconRefresh size={18} aria-hidden />} onClick={again}>
          {t.refresh}
        </Button>
      </div>
      {failure !== null && (
        <p role="alert" className={classes.fault}>
          {texts.admin.site.notThere(reason(failure))}
        </p>
      )}
      {locks === null ? (
        failure === null && <p className={frame.loading}>{texts.signIn.loading}</p>
      ) : (
        <div className={classes.page}>
          {(['users', 'administrators'] as const).map((kind) => (
            <Section key={kind} name={kind} title={t[kind]} searched>
              {locks[kind].length === 0 ? (
                <p className={classes.plain}>{t.nobody}</p>
              ) : (
                <PlainTable
                  label={t[kind]}
                  folding
                  columns={[t.login, t.failures, t.until, t.action]}
                  rows={locks[kind].map(({ id, login, lock }) => ({
                    key: id,
                    cells: [
                      <Link key={id} className={classes.link} href={addressOf(kind, id)}>
                        {login}
                      </Link>,
                      ...cells(lock),
                      opener(mayChange(role, kind), `${urlOfObject(kind, id)}/lock`, login),
                    ],
                  }))}
                />
              )}
            </Section>
          ))}
          <Section name="addresses" title={t.addresses} text={t.addressesText} searched>
            {locks.addresses.length === 0 ? (
              <p className={classes.plain}>{t.noAddress}</p>
            ) : (
              <PlainTable
                label={t.addresses}
                folding
                columns={[t.address, t.tried, t.failures, t.until, t.action]}
                rows={locks.addresses.map(({ address, kind, lock }) => ({
                  key: `${address} ${kind}`,
                  cells: [
                    address,
                    kind === 'administrator' ? t.administrators : t.users,
                    ...cells(lock),
                    opener(role === 'full', `${LOCKS}/addresses/${encodeURIComponent(address)}`, address),
                  ],
                }))}
              />
            )}
            {locks.unknown_logins > 0 && <p className={classes.plain}>{t.unknown(locks.unknown_logins)}</p>}
          </Section>
        </div>
      )}
      {dialog}
    </>
  );
}
