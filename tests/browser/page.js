// Runs in every page before the app's own scripts: lets the tests hear what the page hears, break its socket,
// and hand it a microphone without the browser's noise suppression (which would remove a steady tone).
(() => {
  const rig = { peers: [], sockets: [], call: null, blocked: false, microphone: null };
  Object.defineProperty(window, '__rig', { value: rig });

  const Peer = window.RTCPeerConnection;
  if (Peer) {
    window.RTCPeerConnection = class extends Peer {
      constructor(...args) {
        super(...args);
        const entry = { peer: this, recorder: null };
        rig.peers.push(entry);
        this.addEventListener('track', (event) => {
          if (event.track.kind === 'audio') entry.recorder = record(event.track);
        });
      }
    };
  }

  // Keeps the last seconds of a track, and of the microphone at the same time, as samples.
  function record(track) {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: 'playback' });
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const both = context.createChannelMerger(2);
    source.connect(both, 0, 0);
    const microphone = rig.microphone && context.createMediaStreamSource(rig.microphone);
    microphone?.connect(both, 0, 1);
    // Not by a ScriptProcessor: it repeats and loses blocks while the page is busy. Here they queue.
    const sink = context.createMediaStreamDestination();
    both.connect(sink);
    const processor = new MediaStreamTrackProcessor({ track: sink.stream.getAudioTracks()[0], maxBufferSize: 1000 });
    const blocks = [];
    void keep(processor.readable.getReader(), blocks);
    return { context, blocks, source, microphone, sink };
  }

  async function keep(reader, blocks) {
    for (;;) {
      const { value: data, done } = await reader.read();
      if (done) return;
      const channel = (planeIndex) => {
        const samples = new Float32Array(data.numberOfFrames);
        if (planeIndex < data.numberOfChannels) data.copyTo(samples, { planeIndex, format: 'f32-planar' });
        return samples;
      };
      blocks.push([channel(0), channel(1)]);
      data.close();
      if (blocks.length > 1000) blocks.shift();
    }
  }

  // The newest samples of the newest live connection, 16 bit little-endian as base64; empty while there are too few.
  rig.heard = (count) => newest(count, 0);

  // What the microphone heard at the same time.
  rig.spoken = (count) => newest(count, 1);

  // The newest samples of one connection.
  rig.heardOn = (peer, count) => samples(rig.peers.find((e) => e.peer === peer), count, 0);

  function newest(count, channel) {
    const live = rig.peers.filter((e) => e.recorder && e.peer.connectionState !== 'closed');
    return samples(live[live.length - 1], count, channel);
  }

  function samples(entry, count, channel) {
    const blocks = entry?.recorder?.blocks ?? [];
    if (blocks.reduce((sum, [block]) => sum + block.length, 0) < count) return '';
    const bytes = new Uint8Array(count * 2);
    const view = new DataView(bytes.buffer);
    let at = count;
    for (let number = blocks.length - 1; at > 0; number--) {
      const block = blocks[number][channel];
      for (let i = block.length - 1; i >= 0 && at > 0; i--) {
        at--;
        view.setInt16(at * 2, Math.max(-1, Math.min(1, block[i])) * 32767, true);
      }
    }
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  }

  // Forgets what was heard so far, so that the next measurement is of the present.
  rig.forget = () => {
    for (const { recorder } of rig.peers) if (recorder) recorder.blocks.length = 0;
  };

  // Codecs received and sent on the newest connection.
  rig.codecs = async () => {
    const live = rig.peers.filter((e) => e.peer.connectionState !== 'closed');
    if (!live.length) return { received: null, sent: null };
    const stats = await live[live.length - 1].peer.getStats();
    const found = { received: null, sent: null };
    for (const report of stats.values()) {
      const codec = report.codecId && stats.get(report.codecId)?.mimeType;
      if (report.type === 'inbound-rtp' && codec) found.received = codec;
      if (report.type === 'outbound-rtp' && codec) found.sent = codec;
    }
    return found;
  };

  // Packets received and sent on the newest connection.
  rig.packets = async () => {
    const live = rig.peers.filter((e) => e.peer.connectionState !== 'closed');
    const found = { received: 0, sent: 0, lost: 0 };
    if (!live.length) return found;
    for (const report of (await live[live.length - 1].peer.getStats()).values()) {
      if (report.type === 'inbound-rtp') Object.assign(found, { received: report.packetsReceived, lost: report.packetsLost });
      if (report.type === 'outbound-rtp') found.sent = report.packetsSent;
    }
    return found;
  };

  // How well the newest connection receives: what explains bad sound.
  rig.reception = async () => {
    const live = rig.peers.filter((e) => e.peer.connectionState !== 'closed');
    if (!live.length) return 'no connection';
    const reports = [...(await live[live.length - 1].peer.getStats()).values()];
    const found = reports.find((report) => report.type === 'inbound-rtp') ?? {};
    const { packetsReceived, packetsLost, packetsDiscarded, jitter, concealedSamples, totalSamplesReceived } = found;
    return JSON.stringify({ packetsReceived, packetsLost, packetsDiscarded, jitter, concealedSamples, totalSamplesReceived });
  };

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url, ...rest) {
      super(rig.blocked ? new URL('/no-such-socket', url).href : url, ...rest);
      rig.sockets.push(this);
      // The newest thing that the server says of a call.
      this.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        if (message.call?.id) rig.call = message.call;
      });
    }
  };

  // Breaks the page's socket and, while blocked, every new one.
  rig.breakSocket = (block) => {
    rig.blocked = block;
    for (const socket of rig.sockets) socket.close();
    rig.sockets = [];
  };

  const devices = navigator.mediaDevices;
  if (devices) {
    const original = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const audio = wanted?.audio;
      if (!audio) return original(wanted);
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      rig.microphone = await original({ ...wanted, audio: { ...(audio === true ? {} : audio), ...plain } });
      return rig.microphone;
    };
  }
})();
