/** Why somebody is not signed in, and when to try again. */
import { Alert } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useTranslation } from '../i18n';
import type { Refusal } from '../protocol/http';
import classes from './SignInScreen.module.css';

export function Failure({ refusal: { code, retryAfter } }: { refusal: Refusal }) {
  const { texts, sentence } = useTranslation();
  const { waitFor, waitMinutes } = texts.security;
  const wait =
    retryAfter === null ? '' : retryAfter <= 90 ? waitFor(retryAfter) : waitMinutes(Math.ceil(retryAfter / 60));
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlertCircle aria-hidden />} className={classes.alert}>
      {sentence(code)} {wait}
    </Alert>
  );
}
