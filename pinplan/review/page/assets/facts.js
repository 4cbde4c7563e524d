/* The facts beside the images on the stage: verdicts, the members of a group, differences. */

/** @param {Group} group */
function verdictLine(group) {
  const keep = fateOf(group, 0);
  const drop = fateOf(group, rival);
  return el(
    "p",
    { class: "verdicts" },
    ...[
      { number: 0, fate: keep },
      { number: rival, fate: drop },
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
 * Groups of three or more: each image can be compared with the keeper, and each can be chosen.
 * @param {Group} group
 */
function memberStrip(group) {
  return el(
    "div",
    { class: "strip", role: "group", "aria-label": "All images of this group" },
    members(group).map((member, number) => {
      const fate = fateOf(group, number);
      return button(
        [
          picture(member.id, member.number),
          el("span", { class: `fate ${fate.toLowerCase()}`, text: `${number + 1} ${fate}` }),
        ],
        {
          class: "look",
          "aria-pressed": String(number === rival || number === 0),
          "aria-label": `${number + 1}: ${fate}, ${member.view.path}`,
          on: {
            click: () => {
              if (number) {
                rival = number;
                drawStage();
              }
            },
          },
        },
      );
    }),
  );
}

/** @param {Group} group */
function stageFacts(group) {
  const shows = showsOf(group);
  const one = action(group.actions[isPair(group) ? rival - 1 : 0]);
  return el(
    "div",
    { class: "facts" },
    isPair(group) ? verdictLine(group) : null,
    isPair(group) && group.actions.length > 1 ? memberStrip(group) : null,
    isPair(group) ? factTable(shows, one) : singleFacts(one),
    el("p", { class: "muted" }, foreign(one.effect || "")),
    needsLine(one),
    one.measured ? el("p", { class: "muted", text: measuredText(one.measured) }) : null,
  );
}

/** @param {Measured} measured */
function measuredText({ tier, why, distances, rung }) {
  return `${tier}: ${[why, ...distances].filter(Boolean).join("; ")}. Decided by ${rung}.`;
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
    el("dt", { text: "pin" }),
    el("dd", {}, linkTo(pinAddress(one.pin), one.pin, `Pin ${one.pin} on Pinterest`)),
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
 * @param {ActionModel} one
 */
function factTable(shows, one) {
  const [keep, drop] = shows.map((show) => show.view);
  /** @type {FactRow[]} */
  const rows = [
    ["pixels", dimensions(keep), dimensions(drop), Math.sign(drop.width * drop.height - keep.width * keep.height)],
    ["quality", keep.quality || "unknown", drop.quality || "unknown", Math.sign(drop.quality - keep.quality)],
    ["size", bytes(keep.size), bytes(drop.size), Math.sign(drop.size - keep.size)],
    ["format", keep.format, drop.format, 0],
    ["file", keep.path, drop.path, 0],
    ...texts(one.rival_facts || [], one.facts || []),
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
