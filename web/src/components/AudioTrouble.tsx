/** What is wrong with the audio of a call. */
import { useTranslation } from '../i18n';
import { isConnected } from '../protocol/select';
import type { CallEntry } from '../protocol/state';
import classes from './CallPanel.module.css';

export function AudioTrouble({ entry }: { entry: CallEntry }) {
  const { texts } = useTranslation();
  const connected = isConnected(entry);
  return (
    <>
      {connected && entry.audio === 'interrupted' && (
        <p className={classes.warning} role="alert">
          {texts.call.noAudio}
        </p>
      )}
      <div role="status" className={classes.troubles}>
        {connected &&
          entry.call.silence.map(({ party, address }) => (
            <p key={party} className={classes.warning}>
              {party === 'pbx' ? texts.call.silentPbx(address) : texts.call.silentBrowser}
            </p>
          ))}
      </div>
    </>
  );
}
