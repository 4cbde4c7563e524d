/* The facts beside the images on the stage: verdicts, the members of a group, differences. */

/** @param {Group} group */
function verdictLine(group) {
  const { left, right } = compared;
  return el(
    "p",
    { class: "verdicts" },
    ...[
      { number: left, fate: fateOf(group, left) },
      { number: right, fate: fateOf(group, right) },
    ].map(({ number, fate }) =>
      el(
        "span",
        { class: "verdict-part" },
        el("span", { class: `fate ${fate.toLowerCase()}`, text: fate }),
        ` ${number + 1}: ${whyOf(group, number, fate)}`,
      ),
    ),
  );
}

/**
 * Groups of three or more: any two images can be compared, and any number can stay.
 * @param {Group} group
 */
function memberStrip(group) {
  return el(
    "div",
    { class: "strip", role: "group", "aria-label": "All images of this group" },
    members(group).map((member, number) => {
      const fate = fateOf(group, number);
      const side = number === compared.left ? "left" : number === compared.right ? "right" : "";
      const look = button(picture(member.id, member.number), {
        class: "look",
        "aria-pressed": String(Boolean(side)),
        "aria-label": `Compare ${number + 1}${side ? `, shown on the ${side}` : ""}: ${member.view.path}`,
        title: side === "right" ? "Compare others with this one" : "Compare with this one",
        "data-does": `compare${number}`,
        on: { click: () => compareWith(number) },
      });
      const stays = button(`${number + 1} ${fate}`, {
        class: `fate ${fate.toLowerCase()}`,
        role: "switch",
        "aria-checked": String(fate === "KEEP"),
        "aria-label": `Number ${number + 1} stays`,
        "data-does": `stays${number}`,
        disabled: !mayDecide(group),
        on: { click: () => toggleStay(group, number) },
      });
      return el("span", { class: "member" }, look, stays);
    }),
  );
}

/**
 * Show another image on the right; the one on the right moves to the left, and others are compared with it.
 * @param {number} number
 */
function compareWith(number) {
  const { left, right } = compared;
  if (number === right) Object.assign(compared, { left: right, right: left });
  else if (number !== left) compared.right = number;
  drawStage();
}

/** @param {Group} group */
function stageFacts(group) {
  const one = isPair(group) ? memberAction(group, compared.right || compared.left) : action(group.actions[0]);
  return el(
    "div",
    { class: "facts" },
    isPair(group) ? verdictLine(group) : null,
    isPair(group) && group.actions.length > 1 ? memberStrip(group) : null,
    isPair(group) ? factTable(showsOf(group)) : singleFacts(one),
    el("p", { class: "muted" }, foreign(one.effect || "")),
    needsLine(one),
    isPair(group) ? el("p", { class: "muted", text: measuredLine(group) }) : null,
  );
}

/** @param {Group} group */
function measuredLine(group) {
  const { left, right } = compared;
  const measured = measuredBetween(group, right, left);
  if (measured) return measuredText(measured);
  return `${numbered([left, right])} were not compared: neither goes for the other.`;
}

/** @param {Measured} measured */
function measuredText({ tier, why, distances, rung }) {
  return `${tier}: ${[why, ...distances].filter(Boolean).join("; ")}.${rung ? ` Decided by ${rung}.` : ""}`;
}

/**
 * Prerequisites of an action.
 * @param {ActionModel} one
 */
function needsLine(one) {
  const names = (one.requires || []).filter((id) => model.actions[id]).map(calledBy);
  return names.length ? el("p", { class: "muted" }, foreign(`requires ${names.join(", ")} first`)) : null;
}

/** @param {ActionModel} one */
function singleFacts(one) {
  return el(
    "dl",
    { class: "plain" },
    one.pin ? el("dt", { text: "pin" }) : null,
    one.pin ? el("dd", {}, linkTo(pinAddress(one.pin), one.pin, `Pin ${one.pin} on Pinterest`)) : null,
    el("dt", { text: "where" }),
    el("dd", {}, foreign(one.address)),
    (one.changes || []).flatMap((change) => [
      el("dt", { text: change.name }),
      el("dd", {}, foreign(change.before || "nothing"), " → ", foreign(change.after || "nothing")),
    ]),
    (one.facts || []).flatMap((fact) => [
      el("dt", { text: fact.name }),
      el("dd", {}, fact.link ? linkTo(fact.link, fact.value) : foreign(fact.value)),
    ]),
    el("dt", { text: "why" }),
    el("dd", {}, foreign(one.reason)),
  );
}

/**
 * Only rows that differ; the duplicate's cell is coloured by whether it is better or worse.
 * @param {Show[]} shows
 */
function factTable(shows) {
  const [keep, drop] = shows.map((show) => show.view);
  /** @type {FactRow[]} */
  const rows = [
    ["pixels", dimensions(keep), dimensions(drop), Math.sign(drop.width * drop.height - keep.width * keep.height)],
    ["quality", keep.quality || "unknown", drop.quality || "unknown", Math.sign(drop.quality - keep.quality)],
    ["size", bytes(keep.size), bytes(drop.size), Math.sign(drop.size - keep.size)],
    ["format", keep.format, drop.format, 0],
    ["file", keep.path, drop.path, 0],
    ["board", boardName(keep), boardName(drop), 0],
    ...texts(shows[0].facts || [], shows[1].facts || []),
  ];
  const different = rows.filter(([, left, right]) => valueOf(left) !== valueOf(right));
  return el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col", class: "unseen", text: "What differs" }),
        shows.map((show) =>
          el(
            "th",
            { scope: "col" },
            `${show.label} · `,
            linkTo(pinAddress(show.view.pin), show.view.pin, `Pin ${show.view.pin} on Pinterest`),
          ),
        ),
      ),
    ),
    el(
      "tbody",
      {},
      different.map(([name, left, right, sign]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row", text: name }),
          factCell(left),
          factCell(right, sign > 0 ? "better" : sign < 0 ? "worse" : ""),
        ),
      ),
    ),
  );
}

/** @param {View} view */
function boardName({ board }) {
  return board < 0 ? "" : model.boards[board].name;
}

/** @param {FactRow[1]} cell */
function valueOf(cell) {
  return typeof cell === "object" ? cell.value : String(cell);
}

/**
 * @param {FactRow[1]} cell
 * @param {string} [tone]
 */
function factCell(cell, tone = "") {
  const link = typeof cell === "object" && cell.link;
  return el("td", { class: tone }, link ? linkTo(link, valueOf(cell)) : foreign(valueOf(cell)));
}

/**
 * @param {readonly Fact[]} keeps
 * @param {readonly Fact[]} drops
 * @returns {FactRow[]}
 */
function texts(keeps, drops) {
  const names = [...new Set([...keeps, ...drops].map((fact) => fact.name))];
  /**
   * @param {readonly Fact[]} facts
   * @param {string} name
   */
  const of = (facts, name) => facts.find((fact) => fact.name === name) || "–";
  return names.map((name) => [name, of(keeps, name), of(drops, name), 0]);
}
