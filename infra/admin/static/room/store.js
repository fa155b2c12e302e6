// What must outlive a reload: decisions that wait, steps that can be undone, drafts, and what was not taken.
// One database a person, so that who logs in next on this machine neither sees nor sends it.
const STEPS_KEPT = 200;
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
    const request = indexedDB.open(`tabib-room-${user}`, 1);
    request.onupgradeneeded = () => {
      for (const name of ["outbox", "past", "refused"]) request.result.createObjectStore(name, { autoIncrement: true });
      request.result.createObjectStore("drafts", { keyPath: "document" });
    };
    return new Store(await done(request));
  }

  constructor(database) {
    this.database = database;
  }

  // All or nothing: the event, the step that undoes it, and the end of its draft.
  async decided(event, record) {
    const transaction = this.database.transaction(["outbox", "past", "drafts"], "readwrite");
    transaction.objectStore("outbox").add(event);
    transaction.objectStore("past").add({ event, record });
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
  async settle(answers) {
    const told = new Map(answers.map((answer) => [answer.key, answer]));
    const transaction = this.database.transaction(["outbox", "refused", "drafts"], "readwrite");
    const outbox = transaction.objectStore("outbox");
    const [keys, events] = await Promise.all([done(outbox.getAllKeys()), done(outbox.getAll())]);
    events.forEach((event, place) => {
      const answer = told.get(event.key);
      if (!answer) return;
      outbox.delete(keys[place]);
      if (answer.status === "done" || answer.status === "again") return;
      transaction.objectStore("refused").add({ event, answer });
      if (event.typed) transaction.objectStore("drafts").put({ document: event.document, typed: event.typed });
    });
    await ended(transaction);
  }

  async refused() {
    return done(this.database.transaction("refused").objectStore("refused").getAll());
  }

  async readRefused() {
    const transaction = this.database.transaction("refused", "readwrite");
    transaction.objectStore("refused").clear();
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

  // On logging out: what was shown leaves this machine; what is not sent yet and what was typed stays.
  async forgetPast() {
    const transaction = this.database.transaction("past", "readwrite");
    transaction.objectStore("past").clear();
    await ended(transaction);
  }
}
