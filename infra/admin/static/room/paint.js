// The record in front, into places that are there before it: nothing moves. Texts of the web become text nodes only.
import { showChanges } from "./diff.js";

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;
const at = (id) => document.getElementById(id);

export function make(name, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

export class Painter {
  constructor({ words, placeholders }) {
    this.words = words;
    this.placeholders = new Map(Object.entries(placeholders));
    const names = [...this.placeholders.keys()].map((name) => name.replace(/[[\]]/g, "\\$&"));
    this.masked = new RegExp(`(${names.join("|")})`, "u");
    this.differing = false;
  }

  show(record) {
    at("record").hidden = false;
    at("nothing").hidden = true;
    at("facts").replaceChildren(...this.#facts(record));
    at("why").textContent = record.why;
    at("heading").textContent = record.heading ?? "";
    at("parts").replaceChildren(...record.parts.map((part) => this.#part(part)));
    at("suggestion").textContent = record.suggestion ?? this.words.no_suggestion;
    at("measures").replaceChildren(...record.measures.map((line) => make("li", { text: line })));
    at("likes").replaceChildren(...(record.likes.length ? record.likes.map((like) => this.#like(like)) : [make("li", { text: this.words.no_likes })]));
    this.changes(record, null);
    scrollTo(0, 0);
  }

  // "loading", "empty" or "away": why there is no record.
  nothing(why) {
    at("record").hidden = true;
    at("nothing").hidden = false;
    at("nothing").textContent = this.words[why];
    for (const id of ["suggestion", "measures", "likes", "changes"]) at(id).replaceChildren();
  }

  // What cleaning changed in each text, and below it what was typed since.
  changes(record, typed) {
    at("differences").hidden = !this.differing;
    if (!this.differing) return;
    at("changes").replaceChildren(...record.parts.flatMap((part) => this.#change(part, typed?.[part.name])));
  }

  #change(part, typed) {
    const pairs = [[this.words.raw_to_cleaned, part.raw, part.shown]];
    if (typed !== undefined && typed !== part.shown) pairs.push([this.words.cleaned_to_edited, part.shown, typed]);
    return pairs.flatMap(([label, before, after]) => {
      const text = make("p", { class: "text changes", dir: "rtl", lang: "fa" });
      showChanges(text, before, after);
      return [make("h3", { class: "label", text: `${part.label}: ${label}` }), text];
    });
  }

  #facts(record) {
    const facts = [
      make("span", { text: `${this.words.source}: ` }, make("bdi", { text: record.source })),
      make("span", { text: `${this.words.date}: ${record.date}` }),
    ];
    if (record.doctor) facts.push(make("span", { text: `${this.words.doctor}: ` }, make("bdi", { text: record.doctor })));
    if (record.speciality) facts.push(make("span", { text: `${this.words.speciality}: ` }, make("bdi", { text: record.speciality })));
    if (record.url) facts.push(make("a", { id: "source", href: record.url, target: "_blank", rel: "noopener noreferrer nofollow", text: this.words.open_source }));
    return facts;
  }

  #part(part) {
    const direction = RIGHT_TO_LEFT.test(part.shown) ? "rtl" : "auto";
    const text = make("p", { class: "text", dir: direction, lang: "fa", "data-part": part.name }, ...this.#highlighted(part.shown));
    return make("section", { class: "card" }, make("h2", { class: "label", text: part.label }), text);
  }

  #highlighted(text) {
    return text.split(this.masked).map((piece) => (this.placeholders.has(piece) ? make("mark", { text: piece, title: this.placeholders.get(piece) }) : document.createTextNode(piece)));
  }

  #like(like) {
    const line = make("li", {}, make("span", { class: "label", text: like.relation }), make("p", { class: "text small", dir: "rtl", lang: "fa", text: like.text }));
    if (like.url) line.append(make("a", { href: like.url, target: "_blank", rel: "noopener noreferrer nofollow", text: this.words.open_source }));
    return line;
  }
}

