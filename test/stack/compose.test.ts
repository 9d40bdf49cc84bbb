import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { toolOrSkip } from '../support/tools.ts'
import { readCompose } from './compose-file.ts'

const compose = readCompose()
const services = Object.entries(compose.services)
/** Those that end when their work is done. */
const ONE_SHOT = ['topics']
/** Not needed for the job and its board, and what they are for. */
const EXTRAS: Readonly<Record<string, string>> = {
  'kafka-ui': 'tools',
  postgres: 'transit',
  stations: 'transit',
  transit: 'transit',
}
/** Kafka writes its configuration at each start, where its image says. */
const WRITABLE = ['kafka', 'topics']
/** Runs on but serves nothing: when it fails it ends, and is started again. */
const FEED = 'replay'

describe('docker-compose.yml', () => {
  it('passes dclint: the schema and its rules, but for those about order', () => {
    const args = ['node_modules/dclint/bin/dclint.cjs', 'docker-compose.yml', '--max-warnings=0']
    const inOrderOfStart = ['service-keys', 'services-alphabetical', 'top-level-properties']
    for (const rule of inOrderOfStart) args.push('--disable-rule', `${rule}-order`)
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(`${stdout}${stderr}`.trim()).to.equal('')
    expect(status).to.equal(0)
  })

  it('is accepted by Docker Compose, with every service', function () {
    const program = toolOrSkip(this, 'docker-compose')
    const args = ['-f', 'docker-compose.yml', '--profile', '*', 'config', '--format', 'json']
    // It ends with 0 even when it refuses a file: what it writes is what counts.
    const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    expect(stderr).to.equal('')
    const resolved = JSON.parse(stdout) as { services: object }
    expect(Object.keys(resolved.services)).to.have.members(services.map(([name]) => name))
  })

  it('binds only paths that exist, and volumes that it declares', () => {
    const used = new Set<string>()
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source = '', , mode] = volume.split(':')
        if (source.startsWith('.')) {
          expect(existsSync(source), `${name}: ${source}`).to.equal(true)
          expect(mode, `${name}: ${source}`).to.equal('ro')
        } else {
          used.add(source)
        }
      }
    }
    expect([...used]).to.have.members(Object.keys(compose.volumes))
  })

  it('opens each port once, to this machine only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    for (const port of ports) expect(port).to.match(/^127\.0\.0\.1:\d+:\d+$/)
    expect(new Set(ports.map((port) => port.split(':')[1])).size).to.equal(ports.length)
  })

  it('names the version of every image', () => {
    for (const [name, { image = '' }] of services) {
      expect(image, name)
        .to.match(/^[\w./-]+:[\w.-]+$/)
        .and.not.to.match(/:latest$/)
    }
  })

  it('starts everything that is needed without a profile, in an order that exists', () => {
    for (const [name, service] of services) {
      expect(service.profiles?.join(), name).to.equal(EXTRAS[name])
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const isOneShot = ONE_SHOT.includes(needed)
        expect(compose.services, name).to.have.property(needed)
        expect(condition).to.equal(isOneShot ? 'service_completed_successfully' : 'service_healthy')
      }
    }
  })

  it('watches the health of what runs on, and starts again only that', () => {
    for (const [name, { healthcheck, restart }] of services) {
      const isOneShot = ONE_SHOT.includes(name)
      expect(healthcheck !== undefined, name).to.equal(!isOneShot && name !== FEED)
      expect(restart === 'unless-stopped', name).to.equal(!isOneShot)
    }
  })

  it('gives no service more rights than it needs', () => {
    for (const [name, service] of services) {
      expect(service.cap_drop, name).to.deep.equal(['ALL'])
      expect(service.security_opt, name).to.deep.equal(['no-new-privileges:true'])
      if (!WRITABLE.includes(name)) expect(service.read_only, name).to.equal(true)
    }
  })

  it('fits in four gigabytes', () => {
    const needed = services.filter(([name]) => EXTRAS[name] === undefined)
    const megabytes = needed.map(([name, { deploy }]) => {
      const [, amount, unit] = /^(\d+)([gm])$/.exec(deploy?.resources.limits.memory ?? '') ?? []
      expect(amount, `${name} has no limit`).not.to.equal(undefined)
      return Number(amount) * (unit === 'g' ? 1024 : 1)
    })
    expect(megabytes.reduce((sum, amount) => sum + amount, 0)).to.be.at.most(4096)
  })
})
