/** The softphone, once its user is signed in. */
import { useEffect, useState } from 'react';
import { Boundary } from './components/Boundary';
import { PairingGate } from './components/PairingGate';
import { SignInGate } from './components/SignInGate';
import { Softphone } from './components/Softphone';
import type { CauseCode, User } from './generated/protocol';
import { useTranslation } from './i18n';
import { Phone } from './phone';
import { users } from './protocol/http';

export function App() {
  const { texts } = useTranslation();
  return (
    <PairingGate>
      <SignInGate session={users} lead={texts.signIn.lead} accounts={texts.signIn.accounts}>
        {(user, onSignedOut) => <SignedIn key={user.name} user={user} onSignedOut={onSignedOut} />}
      </SignInGate>
    </PairingGate>
  );
}

function SignedIn({ user, onSignedOut }: { user: User; onSignedOut: (reason: CauseCode | null) => void }) {
  const [phone, setPhone] = useState<Phone | null>(null);
  useEffect(() => {
    const started = new Phone(user, socketUrl());
    setPhone(started);
    return () => started.stop();
  }, [user]);
  return (
    phone && (
      <Boundary>
        <Softphone phone={phone} onSignedOut={onSignedOut} />
      </Boundary>
    )
  );
}

function socketUrl(): string {
  const url = new URL('/api/v1/socket', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
