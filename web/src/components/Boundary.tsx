/** Keeps a fault in what is drawn from taking the rest of the page with it: a call goes on, the console's menu stays. */
import { Alert, Button, Group } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { Component, type ReactNode } from 'react';
import { useTranslation } from '../i18n';

interface State {
  fault: Error | null;
}

export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { fault: null };

  static getDerivedStateFromError(error: unknown): State {
    return { fault: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return <Fault fault={fault} onRetry={() => this.setState({ fault: null })} />;
  }
}

function Fault({ fault, onRetry }: { fault: Error; onRetry: () => void }) {
  const { texts } = useTranslation();
  const t = texts.boundary;
  return (
    <Alert role="alert" color="red" variant="light" m="md" icon={<IconAlertCircle aria-hidden />} title={t.title}>
      <p>{t.text}</p>
      {/* For whoever is asked to help; it is the program's and has no translation. */}
      <p>
        <code lang="en">{fault.message}</code>
      </p>
      <Group gap="xs">
        <Button size="xs" onClick={onRetry}>
          {t.retry}
        </Button>
        <Button size="xs" variant="default" onClick={() => window.location.reload()}>
          {texts.link.reload}
        </Button>
      </Group>
    </Alert>
  );
}
