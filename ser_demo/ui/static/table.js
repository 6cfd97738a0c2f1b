// A table that a click on a column's name sorts: by it, the other way round, and back to how it came.
// Gradio runs this once, with `element` and `watch`; the table may be drawn anew with more rows at any time.

let column = null; // number of the column that sorts
let falling = false;

const heads = () => [...element.querySelectorAll("thead th")];
const key = (row) => {
  const cell = row.cells[column];
  return heads()[column].hasAttribute("data-number") ? Number(cell.dataset.value ?? -1) : cell.textContent.trim();
};
const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
const isEmpty = (value) => value === "" || value === -1;

function sort() {
  heads().forEach((head, i) => {
    head.setAttribute("aria-sort", i !== column ? "none" : falling ? "descending" : "ascending");
  });
  const body = element.querySelector("tbody");
  if (!body) return;
  const rows = [...body.rows];
  rows.forEach((row, i) => { row.dataset.order ??= i; });
  rows.sort((a, b) => {
    const came = a.dataset.order - b.dataset.order;
    if (column === null) return came;
    const [one, other] = [key(a), key(b)];
    if (isEmpty(one) !== isEmpty(other)) return isEmpty(one) ? 1 : -1; // what has no value comes last either way
    return (falling ? compare(other, one) : compare(one, other)) || came;
  });
  body.append(...rows);
}

element.addEventListener("click", (event) => {
  const head = event.target.closest("thead th");
  if (!head) return;
  const clicked = heads().indexOf(head);
  if (clicked !== column) [column, falling] = [clicked, head.hasAttribute("data-number")];
  else if (falling === head.hasAttribute("data-number")) falling = !falling;
  else column = null;
  sort();
});

watch("value", () => {
  // Rows come in their own order, and keep no mark of another one.
  for (const row of element.querySelectorAll("tbody tr")) delete row.dataset.order;
  sort();
});
