// The records at hand: claimed before they are wanted, renewed while they are held, each by one tab.
const FEWEST = 5; // in front and behind: below that more are claimed
const LEAST = 8;
const MOST = 20;
const SECONDS_AHEAD = 20;
const ORDER = "tabib-room-order";
const MOST_UNSENT = 100; // named in a request: far more than one person may have open
const RELOADED = 500; // milliseconds in which the page before a reload lets go of its records
const PACE_OF = 10; // decisions that the pace is taken from

export class Held {
  #locks = new Map();
  #claiming = null;
  #times = [];
  #patience = RELOADED;

  // Both give documents: `pending` those whose decision waits to be sent, `unsent` those of anything that waits.
  constructor(wire, { pending, unsent }) {
    this.wire = wire;
    this.pending = pending;
    this.unsent = unsent;
    this.filters = {};
    this.records = []; // the first is in front
    this.left = null;
    this.empty = false;
  }

  get front() {
    return this.records[0] ?? null;
  }

  get documents() {
    return this.records.map((record) => record.id);
  }

  // Enough for the next SECONDS_AHEAD at the pace of the last decisions.
  get wanted() {
    if (this.#times.length < 2) return LEAST;
    const seconds = (this.#times.at(-1) - this.#times[0]) / 1000;
    const pace = (this.#times.length - 1) / Math.max(seconds, 0.1);
    return Math.min(MOST, Math.max(LEAST, Math.ceil(pace * SECONDS_AHEAD)));
  }

  // The record in front goes; its lock stays until `free`, when its decision is stored.
  next() {
    const record = this.records.shift();
    this.#times = [...this.#times, performance.now()].slice(-PACE_OF);
    return record;
  }

  // What was undone is in front again; what was there waits behind it.
  async putBack(record) {
    await this.#lock(record.id);
    this.records = [record, ...this.records.filter((held) => held.id !== record.id)];
  }

  drop(document) {
    this.records = this.records.filter((record) => record.id !== document);
    this.free(document);
  }

  free(document) {
    if (this.documents.includes(document)) return; // undone meanwhile, and in front again
    this.#locks.get(document)?.();
    this.#locks.delete(document);
  }

  // True when new records came. One claim at a time; a second caller waits for the first's answer.
  async fill() {
    if (this.records.length >= Math.max(FEWEST, Math.ceil(this.wanted * 0.6))) return false;
    this.#claiming ??= this.#claim().finally(() => (this.#claiming = null));
    return this.#claiming;
  }

  // Claims one more and has this document in front if it is the person's again.
  async again(document) {
    await this.#claiming?.catch(() => null);
    await (this.#claiming ??= this.#claim(1).finally(() => (this.#claiming = null)));
    const record = this.records.find(({ id }) => id === document);
    if (record) await this.putBack(record);
  }

  async #claim(more = 0) {
    const pending = new Set(await this.pending());
    const { held } = await navigator.locks.query();
    const locked = held.filter(({ name }) => name.startsWith(prefix(this.wire))).length;
    // A claim gives a person's open ones first, so these are counted in: this tab's, others', and those decided but not sent.
    const want = locked + pending.size + Math.max(more, this.wanted - this.records.length);
    const asked = this.filters;
    const answer = await this.wire.post("/room/claim", { want, filters: asked, have: [...this.documents, ...pending].slice(0, MOST_UNSENT) });
    if (asked !== this.filters) return false;
    const before = this.records.length;
    const gone = new Set(await this.pending());
    const fresh = answer.records.filter(({ id }) => !pending.has(id) && !gone.has(id) && !this.documents.includes(id));
    const ours = await Promise.all(fresh.map(({ id }) => this.#lock(id, this.#patience)));
    this.#patience = 0;
    this.records.push(...asBefore(fresh.filter((_, place) => ours[place])));
    this.left = answer.left;
    this.empty = this.records.length === 0;
    return this.records.length > before;
  }

  // Gives the documents that are ours no more: taken after a long silence. Of those with something still to be sent, as
  // the undoing of a decision, the server cannot know yet.
  async beat() {
    // The first of them: after many steps back more are here than a request may name, and the rest is not soon in front.
    const [documents, unsent] = [this.documents.slice(0, MOST_UNSENT), await this.unsent()];
    const { held } = await this.wire.post("/room/beat", { documents: [...documents, ...unsent.slice(0, MOST_UNSENT)] });
    const known = new Set([...held, ...unsent, ...(await this.unsent())]);
    const lost = documents.filter((document) => !known.has(document) && this.documents.includes(document));
    lost.forEach((document) => this.drop(document));
    return lost;
  }

  async choose(filters) {
    this.filters = filters;
    this.giveBack();
    await this.#claiming?.catch(() => null);
    return this.fill();
  }

  giveBack() {
    if (!this.records.length) return;
    sessionStorage.setItem(ORDER, JSON.stringify(this.documents));
    this.wire.leave(this.documents.slice(0, MOST_UNSENT));
    this.documents.forEach((document) => this.drop(document));
  }

  #lock(document, patience = 0) {
    if (this.#locks.has(document)) return Promise.resolve(true);
    const how = patience ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
    return new Promise((resolve) => {
      const asked = navigator.locks.request(`${prefix(this.wire)}${document}`, how, (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise((free) => this.#locks.set(document, free)) : null;
      });
      asked.catch(() => resolve(false));
    });
  }
}

// After a reload what was in front is in front again.
function asBefore(records) {
  const order = JSON.parse(sessionStorage.getItem(ORDER) ?? "[]");
  sessionStorage.removeItem(ORDER);
  const place = ({ id }) => (order.includes(id) ? order.indexOf(id) : order.length);
  return records.toSorted((one, other) => place(one) - place(other));
}

const prefix = (wire) => `tabib-record-${wire.user}-`;
