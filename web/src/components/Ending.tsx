/** The large buttons beneath a call: how it goes on, and how it ends. */
import { Button } from '@mantine/core';
import { IconArrowBackUp, IconPhoneCheck, IconPhoneOff, IconPlayerPlayFilled, IconUsers } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { isPending, offers, waits, type Conversation } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import { isConsultation } from './callTools';
import classes from './Ending.module.css';
import { whoIs } from './format';

export interface EndingProps {
  phone: Phone;
  conversation: Conversation;
  /** The held call that it can be brought together with. */
  partner: CallEntry | null;
}

export function Ending({ phone, conversation, partner }: EndingProps) {
  const { texts } = useTranslation();
  const [{ call }] = conversation;
  const busy = isPending(conversation);
  const consulting = isConsultation(conversation, partner);

  if (waits(conversation[0])) return <Waiting phone={phone} conversation={conversation} busy={busy} />;
  if (conversation.length > 1) {
    const all = offers(conversation, 'clear_call');
    return (
      <Row>
        {all && (
          <Button className={classes.button} variant="default" onClick={() => void phone.endForAll(all.call.id)}>
            {texts.call.endForAll}
          </Button>
        )}
        <HangUp label={texts.call.leave} onClick={() => void phone.hangUp(call.id)} />
      </Row>
    );
  }
  const completes = consulting && offers([...conversation, partner], 'transfer_call');
  return (
    <>
      {completes && (
        <>
          <p className={classes.hint}>
            {texts.call.connects(whoIs(partner.call, texts.call.unknown), whoIs(call, texts.call.unknown))}
          </p>
          <Button
            className={classes.button}
            leftSection={<IconPhoneCheck size={22} aria-hidden />}
            disabled={busy}
            onClick={() => void phone.transfer(call.id, partner.call.id)}
          >
            {texts.call.completeTransfer}
          </Button>
        </>
      )}
      <Row>
        {consulting && offers(conversation, 'reconnect_call') && (
          <Button
            className={classes.button}
            classNames={{ label: classes.label }}
            variant="default"
            title={texts.call.backTo(whoIs(partner.call, texts.call.unknown))}
            leftSection={<IconArrowBackUp size={20} aria-hidden />}
            disabled={busy}
            onClick={() => void phone.reconnect(call.id, partner.call.id)}
          >
            {texts.call.backTo(whoIs(partner.call, texts.call.unknown))}
          </Button>
        )}
        <HangUp label={texts.call.hangUp} onClick={() => void phone.hangUp(call.id)} />
      </Row>
    </>
  );
}

/** Beneath a call that is held or on its way to somebody else. */
function Waiting({ phone, conversation, busy }: { phone: Phone; conversation: Conversation; busy: boolean }) {
  const { texts } = useTranslation();
  const [{ call }] = conversation;
  const moving = call.transferring_to !== null;
  const retrieves = offers(conversation, 'retrieve_call');
  const letsGo = offers(conversation, 'clear_connection');
  const back = retrieves ?? offers(conversation, 'reconnect_call');
  const Icon = conversation.length > 1 ? IconUsers : IconPlayerPlayFilled;
  return (
    <>
      {back && (
        <Button
          className={`${classes.button} ${classes.go}`}
          leftSection={moving ? <IconArrowBackUp size={22} aria-hidden /> : <Icon size={20} aria-hidden />}
          disabled={busy}
          onClick={() =>
            void (retrieves
              ? phone.retrieve(retrieves.call.id)
              : phone.reconnect(back.call.consultation_of ?? back.call.id, back.call.id))
          }
        >
          {moving ? texts.call.takeBack : texts.call.retrieve}
        </Button>
      )}
      {moving && letsGo ? (
        <Button
          className={classes.button}
          variant="default"
          disabled={busy}
          onClick={() => void phone.hangUp(letsGo.call.id)}
        >
          {texts.call.letGo}
        </Button>
      ) : (
        <HangUp
          label={conversation.length > 1 ? texts.call.leave : texts.call.hangUp}
          onClick={() => void phone.hangUp(call.id)}
        />
      )}
    </>
  );
}

/** Always there: nobody must be kept in a call by what a server says. */
export function HangUp({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button
      className={`${classes.button} ${classes.stop}`}
      leftSection={<IconPhoneOff size={22} aria-hidden />}
      onClick={onClick}
    >
      {label}
    </Button>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}
