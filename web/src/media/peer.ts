/** The audio between this browser and the server: one RTCPeerConnection a call. The browser always offers. */
import type { IceServer } from '../generated/protocol';
import { deviceChoice, playOnChosenSpeaker } from './devices';
import { closeStream, openMicrophone } from './microphone';

/** What the server can take; the browser's other codecs only make the offer longer. */
const CODECS = ['audio/opus', 'audio/pcma', 'audio/pcmu', 'audio/telephone-event'];
const TONE_MS = 100;
const PAUSE_MS = 70;

export type PeerAudio = 'connecting' | 'connected' | 'interrupted';

export class Peer {
  /** Told of every change of the path. */
  onAudio: (audio: PeerAudio) => void = () => undefined;
  /** Told when {@link Peer.input} is another stream. */
  onInput: () => void = () => undefined;
  /** The SDP offer to send to the server. */
  readonly offer: string;
  #muted = false;
  #microphoneId = deviceChoice().microphone;
  #closed = false;
  #restarting = false;

  private constructor(
    private readonly connection: RTCPeerConnection,
    private readonly sender: RTCRtpSender,
    private microphone: MediaStream,
    private readonly speaker: HTMLAudioElement,
    offer: string,
  ) {
    this.offer = offer;
    connection.onconnectionstatechange = () => this.onAudio(this.audio);
    this.#watchMicrophone();
  }

  /** Opens the microphone and makes the offer; the path may go through these servers. Throws `MicrophoneError`. */
  static async open(iceServers: IceServer[]): Promise<Peer> {
    const microphone = await openMicrophone();
    const connection = new RTCPeerConnection({ iceServers: iceServers.map(plain) });
    const speaker = document.createElement('audio');
    try {
      speaker.autoplay = true;
      document.body.append(speaker);
      void playOnChosenSpeaker(speaker);
      connection.ontrack = ({ track, streams }) => {
        speaker.srcObject = streams[0] ?? new MediaStream([track]);
        void speaker.play().catch(() => undefined);
      };
      const [track] = microphone.getAudioTracks();
      const transceiver = connection.addTransceiver(track ?? 'audio', { direction: 'sendrecv', streams: [microphone] });
      preferCodecs(transceiver);
      // The server is ICE-lite and learns our addresses from our checks, so there is nothing to gather first.
      await connection.setLocalDescription();
      const offer = connection.localDescription?.sdp ?? '';
      return new Peer(connection, transceiver.sender, microphone, speaker, offer);
    } catch (error) {
      closeStream(microphone);
      connection.close();
      speaker.remove();
      throw error;
    }
  }

  /** Takes the server's answer. Rejects when the browser cannot use it. */
  async accept(sdp: string): Promise<void> {
    if (this.#closed) return;
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Looks for another path: an ICE restart. `exchange` brings our offer to the server and its answer here. */
  async restart(exchange: (offer: string) => Promise<string | null>): Promise<void> {
    if (this.#closed || this.#restarting) return;
    this.#restarting = true;
    try {
      await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart: true }));
      const answer = await exchange(this.connection.localDescription?.sdp ?? '');
      if (this.#closed) return;
      if (answer !== null) await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
      else await this.connection.setLocalDescription({ type: 'rollback' });
    } catch {
      // The next loss of the path, or the next network, is another occasion.
    } finally {
      this.#restarting = false;
    }
  }

  get audio(): PeerAudio {
    switch (this.connection.connectionState) {
      case 'connected':
        return 'connected';
      case 'disconnected':
      case 'failed':
        return 'interrupted';
      default:
        return 'connecting';
    }
  }

  /** The microphone's stream, for a meter. */
  get input(): MediaStream {
    return this.microphone;
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.microphone.getAudioTracks()) track.enabled = !muted;
  }

  /** Sends a digit as RFC 4733 event; false where the browser cannot. */
  sendDigit(digit: string): boolean {
    const dtmf = this.sender.dtmf;
    if (!dtmf?.canInsertDTMF) return false;
    // insertDTMF replaces what still waits.
    dtmf.insertDTMF(dtmf.toneBuffer + digit, TONE_MS, PAUSE_MS);
    return true;
  }

  /** Moves a running call to the devices chosen now. */
  async useChosenDevices(): Promise<void> {
    void playOnChosenSpeaker(this.speaker);
    const { microphone } = deviceChoice();
    if (microphone === this.#microphoneId) return;
    this.#microphoneId = microphone;
    await this.#reopenMicrophone();
  }

  /** Keeps the old microphone when the new one does not open. */
  async #reopenMicrophone(): Promise<void> {
    const next = await openMicrophone().catch(() => null);
    if (!next) return;
    const [track] = next.getAudioTracks();
    if (this.#closed || !track) return closeStream(next);
    const before = this.microphone;
    this.microphone = next;
    this.setMuted(this.#muted);
    await this.sender.replaceTrack(track).catch(() => undefined);
    closeStream(before);
    this.#watchMicrophone();
    this.onInput();
  }

  /** A headset that is unplugged ends its track; the default microphone takes over. */
  #watchMicrophone(): void {
    const [track] = this.microphone.getAudioTracks();
    if (track) track.onended = () => void this.#reopenMicrophone();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.onconnectionstatechange = null;
    this.connection.close();
    closeStream(this.microphone);
    this.speaker.srcObject = null;
    this.speaker.remove();
  }
}

/** Browsers refuse a `null` where they expect nothing. */
function plain({ urls, username, credential }: IceServer): RTCIceServer {
  return username !== null && credential !== null ? { urls, username, credential } : { urls };
}

function preferCodecs(transceiver: RTCRtpTransceiver): void {
  const known = RTCRtpReceiver.getCapabilities?.('audio')?.codecs ?? [];
  const wanted = known.filter(({ mimeType }) => CODECS.includes(mimeType.toLowerCase()));
  if (wanted.length === 0 || !transceiver.setCodecPreferences) return;
  try {
    transceiver.setCodecPreferences(wanted);
  } catch {
    // The full offer works as well.
  }
}
