// What must outlive a reload: decisions that wait, steps that can be undone, drafts, and what was not taken.
// One database a person, so that who logs in next on this machine neither sees nor sends it.
const PREFIX = "tabib-room-";
const STEPS_KEPT = 200;
const IN_VAIN = { status: "conflict", message: "" };
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const ended = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

export class Store {
  static async open(user) {
    const request = indexedDB.open(`${PREFIX}${user}`, 1);
    request.onupgradeneeded = () => {
      for (const name of ["outbox", "past", "refused"]) request.result.createObjectStore(name, { autoIncrement: true });
      request.result.createObjectStore("drafts", { keyPath: "document" });
    };
    const store = new Store(await done(request));
    await store.#leave(store.database.transaction("past", "readwrite").objectStore("past"), ({ record }) => record);
    return store;
  }

  constructor(database) {
    this.database = database;
  }

  // All or nothing: the event, the step that undoes it, and the end of its draft. A step outlives its sending, so it
  // says only what undoes it, and nothing of the record's text.
  async decided(event) {
    const transaction = this.database.transaction(["outbox", "past", "drafts"], "readwrite");
    transaction.objectStore("outbox").add(event);
    transaction.objectStore("past").add({ key: event.key, kind: event.kind, document: event.document });
    transaction.objectStore("drafts").delete(event.document);
    this.#forgetOldSteps(transaction.objectStore("past"));
    await ended(transaction);
  }

  async #forgetOldSteps(past) {
    const keys = await done(past.getAllKeys());
    for (const key of keys.slice(0, -STEPS_KEPT)) past.delete(key);
  }

  // The newest step leaves the past in the same transaction in which its undoing begins to wait.
  async takeBack(undoing) {
    const transaction = this.database.transaction(["outbox", "past"], "readwrite");
    const past = transaction.objectStore("past");
    const cursor = await done(past.openCursor(null, "prev"));
    const step = cursor?.value;
    if (step) {
      transaction.objectStore("outbox").add(undoing(step));
      cursor.delete();
    }
    await ended(transaction);
    return step ?? null;
  }

  async first(most) {
    return done(this.database.transaction("outbox").objectStore("outbox").getAll(null, most));
  }

  async waiting() {
    return done(this.database.transaction("outbox").objectStore("outbox").getAll());
  }

  // Answered events leave; those not taken stay with their answer until the person has read it, an edit's text as a draft.
  // What was not taken cannot be undone. Where an undoing was not taken, what was decided upon it is in vain too: told
  // once, save where a text was typed. The documents of such are returned.
  async settle(answers) {
    const told = new Map(answers.map((answer) => [answer.key, answer]));
    const transaction = this.database.transaction(["outbox", "past", "refused", "drafts"], "readwrite");
    const outbox = transaction.objectStore("outbox");
    const [keys, events] = await Promise.all([done(outbox.getAllKeys()), done(outbox.getAll())]);
    const [stand, gone] = [new Set(), new Set()];
    events.forEach((event, place) => {
      const answer = told.get(event.key);
      const vain = stand.has(event.document) || gone.has(event.of);
      if (!answer && !vain) return;
      outbox.delete(keys[place]);
      if (answer?.status === "done") return;
      gone.add(event.key);
      if (event.of) stand.add(event.document);
      if (event.typed) transaction.objectStore("drafts").put({ document: event.document, typed: event.typed });
      if (!vain || event.typed) transaction.objectStore("refused").add({ event, answer: answer ?? IN_VAIN });
    });
    await this.#leave(transaction.objectStore("past"), ({ key }) => gone.has(key));
    await ended(transaction);
    return [...stand];
  }

  async #leave(place, which) {
    const [keys, rows] = await Promise.all([done(place.getAllKeys()), done(place.getAll())]);
    rows.forEach((row, index) => which(row) && place.delete(keys[index]));
  }

  async refused() {
    return done(this.database.transaction("refused").objectStore("refused").getAll());
  }

  async readRefused(read) {
    const told = new Set(read.map(({ event }) => event.key));
    const transaction = this.database.transaction("refused", "readwrite");
    await this.#leave(transaction.objectStore("refused"), ({ event }) => told.has(event.key));
    await ended(transaction);
  }

  async keepDraft(document, typed) {
    const transaction = this.database.transaction("drafts", "readwrite");
    if (typed) transaction.objectStore("drafts").put({ document, typed });
    else transaction.objectStore("drafts").delete(document);
    await ended(transaction);
  }

  async draft(document) {
    return (await done(this.database.transaction("drafts").objectStore("drafts").get(document)))?.typed ?? null;
  }

  // On logging out: what was done and what was typed leaves this machine; what is not sent or not read yet stays.
  async forget() {
    const transaction = this.database.transaction(["past", "drafts"], "readwrite");
    for (const name of ["past", "drafts"]) transaction.objectStore(name).clear();
    await ended(transaction);
  }

  // Where nobody is logged in: the same for everybody who was.
  static async forgetAll() {
    const names = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith(PREFIX));
    for (const name of names) await (await Store.open(name.slice(PREFIX.length))).forget();
  }
}
