/** Signs of what is set for a line, where it changes what becomes of calls. */
import { IconArrowForwardUp, IconBellOff, IconDeviceMobile } from '@tabler/icons-react';
import type { Forwarding, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import classes from './LineSigns.module.css';

export function LineSigns({ line }: { line: Line }) {
  const { texts } = useTranslation();
  if (!line.do_not_disturb && line.forwardings.length === 0 && line.remote_office === null) return null;
  return (
    <ul className={classes.signs} aria-label={texts.line.settingsOf(line.number)}>
      {line.do_not_disturb && (
        <li className={classes.sign} data-kind="quiet" title={texts.line.quiet}>
          <IconBellOff size={15} aria-hidden />
          {texts.line.doNotDisturb}
        </li>
      )}
      {line.forwardings.map((forwarding) => (
        <li
          key={`${forwarding.kind} ${forwarding.callers}`}
          className={classes.sign}
          data-kind={forwarding.kind === 'immediate' ? 'away' : undefined}
        >
          <IconArrowForwardUp size={15} aria-hidden />
          {signOf(forwarding, texts)}
        </li>
      ))}
      {line.remote_office !== null && (
        <li className={classes.sign} data-kind="away" title={texts.line.remoteOffice}>
          <IconDeviceMobile size={15} aria-hidden />
          {texts.line.remoteOfficeSign(line.remote_office)}
        </li>
      )}
    </ul>
  );
}

function signOf({ kind, callers, to }: Forwarding, texts: Texts): string {
  return texts.line.sign[kind](to) + texts.line.only[callers];
}
