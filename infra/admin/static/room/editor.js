// The text of the record in front, typed over. What is in the boxes is what is saved, letter by letter.
const LONGEST = 1_000_000; // letters of all boxes; an article has a tenth
const PAUSE = 300;
const SEEN = /[^\s\p{Cf}]/u; // joiners and signs of direction alone are nothing to see

export class Editor {
  #timer = null;

  constructor(store, words, { save, left, typed }) {
    this.store = store;
    this.words = words;
    this.save = save;
    this.left = left;
    this.typed = typed; // called with what is typed, to show the changes
    this.record = null;
    this.form = document.querySelector("#editor");
    this.boxes = this.form.querySelector(".boxes");
    this.problem = this.form.querySelector("[role=alert]");
    this.form.addEventListener("input", () => this.#changed());
    this.form.addEventListener("keydown", (event) => this.#pressed(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.querySelector("[data-act=leave]").addEventListener("click", () => this.close());
    this.form.querySelector("[data-act=anew]").addEventListener("click", () => this.#anew());
  }

  get open() {
    return !this.form.hidden;
  }

  get fields() {
    const typed = (part) => this.boxes.querySelector(`[name=${part.name}]`).value;
    return Object.fromEntries(this.record.parts.map((part) => [part.name, typed(part) === asBox(part) ? part.shown : typed(part)]));
  }

  start(record, draft) {
    this.record = record;
    this.touched = false;
    this.boxes.replaceChildren(...record.parts.map((part) => box(part, draft?.[part.name] ?? part.shown)));
    this.problem.textContent = "";
    this.form.hidden = false;
    const last = this.boxes.querySelector("label:last-child textarea");
    last.focus({ preventScroll: true });
    last.setSelectionRange(0, 0);
    this.typed(this.fields);
  }

  // Leaves; what was typed is kept for when the record is edited again.
  close() {
    if (!this.open) return;
    clearTimeout(this.#timer);
    const { record, fields } = this;
    this.form.hidden = true;
    document.activeElement?.blur();
    const changed = isChanged(record, fields);
    this.store.keepDraft(record.id, changed ? fields : null);
    this.typed(changed ? fields : null);
    this.left(changed ? fields : null);
  }

  submit() {
    const { record, fields } = this;
    const problem = this.#wrong(fields);
    this.problem.textContent = problem ?? "";
    if (problem) return;
    clearTimeout(this.#timer);
    this.form.hidden = true;
    this.save(isChanged(record, fields) ? fields : null);
  }

  #wrong(fields) {
    const texts = Object.values(fields);
    const emptied = this.record.parts.some(({ name, shown }) => !SEEN.test(fields[name]) && fields[name] !== shown);
    if (emptied || !texts.some((text) => SEEN.test(text))) return this.words.empty_part;
    if (texts.some((text) => text.includes("\0"))) return this.words.nul;
    if (!texts.every((text) => text.isWellFormed())) return this.words.half_character;
    if (texts.join("").length > LONGEST) return this.words.too_large;
    return null;
  }

  #changed() {
    this.touched = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.store.keepDraft(this.record.id, this.fields);
      this.typed(this.fields);
    }, PAUSE);
  }

  #anew() {
    for (const part of this.record.parts) this.boxes.querySelector(`[name=${part.name}]`).value = part.shown;
    this.#changed();
    this.boxes.querySelector("textarea").focus();
  }

  #pressed(event) {
    if (event.isComposing) return;
    if (event.code === "Escape") this.close();
    else if (event.code === "Enter" && (event.ctrlKey || event.metaKey)) this.submit();
    else return;
    event.preventDefault();
  }
}

// A box gives line breaks as LF whatever it was given, so a CR alone is no change.
const asBox = (part) => part.shown.replace(/\r\n?/g, "\n");
const isChanged = (record, fields) => record.parts.some((part) => part.shown !== fields[part.name]);

function box(part, text) {
  const label = document.createElement("label");
  const area = document.createElement("textarea");
  Object.assign(area, { name: part.name, value: text, dir: "rtl", spellcheck: false, lang: "fa" });
  label.append(part.label, area);
  return label;
}
