// Decisions wait in the store and leave it in order, by one tab at a time, each by its key: sent twice is decided once.
import { Failure } from "./wire.js";

const AT_ONCE = 20;
const LETTERS_AT_ONCE = 400_000;
const LONGEST_PAUSE = 15_000;

export class Outbox {
  #pause = 0;
  #timer = null;
  #sending = false;
  #through = null;
  #more = false;
  #alone = false;

  // `stood` is told the documents whose decisions could not be undone.
  constructor(store, wire, { changed, stood }) {
    this.store = store;
    this.wire = wire;
    this.changed = changed;
    this.stood = stood;
    this.sent = 0;
    this.state = "fine";
    this.channel = new BroadcastChannel(`tabib-room-${wire.user}`);
    this.channel.onmessage = ({ data }) => this.#heard(data);
    addEventListener("online", () => this.#retry());
    addEventListener("focus", () => this.state !== "fine" && this.#retry());
  }

  async decided(event) {
    await this.store.decided(event);
    this.#told();
    if (this.state === "fine") this.send();
  }

  async takeBack(undoing) {
    const step = await this.store.takeBack(undoing);
    this.#told();
    if (this.state === "fine") this.send();
    return step;
  }

  // Whoever holds the lock sends all there is; a call meanwhile, also while the lock is given back, is one more look.
  async send() {
    this.#more = true;
    if (!this.#sending) this.#through = this.#run();
    return this.#through;
  }

  async #run() {
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      while (this.#more) await navigator.locks.request(`tabib-send-${this.wire.user}`, () => this.#all());
    } catch (failure) {
      this.failed(failure);
    } finally {
      this.#sending = false;
    }
  }

  async #all() {
    while (this.#more) {
      this.#more = false;
      while (await this.#part());
    }
  }

  async #part() {
    const waiting = await this.store.first(AT_ONCE);
    if (!waiting.length) return false;
    const events = this.#alone ? waiting.slice(0, 1) : fitting(waiting);
    let answered;
    try {
      ({ events: answered } = await this.wire.post("/room/events", { events }));
    } catch (failure) {
      if (failure.status !== 413) throw failure;
      this.#alone = true;
      answered = events.length > 1 ? null : [{ key: events[0].key, status: "refused", message: "" }];
      if (!answered) return true;
    }
    if (!answered.length) throw new Failure(503);
    this.#alone = false;
    this.#pause = 0;
    const stand = await this.store.settle(answered);
    this.sent += answered.length;
    this.#told(stand);
    return true;
  }

  // Any request that failed, claims too: from here on the server is asked again until it answers.
  failed(failure) {
    const stale = failure.status === 403 && this.state === "fine"; // a token of an earlier log-in
    this.#became(failure.status === 401 || failure.status === 403 ? "out" : "offline");
    this.#pause = stale ? 50 : Math.min(LONGEST_PAUSE, (this.#pause || 500) * 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#retry(), this.#pause);
  }

  async #retry() {
    try {
      await this.wire.renew();
    } catch (failure) {
      return this.failed(failure);
    }
    this.#became("fine");
    return this.send();
  }

  #became(state) {
    if (this.state === state) return;
    this.state = state;
    this.changed();
  }

  #told(stand = []) {
    this.channel.postMessage(stand);
    this.#heard(stand);
  }

  #heard(stand) {
    if (stand.length) this.stood(stand);
    this.changed();
  }
}

function fitting(events) {
  let letters = 0;
  return events.filter((event, place) => {
    letters += JSON.stringify(event).length;
    return place === 0 || letters < LETTERS_AT_ONCE;
  });
}
