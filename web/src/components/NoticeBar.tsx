/** Why something did not work, beside the call that it is about. */
import { ActionIcon } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle, IconX } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import { isFailure } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import classes from './NoticeBar.module.css';

export function NoticeBar({ entry, onSeen }: { entry: CallEntry; onSeen: () => void }) {
  const { texts, sentence } = useTranslation();
  const { notice } = entry;
  if (!notice) return null;
  const { cause, about } = notice;
  const failure = isFailure({ cause, direction: 'outgoing' });
  const Icon = failure ? IconAlertTriangle : IconInfoCircle;
  const small = [cause.sip_status === null ? null : texts.ended.sip(cause.sip_status), cause.detail].filter(Boolean);
  const text = sentence(cause.code);
  return (
    <div className={classes.notice} data-failure={failure || undefined} role={failure ? 'alert' : 'status'}>
      <Icon size={18} aria-hidden />
      <p className={classes.text}>
        {about === null ? text : texts.call.noticeOf(about, text)}
        {small.length > 0 && <small>{small.join(' · ')}</small>}
      </p>
      <ActionIcon variant="subtle" color="gray" size={28} aria-label={texts.call.dismissNotice} onClick={onSeen}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </div>
  );
}
