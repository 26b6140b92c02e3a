/** The signs of how a call went. */
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle, type Icon } from '@tabler/icons-react';
import type { Severity } from '../generated/protocol';

export const severityIcons: Record<Severity, Icon> = {
  fine: IconCircleCheck,
  usual: IconInfoCircle,
  bad: IconAlertTriangle,
  failed: IconCircleX,
};
