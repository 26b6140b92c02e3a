/** Asks before signing out ends a call. */
import { Button, Group, Modal, Text } from '@mantine/core';
import { useTranslation } from '../i18n';
import classes from './Softphone.module.css';

export interface SignOutDialogProps {
  opened: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

export function SignOutDialog({ opened, onClose, onConfirm }: SignOutDialogProps) {
  const { texts } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={texts.signOutDialog.title}
      closeButtonProps={{ 'aria-label': texts.settings.close }}
      centered
      radius="lg"
    >
      <Text>{texts.signOutDialog.text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {texts.signOutDialog.cancel}
        </Button>
        <Button className={classes.stop} onClick={onConfirm}>
          {texts.signOutDialog.confirm}
        </Button>
      </Group>
    </Modal>
  );
}
