/** Which screen is shown: signing in, or the softphone. */
import { useEffect, useState } from 'react';
import { SignInScreen } from './components/SignInScreen';
import { Softphone } from './components/Softphone';
import type { CauseCode, User } from './generated/protocol';
import { Phone } from './phone';
import { currentUser, Refusal } from './protocol/http';

/** Between attempts to find out who is signed in, in ms. */
const RETRY = 2000;

export function App() {
  const [user, setUser] = useState<User | null>(null);
  const [asked, setAsked] = useState(false);
  const [notice, setNotice] = useState<CauseCode | null>(null);

  useEffect(() => {
    if (asked) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const ask = async () => {
      try {
        const found = await currentUser();
        if (left) return;
        setUser(found);
        setNotice(null);
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
  }, [asked]);

  if (!user) return <SignInScreen asking={!asked} notice={notice} onSignedIn={setUser} />;
  return (
    <SignedIn
      key={user.name}
      user={user}
      onSignedOut={(reason) => {
        setNotice(reason);
        setUser(null);
      }}
    />
  );
}

function SignedIn({ user, onSignedOut }: { user: User; onSignedOut: (reason: CauseCode | null) => void }) {
  const [phone, setPhone] = useState<Phone | null>(null);
  useEffect(() => {
    const started = new Phone(user, socketUrl());
    setPhone(started);
    return () => started.stop();
  }, [user]);
  return phone && <Softphone phone={phone} onSignedOut={onSignedOut} />;
}

function socketUrl(): string {
  const url = new URL('/api/v1/socket', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
