// The guideline beside the record: one rule at a time, the reason's that was picked, or the next.
export class Guide {
  constructor(element) {
    this.rules = [...element.querySelectorAll("[data-rule]")];
    this.show(this.rules[0].dataset.rule);
  }

  show(name) {
    this.at = Math.max(0, this.rules.findIndex((rule) => rule.dataset.rule === name));
    this.rules.forEach((rule, place) => (rule.hidden = place !== this.at));
  }

  next() {
    this.show(this.rules[(this.at + 1) % this.rules.length].dataset.rule);
  }
}
