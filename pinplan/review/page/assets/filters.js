/* Filters: which groups are shown. */

/** @type {Filter} */
const filter = { board: "", kind: "", tier: "", state: "", text: "" };
let shown = groups;

/** @param {Partial<Filter>} changes */
function applyFilter(changes) {
  Object.assign(filter, changes);
  const text = filter.text.toLowerCase();
  shown = groups.filter(
    (group) =>
      (filter.board === "" || group.board === Number(filter.board)) &&
      (filter.kind === "" || group.kind === filter.kind) &&
      (filter.tier === "" || group.tier === filter.tier) &&
      (filter.state === "" || decided(group) === (filter.state === "decided")) &&
      (text === "" || actionsOf(group).some((one) => searchable(one).includes(text))),
  );
}

function filtering() {
  return Object.values(filter).some(Boolean);
}

/** @param {ActionModel} one */
function searchable(one) {
  return `${one.name}\n${one.address}\n${one.effect || one.consequence}`.toLowerCase();
}

/**
 * @param {string} label
 * @param {keyof Filter} name
 * @param {[string, string][]} options
 */
function choice(label, name, options) {
  /** @type {HTMLSelectElement} */
  const select = el("select", {
    "aria-label": label,
    "data-filter": name,
    on: { change: () => filterChanged({ [name]: select.value }) },
  });
  for (const [value, text] of options) select.append(el("option", { value, text, selected: value === filter[name] }));
  return select;
}

/** @param {{ search?: boolean }} [options] */
function filterBar({ search: searches = true } = {}) {
  /* Others only have pins that are kept. */
  const used = new Set(groups.map((group) => group.board));
  /** @type {[string, string][]} */
  const boards = model.boards.flatMap(({ name }, index) => (used.has(index) ? [[String(index), name]] : []));
  /** @type {[string, string][]} */
  const kinds = Object.entries(model.kinds).map(([kind, words]) => [kind, words.title]);
  const found = [...new Set(groups.map((group) => group.tier))].filter(Boolean).sort();
  /** @type {[string, string][]} */
  const tiers = found.map((tier) => [tier, `${tier} duplicates`]);
  /** @type {HTMLInputElement} */
  const search = el("input", {
    type: "search",
    placeholder: "Search",
    "aria-label": "Search in names and paths",
    value: filter.text,
    class: "search",
    on: { input: () => filterChanged({ text: search.value }) },
  });
  return el(
    "div",
    { class: "filters", role: "group", "aria-label": "Filters" },
    boards.length > 1 && choice("Board", "board", [["", "All boards"], ...boards]),
    kinds.length > 1 && choice("Kind", "kind", [["", "All kinds"], ...kinds]),
    tiers.length > 0 && choice("Tier", "tier", [["", "All tiers"], ...tiers]),
    choice("State", "state", [
      ["", "Any state"],
      ["open", "Not decided"],
      ["decided", "Decided"],
    ]),
    searches && search,
  );
}
