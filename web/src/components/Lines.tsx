/** The user's lines, and calls on them that run on other devices. */
import { ActionIcon, Button } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconDevices, IconPhoneOff } from '@tabler/icons-react';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { isUsable } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import { whoIs } from './format';
import classes from './Lines.module.css';
import { hasSettings } from './LineSettings';
import { LineSigns } from './LineSigns';
import { NoticeBar } from './NoticeBar';

export interface LinesProps {
  lines: Line[];
  loading: boolean;
  /** Opens the settings of a line. */
  onSettings: (line: string) => void;
}

export function Lines({ lines, loading, onSettings }: LinesProps) {
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
            {hasSettings(line) && (
              <ActionIcon
                variant="default"
                size={32}
                aria-label={texts.line.settingsOf(line.number)}
                title={texts.line.settingsOf(line.number)}
                onClick={() => onSettings(line.id)}
              >
                <IconAdjustmentsHorizontal size={18} aria-hidden />
              </ActionIcon>
            )}
            <div className={classes.signs}>
              <LineSigns line={line} />
            </div>
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

export function OtherDevices({ phone, calls }: { phone: Phone; calls: CallEntry[] }) {
  const { texts } = useTranslation();
  if (calls.length === 0) return null;
  return (
    <section className={`card ${classes.card}`} aria-label={texts.lines.elsewhere}>
      <h2 className="cardTitle">{texts.lines.elsewhere}</h2>
      <ul className={classes.list}>
        {calls.map((entry) => (
          <OtherDevice key={entry.call.id} phone={phone} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

function OtherDevice({ phone, entry }: { phone: Phone; entry: CallEntry }) {
  const { texts, sentence } = useTranslation();
  const { call, rang } = entry;
  return (
    <li className={classes.other}>
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
        onClick={() => void phone.hangUp(call.id)}
      >
        {texts.lines.end}
      </Button>
      <NoticeBar entry={entry} onSeen={() => phone.seen(call.id)} />
    </li>
  );
}
