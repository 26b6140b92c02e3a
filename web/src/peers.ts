/** The audio of the calls on this device: a connection for each, only the talking one with its microphone. */
import { Peer } from './media/peer';
import { isSilent } from './protocol/select';
import type { CallEntry } from './protocol/state';

/** A path that is broken for this long, in ms, is given up for another. */
const RESTART_AFTER = 1000;

export interface PeerEvents {
  audio(call: string, audio: CallEntry['audio']): void;
  /** A microphone is another one. */
  input(): void;
  /** Brings an offer with new ICE credentials to the server and its answer here. */
  restart(call: string, offer: string): Promise<string | null>;
}

export class Peers {
  #peers = new Map<string, Peer>();

  constructor(private readonly events: PeerEvents) {}

  get(call: string): Peer | undefined {
    return this.#peers.get(call);
  }

  keep(call: string, peer: Peer): void {
    this.close(call);
    this.#peers.set(call, peer);
    peer.onInput = () => this.events.input();
    peer.onAudio = (audio) => {
      this.events.audio(call, audio);
      if (audio === 'interrupted') setTimeout(() => this.#restart(call, peer), RESTART_AFTER);
    };
  }

  close(call: string): void {
    this.#peers.get(call)?.close();
    this.#peers.delete(call);
  }

  closeAll(): void {
    for (const call of [...this.#peers.keys()]) this.close(call);
  }

  /** Whoever waits must hear nothing of what is said here. */
  hush(calls: CallEntry[]): void {
    for (const entry of calls) this.get(entry.call.id)?.setMuted(isSilent(entry));
  }

  useChosenDevices(): void {
    for (const peer of this.#peers.values()) void peer.useChosenDevices();
  }

  restartInterrupted(): void {
    for (const [call, peer] of this.#peers) this.#restart(call, peer);
  }

  /** Brings the audio of a call to another path where the old one is still broken. */
  #restart(call: string, peer: Peer): void {
    if (this.#peers.get(call) !== peer || peer.audio !== 'interrupted') return;
    void peer.restart((offer) => this.events.restart(call, offer));
  }
}
