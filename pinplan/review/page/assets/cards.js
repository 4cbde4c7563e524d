/* One card for each group. */

/** @param {Group} group */
function cardOf(group) {
  const card = el("article", {
    class: isPair(group) ? "card pair" : "card",
    id: `g${group.index}`,
    tabindex: "-1",
    "aria-label": nameOf(group),
    on: {
      click: (event) => {
        if (event.shiftKey) {
          event.preventDefault();
          mark(group, { range: true });
        }
      },
    },
  });
  card.dataset.group = String(group.index);
  card.append(
    drawnSafely(group, () => el("div", { class: "parts" }, isPair(group) ? pairParts(group) : singleParts(group))),
    controlsOf(group),
  );
  markCard(card, group);
  return card;
}

/** @param {Group} group */
function nameOf(group) {
  return `${model.kinds[group.kind].title}: ${action(group.actions[0]).name}`;
}

/**
 * @param {HTMLElement} card
 * @param {Group} group
 */
function markCard(card, group) {
  card.classList.toggle("current", group === current);
  card.classList.toggle("marked", marked.has(group));
  card.dataset.verdict = group.actions.every((id) => done.has(id)) ? "done" : verdictOf(group).verdict;
}

/** @param {Group} group */
function refreshCard(group) {
  const card = document.getElementById(`g${group.index}`);
  if (!card) return;
  /* Replacing an element drops keyboard focus; it is restored to the new button of the same purpose. */
  const focused = focusedIn(card)?.dataset.does;
  within(card, ".controls").replaceWith(controlsOf(group));
  if (!undrawn.has(group)) {
    card.querySelector(".consequence")?.replaceWith(consequenceOf(group));
    if (isPair(group)) within(card, ".members").replaceWith(membersOf(group));
  }
  markCard(card, group);
  if (focused) focusOn(`[data-does="${focused}"]`, { box: card, scroll: false });
}

/** @param {Group} group */
function singleParts(group) {
  const one = action(group.actions[0]);
  /* A carousel has at most five images (Pinterest's limit). */
  const figures = imagesOf(group)
    .slice(0, 5)
    .map(({ one: shown, number }, at) => figureOf(group, shown, number, at));
  return [
    figures.length ? el("div", { class: figures.length > 1 ? "pictures several" : "pictures" }, figures) : null,
    el(
      "h4",
      {},
      el("span", {
        class: `symbol ${model.kinds[one.kind].tone}`,
        text: model.kinds[one.kind].symbol,
        "aria-hidden": "true",
      }),
      foreign(one.name),
    ),
    changesOf(one),
    el(
      "p",
      { class: "muted" },
      el("span", { class: "number", text: group.actions.join(", ") }),
      " · ",
      factsLine(one, group),
    ),
    needsNote(group),
    toneOf(one.effects) === "calm" && !model.kinds[one.kind].writes ? null : consequenceOf(group),
  ].filter(Boolean);
}

/**
 * The images of a group: those of an action, or of all slots of a carousel.
 * @param {Group} group
 */
function imagesOf(group) {
  return actionsOf(group).flatMap((one) => (one.views || []).map((_, number) => ({ one, number })));
}

/**
 * The effect of the group with the current decisions; waiting actions count as approved.
 * @param {Group} group
 */
function consequenceOf(group) {
  /* "waiting" counts as if approved: the card shows what an approval would do. */
  const going = group.actions.filter((id) => outcomes.get(id) !== "declined");
  const counts = countsOf(going.map((id) => [id, outcomes.get(id)]));
  const remembered = verdictOf(group).verdict === "different" ? "; remembered as different" : "";
  const text =
    going.length === 1 ? effectsOf(going[0], outcomes.get(going[0])).consequence : `${sentence(counts)}${remembered}`;
  return el("p", { class: `consequence ${toneOf(counts)}`, text });
}

/**
 * @param {ActionModel} one
 * @param {Group} group
 */
function factsLine(one, group) {
  const view = viewOf(one, Math.max(0, (one.views || []).length - 1));
  const size = actionsOf(group).reduce((sum, { bytes: more }) => sum + (more || 0), 0);
  const parts = [
    one.reason,
    group.actions.length > 1 ? `${group.actions.length} images` : dimensions(view),
    size ? `${one.estimated ? "~" : ""}${bytes(size)}` : "",
  ].filter(Boolean);
  // A picture that is to be uploaded has no pin yet.
  const link = one.pin ? [" · ", linkTo(pinAddress(one.pin), "pin", `Pin ${one.pin} on Pinterest`)] : [];
  return [foreign(parts.join(" · ")), ...link];
}

/** @param {Role} role */
function roleLabel(role) {
  return role === "before" ? "Before" : role === "after" ? "After" : "";
}

/**
 * @param {Group} group
 * @param {ActionModel} one
 * @param {number} number
 * @param {number} at
 */
function figureOf(group, one, number, at) {
  const view = viewOf(one, number);
  const label = roleLabel(view.role);
  const open = button(picture(one.id, number), {
    class: "look",
    "aria-label": `Look at ${one.name}${at ? `, image ${at + 1}` : ""}`,
    "data-does": `look${at}`,
    on: { click: () => openStage(group) },
  });
  return el("figure", {}, open, label ? el("figcaption", { text: label }) : null);
}

/** @param {ActionModel} one */
function changesOf(one) {
  if (!one.changes || !one.changes.length) return null;
  return el(
    "dl",
    { class: "changes" },
    one.changes.map((change) => [
      el("dt", { text: change.name === "path" ? "from" : change.name }),
      el("dd", {}, foreign(folderOf(change, change.before))),
      el("dt", { text: "to" }),
      el("dd", {}, foreign(folderOf(change, change.after))),
    ]),
  );
}

/**
 * If a move keeps the file name, only the folders are worth showing.
 * @param {Change} change
 * @param {string} text
 */
function folderOf(change, text) {
  const parts = text.split("/");
  const sameName = fileName(change.before) === fileName(change.after);
  if (change.name !== "path" || !sameName || parts.length < 2) return text || "nothing";
  return `${parts.slice(0, -1).join(" / ")} /`;
}

/** @param {Group} group */
function pairParts(group) {
  const first = action(group.actions[0]);
  return [
    el("h4", {}, el("span", { class: `tier ${group.tier}`, text: group.tier }), foreign(first.name)),
    membersOf(group),
    el(
      "p",
      { class: "muted" },
      el("span", { class: "number", text: group.actions.join(", ") }),
      ` · ${evidenceLine(first)}`,
    ),
    needsNote(group),
    consequenceOf(group),
  ].filter(Boolean);
}

/** @param {ActionModel} one */
function evidenceLine(one) {
  if (!one.measured) return "";
  const { why, distances, rung } = one.measured;
  return `${why || distances.join(", ")}; decided by ${rung}`;
}

/**
 * @param {Group} group
 * @param {number} number
 * @returns {Fate}
 */
function fateOf(group, number) {
  const came = group.actions.map((id) => outcomes.get(id));
  if (number === 0) return came.includes("swap") ? "DROP" : "KEEP";
  return isOneOf(["declined", "swap"], came[number - 1]) ? "KEEP" : "DROP";
}

/**
 * The number of the image for which another one goes.
 * @param {Group} group
 * @param {number} number
 */
function keptFor(group, number) {
  const keep = number ? keptPin(decisions.get(group.actions[number - 1])) : "";
  const swap = group.actions.findIndex((id) => swaps(id, decisions.get(id)));
  if (!number) return swap + 1;
  return keep ? members(group).findIndex(({ view }) => view.pin === keep) : 0;
}

/** @param {Group} group */
function membersOf(group) {
  return el(
    "div",
    { class: "members" },
    members(group).map((member, number) => {
      const fate = fateOf(group, number);
      const open = button(picture(member.id, member.number), {
        class: "look",
        "aria-label": `Compare ${member.view.path}`,
        "data-does": `look${number}`,
        on: { click: () => openStage(group, number) },
      });
      return el(
        "figure",
        { class: fate.toLowerCase() },
        open,
        el(
          "figcaption",
          {},
          el("span", { class: `fate ${fate.toLowerCase()}`, text: fate }),
          " ",
          el("span", { text: whyOf(group, number, fate) }),
          el("br"),
          el("span", { class: "muted" }, memberFacts(member)),
        ),
      );
    }),
  );
}

/**
 * @param {Group} group
 * @param {number} number
 * @param {Fate} fate
 */
function whyOf(group, number, fate) {
  const planned = viewOf(memberAction(group, number), number ? 1 : 0);
  const other = fate === "DROP" ? keptFor(group, number) : 0;
  if (other) return `your choice; ${other + 1} is kept`;
  if (planned.verdict === fate && fateOf(group, 0) === "KEEP") return planned.why;
  if (verdictOf(group).verdict === "different") return "not a duplicate";
  const others = stayers(group).filter((one) => one !== number);
  if (number && fateOf(group, 0) === "DROP" && others.length && !others.some((one) => comparedWith(group, number, one)))
    return "was not compared with another one that stays";
  return "your choice";
}

/** @param {Member} member */
function memberFacts(member) {
  const view = member.view;
  const parts = [dimensions(view), bytes(view.size), view.quality ? `quality ${view.quality}` : ""].filter(Boolean);
  return [`${parts.join(" · ")} · `, linkTo(pinAddress(view.pin), "pin", `Pin ${view.pin} on Pinterest`)];
}

/* -- deciding ------------------------------------------------------------------------------------------------- */

/** @param {Group} group */
function controlsOf(group) {
  const box = el("div", { class: "controls" });
  if (!mayDecide(group)) {
    box.append(
      el("span", { class: "state", text: group.actions.every((id) => done.has(id)) ? "✓ done" : "read-only" }),
    );
    return box;
  }
  box.append(...verdictButtons(group));
  const { verdict } = verdictOf(group);
  if (!verdict && waits(group)) box.append(el("span", { class: "state", text: "needs a decision" }));
  const follows = group.actions.find((id) => reasons.has(id));
  if (follows)
    box.append(
      el(
        "span",
        { class: "state" },
        foreign(`${outcomes.get(follows) === "declined" ? "not done" : "waits"}: ${reasons.get(follows)}`),
      ),
    );
  return box;
}

/** @param {Group} group */
function verdictButtons(group) {
  const { verdict } = verdictOf(group);
  const pair = isPair(group);
  const danger = actionsOf(group).some((one) => one.danger);
  const then = () => stageIsOpen() && goOn(); // a click moves on as a key does
  /**
   * @param {Verdict} name
   * @param {string} label
   * @param {string} letter
   * @param {string} tone
   * @param {() => void} does
   */
  const choice = (name, label, letter, tone, does) =>
    button([label, key(letter)], {
      class: `choice ${tone}`,
      "aria-pressed": String(verdict === name),
      "data-does": name,
      "aria-keyshortcuts": letter,
      on: { click: () => (verdict === name ? clear(group) : does()) },
    });
  /** @type {HTMLElement[]} */
  const buttons = [choice("skip", pair ? "Keep all" : "Skip", pair ? "K" : "S", "no", () => skip(group, then))];
  if (!undrawn.has(group)) {
    const tone = danger ? "yes danger" : "yes";
    buttons.unshift(choice("approve", pair ? "Drop as planned" : "Approve", "A", tone, () => approve(group, then)));
    if (pair) buttons.push(choice("different", "Not duplicates", "N", "no", () => different(group, then)));
  }
  if (pair && (verdict === "swap" || verdict === "mixed"))
    buttons.push(el("span", { class: "state", text: `keeping ${numbered(stayers(group)).toLowerCase()}` }));
  return buttons;
}
