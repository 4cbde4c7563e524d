/* The page frame: header, tiles, tables, start. */

function drawTop() {
  byId("top").replaceChildren(
    el(
      "div",
      { class: "title" },
      el("h1", {}, "Plan for ", foreign(model.username)),
      el(
        "p",
        { class: "muted" },
        `${model.mode} · ${count(model.pins, "pin")} on Pinterest, ${count(model.files, "file")} here · `,
        `made ${model.created_at.replace("T", " ").replace("Z", " UTC")} by pinplan ${model.pinplan_version} · `,
        el("span", { class: "digest", title: model.digest, text: `${model.plan}, ${model.digest.slice(0, 19)}…` }),
      ),
    ),
    tiles(),
    ...banners(),
  );
}

function tiles() {
  /** @param {string} kind */
  const tile = (kind) => {
    const words = model.kinds[kind];
    return button(
      [
        el("span", { class: "number", text: model.counts[kind].toLocaleString("en") }),
        el("span", { class: "words", text: `${words.symbol} ${words.verb}` }),
      ],
      {
        class: `tile ${words.tone}`,
        "aria-pressed": String(filter.kind === kind),
        "data-kind": kind,
        on: {
          click: () => {
            filterChanged({ kind: filter.kind === kind ? "" : kind });
            focusOn(`[data-kind="${kind}"]`);
          },
        },
      },
    );
  };
  return el(
    "div",
    { class: "tiles", role: "group", "aria-label": "Kinds of actions" },
    Object.keys(model.kinds).map(tile),
  );
}

function banners() {
  const failed = model.checks.filter((check) => !check.passed);
  const made = [];
  if (failed.length)
    made.push(
      el(
        "div",
        { class: "banner danger", role: "alert" },
        el("strong", { text: "Stopped by a safety check: this plan cannot be applied." }),
        el(
          "ul",
          {},
          failed.map((check) => el("li", {}, foreign(check.message))),
        ),
      ),
    );
  if (manner.read_only) made.push(el("p", { class: "banner", text: manner.read_only }));
  for (const note of manner.notes) made.push(el("p", { class: "banner", text: note }));
  return made;
}

function drawMain() {
  byId("main").replaceChildren(
    bar(),
    el("div", { id: "actions" }),
    details(
      `Checks: ${model.checks.filter((check) => check.passed).length} of ${model.checks.length} passed`,
      checksTable,
    ),
    details(`Findings (${model.findings_in_all.toLocaleString("en")}): reported only`, findingsTable, "findings"),
    el(
      "footer",
      { class: "muted" },
      el("p", { class: "digest", text: model.digest }),
      el("p", { text: model.summary }),
    ),
    el("dialog", { id: "stage", class: "stage", "aria-labelledby": "stage-title" }),
    el("dialog", { id: "finish", class: "small", "aria-labelledby": "finish-title" }),
    el("dialog", { id: "decided", class: "small", "aria-labelledby": "decided-title" }),
    el("dialog", { id: "question", class: "small", "aria-labelledby": "question-text" }),
    helpDialog(),
  );
  /* Esc closes a <dialog> by itself, but then the list would not scroll to the current card. */
  stage().addEventListener("cancel", (event) => {
    event.preventDefault();
    closeStage();
  });
}

function bar() {
  return el(
    "div",
    { class: "bar" },
    el(
      "div",
      { class: "progress" },
      el("span", { id: "counter" }),
      el("progress", { id: "meter", "aria-label": "Decided", max: "1", value: "0" }),
      el("span", { id: "saved", class: "saved muted" }),
    ),
    el("p", { id: "applied", class: "applied", role: "status" }),
    filterBar(),
    el("div", { id: "bulk", class: "bulk-line", role: "group", "aria-label": "All of these", hidden: true }),
    el(
      "div",
      { class: "tools" },
      el("span", { id: "exact" }),
      button(["Undo", key("U")], {
        class: "choice no",
        id: "undo",
        on: {
          click: () => {
            const group = undo();
            if (group) goTo(group);
          },
        },
      }),
      button("Redo", {
        class: "choice no",
        id: "redo",
        on: {
          click: () => {
            const group = redo();
            if (group) goTo(group);
          },
        },
      }),
      button("Decided …", { class: "choice no", on: { click: openDecided } }),
      button(["Help", key("?")], { class: "choice no help", on: { click: toggleHelp } }),
      manner.read_only
        ? null
        : button([manner.serves ? "Finish …" : "Export decisions …", key("Q")], {
            class: "primary",
            id: "end",
            on: { click: openFinish },
          }),
    ),
    el("p", { id: "trouble", class: "banner danger", role: "alert", hidden: true }),
    el("p", { id: "notice", class: "banner", role: "status", hidden: true }),
  );
}

function drawCounter() {
  const open = groups.filter((group) => group.actions.some((id) => !done.has(id)));
  const settled = open.filter(decided).length;
  byId("counter").textContent = open.length
    ? `${settled.toLocaleString("en")} of ${open.length.toLocaleString("en")} decided`
    : "Nothing to decide";
  drawConsequence();
  const meter = byId("meter", HTMLProgressElement);
  meter.max = Math.max(1, open.length);
  meter.value = settled;
  byId("undo", HTMLButtonElement).disabled = !undoable.length;
  byId("redo", HTMLButtonElement).disabled = !redoable.length;
  const exact = manner.read_only ? [] : exactOnes();
  byId("exact").replaceChildren(
    ...(exact.length
      ? [
          button(`Approve ${count(exact.length, "exact duplicate")}`, {
            class: "choice yes danger",
            on: { click: approveExact },
          }),
        ]
      : []),
  );
  const box = byId("trouble");
  box.hidden = !trouble;
  box.textContent = trouble;
  const noticeBox = byId("notice");
  noticeBox.hidden = !notice;
  noticeBox.replaceChildren(
    foreign(notice),
    " ",
    button("OK", {
      class: "choice no",
      on: {
        click: () => {
          notice = "";
          drawCounter();
        },
      },
    }),
  );
  for (const box of document.querySelectorAll(".saved")) box.textContent = savedWords();
}

/** The effects of an apply with the current decisions, above the list and above the stage. */
function drawConsequence() {
  const counts = countsNow();
  const waiting = [...outcomes].filter(([, outcome]) => outcome === "waiting" || outcome === "held").length;
  for (const line of document.querySelectorAll(".applied")) {
    line.className = `applied ${toneOf(counts)}`;
    line.replaceChildren(
      el("span", { class: "label", text: manner.read_only ? "Left of this plan: " : "If applied now: " }),
      el("strong", { text: sentence(counts) }),
      waiting
        ? el("span", {
            class: "label",
            text: `; ${count(waiting, "action")} ${waiting === 1 ? "waits" : "wait"} for you`,
          })
        : "",
    );
  }
}

/** The number of decisions that are not on disk yet. */
function savedWords() {
  if (!manner.serves || manner.read_only) return "";
  if (!unsaved.size) return decisions.size ? "saved ✓" : "";
  return trouble ? `${unsaved.size.toLocaleString("en")} not saved` : `saving ${unsaved.size.toLocaleString("en")}`;
}

/**
 * @param {string} title
 * @param {() => Node} content
 * @param {string} [id]
 */
function details(title, content, id) {
  const box = el("details", { id }, el("summary", {}, el("h2", { text: title })));
  /* Filled when first opened: a thousand findings would slow down every load. */
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) box.append(content());
  });
  return box;
}

function checksTable() {
  return el(
    "table",
    {},
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ["check", "result", "figure", "limit"].map((name) => el("th", { scope: "col", text: name })),
      ),
    ),
    el(
      "tbody",
      {},
      model.checks.map((check) =>
        el(
          "tr",
          {},
          el("th", { scope: "row", text: check.name }),
          el("td", { class: check.passed ? "" : "worse", text: check.passed ? "passed" : "failed" }),
          el("td", {}, foreign(check.figure)),
          el("td", {}, foreign(check.limit)),
        ),
      ),
    ),
  );
}

function findingsTable() {
  const rows = model.findings.map((finding) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: finding.kind }),
      el("td", {}, foreign(finding.address)),
      el("td", {}, foreign(finding.message)),
    ),
  );
  const left = model.findings_in_all - model.findings.length;
  return el(
    "div",
    {},
    el("table", {}, el("tbody", {}, rows)),
    left > 0
      ? el("p", { text: `… and ${left.toLocaleString("en")} more${manner.show ? `: ${manner.show}` : ""}` })
      : null,
  );
}

function helpDialog() {
  return el(
    "dialog",
    { id: "help", class: "small", "aria-labelledby": "help-title" },
    el("h2", { id: "help-title", text: "Keys" }),
    el(
      "table",
      { class: "keys" },
      el(
        "tbody",
        {},
        HELP.map(([name, text]) =>
          el("tr", {}, el("th", { scope: "row" }, el("kbd", { text: name })), el("td", { text })),
        ),
      ),
    ),
    singleKeysChoice(),
    button("Close", { class: "choice no", on: { click: toggleHelp } }),
  );
}

function singleKeysChoice() {
  /** @type {HTMLInputElement} */
  const box = el("input", {
    type: "checkbox",
    checked: singleKeys(),
    on: { change: () => switchSingleKeys(box.checked) },
  });
  return el("p", {}, el("label", {}, box, " Keys of one letter decide and compare"));
}

/** @param {Partial<Filter>} changes */
function filterChanged(changes) {
  applyFilter(changes);
  /** @type {NodeListOf<HTMLElement>} */
  const tiles = document.querySelectorAll(".tile");
  for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.kind === filter.kind));
  /** @type {NodeListOf<HTMLSelectElement>} */
  const selects = document.querySelectorAll(".bar select[data-filter]");
  for (const select of selects) select.value = filter[/** @type {keyof Filter} */ (select.dataset.filter)];
  drawList();
  if (current && !shown.includes(current)) current = null;
  if (stageIsOpen()) filteredStage();
  announce(count(shown.length, "decision"));
}

/** The stage goes on with the first group that the filters show; if there is none, the list says so. */
function filteredStage() {
  if (!current) select(queue[0], { scroll: false });
  if (current) drawStage();
  else stage().close();
}

function start() {
  drawTop();
  drawMain();
  drawList();
  drawCounter();
  onDecided((touched) => {
    for (const group of touched) refreshCard(group);
    if (current && touched.has(current) && stageIsOpen()) drawStage();
    drawCounter();
  });
  listenToKeys();
  keepLooking();
  /* A printed page has no scrolling: cards outside the viewport would be blank. */
  addEventListener("beforeprint", fillAll);
  /** @type {Remembered} */
  const { at } = remembered();
  const last = at && groupOf.get(at);
  const first = last || queue.find((group) => !decided(group) && mayDecide(group)) || queue[0] || groups[0];
  if (last || [...decisions].length) select(first);
  else select(first, { scroll: false });
  /* After the first frame was painted: benchmarks wait for this mark. */
  requestAnimationFrame(() => setTimeout(() => performance.mark("usable")));
  /* A frame later the cards near the viewport are drawn, too: an observer reports them. Tests wait for that. */
  requestAnimationFrame(() =>
    requestAnimationFrame(() => setTimeout(() => (document.documentElement.dataset.ready = "yes"))),
  );
}

start();
