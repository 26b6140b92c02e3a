/** Calls that wait at a number for somebody to pick them up. */
import { ActionIcon, Button } from '@mantine/core';
import { IconParking, IconPhoneIncoming, IconX } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Parked, PhoneState } from '../protocol/state';
import { whoIs } from './format';
import classes from './Lines.module.css';
import { Timer } from './Timer';

export interface ParkedCallsProps {
  state: PhoneState;
  onTake: (call: string) => void;
  onPickUp: (line: string, at: string) => void;
  onDismiss: (call: string) => void;
}

export function ParkedCalls({ state, onTake, onPickUp, onDismiss }: ParkedCallsProps) {
  const { texts } = useTranslation();
  const { parked, lines, calls } = state;
  /** The way back: by the call itself where it is still seen, or by the number. */
  const back = ({ call, line, at }: Parked): (() => void) | null => {
    const seen = calls.find((entry) => entry.call.id === call);
    if (seen) return seen.call.services.includes('answer_call') ? () => onTake(call) : null;
    const picks = lines.find(({ id }) => id === line)?.services.includes('directed_pickup_call');
    return picks ? () => onPickUp(line, at) : null;
  };
  if (parked.length === 0) return null;
  return (
    <section className={`card ${classes.card}`} aria-label={texts.park.parked}>
      <h2 className="cardTitle">{texts.park.parked}</h2>
      <ul className={classes.list}>
        {parked.map((one) => (
          <Row key={one.call} parked={one} back={back(one)} onDismiss={onDismiss} />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  parked: Parked;
  back: (() => void) | null;
  onDismiss: (call: string) => void;
}

function Row({ parked, back, onDismiss }: RowProps) {
  const { texts } = useTranslation();
  return (
    <li className={classes.other}>
      <IconParking size={22} aria-hidden />
      <div className={classes.names}>
        <span className={classes.who}>{whoIs(parked, texts.call.unknown)}</span>
        <span className={classes.lineGroup} role="status">
          {texts.park.waitsAt(parked.at)}
        </span>
      </div>
      <span className={classes.lineGroup}>
        <Timer since={parked.since} label={texts.call.waiting} />
      </span>
      {back && (
        <Button size="xs" variant="default" leftSection={<IconPhoneIncoming size={16} aria-hidden />} onClick={back}>
          {texts.park.back}
        </Button>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={texts.ended.dismiss}
        onClick={() => onDismiss(parked.call)}
      >
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </li>
  );
}
