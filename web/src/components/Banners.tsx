/** What concerns the whole page: a lost connection, an old page, something that failed. */
import { Button } from '@mantine/core';
import type { CauseCode } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Link } from '../protocol/socket';
import classes from './Softphone.module.css';

export interface BannersProps {
  link: Link;
  inCall: boolean;
  /** Whether a link that was opened here is asked about on another page. */
  handedOver: boolean;
  onHandedOver: () => void;
  failure: CauseCode | null;
  onDismiss: () => void;
}

export function Banners({ link, inCall, handedOver, onHandedOver, failure, onDismiss }: BannersProps) {
  const { texts, sentence } = useTranslation();
  return (
    <div className={classes.banners}>
      {link === 'reconnecting' && (
        <p className={classes.banner} role="alert">
          {inCall ? texts.link.lostInCall : texts.link.lost}
        </p>
      )}
      {link === 'crowded' && (
        <p className={classes.banner} role="alert">
          {sentence('too_many_clients')}
        </p>
      )}
      {link === 'not_given' && (
        <p className={classes.banner} role="alert">
          {sentence('web_app_not_given')}
        </p>
      )}
      {link === 'outdated' && (
        <p className={classes.banner} role="alert">
          {sentence('wrong_version')}
          <Button size="xs" variant="default" onClick={() => window.location.reload()}>
            {texts.link.reload}
          </Button>
        </p>
      )}
      {handedOver && (
        <p className={classes.banner} role="status">
          {texts.linked.handedOver}
          <Button size="xs" variant="default" onClick={onHandedOver}>
            {texts.ended.dismiss}
          </Button>
        </p>
      )}
      {failure && (
        <p className={classes.banner} role="alert">
          {sentence(failure)}
          <Button size="xs" variant="default" onClick={onDismiss}>
            {texts.ended.dismiss}
          </Button>
        </p>
      )}
    </div>
  );
}
