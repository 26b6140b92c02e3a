/** Shows the sign-in screen until somebody is signed in. */
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { CauseCode, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Refusal, type Session, type SignedIn } from '../protocol/http';
import { DemandedEnrolment } from '../security/DemandedEnrolment';
import classes from './SignInGate.module.css';
import { SignInScreen } from './SignInScreen';

/** Between attempts to find out who is signed in, in ms. */
const RETRY = 2000;

export interface SignInGateProps {
  session: Session;
  /** What one signs in for, and where accounts come from. */
  lead: string;
  accounts: string;
  /** Whether what is shown is to stay behind the sign-in screen when the session ends by itself. */
  keeps?: () => boolean;
  children: (user: User, onSignedOut: (reason: CauseCode | null) => void) => ReactNode;
}

export function SignInGate({ session, lead, accounts, keeps, children }: SignInGateProps) {
  const { texts } = useTranslation();
  const [user, setUser] = useState<SignedIn | null>(null);
  const [asked, setAsked] = useState(false);
  const [notice, setNotice] = useState<CauseCode | null>(null);
  /** Whether the session has ended of somebody whose page stays. */
  const [ended, setEnded] = useState(false);

  const signedIn = useCallback((now: SignedIn) => {
    setUser(now);
    setEnded((before) => before && now.second_factor_missing === true);
  }, []);

  useEffect(() => {
    if (asked) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const ask = async () => {
      try {
        const found = await session.current();
        if (left) return;
        // Whose page stays is still that person.
        if (found !== null) signedIn(found);
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
  }, [asked, session, signedIn]);

  // The same function throughout: whoever is told of an end tells it once.
  const signedOut = useCallback(
    (reason: CauseCode | null) => {
      setNotice(reason);
      if (reason !== null && keeps?.()) setEnded(true);
      else setUser(null);
      // It may have ended, or a second factor may be demanded by now.
      if (reason === 'not_signed_in') setAsked(false);
    },
    [keeps],
  );
  const missing = user?.second_factor_missing === true;
  return (
    <>
      {user && (!missing || ended) && (
        <div className={classes.page} inert={ended}>
          {children(user, signedOut)}
        </div>
      )}
      {(user === null || missing || ended) && (
        <div className={ended ? classes.over : classes.page}>
          {missing ? (
            <DemandedEnrolment
              session={session}
              onDone={() => signedIn({ ...user, second_factor_missing: false })}
              onSignedOut={(reason) => {
                setNotice(reason);
                setUser(null);
                setEnded(false);
              }}
            />
          ) : (
            <SignInScreen
              session={session}
              lead={user === null ? lead : texts.signIn.kept(user.display_name)}
              accounts={accounts}
              asking={!asked}
              notice={notice}
              onSignedIn={signedIn}
            />
          )}
        </div>
      )}
    </>
  );
}
