import { Component, createElement as h, createRef } from "react";

/** A class component; keys are handled once, on the group. */
export class StarRating extends Component {
  state = { rating: this.props.defaultValue ?? 0, hovered: 0 };
  group = createRef();

  get max() {
    return this.props.max ?? 5;
  }

  get rating() {
    return this.props.value === undefined ? this.state.rating : this.props.value;
  }

  choose(rating) {
    if (rating !== this.rating) {
      this.setState({ rating });
      if (this.props.onChange) this.props.onChange(rating);
    }
  }

  keyDown = (event) => {
    const { rating, max } = this;
    let next;
    switch (event.key) {
      case "ArrowRight":
      case "ArrowUp": next = (rating % max) + 1; break;
      case "ArrowLeft":
      case "ArrowDown": next = rating > 1 ? rating - 1 : max; break;
      case "Home": next = 1; break;
      case "End": next = max; break;
      case "Delete":
      case "Backspace": next = 0; break;
      default: return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.choose(next);
    this.group.current.children[next > 0 ? next - 1 : 0].focus();
  };

  render() {
    const { rating, max } = this;
    const shown = this.state.hovered || rating;
    const symbols = ("★".repeat(shown) + "☆".repeat(max)).slice(0, max).split("");
    if (this.props.readOnly) {
      const name = `${this.props.label}: ${rating} of ${max}`;
      return h("div", { role: "img", "aria-label": name }, ...symbols.map((each) => h("span", { "aria-hidden": true }, each)));
    }
    const reachable = rating > 0 ? rating - 1 : 0;
    return h(
      "div",
      { role: "radiogroup", "aria-label": this.props.label, ref: this.group, onKeyDown: this.keyDown, onMouseLeave: () => this.setState({ hovered: 0 }) },
      ...symbols.map((symbol, at) =>
        h("button", {
          type: "button",
          role: "radio",
          "aria-label": at + 1 + (at > 0 ? " stars" : " star"),
          "aria-checked": String(rating === at + 1),
          tabIndex: at === reachable ? 0 : -1,
          onClick: () => this.choose(rating === at + 1 ? 0 : at + 1),
          onMouseEnter: () => this.setState({ hovered: at + 1 }),
        }, symbol)),
    );
  }
}
