// A phone of the tests: JsSIP with what a test asks of it. The sound that is heard is kept at 8 kHz.
import JsSIP from './jssip.esm.js'

const context = new AudioContext({ sampleRate: 8000 })
const mediaConstraints = { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: false }
const pcConfig = { iceServers: [] }

class Phone {
  constructor(socket, user, password) {
    this.events = []
    this.heard = []
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(socket)], uri: `sip:${user}@hotline.example`, password, register: password !== '',
      register_expires: 120, user_agent: 'web phone of the tests',
    })
    for (const name of ['connected', 'registered', 'registrationFailed']) this.ua.on(name, () => this.events.push(name))
    this.ua.on('newRTCSession', ({ session, originator }) => this.begun(session, originator))
    this.ua.start()
  }

  begun(session, originator) {
    this.session = session
    this.events.push(originator === 'remote' ? 'incoming' : 'calling')
    for (const name of ['confirmed', 'hold', 'unhold']) session.on(name, (e) => this.events.push(`${name}:${e?.originator ?? ''}`))
    for (const name of ['ended', 'failed']) session.on(name, (e) => this.events.push(`${name}:${e.cause}`))
    session.on('newDTMF', (e) => this.events.push(`dtmf:${e.originator}`))
    session.on('peerconnection', ({ peerconnection }) => this.listen(peerconnection))
    if (session.connection) this.listen(session.connection)
  }

  listen(connection) {
    connection.addEventListener('track', ({ track }) => {
      const stream = new MediaStream([track])
      const element = new Audio() // without one Chromium does not decode the stream
      element.srcObject = stream
      element.muted = true
      void element.play()
      const tap = context.createScriptProcessor(1024, 1, 1)
      context.createMediaStreamSource(stream).connect(tap)
      tap.connect(context.destination)
      tap.onaudioprocess = (e) => this.heard.push(new Float32Array(e.inputBuffer.getChannelData(0)))
    })
  }

  call(number) { this.ua.call(`sip:${number}@hotline.example`, { mediaConstraints, pcConfig, sessionTimersExpires: 120 }) }
  answer() { this.session.answer({ mediaConstraints, pcConfig, sessionTimersExpires: 120 }) }
  count(event) { return this.events.filter((e) => e.startsWith(event)).length }

  // pcm is what was heard since last asked, 16 bit, as base64.
  pcm() {
    const n = this.heard.reduce((sum, part) => sum + part.length, 0)
    const all = new Int16Array(n)
    let at = 0
    for (const part of this.heard) for (const v of part) all[at++] = Math.max(-1, Math.min(1, v)) * 32767
    this.heard = []
    const bytes = new Uint8Array(all.buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
    return btoa(text)
  }
}

window.phones = {}
window.open_ = (name, socket, user, password) => { window.phones[name] = new Phone(socket, user, password) }
window.ready = true
