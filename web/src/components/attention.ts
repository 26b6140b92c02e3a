/** Ways to reach a person who looks elsewhere: sound, title, notification. */
import { useEffect } from 'react';
import { startRinging, type Ring } from '../ringer';

const FLASH_MS = 1000;

/** Rings while `ring` is not null. */
export function useRinging(ring: Ring | null): void {
  useEffect(() => (ring ? startRinging(ring) : undefined), [ring]);
}

/** Alternates the page's title with `text` while there is one. */
export function useTitleFlash(text: string | null): void {
  useEffect(() => {
    if (!text) return;
    const usual = document.title;
    let on = true;
    document.title = text;
    const timer = setInterval(() => {
      on = !on;
      document.title = on ? text : usual;
    }, FLASH_MS);
    return () => {
      clearInterval(timer);
      document.title = usual;
    };
  }, [text]);
}

/** Shows a notification while there is a text and the page is hidden. */
export function useNotification(text: string | null): void {
  useEffect(() => {
    if (!text || !document.hidden || !('Notification' in window) || Notification.permission !== 'granted') return;
    let shown: Notification;
    try {
      shown = new Notification(text, { icon: '/favicon.svg', tag: 'offhook-incoming', requireInteraction: true });
    } catch {
      // Mobile browsers let only service workers notify.
      return;
    }
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
    return () => shown.close();
  }, [text]);
}

/** Asks before the page is left, while `active`. */
export function useLeaveWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [active]);
}
