/** The user's lines, and calls on them that run on other devices. */
import { Button } from '@mantine/core';
import { IconDevices, IconPhoneOff } from '@tabler/icons-react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { type CallEntry, isUsable } from '../protocol/store';
import { whoIs } from './format';
import classes from './Lines.module.css';

export function Lines({ lines, loading }: { lines: Line[]; loading: boolean }) {
  const { texts, sentence } = useTranslation();
  return (
    <section className={`card ${classes.card}`} aria-label={texts.lines.title}>
      <h2 className="cardTitle">{texts.lines.title}</h2>
      {lines.length === 0 && <p className={classes.none}>{loading ? texts.signIn.loading : texts.lines.none}</p>}
      <ul className={classes.list}>
        {lines.map((line) => (
          <li key={line.id} className={classes.line}>
            <div className={classes.names}>
              <span className={`numbers ${classes.number}`}>{line.number}</span>
              <span className={classes.lineGroup}>{line.line_group}</span>
            </div>
            <span className={classes.state} data-state={line.state}>
              {texts.lines.state[line.state]}
            </span>
            {line.cause && !isUsable(line) && (
              <p className={classes.cause} role={line.state === 'failed' ? 'alert' : undefined}>
                {sentence(line.cause.code)}
                <small>
                  {[line.cause.sip_status === null ? null : texts.ended.sip(line.cause.sip_status), line.cause.detail]
                    .filter(Boolean)
                    .join(' · ')}
                </small>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function OtherDevices({ calls, onEnd }: { calls: CallEntry[]; onEnd: (call: string) => void }) {
  const { texts, sentence } = useTranslation();
  if (calls.length === 0) return null;
  return (
    <section className={`card ${classes.card}`} aria-label={texts.lines.elsewhere}>
      <h2 className="cardTitle">{texts.lines.elsewhere}</h2>
      <ul className={classes.list}>
        {calls.map(({ call, rang }) => (
          <li key={call.id} className={classes.other}>
            <IconDevices size={22} aria-hidden />
            <div className={classes.names}>
              <span className={classes.who}>{whoIs(call, texts.call.unknown)}</span>
              <span className={classes.lineGroup} role="status">
                {rang && <span className={classes.taken}>{sentence('answered_elsewhere')}</span>}
                {call.state === 'connected' && call.remote_state === 'connected'
                  ? texts.lines.inCallElsewhere
                  : texts.lines.ringingElsewhere}
              </span>
            </div>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPhoneOff size={16} aria-hidden />}
              onClick={() => onEnd(call.id)}
            >
              {texts.lines.end}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
