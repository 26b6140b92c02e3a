/** Tells people who do not see the page what becomes of their calls. */
import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import { here } from '../protocol/select';
import type { PhoneState } from '../protocol/state';
import { whoIs } from './format';
import { stateText } from './Party';

/** After this long, in ms, a sentence is past. */
const STAYS = 4000;

export function Announcer({ state }: { state: PhoneState }) {
  const { texts } = useTranslation();
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  const [said, setSaid] = useState('');

  useEffect(() => {
    const now = sentences(state, texts);
    const changed = [...now].filter(([id, text]) => before.current.get(id) !== text).map(([, text]) => text);
    before.current = now;
    if (changed.length > 0) setSaid(changed.join('. '));
  }, [state, texts]);
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), STAYS);
    return () => clearTimeout(timer);
  }, [said]);

  return (
    <VisuallyHidden aria-live="polite" aria-atomic>
      {said}
    </VisuallyHidden>
  );
}

/** A sentence for each call on this device, and for each that waits parked, which says how it stands. */
function sentences(state: PhoneState, texts: Texts): Map<string, string> {
  const calls = here(state).map((entry): [string, string] => {
    const { call } = entry;
    const how = call.conference.length > 0 ? texts.call.members : stateText(entry, texts);
    return [call.id, texts.call.noticeOf(whoIs(call, texts.call.unknown), how)];
  });
  const parked = state.parked.map((one): [string, string] => {
    return [one.call, texts.call.noticeOf(whoIs(one, texts.call.unknown), texts.park.waitsAt(one.at))];
  });
  return new Map([...parked, ...calls]);
}
