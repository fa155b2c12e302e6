// The room: keys → decisions, shown at once and sent behind. See held.js (what comes), outbox.js (what goes).
import { Editor } from "./editor.js";
import { filters } from "./filters.js";
import { Guide } from "./guide.js";
import { Held } from "./held.js";
import { listen } from "./keys.js";
import { Outbox } from "./outbox.js";
import { Painter } from "./paint.js";
import { Store } from "./store.js";
import { Told } from "./told.js";
import { Wire } from "./wire.js";

const BEAT = 15_000;
const FIRST_BEAT = 3_000; // a reload's goodbye may reach the server after the new page's claim
const AWAY = 600_000; // without a key or a pointer: what is held goes back
const UNREADY = 700; // milliseconds: who aims at one record needs some 200 to stop when another takes its place
const SHOWN_KEPT = 200;
const at = (id) => document.getElementById(id);

class Room {
  #steps = Promise.resolve();
  #undoing = 0;
  #since = performance.now();
  #active = performance.now();
  #retry = null;
  #draft = null;
  #ready = null;
  #decided = false;
  #shown = new Map();

  static async open(given) {
    const store = await Store.open(given.user);
    return new Room(given, store, new Wire(given));
  }

  constructor(given, store, wire) {
    this.reasons = given.reasons;
    this.store = store;
    this.wire = wire;
    this.painter = new Painter(given);
    this.told = new Told(given);
    this.guide = new Guide(at("guide"));
    this.outbox = new Outbox(store, wire, { changed: () => this.tell(), stood: (documents) => this.stood(documents) });
    const waiting = async (which) => (await store.waiting()).filter(which).map(({ document }) => document);
    const [pending, unsent] = [() => waiting(({ kind }) => kind !== "undo" && kind !== "unset"), () => waiting(() => true)];
    this.held = new Held(wire, { pending, unsent });
    const typed = (fields) => this.held.front && this.painter.changes(this.held.front, fields);
    const left = (draft) => {
      this.bar(false);
      this.#draft = draft;
      at("drafted").hidden = !draft;
    };
    this.editor = new Editor(store, given.words, { save: (fields) => this.saved(fields), left, typed });
    this.held.filters = filters((chosen) => this.choose(chosen));
    this.painter.nothing("loading");
    this.#listen();
    this.outbox.send();
    this.refill();
    this.tell();
    setTimeout(() => this.beat(), FIRST_BEAT);
    setInterval(() => this.beat(), BEAT);
  }

  #listen() {
    const actions = {
      approve: () => this.judge("approve"),
      reason: (place) => this.reject(this.reasons[place]),
      reject: () => at("reasons").showModal(),
      edit: () => this.edit(),
      skip: () => this.aside("skip"),
      flag: () => this.held.front && !this.editor.open && this.#askWhy(),
      undo: () => this.undo(),
      guideline: () => this.guide.next(),
      differences: () => this.differ(),
      measures: () => at("all-measures").toggleAttribute("open"),
      open: () => at("source")?.click(),
      keys: () => at("keys").showModal(),
    };
    listen(actions, () => document.documentElement.dataset.letters !== "off");
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act], [data-reason]");
      if (!button) return;
      if (button.dataset.reason) this.reject(button.dataset.reason);
      else actions[button.dataset.act]?.();
    });
    document.addEventListener("focusin", ({ target }) => target.dataset?.reason && this.guide.show(target.dataset.reason));
    at("flagging").addEventListener("submit", () => this.flag());
    at("flagging").querySelector("[data-close]").addEventListener("click", () => at("flagging").close());
    at("not-taken").addEventListener("click", () => this.showRefused());
    for (const name of ["keydown", "pointerdown"]) addEventListener(name, () => this.#isHere(), { capture: true, passive: true });
    addEventListener("visibilitychange", () => document.hidden || this.beat());
    addEventListener("pagehide", () => this.held.giveBack());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.querySelector("form[action='/logout']").addEventListener("submit", (event) => this.logOut(event));
  }

  // After each press: what is next is shown before anything is written or sent.
  showFront() {
    this.editor.form.hidden = true;
    this.bar(false);
    this.#since = performance.now();
    this.#draft = null;
    at("drafted").hidden = true;
    const record = this.held.front;
    if (record) this.painter.show(record);
    else this.painter.nothing(this.held.empty ? "empty" : this.outbox.state === "fine" ? "loading" : "away");
    if (record) this.#draftOf(record);
  }

  // Another record came in front by itself: keys and dialogs that meant the one before decide nothing about it.
  #exchanged() {
    for (const id of ["reasons", "flagging"]) at(id).close();
    this.showFront();
    clearTimeout(this.#ready);
    at("record").dataset.unready = "";
    this.#ready = setTimeout(() => this.#isReady(), UNREADY);
  }

  #isReady() {
    clearTimeout(this.#ready);
    delete at("record").dataset.unready;
  }

  async #draftOf(record) {
    const draft = await this.store.draft(record.id);
    if (this.held.front !== record) return;
    this.#draft = draft;
    at("drafted").hidden = !draft;
    if (draft && this.editor.open && !this.editor.touched) this.editor.start(record, draft);
  }

  judge(decision, more = {}) {
    this.#put({ kind: "decide", decision, ...more }, `did_${decision}`);
  }

  reject(reason) {
    at("reasons").close();
    this.guide.show(reason);
    this.judge("reject", { reason });
  }

  aside(kind, more = {}) {
    this.#put({ kind, ...more }, `did_${kind}`);
  }

  #put(what, notice) {
    if (this.#undoing) return void this.#steps.then(() => this.#put(what, notice));
    const record = this.held.front;
    if (!record || this.editor.open || "unready" in at("record").dataset) return;
    this.#decided = true;
    const seconds = Math.min(3600, (performance.now() - this.#since) / 1000);
    this.held.next();
    this.showFront();
    this.told.notice(notice);
    const event = { key: crypto.randomUUID(), document: record.id, seen: record.seen, seconds, ...what };
    this.#keep(event, record);
    this.outbox
      .decided(event)
      .then(() => this.held.free(record.id))
      .catch(() => this.#unstored(record));
    this.refill();
  }

  // What an undoing shows again, as long as the page is open.
  #keep(event, record) {
    this.#shown.set(event.key, { record, typed: event.typed });
    if (this.#shown.size > SHOWN_KEPT) this.#shown.delete(this.#shown.keys().next().value);
  }

  // The browser's disk is full or forbidden: better to stand still than to lose what was pressed.
  async #unstored(record) {
    await this.held.putBack(record);
    this.#exchanged();
    this.told.notice("not_stored");
  }

  undo() {
    if (this.editor.open) return;
    this.#undoing += 1;
    this.#steps = this.#steps.then(() => this.#undo()).finally(() => (this.#undoing -= 1));
  }

  async #undo() {
    const step = await this.outbox.takeBack(({ key, kind, document }) => ({
      key: crypto.randomUUID(),
      kind: kind === "decide" ? "undo" : "unset",
      of: key,
      document,
    }));
    if (!step) return this.told.notice("nothing_to_undo");
    const { record, typed } = this.#shown.get(step.key) ?? {};
    this.#shown.delete(step.key);
    if (!record) return this.#fetched(step.document);
    if (typed) await this.store.keepDraft(record.id, typed);
    await this.held.putBack(record);
    this.#isReady();
    this.showFront();
    return this.told.notice("did_undo");
  }

  // Decided before this page was opened: the server gives it again once it knows of the undoing.
  async #fetched(document) {
    if (this.outbox.state === "fine") {
      await this.outbox.send();
      await this.held.again(document).catch((failure) => this.#unclaimed(failure));
    }
    this.#exchanged();
    this.told.notice(this.held.front?.id === document ? "did_undo" : "did_unset");
  }

  // An undoing was not taken: its record is not this person's to judge.
  stood(documents) {
    const front = this.held.front;
    documents.forEach((document) => this.held.drop(document));
    if (front && documents.includes(front.id)) {
      this.editor.close();
      this.#exchanged();
    }
    this.told.notice("stands");
    this.refill();
  }

  // At once, with no step between the key and the box: what is typed next must not be taken for keys.
  edit() {
    const record = this.held.front;
    if (!record || this.editor.open || this.#undoing) return;
    this.bar(true);
    this.editor.start(record, this.#draft);
  }

  // What was typed over was seen, however short.
  saved(fields) {
    this.bar(false);
    this.#isReady();
    if (fields) this.judge("edit", { typed: fields });
    else this.judge("approve");
  }

  // While a text is edited the decisions' buttons rest: one of them would throw the text away.
  bar(resting) {
    at("bar").inert = resting;
    at("parts").hidden = resting;
  }

  #askWhy() {
    at("flagging").querySelector("input").value = "";
    at("flagging").showModal();
  }

  flag() {
    const note = at("flagging").querySelector("input").value.trim();
    this.aside("flag", { note });
  }

  differ() {
    this.painter.differing = !this.painter.differing;
    if (this.held.front) this.painter.changes(this.held.front, this.editor.open ? this.editor.fields : null);
  }

  async choose(chosen) {
    this.editor.close();
    this.held.filters = chosen;
    try {
      await this.held.choose(chosen);
    } catch (failure) {
      this.#unclaimed(failure);
    }
    this.showFront();
    this.tell();
  }

  #unclaimed(failure) {
    if (failure.status !== 400) return this.outbox.failed(failure);
    this.held.empty = true;
    return this.told.notice("bad_filter");
  }

  async refill() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.refill(), this.held.front ? BEAT : 5_000);
    if (this.#isAway) return; // an empty room that nobody looks at asks for nothing, and the session ends
    try {
      const wasEmpty = !this.held.front;
      await this.held.fill();
      if (wasEmpty && this.#decided) this.#exchanged();
      else if (wasEmpty) this.showFront();
    } catch (failure) {
      this.#unclaimed(failure);
      if (!this.held.front) this.showFront();
    }
    this.tell();
  }

  async beat() {
    if (this.#isAway || (!this.held.documents.length && !(await this.store.first(1)).length)) return;
    try {
      const front = this.held.front;
      const lost = await this.held.beat();
      if (front && lost.includes(front.id)) {
        this.editor.close();
        this.#exchanged();
        this.told.notice("lost");
      }
      if (lost.length) this.refill();
    } catch (failure) {
      this.outbox.failed(failure);
    }
  }

  get #isAway() {
    return performance.now() - this.#active > AWAY;
  }

  #isHere() {
    const away = this.#isAway;
    this.#active = performance.now();
    if (away) this.beat();
  }

  async tell() {
    const [waiting, refused] = await Promise.all([this.store.waiting(), this.store.refused()]);
    const { state, sent } = this.outbox;
    if (state === "fine" && !this.held.front && !this.held.empty) this.refill();
    this.told.state({ state, sent, waiting: waiting.length, refused: refused.length, left: this.held.left, held: this.held.records.length });
  }

  async showRefused() {
    const refused = await this.store.refused();
    this.told.listRefused(refused);
    at("refused").addEventListener("close", () => this.store.readRefused(refused).then(() => this.tell()), { once: true });
  }

  // What waits is sent first, where it can be; what cannot waits for the next log-in.
  async logOut(event) {
    event.preventDefault();
    this.held.giveBack();
    await Promise.race([this.outbox.send(), new Promise((resolve) => setTimeout(resolve, 2_000))]);
    await this.store.forget();
    event.target.submit();
  }
}

if (isSecureContext) await Room.open(JSON.parse(at("room").dataset.room));
else at("insecure").hidden = false;
