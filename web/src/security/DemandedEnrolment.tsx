/** What one sees in place of the app until the second factor is set up that the settings demand. */
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import frame from '../components/SignInScreen.module.css';
import { SignInFrame } from '../components/SignInScreen';
import { Failure } from '../components/SignInFailure';
import type { CauseCode } from '../generated/protocol';
import type { Enrolment as Enrolling } from '../generated/site';
import { useTranslation } from '../i18n';
import { Refusal, type Session } from '../protocol/http';
import { Own } from './api';
import { Enrolment } from './Enrolment';

export interface DemandedEnrolmentProps {
  session: Session;
  onDone: () => void;
  onSignedOut: (reason: CauseCode | null) => void;
}

export function DemandedEnrolment({ session, onDone, onSignedOut }: DemandedEnrolmentProps) {
  const { texts } = useTranslation();
  const [own] = useState(() => new Own(session.url));
  const [enrolling, setEnrolling] = useState<Enrolling | null>(null);
  const [failure, setFailure] = useState<Refusal | null>(null);
  const t = texts.security.enrolment;
  useEffect(() => {
    let left = false;
    own.enrol().then(
      (begun) => left || setEnrolling(begun),
      (error: unknown) => left || setFailure(error instanceof Refusal ? error : new Refusal('internal')),
    );
    return () => void (left = true);
  }, [own]);
  const leave = () =>
    session.signOut().then(
      () => onSignedOut(null),
      (error: unknown) => onSignedOut(error instanceof Refusal ? error.code : 'internal'),
    );
  return (
    <SignInFrame lead={t.demanded}>
      <div className={`card ${frame.form}`}>
        <h1 className={frame.title}>{t.title}</h1>
        {failure ? (
          <Failure refusal={failure} />
        ) : enrolling === null ? (
          <p className={frame.loading}>{texts.signIn.loading}</p>
        ) : (
          <Enrolment own={own} enrolling={enrolling} onDone={onDone} />
        )}
        <Button variant="subtle" onClick={() => void leave()}>
          {texts.header.signOut}
        </Button>
      </div>
    </SignInFrame>
  );
}
