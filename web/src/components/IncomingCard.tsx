/** One call that rings, and the choices there are. */
import { Button, TextInput } from '@mantine/core';
import { IconArrowForwardUp, IconPhone, IconPhoneOff, IconPhoneX, IconVolume3 } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import type { DeclineReason, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { isSilenced } from '../media/context';
import type { CallEntry } from '../protocol/state';
import { BusyButton } from './BusyButton';
import { DialledAs } from './DialledAs';
import { cleanNumber, whoIs } from './format';
import classes from './IncomingCard.module.css';
import { PhoneNumber, Who } from './PhoneNumber';
import { Portrait, useColleague } from './Portrait';

export interface IncomingCardProps {
  entry: CallEntry;
  line: Line | undefined;
  /** Whether the person is in a call. */
  inCall: boolean;
  /** Whom answering puts on hold. */
  talkingTo: string | null;
  /** Whether the keys are for this one. */
  first: boolean;
  onAnswer: () => void;
  onDecline: (reason: DeclineReason) => void;
  onDeflect: (number: string) => void;
}

export function IncomingCard(props: IncomingCardProps) {
  const { entry, line, inCall, talkingTo, first, onAnswer, onDecline, onDeflect } = props;
  const { texts, sentence } = useTranslation();
  const [deflecting, setDeflecting] = useState(false);
  const title = useId();
  const card = useRef<HTMLElement>(null);
  const { call, notice, pending } = entry;
  const colleague = useColleague(call.number);
  const picture = call.picture ?? colleague;
  // A call that comes back says why.
  const reason = notice?.cause ?? call.cause;
  const focused = first && !inCall;
  const { services } = call;

  useEffect(() => {
    if (!focused) return;
    const before = document.activeElement;
    card.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [focused]);

  return (
    <section
      ref={card}
      className={`card ${classes.card}`}
      role="dialog"
      aria-modal={!inCall}
      aria-labelledby={title}
      tabIndex={-1}
    >
      <div className={classes.head}>
        {picture !== null ? (
          <Portrait picture={picture} name={call.name} size={48} />
        ) : (
          <span className={classes.bell} aria-hidden="true">
            <IconPhone size={22} />
          </span>
        )}
        <h2 id={title} className={classes.title}>
          {texts.incoming.title}
        </h2>
        {line && <span className={classes.line}>{texts.dial.lineOption(line.number, line.line_group)}</span>}
      </div>
      <div role="status">
        <p className={classes.who}>
          <Who {...call} />
        </p>
        {call.name && call.shown && (
          <p className={classes.number}>
            <PhoneNumber number={call.number} shown={call.shown} />
          </p>
        )}
        {call.diverted_by && (
          <p className={classes.number}>{texts.call.divertedBy(whoIs(call.diverted_by, texts.call.unknown))}</p>
        )}
      </div>
      {reason && (
        <p className={classes.failure} role="alert">
          {sentence(reason.code)}
        </p>
      )}
      {!services.includes('answer_call') && <p className={classes.silent}>{sentence('audio_not_given')}</p>}
      {isSilenced() && (
        <p className={classes.silent}>
          <IconVolume3 size={16} aria-hidden />
          {texts.incoming.silent}
        </p>
      )}
      {talkingTo !== null && <p className={classes.waits}>{texts.incoming.holds(talkingTo)}</p>}
      {deflecting ? (
        <Deflect line={line} busy={pending !== null} onDeflect={onDeflect} onCancel={() => setDeflecting(false)} />
      ) : (
        <div className={classes.buttons}>
          {services.includes('answer_call') && (
            <Button className={classes.answer} leftSection={<IconPhone size={20} aria-hidden />} onClick={onAnswer}>
              {texts.incoming.answer}
            </Button>
          )}
          {services.includes('decline_call') && (
            <>
              <Button
                className={classes.decline}
                leftSection={<IconPhoneOff size={20} aria-hidden />}
                onClick={() => onDecline('declined')}
              >
                {texts.incoming.decline}
              </Button>
              <Button
                className={classes.busy}
                variant="default"
                leftSection={<IconPhoneX size={20} aria-hidden />}
                onClick={() => onDecline('busy')}
              >
                {texts.incoming.busy}
              </Button>
            </>
          )}
          {services.includes('deflect_call') && (
            <Button
              className={classes.elsewhere}
              variant="subtle"
              leftSection={<IconArrowForwardUp size={18} aria-hidden />}
              onClick={() => setDeflecting(true)}
            >
              {texts.incoming.elsewhere}
            </Button>
          )}
        </div>
      )}
      {focused && !deflecting && services.includes('decline_call') && (
        <p className={classes.keys}>{texts.incoming.keys}</p>
      )}
    </section>
  );
}

interface DeflectProps {
  line: Line | undefined;
  busy: boolean;
  onDeflect: (number: string) => void;
  onCancel: () => void;
}

/** Where the call goes instead. */
function Deflect({ line, busy, onDeflect, onCancel }: DeflectProps) {
  const { texts } = useTranslation();
  const [number, setNumber] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (number.trim() !== '') onDeflect(number.trim());
  };
  return (
    <form className={classes.deflect} onSubmit={submit}>
      <TextInput
        label={texts.incoming.sendTo}
        inputMode="tel"
        autoComplete="off"
        size="md"
        autoFocus
        maxLength={128}
        value={number}
        onChange={(event) => setNumber(cleanNumber(event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onCancel();
        }}
      />
      {/* The PBX forwards it, or is asked to. */}
      <DialledAs form line={line} number={number} forwarding />
      <div className={classes.choice}>
        <Button variant="default" size="md" px="xs" onClick={onCancel}>
          {texts.call.back}
        </Button>
        <BusyButton type="submit" size="md" px="xs" busy={busy} disabled={number.trim() === ''}>
          {texts.incoming.send}
        </BusyButton>
      </div>
    </form>
  );
}
