/** The conversations beside the one that is shown: held ones, each one press away. */
import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconArrowsExchange,
  IconDotsVertical,
  IconPhone,
  IconPhoneOff,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconShare3,
  IconUsersPlus,
} from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { isPending, offers, waits, type Conversation } from '../protocol/select';
import { whoIs } from './format';
import { NoticeBar } from './NoticeBar';
import classes from './OtherCalls.module.css';
import { stateText } from './Party';
import { Timer } from './Timer';

export interface OtherCallsProps {
  phone: Phone;
  others: readonly Conversation[];
  /** The conversation that the person has; none while all wait. */
  running: Conversation | null;
  /** Shows the running one again, where something else is shown. */
  onBack: () => void;
}

export function OtherCalls({ others, ...rest }: OtherCallsProps) {
  const { texts } = useTranslation();
  return (
    <ul className={classes.list} aria-label={texts.call.others}>
      {others.map((conversation) => (
        <Row key={conversation[0].call.id} conversation={conversation} {...rest} />
      ))}
    </ul>
  );
}

type RowProps = Omit<OtherCallsProps, 'others'> & { conversation: Conversation };

function Row({ phone, conversation, running, onBack }: RowProps) {
  const { texts } = useTranslation();
  const [entry] = conversation;
  const { call, heldAt, connectedAt } = entry;
  const who = conversation.map((one) => whoIs(one.call, texts.call.unknown)).join(', ');
  const held = waits(entry);
  const busy = isPending(conversation) || (running !== null && isPending(running));
  const since = heldAt ?? connectedAt;
  return (
    <li className={classes.row}>
      <span className={classes.icon} data-running={!held || undefined} aria-hidden="true">
        {held ? <IconPlayerPauseFilled size={16} /> : <IconPhone size={18} />}
      </span>
      <span className={classes.text}>
        <span className={classes.who} title={who}>
          {who}
        </span>
        <span className={classes.state}>
          {stateText(entry, texts)}
          {since !== null && (
            <>
              {' '}
              <Timer since={since} label={heldAt === null ? texts.call.duration : texts.call.heldFor} />
            </>
          )}
        </span>
      </span>
      {held ? (
        <Return phone={phone} conversation={conversation} running={running} busy={busy} />
      ) : (
        <Button size="xs" variant="default" onClick={onBack}>
          {texts.call.back}
        </Button>
      )}
      {held && call.transferring_to === null && (
        <More phone={phone} conversation={conversation} running={running} who={who} busy={busy} />
      )}
      {conversation.map((one) => (
        <NoticeBar key={one.call.id} entry={one} onSeen={() => phone.seen(one.call.id)} />
      ))}
    </li>
  );
}

type ActionProps = Pick<RowProps, 'phone' | 'conversation' | 'running'> & { busy: boolean };

/** Goes back to a held call: by a swap where there is one to swap with. */
function Return({ phone, conversation, running, busy }: ActionProps) {
  const { texts } = useTranslation();
  const [{ call }] = conversation;
  const swaps = running && offers([...running, ...conversation], 'alternate_call');
  const retrieves = offers(conversation, 'retrieve_call');
  if (!swaps && !retrieves) return null;
  const Icon = swaps ? IconArrowsExchange : IconPlayerPlayFilled;
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<Icon size={16} aria-hidden />}
      disabled={busy}
      onClick={() => void (swaps && running ? phone.swap(running[0].call.id, call.id) : phone.retrieve(call.id))}
    >
      {swaps ? texts.call.swap : texts.call.retrieve}
    </Button>
  );
}

function More({ phone, conversation, running, busy, who }: ActionProps & { who: string }) {
  const { texts } = useTranslation();
  const [{ call }] = conversation;
  const together = running ? ([...running, ...conversation] as const) : null;
  const active = running?.[0].call.id ?? '';
  return (
    <Menu position="bottom-end" shadow="md" radius="md" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={30} aria-label={texts.call.more(who)} disabled={busy}>
          <IconDotsVertical size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {together && offers(together, 'transfer_call') && (
          <Menu.Item
            leftSection={<IconShare3 size={16} aria-hidden />}
            onClick={() => void phone.transfer(active, call.id)}
          >
            {texts.call.completeTransfer}
          </Menu.Item>
        )}
        {together && offers(together, 'conference_call') && (
          <Menu.Item
            leftSection={<IconUsersPlus size={16} aria-hidden />}
            onClick={() => void phone.conference(active, call.id)}
          >
            {texts.call.conference}
          </Menu.Item>
        )}
        <Menu.Item
          color="red"
          leftSection={<IconPhoneOff size={16} aria-hidden />}
          onClick={() => void phone.hangUp(call.id)}
        >
          {texts.call.hangUp}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
