/** Calls that wait at a number for somebody to pick them up. */
import { ActionIcon, Button } from '@mantine/core';
import { IconParking, IconPhoneIncoming, IconX } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import type { CallEntry, Parked, PhoneState } from '../protocol/state';
import { whoIs } from './format';
import classes from './Lines.module.css';
import { NoticeBar } from './NoticeBar';
import { Timer } from './Timer';

export interface ParkedCallsProps {
  phone: Phone;
  state: PhoneState;
  onTake: (call: string) => void;
  onPickUp: (line: string, at: string) => void;
}

export function ParkedCalls({ phone, state, onTake, onPickUp }: ParkedCallsProps) {
  const { texts } = useTranslation();
  const { parked, lines, calls } = state;
  const entry = ({ call: id }: Parked) => calls.find(({ call }) => call.id === id) ?? null;
  /** The way back: by the call itself where it is still seen, or by the number. */
  const back = (one: Parked): (() => void) | null => {
    const { call, line, at } = one;
    const seen = entry(one);
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
          <Row key={one.call} phone={phone} parked={one} entry={entry(one)} back={back(one)} />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  phone: Phone;
  parked: Parked;
  /** The call, where it is still seen. */
  entry: CallEntry | null;
  back: (() => void) | null;
}

function Row({ phone, parked, entry, back }: RowProps) {
  const { texts } = useTranslation();
  return (
    <li className={classes.other}>
      <IconParking size={22} aria-hidden />
      <div className={classes.names}>
        <span className={classes.who}>{whoIs(parked, texts.call.unknown)}</span>
        {/* The announcer says it. */}
        <span className={classes.lineGroup}>{texts.park.waitsAt(parked.at)}</span>
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
        onClick={() => phone.dismiss(parked.call)}
      >
        <IconX size={16} aria-hidden />
      </ActionIcon>
      {entry && <NoticeBar entry={entry} onSeen={() => phone.seen(entry.call.id)} />}
    </li>
  );
}
