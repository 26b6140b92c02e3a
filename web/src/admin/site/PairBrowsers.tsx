/** Browsers are paired with a computer, so that they tell which one they run on. */
import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy, IconLink, IconUnlink } from '@tabler/icons-react';
import { useContext, useState } from 'react';
import { pairingLink } from '../../computer';
import type { Pairing, PairingCode } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { parsed, request } from '../../protocol/http';
import { Announce, useAttempt, useReason } from '../announce';
import { addressOf, Link } from '../route';
import { useAsk } from './ask';
import { urlOfObject, useAnswer } from './objects';
import { Section } from './Section';
import classes from './site.module.css';

export function PairBrowsers({ id, name, may }: { id: string; name: string; may: boolean }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const attempt = useAttempt();
  const announce = useContext(Announce);
  const [ask, dialog] = useAsk();
  const [made, setMade] = useState<PairingCode | null>(null);
  const url = `${urlOfObject('computers', id)}/pairing`;
  const { value, failure, again } = useAnswer<Pairing>(url);
  const t = texts.admin.site.computer.pairing;
  const make = async () => {
    await attempt(async () => setMade(parsed<PairingCode>(await request(url, { method: 'POST' }))), t.made);
    again();
  };
  const end = async () => {
    if (!(await ask({ title: t.sure(name), text: t.sureText, confirm: t.end, danger: true }))) return;
    await attempt(async () => void (await request(url, { method: 'DELETE' })), t.ended);
    setMade(null);
    again();
  };
  return (
    <Section name="pairing" title={t.title} text={t.text}>
      {failure !== null && (
        <p role="alert" className={classes.fault}>
          {reason(failure)}
        </p>
      )}
      {value !== null && (
        <p className={classes.plain}>
          {!value.paired ? t.none : value.users.length === 0 ? t.nobody : t.users}{' '}
          {value.users.map((user, at) => (
            <span key={user.id}>
              {at > 0 && ', '}
              <Link className={classes.link} href={addressOf('users', user.id)}>
                {user.title || user.login}
              </Link>
            </span>
          ))}
        </p>
      )}
      {made !== null && (
        <>
          <p className={classes.plain}>
            <b>{t.link}</b> {t.linkText(new Date(made.until).toLocaleTimeString(language, { timeStyle: 'short' }))}
          </p>
          <div className={classes.copied}>
            <code tabIndex={0}>{pairingLink(made.code)}</code>
            <CopyButton value={pairingLink(made.code)}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  leftSection={copied ? <IconCheck size={17} aria-hidden /> : <IconCopy size={17} aria-hidden />}
                  onClick={() => {
                    copy();
                    announce(t.copied, false);
                  }}
                >
                  {texts.admin.site.token.secret.copy}
                </Button>
              )}
            </CopyButton>
          </div>
        </>
      )}
      {may && (
        <div className={classes.answers}>
          {value?.paired && (
            <Button variant="default" leftSection={<IconUnlink size={18} aria-hidden />} onClick={() => void end()}>
              {t.end}
            </Button>
          )}
          <Button variant="default" leftSection={<IconLink size={18} aria-hidden />} onClick={() => void make()}>
            {t.make}
          </Button>
        </div>
      )}
      {dialog}
    </Section>
  );
}
