// Panels as the board uses them: a specification in, a builder of the Grafana SDK out. What all panels
// share is set here once; the rows only say what is particular.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
  type Threshold,
  type ThresholdsConfig,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { DATASOURCE } from './selectors.ts'

/** One query of a panel; the legend is a template over labels. */
export interface Query {
  readonly expr: string
  readonly legend?: string
}

/** What every panel says of itself. */
export interface PanelSpec {
  readonly title: string
  /** What it shows, and in backticks the setting that moves it. */
  readonly description: string
  /** Grafana's unit id. */
  readonly unit: string
  readonly width: number
  readonly height: number
  readonly queries: readonly Query[]
  /** Base colour, then `[from value, colour]` ascending. None: the base is green. */
  readonly thresholds?: Thresholds
}

export interface Thresholds {
  readonly base: string
  readonly steps: readonly (readonly [number, string])[]
}

/** A panel that still waits for its id; the board numbers them. */
export interface NumberedPanel extends Builder<Panel> {
  id(id: number): this
}

/** The part of the SDK's panel builders that does not depend on the kind of panel. */
interface CommonBuilder extends NumberedPanel {
  title(title: string): this
  description(description: string): this
  unit(unit: string): this
  datasource(datasource: { type?: string; uid?: string }): this
  span(width: number): this
  height(height: number): this
  thresholds(thresholds: Builder<ThresholdsConfig>): this
  withTarget(target: Builder<Dataquery>): this
}

const GREEN: Thresholds = { base: 'green', steps: [] }

function dress<B extends CommonBuilder>(builder: B, spec: PanelSpec, format?: PromQueryFormat): B {
  const { base, steps } = spec.thresholds ?? GREEN
  // null is minus infinity here: the base colour has no lower bound.
  const colours: Threshold[] = [
    { value: null, color: base },
    ...steps.map(([value, color]) => ({ value, color })),
  ]
  builder
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .span(spec.width)
    .height(spec.height)
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(colours))
  spec.queries.forEach(({ expr, legend }, i) => {
    const target = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .datasource(DATASOURCE)
      .expr(expr)
      .legendFormat(legend ?? '__auto')
    if (format === PromQueryFormat.Table) target.instant()
    else target.range()
    if (format !== undefined) target.format(format)
    builder.withTarget(target)
  })
  return builder
}

/** One number with its recent course behind it; where there are thresholds they colour all of it. */
export function stat(spec: PanelSpec): StatBuilder {
  const colourMode = spec.thresholds ? BigValueColorMode.Background : BigValueColorMode.Value
  return dress(new StatBuilder(), spec).graphMode(BigValueGraphMode.Area).colorMode(colourMode)
}

/** Lines over time; thresholds are drawn as dashed lines. */
export function timeSeries(spec: PanelSpec): TimeSeriesBuilder {
  const panel = dress(new TimeSeriesBuilder(), spec)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
  if (spec.thresholds === undefined) return panel
  return panel.thresholdsStyle(
    new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
  )
}

/** Areas on top of each other: parts of a whole. */
export function stackedSeries(spec: PanelSpec): TimeSeriesBuilder {
  return timeSeries(spec)
    .fillOpacity(60)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
}

/** The same as shares of the whole. */
export function sharedSeries(spec: PanelSpec): TimeSeriesBuilder {
  return timeSeries(spec)
    .fillOpacity(60)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Percent).group('A'))
}

/** States over time, a bar for each series. */
export function stateTimeline(spec: PanelSpec): StateTimelineBuilder {
  return dress(new StateTimelineBuilder(), spec)
}

/** The labels of series as they are now. */
export function table(spec: PanelSpec): TableBuilder {
  const panel = dress(new TableBuilder(), spec, PromQueryFormat.Table)
  return panel.transformations([
    { id: 'labelsToFields', options: {} },
    { id: 'organize', options: { excludeByName: hidden } },
  ])
}

const hidden = Object.fromEntries(
  ['Time', 'Value', '__name__', 'job', 'instance', 'application_id'].map((name) => [name, true]),
)

/** A histogram's buckets over time. */
export function heatmap(spec: PanelSpec): HeatmapBuilder {
  return dress(new HeatmapBuilder(), spec, PromQueryFormat.Heatmap)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges'))
    .yAxis(new YAxisConfigBuilder().unit(spec.unit))
}
