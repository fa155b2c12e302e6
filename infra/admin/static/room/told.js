// The line that says where decisions are, the notice of what was just done, and what was not taken.
import { make } from "./paint.js";

const at = (id) => document.getElementById(id);

export class Told {
  constructor({ words, digits, reasons }) {
    this.words = words;
    this.digits = digits;
    this.reasons = reasons;
  }

  number(value) {
    return String(value).replace(/[0-9]/g, (digit) => this.digits[digit]);
  }

  fill(name, values = {}) {
    return this.words[name].replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? this.number(values[key]) : values[key]));
  }

  state({ state, sent, waiting, refused, left, held }) {
    const name = state === "fine" ? (waiting ? "state_sending" : "state_fine") : `state_${state}`;
    write(at("state"), this.fill(name, { sent, waiting }));
    at("state").dataset.state = state;
    at("left").textContent = left === null ? "" : this.fill(left.more ? "left_more" : "left", { count: left.count + held });
    at("log-in").hidden = state !== "out";
    at("not-taken").hidden = !refused;
    at("not-taken").textContent = this.fill("not_taken", { count: refused });
  }

  notice(name, values) {
    write(at("notice"), this.fill(name, values));
  }

  listRefused(refused) {
    at("refused-list").replaceChildren(...refused.map(({ event, answer }) => this.#refusal(event, answer)));
    at("refused").showModal();
  }

  #refusal(event, answer) {
    const said = answer.message || this.words[answer.status === "conflict" ? "conflict" : "refused"];
    const line = make("li", {}, make("strong", { text: this.words[`did_${event.decision ?? event.kind}`] }), ` ${said} `);
    line.append(make("a", { href: `/records/${event.document}`, text: this.words.see_record }));
    for (const [name, text] of Object.entries(event.typed ?? {})) {
      line.append(make("textarea", { readonly: "", dir: "rtl", lang: "fa", "aria-label": name }));
      line.lastChild.value = text;
    }
    return line;
  }
}

// Said again only when it changed, or a screen reader would read it at every decision.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
