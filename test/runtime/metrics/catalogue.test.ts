import { expect } from 'chai'
import { METRICS } from '../../../runtime/metrics/catalogue.ts'
import type { MetricDefinition } from '../../../runtime/metrics/definition.ts'
import { dimensionsOf } from './dimensions.ts'

const all: [string, MetricDefinition][] = Object.entries(METRICS)

describe('the metric catalogue', () => {
  it('names metrics as Prometheus asks: base units, and _total on counters only', () => {
    for (const [name, { type }] of all) {
      expect(name).to.match(/^kafka_(stream|consumer|producer|client)_[a-z0-9_]+$/)
      expect(name.endsWith('_total'), name).to.equal(type === 'counter')
      expect(name).not.to.match(/_(count|sum|bucket|avg|rate|ms|millis)$/)
      if (type === 'histogram') expect(name).to.match(/_seconds$/)
    }
  })

  it('explains every metric in one sentence', () => {
    for (const [name, { help }] of all) expect(help, name).to.match(/^[A-Z].+\.$/)
  })

  it('uses label names that Prometheus accepts and nobody else owns', () => {
    const reserved = ['job', 'instance', 'application_id', 'le', 'quantile']
    for (const [name, { axes, reading }] of all) {
      for (const label of [...axes.flatMap(({ names }) => names), ...(reading ?? [])]) {
        expect(label, name).to.match(/^[a-z][a-z0-9_]*$/)
        expect(reserved, name).not.to.include(label)
      }
    }
  })

  it('gives histograms ascending buckets and, but at DEBUG, at most one label with a handful of values', () => {
    for (const [name, { type, buckets, axes, level }] of all) {
      expect(
        [...buckets].sort((a, b) => a - b),
        name,
      ).to.deep.equal(buckets)
      expect(buckets.length > 0, name).to.equal(type === 'histogram')
      if (type === 'histogram' && level === 'INFO') {
        expect(axes.length, name).to.be.at.most(1)
        const values = axes[0]?.values(dimensionsOf(64)) ?? []
        expect(values.length, name).to.be.at.most(10)
      }
    }
  })
})
