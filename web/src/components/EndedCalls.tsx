/** What became of the last calls. */
import { ActionIcon, Button } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconPhone, IconPhoneIncoming, IconX } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import { isFailure, isMissed } from '../protocol/select';
import type { Ended, Outcome } from '../protocol/state';
import classes from './EndedCalls.module.css';
import { formatDuration, whoIs } from './format';

export interface EndedCallsProps {
  ended: Ended[];
  onAgain: (ended: Ended) => void;
  onDismiss: (id: string) => void;
}

export function EndedCalls({ ended, onAgain, onDismiss }: EndedCallsProps) {
  return ended.map((one) => (
    <Summary key={one.id} ended={one} onAgain={() => onAgain(one)} onDismiss={() => onDismiss(one.id)} />
  ));
}

function Summary({ ended, onAgain, onDismiss }: { ended: Ended; onAgain: () => void; onDismiss: () => void }) {
  const { texts, sentence } = useTranslation();
  const { cause, direction, duration, outcome } = ended;
  const failure = isFailure(ended);
  const missed = isMissed(ended);
  const who = whoIs(ended, texts.call.unknown);
  const title =
    direction === 'outgoing' ? texts.ended.to(who) : missed ? texts.ended.missed(who) : texts.ended.from(who);
  const Icon = failure ? IconAlertTriangle : missed ? IconPhoneIncoming : IconCircleCheck;
  const small = [
    duration === null ? null : texts.ended.duration(formatDuration(duration)),
    cause.sip_status === null ? null : texts.ended.sip(cause.sip_status),
    cause.detail,
  ].filter((part) => part !== null && part !== '');

  return (
    <section className={`card ${classes.summary}`} data-failure={failure || undefined} aria-label={texts.ended.title}>
      <span className={classes.icon}>
        <Icon size={22} aria-hidden />
      </span>
      <div className={classes.text}>
        <h2 className={classes.title}>{title}</h2>
        <p className={classes.reason} role={failure ? 'alert' : 'status'}>
          {(outcome && outcomeText(outcome, texts)) ?? sentence(cause.code)}
        </p>
        {small.length > 0 && <p className={`numbers ${classes.small}`}>{small.join(' · ')}</p>}
      </div>
      <div className={classes.buttons}>
        {ended.number && (
          <Button size="sm" variant="default" leftSection={<IconPhone size={16} aria-hidden />} onClick={onAgain}>
            {direction === 'outgoing' ? texts.ended.again : texts.ended.back}
          </Button>
        )}
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={texts.ended.dismiss} onClick={onDismiss}>
          <IconX size={18} aria-hidden />
        </ActionIcon>
      </div>
    </section>
  );
}

function outcomeText(outcome: Outcome, texts: Texts): string | null {
  switch (outcome.kind) {
    case 'transferred':
      return texts.ended.transferred(outcome.to);
    case 'deflected':
      return texts.ended.deflected(outcome.to);
    case 'parked':
      return texts.ended.parked(outcome.at);
    case 'joined':
      return null;
  }
}
