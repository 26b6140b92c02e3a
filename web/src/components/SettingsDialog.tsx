/** Settings: the lines', and this browser's. */
import { Modal, Tabs } from '@mantine/core';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { users } from '../protocol/http';
import { Own } from '../security/api';
import { SecurityPanel } from '../security/SecurityPanel';
import { AudioDevices } from './AudioDevices';
import { GeneralSettings } from './GeneralSettings';
import { LineSettings } from './LineSettings';
import classes from './SettingsDialog.module.css';

const OWN = new Own(users.url);

export type SettingsTab = 'lines' | 'audio' | 'security' | 'general';

export interface SettingsDialogProps {
  phone: Phone;
  lines: Line[];
  /** What is shown; null while it is closed. */
  tab: SettingsTab | null;
  onTab: (tab: SettingsTab) => void;
  /** The line whose settings are shown. */
  line: string;
  onLine: (line: string) => void;
  /** The microphone of a running call. */
  input: MediaStream | null;
  /** Who is signed in. */
  name: string;
  /** Whether the user may control lines. */
  controls: boolean;
  /** Where the user's own picture is. */
  picture: string | null;
  /** Whether the user may change their own account. */
  configures: boolean;
  login: string;
  onClose: () => void;
}

export function SettingsDialog(props: SettingsDialogProps) {
  const { phone, lines, tab, onTab, line, onLine, input, name, controls, login, picture, configures, onClose } = props;
  const { texts } = useTranslation();
  const tabs: SettingsTab[] = ['lines', 'audio', 'security', 'general'];
  return (
    <Modal
      opened={tab !== null}
      onClose={onClose}
      title={texts.settings.title}
      closeButtonProps={{ 'aria-label': texts.settings.close }}
      centered
      size="lg"
      radius="lg"
      classNames={{ title: classes.title }}
    >
      <Tabs value={tab} onChange={(value) => onTab((value ?? 'general') as SettingsTab)} keepMounted={false}>
        <Tabs.List grow className={classes.tabs}>
          {tabs.map((value) => (
            <Tabs.Tab key={value} value={value} className={classes.tab}>
              {texts.settings.tabs[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="lines" className={classes.panel}>
          <LineSettings phone={phone} lines={lines} chosen={line} controls={controls} onChoose={onLine} />
        </Tabs.Panel>
        <Tabs.Panel value="audio" className={classes.panel}>
          <AudioDevices input={input} />
        </Tabs.Panel>
        <Tabs.Panel value="security" className={classes.panel}>
          <SecurityPanel own={OWN} login={login} />
        </Tabs.Panel>
        <Tabs.Panel value="general" className={classes.panel}>
          <GeneralSettings name={name} picture={picture} configures={configures} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}
