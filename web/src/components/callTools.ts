/** What can be done with a conversation, as buttons of two rows: only what the server offers. */
import { IconParking, IconPhonePlus, IconPlayerPause, IconShare3, IconUsersPlus } from '@tabler/icons-react';
import type { Line, Service } from '../generated/protocol';
import type { Texts } from '../i18n/en';
import type { Phone } from '../phone';
import { isConnected, isPending, offers, waits, type Conversation } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import type { Tool } from './Tools';

/** What takes the place of the call for a while. */
export type Sheet = 'transfer' | 'park' | 'dial';

export interface ToolContext {
  phone: Phone;
  conversation: Conversation;
  /** The held call that it can be brought together with. */
  partner: CallEntry | null;
  line: Line | undefined;
  texts: Texts;
  onSheet: (sheet: Sheet) => void;
}

/** Beside mute and keypad there is room for so many large buttons. */
const LARGE = 2;

/** The row that is needed often, and the one beneath. */
export function callTools(context: ToolContext): { main: Tool[]; rare: Tool[] } {
  const { conversation, partner } = context;
  const [entry] = conversation;
  const { hold, transfer, conference, newCall, park } = all(context);
  // A consultation has large buttons of its own; more would only distract.
  if (isConsultation(conversation, partner)) return rows([hold, conference], []);
  if (entry.call.transferring_to !== null) return rows([], []);
  if (waits(entry)) return rows([transfer, newCall, park], [], 3);
  const idle = isConnected(entry) ? newCall : null;
  return rows([hold, transfer, conference], [idle, park]);
}

/** Whether the conversation was begun to ask somebody about the held call. */
export function isConsultation(conversation: Conversation, partner: CallEntry | null): partner is CallEntry {
  return partner !== null && conversation.some((entry) => entry.call.consultation_of === partner.call.id);
}

function rows(often: (Tool | null)[], rare: (Tool | null)[], large = LARGE): { main: Tool[]; rare: Tool[] } {
  const there = often.filter((tool) => tool !== null);
  return { main: there.slice(0, large), rare: [...there.slice(large), ...rare.filter((tool) => tool !== null)] };
}

type Name = 'hold' | 'transfer' | 'conference' | 'newCall' | 'park';

function all({ phone, conversation, partner, line, texts, onSheet }: ToolContext): Record<Name, Tool | null> {
  const disabled = isPending(conversation);
  const [{ call }] = conversation;
  const hold = offers(conversation, 'hold_call');
  const asks = offers(conversation, 'consultation_call') ?? offers(conversation, 'single_step_transfer_call');
  /** What is done with both calls is offered by either. */
  const pair = (service: Service) => (partner && offers([...conversation, partner], service) ? partner.call.id : null);
  const joined = pair('conference_call');
  return {
    hold: hold && {
      label: texts.call.hold,
      icon: IconPlayerPause,
      onPress: () => void phone.hold(hold.call.id),
      letter: 'h',
      disabled,
    },
    transfer:
      asks || pair('transfer_call')
        ? { label: texts.call.transfer, icon: IconShare3, onPress: () => onSheet('transfer'), letter: 't', disabled }
        : null,
    conference:
      joined === null
        ? null
        : {
            label: texts.call.conference,
            icon: IconUsersPlus,
            onPress: () => void phone.conference(call.id, joined),
            letter: 'c',
            disabled,
          },
    newCall: line?.services.includes('make_call')
      ? { label: texts.call.newCall, icon: IconPhonePlus, onPress: () => onSheet('dial'), letter: 'n' }
      : null,
    park: offers(conversation, 'park_call') && {
      label: texts.call.park,
      icon: IconParking,
      onPress: () => onSheet('park'),
      letter: 'p',
      disabled,
    },
  };
}
