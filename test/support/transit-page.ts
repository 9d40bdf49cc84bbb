// The status page of the trains as somebody reads it: the rows of its tables, out of the browser.
import type { Page } from 'playwright-core'
import type { StatusRow } from '../jobs/transit/city.ts'

/** The lines as they can be read from the page, by `line/station id`; the place in the table is the order. */
export async function shownRows(page: Page): Promise<Record<string, StatusRow>> {
  // An expression: tests know no types of browsers.
  return await page.evaluate<Record<string, StatusRow>>(`Object.fromEntries(
    [...document.querySelectorAll('.line')].flatMap((line) =>
      [...line.querySelectorAll('tbody tr')].map((row, order) => [
        line.id + '/' + row.dataset.station,
        {
          name: [...row.querySelector('th').childNodes].map((node) => node.data ?? '').join(''),
          line: line.id,
          order,
          a: row.querySelector('.a button')?.firstChild.data ?? null,
          b: row.querySelector('.b button')?.firstChild.data ?? null,
          entries: Number(row.querySelector('.number').textContent.replaceAll(',', '')),
        },
      ]),
    ))`)
}

/** Entries of each line as its head tells them. */
export async function shownTotals(page: Page): Promise<Record<string, number>> {
  return await page.evaluate<Record<string, number>>(`Object.fromEntries(
    [...document.querySelectorAll('.line')].map((line) => [
      line.id,
      Number(/([\\d,]+) entries/.exec(line.querySelector('.total').textContent)?.[1].replaceAll(',', '') ?? NaN),
    ]))`)
}
