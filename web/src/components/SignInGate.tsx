/** Shows the sign-in screen until somebody is signed in. */
import { useEffect, useState, type ReactNode } from 'react';
import type { CauseCode, User } from '../generated/protocol';
import { Refusal, type Session, type SignedIn } from '../protocol/http';
import { DemandedEnrolment } from '../security/DemandedEnrolment';
import { SignInScreen } from './SignInScreen';

/** Between attempts to find out who is signed in, in ms. */
const RETRY = 2000;

export interface SignInGateProps {
  session: Session;
  /** What one signs in for, and where accounts come from. */
  lead: string;
  accounts: string;
  children: (user: User, onSignedOut: (reason: CauseCode | null) => void) => ReactNode;
}

export function SignInGate({ session, lead, accounts, children }: SignInGateProps) {
  const [user, setUser] = useState<SignedIn | null>(null);
  const [asked, setAsked] = useState(false);
  const [notice, setNotice] = useState<CauseCode | null>(null);

  useEffect(() => {
    if (asked) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const ask = async () => {
      try {
        const found = await session.current();
        if (left) return;
        setUser(found);
        // Why the person is here stays told.
        setNotice((before) => (found === null && before === 'not_signed_in' ? before : null));
        setAsked(true);
      } catch (error) {
        if (left) return;
        setNotice(error instanceof Refusal ? error.code : 'internal');
        timer = setTimeout(() => void ask(), RETRY);
      }
    };
    void ask();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [asked, session]);

  if (user?.second_factor_missing) {
    return (
      <DemandedEnrolment
        session={session}
        onDone={() => setUser({ ...user, second_factor_missing: false })}
        onSignedOut={(reason) => {
          setNotice(reason);
          setUser(null);
        }}
      />
    );
  }
  if (user) {
    return children(user, (reason) => {
      setNotice(reason);
      setUser(null);
      // It may have ended, or a second factor may be demanded by now.
      if (reason === 'not_signed_in') setAsked(false);
    });
  }
  return (
    <SignInScreen
      session={session}
      lead={lead}
      accounts={accounts}
      asking={!asked}
      notice={notice}
      onSignedIn={setUser}
    />
  );
}
