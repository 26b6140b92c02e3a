/** The administrator's page, once an administrator is signed in. */
import { useEffect, useLayoutEffect, useState } from 'react';
import { SignInGate } from '../components/SignInGate';
import type { CauseCode, LineGroups, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { administrators } from '../protocol/http';
import { Console } from './Console';
import { lineGroups, Poller } from './poller';
import { isGuarded } from './route';
import { forgetNames } from './site/names';
import { forgetLists } from './site/ObjectList';

export default function Administration() {
  const { texts } = useTranslation();
  // Before the console's own title, which follows.
  useLayoutEffect(() => {
    document.title = `${texts.admin.product} – ${texts.wordmark}`;
  }, [texts]);
  return (
    <SignInGate
      session={administrators}
      lead={texts.admin.lead}
      accounts={texts.admin.accounts}
      // Who has not saved goes on where they were.
      keeps={isGuarded}
    >
      {(user, onSignedOut) => <Watching key={user.name} user={user} onSignedOut={onSignedOut} />}
    </SignInGate>
  );
}

function Watching({ user, onSignedOut }: { user: User; onSignedOut: (reason: CauseCode | null) => void }) {
  const [poller, setPoller] = useState<Poller<LineGroups> | null>(null);
  useEffect(() => {
    // Nothing is left of who was signed in before.
    forgetNames();
    forgetLists();
    const started = new Poller(lineGroups);
    started.start();
    setPoller(started);
    return () => started.stop();
  }, []);
  // Somebody who has signed in anew is another object.
  useEffect(() => poller?.resume(), [poller, user]);
  return poller && <Console poller={poller} user={user} onSignedOut={onSignedOut} />;
}
