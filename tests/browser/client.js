// A client of the server's protocol without the app: signs in, sends commands by their names, keeps what it is told.
// Runs in every page, after page.js; `Client` in tests/system/support/client.rs drives it.
(() => {
  const calls = new Map(); // by id: the latest picture, and the connection that has its audio
  const lines = new Map();
  const told = []; // every event: {number, event}
  let socket, microphone, next = 1, ice = [];
  const waiting = new Map();
  const client = { calls, lines, told };
  Object.defineProperty(window, '__client', { value: client });

  // Signs in and opens the socket; the microphone hears a tone at -12 dBFS.
  client.signIn = async (name, password, tone) => {
    const answer = await fetch('/api/v1/session', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const context = new AudioContext({ sampleRate: 48000 });
    const oscillator = new OscillatorNode(context, { frequency: tone });
    const gain = new GainNode(context, { gain: 10 ** (-12 / 20) });
    microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(gain).connect(microphone);
    oscillator.start();
    await client.open();
  };

  // Opens the socket and says hello.
  client.open = async () => {
    socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/socket`);
    socket.onmessage = ({ data }) => receive(JSON.parse(data));
    await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
    await new Promise((resolve) => {
      waiting.set('hello', resolve);
      socket.send(JSON.stringify({ id: next++, type: 'hello', version: 1, resume: null }));
    });
  };

  function receive(message) {
    switch (message.type) {
      case 'hello':
        ice = message.ice_servers;
        for (const line of message.lines) lines.set(line.id, line);
        for (const call of message.calls) changed(call, []);
        waiting.get('hello')?.();
        break;
      case 'reply':
        waiting.get(message.id)?.(message.result);
        waiting.delete(message.id);
        break;
      case 'line':
        lines.set(message.line.id, message.line);
        break;
      case 'call':
        changed(message.call, message.events ?? []);
        break;
    }
  }

  function changed(call, events) {
    const entry = calls.get(call.id) ?? {};
    calls.set(call.id, Object.assign(entry, { call }));
    for (const event of events) told.push({ id: call.id, number: call.number, event });
    if (call.state === 'null' || call.state === 'failed') entry.peer?.close();
  }

  // The newest call with a number that is not over; otherwise the newest with it.
  client.call = (number) => {
    // The audio of a call may be there before its picture.
    const those = [...calls.values()].filter(({ call }) => call?.number === number);
    return those.findLast(({ call }) => call.state !== 'null' && call.state !== 'failed') ?? those.at(-1);
  };

  client.line = (number) => [...lines.values()].find((line) => line.number === number) ?? [...lines.values()][0];

  const AUDIO = ['make_call', 'answer_call', 'consultation_call', 'directed_pickup_call'];

  // Sends a command; gives the reply's result. Those that bring audio get a connection of their own.
  client.command = async (request) => {
    let peer;
    if (AUDIO.includes(request.type)) {
      peer = new RTCPeerConnection({ iceServers: ice });
      // Chromium decodes what is received only where an element plays it.
      peer.ontrack = ({ track }) => {
        const speaker = Object.assign(new Audio(), { muted: true, srcObject: new MediaStream([track]) });
        void speaker.play();
      };
      for (const track of microphone.stream.getTracks()) peer.addTrack(track.clone(), microphone.stream);
      await peer.setLocalDescription(await peer.createOffer());
      request.sdp = peer.localDescription.sdp;
    }
    const id = next++;
    const result = await new Promise((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ ...request, id }));
    });
    if (result.status === 'media') {
      await peer.setRemoteDescription({ type: 'answer', sdp: result.sdp });
      const entry = calls.get(result.call) ?? {};
      calls.set(result.call, Object.assign(entry, { peer }));
    } else peer?.close();
    return result;
  };

  // What is heard in the call with a number, as base64.
  client.heard = (number, count) => {
    const peer = client.call(number)?.peer;
    return peer ? __rig.heardOn(peer, count) : '';
  };

  // Signs out, and says so: the server need not wait for it to come back.
  client.signOut = async () => {
    await fetch('/api/v1/session', { method: 'DELETE' });
    const closed = new Promise((resolve) => { socket.onclose = resolve; });
    socket.close(1000);
    await closed;
  };
})();
