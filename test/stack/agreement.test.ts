import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { propertiesOf, readCompose, readYaml, serviceOf, settingsOf } from './compose-file.ts'

const compose = readCompose()
const kafka = serviceOf(compose, 'kafka')
const app = serviceOf(compose, 'app')
const replay = serviceOf(compose, 'replay')
const grafana = serviceOf(compose, 'grafana')

interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string; readonly scrape_timeout: string }
  readonly rule_files: readonly string[]
  readonly scrape_configs: readonly {
    readonly job_name: string
    readonly static_configs: readonly { readonly targets: readonly string[] }[]
    readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[]
  }[]
}
interface Datasources {
  readonly datasources: readonly {
    readonly uid: string
    readonly url: string
    readonly jsonData: { readonly timeInterval: string }
  }[]
}
interface Providers {
  readonly providers: readonly { readonly options: { readonly path: string } }[]
}

const prometheus = readYaml('prometheus/prometheus.yml') as PrometheusConfig
const { datasources } = readYaml('grafana/provisioning/datasources/prometheus.yml') as Datasources
const { providers } = readYaml('grafana/provisioning/dashboards/millrace.yml') as Providers

describe('the parts of the stack', () => {
  it('reach Kafka where it says it is', () => {
    const advertised = kafka.environment?.['KAFKA_ADVERTISED_LISTENERS'] ?? ''
    const [, inside] = /INTERNAL:\/\/([^,]+)/.exec(advertised) ?? []
    const [, outside] = /HOST:\/\/localhost:(\d+)/.exec(advertised) ?? []
    expect(inside).to.match(/^kafka:\d+$/)
    expect(settingsOf(app).get('bootstrap.servers')).to.equal(inside)
    expect(settingsOf(replay).get('bootstrap.servers')).to.equal(inside)
    expect(serviceOf(compose, 'topics').command).to.include(`--bootstrap-server=${inside}`)
    expect(kafka.ports).to.deep.equal([`127.0.0.1:${outside}:${outside}`])
  })

  it('keep what Kafka writes in its volume', () => {
    const directory = kafka.environment?.['KAFKA_LOG_DIRS']
    expect(kafka.volumes).to.deep.equal([`kafka-data:${directory}`])
  })

  it('agree on the topic of the calls', () => {
    const command = serviceOf(compose, 'topics').command
    expect(command).to.include(`--topic=${propertiesOf('replay').get('replay.topic')}`)
    const streams = propertiesOf('streams')
    expect(command).to.include(`--partitions=${streams.get('topic.partitions')}`)
    expect(command).to.include(`--config=retention.ms=${streams.get('topic.retention.ms')}`)
  })

  it('set only settings that there are', () => {
    const known = new Map(
      ['streams', 'server', 'replay'].flatMap((name) => [...propertiesOf(name)]),
    )
    for (const service of [app, replay]) {
      const given = [...settingsOf(service).keys()]
      expect([...known.keys()]).to.include.members(given)
      expect(given).to.include('bootstrap.servers')
    }
  })

  it('let Prometheus scrape the port that the job opens to other machines', () => {
    const port = propertiesOf('server').get('server.port')
    const targets = prometheus.scrape_configs.map(({ job_name, static_configs }) => [
      job_name,
      static_configs.flatMap(({ targets }) => targets),
    ])
    expect(targets).to.deep.equal([['millrace', [`app:${port}`]]])
    const others = prometheus.scrape_configs.flatMap(({ dns_sd_configs }) => dns_sd_configs)
    expect(others.map(({ port: each }) => String(each))).to.deep.equal([port])
    const profile = ['transit', 'stations']
    expect(others.flatMap(({ names }) => names)).to.deep.equal(profile)
    for (const service of [app, ...profile.map((name) => serviceOf(compose, name))]) {
      expect(settingsOf(service).get('server.host')).to.equal('0.0.0.0')
    }
    expect(app.ports).to.deep.equal([`127.0.0.1:${port}:${port}`])
    expect(app.healthcheck?.test.join(' ')).to.include(`http://127.0.0.1:${port}/healthz`)
    for (const file of prometheus.rule_files) {
      expect(existsSync(`prometheus/${file}`)).to.equal(true)
    }
  })

  it('let Grafana find Prometheus, with rate windows that follow the scrapes', () => {
    const [datasource] = datasources
    expect(datasources).to.have.length(1)
    expect(datasource?.uid).to.equal('prometheus')
    const { hostname, port } = new URL(datasource?.url ?? '')
    expect(serviceOf(compose, hostname).ports).to.deep.equal([`127.0.0.1:${port}:${port}`])
    expect(datasource?.jsonData.timeInterval).to.equal(prometheus.global.scrape_interval)
    expect(parseInt(prometheus.global.scrape_timeout)).to.be.at.most(
      parseInt(prometheus.global.scrape_interval),
    )
  })

  it('show the board first, from the directory that Grafana is given', () => {
    const path = providers[0]?.options.path ?? ''
    const home = grafana.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? ''
    expect(grafana.volumes).to.include(`./grafana/dashboards:${path}:ro`)
    expect(home).to.equal(`${path}/${basename(home)}`)
    expect(existsSync(`grafana/dashboards/${basename(home)}`)).to.equal(true)
  })

  it('let the job read the settings that people edit, and keep its state', () => {
    for (const service of [app, replay])
      expect(service.volumes).to.include('./config:/app/config:ro')
    expect(app.volumes).to.include(`app-state:${settingsOf(app).get('state.dir')}`)
  })

  it('wait longer for an orderly stop than it may take', () => {
    const stopMs = Number(propertiesOf('streams').get('shutdown.timeout.ms'))
    expect(parseInt(app.stop_grace_period ?? '0') * 1_000).to.be.above(stopMs)
  })
})
